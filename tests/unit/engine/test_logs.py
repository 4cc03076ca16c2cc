"""Logs: numbers masked, secrets never, one JSON object a line, exceptions with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.logs import Sparing, mask
from engine.settings import child_environment

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("01012345678", "010****5678"),
        ("call from 0319099000 to 02-120", "call from 031***9000 to 02-120"),
        ("+821012345678", "+821*****5678"),
        ("112", "112"),
        ("1795507200.125", "1795507200.125"),  # a time
        ("pbx1-1795507200.4", "pbx1-1795507200.4"),  # a Uniqueid
        ("PJSIP/1001-0000002a", "PJSIP/1001-0000002a"),
    ],
)
def test_numbers_are_masked(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_a_line_is_an_object_without_secrets() -> None:
    code = """
import structlog
from engine import logs
logs.configure()
log = structlog.get_logger("x").bind(call_id="pbx1-1795507200.4")
log.info("call.began", number="01012345678", sip_secret="hush", token="hush")
try:
    int("01012345678x")
except ValueError:
    log.exception("call.failed", note="여권")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == ""
    assert "hush" not in done.stderr
    began, failed = map(json.loads, done.stderr.splitlines())
    assert (began["event"], began["number"], began["call_id"]) == ("call.began", "010****5678", "pbx1-1795507200.4")
    assert began["level"] == "info"
    assert "ValueError: invalid literal for int() with base 10: '010****5678x'" in failed["exception"]
    assert "01012345678" not in done.stderr
    assert failed["note"] == "여권"


def test_a_digest_that_happens_to_be_of_digits_is_no_telephone_number() -> None:
    code = """
from dataclasses import replace
from pathlib import Path
from dialplan.loader import load
from engine import logs
from engine.reload import RulesInForce
logs.configure()
old = replace(load(Path("dialplan/rules")), digest="310123456789" * 5)
new = replace(old, digest="020123456789" * 5)
assert RulesInForce(lambda: new, first=lambda: old).reload()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = json.loads(done.stderr)
    assert loaded["event"] == "rules.loaded"
    assert (loaded["digest"], loaded["digest_before"]) == ("020123456789", "310123456789")


def test_what_repeats_is_said_once_a_second_and_the_first_time_at_once() -> None:
    said: list[tuple[str, dict[str, object]]] = []
    now = [100.0]
    spare = Sparing(clock_s=lambda: now[0])
    for _ in range(25):  # three seconds of eight tries each, of two kinds
        spare(lambda event, **words: said.append((event, words)), "pbx.not_read", node="pbx1")
        spare(lambda event, **words: said.append((event, words)), "ami.lost", why="closed")
        now[0] += 0.125
    assert [event for event, _ in said] == ["pbx.not_read"] * len(said)
    assert len(said) == 4
    assert said[0] == ("pbx.not_read", {"node": "pbx1"})
    assert said[1][1]["left_out"] == 15


def test_a_full_disk_costs_lines_and_raises_nothing(tmp_path: Path) -> None:
    """/dev/full refuses every byte, as a full disk does."""
    code = "import structlog; from engine import logs; logs.configure(); log = structlog.get_logger()\n"
    code += "for n in range(2000): log.info('something.happened', text='x' * 100)\nprint('went on')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=full, text=True, check=False, timeout=30,
            env=child_environment(),
        )  # fmt: skip
    assert done.stdout == "went on\n"
