"""What `asterisk-config/` lets nobody do: read as text, before any PBX has loaded it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dialplan import numbers
from dialplan.loader import load
from dialplan.source import Source
from dialplan.trunkrules import Carrier
from engine import credentials, pbxconfig
from engine.settings import RunSettings, default_rules

# Contexts that nothing from outside leads to: a call file's, which the engine alone writes.
_OURS_ALONE = {"callback"}
# Texts that somebody outside writes: what is dialled, who calls, who transfers.
_FROM_OUTSIDE = re.compile(r"\$\{(EXTEN|CALLERID\([^)]*\)|CONNECTEDLINE\([^)]*\)|CUT\(BLINDTRANSFER)[^}]*\}")
# A pattern whose every place is a digit, a key, or one of a few of them; d and w begin the days of [hours].
_EXACT = re.compile(r"_?(?:[0-9*#+XZNdw]|\[[0-9*#+-]+\])+")


def _config(name: str) -> str:
    return (pbxconfig.TEMPLATES / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def dialplan(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Every line of the whole dialplan, with a carrier: context, extension, what it does."""
    state = tmp_path_factory.mktemp("state")
    settings = RunSettings(
        state=state, rules=default_rules(), sounds=state, bind="127.0.0.1", sip_port=1, http_port=2, ami_port=3, agi_port=4,
        rtp_start=10000, rtp_end=19999, run_dir=state,
    )  # fmt: skip
    rules = load(default_rules())
    carrier = Carrier("one", ("203.0.113.10",), None, Source("trunks.yaml", 1))
    rules = replace(rules, trunks=replace(rules.trunks, carriers=(carrier,)))
    secrets = credentials.load_or_make(state, pbxconfig.accounts(rules))
    generated = pbxconfig.rule_files(settings, rules, secrets, date(2026, 11, 24))
    return list(_lines(_config("extensions.conf"), generated))


def _lines(text: str, generated: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    whole = re.sub(r"(?m)^#include (\S+)$", lambda found: generated[found[1]], text)
    context = extension = ""
    for line in whole.splitlines():
        if found := re.match(r"\[([\w-]+)\]", line):
            context = found[1]
        elif found := re.match(r"exten => ((?:\[[^\]]*\]|[^,])+),[^,]+,(.*)", line):
            extension = found[1]
            yield context, extension, found[2]
        elif found := re.match(r"\s*same => (?:n(?:\(\w+\))?|\d+),(.*)", line):
            yield context, extension, found[1]


def _modules() -> list[tuple[str, str]]:
    """Each line that loads something: the module, and the reason beside it."""
    text = _config("modules.conf")
    assert "autoload = no" in text
    lines = [line for line in text.splitlines() if re.match(r"(require|load)\b", line)]
    matches = [re.fullmatch(r"(?:require|load) = (\w+\.so)\s*(?:; (.*))?", line) for line in lines]
    return [(found[1], found[2] or "") for found in matches if found] + [("unread", "")] * matches.count(None)


def test_each_module_is_named_once_and_has_its_reason():
    modules = _modules()
    assert [name for name, reason in modules if len(reason) < 4] == []
    assert [name for name, count in Counter(name for name, _ in modules).items() if count > 1] == []


def test_a_pattern_takes_digits_and_keys_only(dialplan: list[tuple[str, str, str]]):
    """No `.`, which takes any text; `!` only where the text is cut to its digits at once, or refused."""
    wide = {
        (context, extension)
        for context, extension, _ in dialplan
        if extension.startswith("_") and not _EXACT.fullmatch(extension) and context not in _OURS_ALONE
    }
    assert wide == {("agent-transfer", "_[*+0-9]!"), ("outgoing", "_[0-9]!")}


def test_what_is_written_outside_is_cut_to_digits_before_it_is_used(dialplan: list[tuple[str, str, str]]):
    """Bare only in an extension of digits and keys; else inside FILTER, or as two characters that are compared."""
    loose = []
    for context, extension, line in dialplan:
        if _EXACT.fullmatch(extension) or context in _OURS_ALONE:
            continue
        for found in _FROM_OUTSIDE.finditer(line):
            filtered = line[: found.start()].endswith("FILTER(0-9,")
            compared = re.fullmatch(r"\$\{CALLERID\(dnid\):[01]:2\}", found[0])
            forced = re.match(r"Gosub\(outgoing-line,s,1\(", line)  # one of the allow-list's patterns matched
            if not (filtered or compared or forced):
                loose.append((context, extension, line))
    assert loose == []


def test_every_way_to_dial_is_known(dialplan: list[tuple[str, str, str]]):
    """A carrier is dialled in two contexts only: the allow-list's, and 112 and 119."""
    outside = {context for context, _, line in dialplan if "Dial(PJSIP/carrier-" in line}
    assert outside == {"outgoing-line", "emergency"}
    into = {(context, extension) for context, extension, line in dialplan if "outgoing-line" in line}
    assert into == {("outgoing", pattern) for pattern in numbers.patterns()}
    called = [line for context, _, line in dialplan if re.search(r"(?:Goto|Gosub|GotoIf)\(.*\boutgoing,", line)]
    assert called == [
        "Gosub(outgoing,${FILTER(0-9,${RM_NUMBER})},1(${FILTER(0-9,${RM_RING_S})},giU(callback-answered)))"
    ]


def test_no_application_and_function_that_runs_programs_or_reads_files(dialplan: list[tuple[str, str, str]]):
    named = {word.lower() for _, _, line in dialplan for word in re.findall(r"([A-Za-z_]+)\(", line)}
    assert not named & {
        "system", "trysystem", "shell", "env", "file", "eval", "curl", "odbc", "exec", "externalivr", "eagi", "originate",
        "minivm", "mixmonitor", "include", "ael", "stat", "execiftime",
    }  # fmt: skip


def test_the_fail2ban_files_are_one_filter_and_its_jail():
    folder = Path(__file__).resolve().parents[3] / "monitoring/fail2ban"
    jail = (folder / "jail.d/ringmaster.conf").read_text()
    assert "filter = ringmaster" in jail
    assert "security.log = security" in _config("logger.conf")
    assert (folder / "filter.d/ringmaster.conf").exists()
