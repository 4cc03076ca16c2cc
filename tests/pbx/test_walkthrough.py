"""The walk-through of docs/operators.md, as an operator types it: every command runs, and prints what the page shows."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from acd.journal.history import facts_between
from acd.journal.read import latest_contacts
from acd.replay.run import replay
from dialplan.loader import load
from engine.settings import child_environment, default_rules
from tests.pbx.centre import Centre, wait_for

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operators.md"
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> Iterator[tuple[str, list[str]]]:
    """Each block of commands in the walk-through, with the lines that are shown below it."""
    page = PAGE.read_text(encoding="utf-8")
    part = page.split("## A walk-through", 1)[1].split("\n## ", 1)[0]
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(part)]
    for i, (kind, text) in enumerate(blocks):
        if kind == "sh":
            shown = blocks[i + 1][1].splitlines() if i + 1 < len(blocks) and blocks[i + 1][0] == "text" else []
            yield text, shown


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """An operator's checkout: the rules, and `./ringmaster`, which finds the centre that runs there."""
    shutil.copytree(default_rules(), tmp_path / "dialplan" / "rules")
    command = tmp_path / "ringmaster"
    lines = [
        "#!/bin/sh",
        f'case "$1" in reload|call) set -- "$@" --state "{tmp_path}/centre/state" ;; esac',
        f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -P -m engine "$@"',
    ]
    command.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return tmp_path


@pytest.mark.timeout(300)
def test_the_walk_through(desk: Path) -> None:
    (desk / "centre").mkdir()
    rules = desk / "dialplan" / "rules"
    no_wrapup = ("--set", "queues.defaults.wrapup_s=0")
    with Centre.start(desk / "centre", "--rules", str(rules), "--at", "2026-11-24T10:00", *no_wrapup) as centre:
        told = list(steps())
        assert sum(len(shown) for _, shown in told) > 15, "the page has lost its walk-through"
        for commands, shown in told:
            done = subprocess.run(
                ["sh", "-eu", "-c", commands],
                cwd=desk, capture_output=True, text=True, timeout=120, check=False,
                env=child_environment(),
            )  # fmt: skip
            assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
            for line in shown:
                wanted = ".*".join(re.escape(part) for part in line.split("…"))
                assert re.search(f"^{wanted}", done.stdout, re.MULTILINE), f"{line}\nis not in\n{done.stdout}"
        assert 'queue="passport_zh"' in centre.metrics()
        the_journal_tells_it_again(desk, centre)
    assert ET.parse(desk / "call.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own


def the_journal_tells_it_again(desk: Path, centre: Centre) -> None:
    """The call that the page placed: why it went to 1012 and not to 1003, and the same once more in a replay."""
    journal = centre.state / "journal.sqlite"
    wait_for(lambda: _states(journal)[-1:] == ["completed"], 60, lambda: f"the contact is {_states(journal)}")
    contact = str(latest_contacts(journal, 1)[0].contact_id)
    state = ("--state", str(centre.state))
    assert "상담사 12 (1012)" in _asked(desk, "explain", "--why", "1012", contact, *state)
    assert "필요 중국어, 상담사 한국어, 영어" in _asked(desk, "explain", "--why-not", "1003", contact, *state)
    rules = load(desk / "dialplan" / "rules")
    (life,) = facts_between(journal, 0.0, 4e9)
    outcome = replay(life, rules)
    assert outcome.differs is None
    assert outcome.matches == outcome.recorded == 1


def _states(journal: Path) -> list[str]:
    return [one.state for one in latest_contacts(journal, 1)]


def _asked(desk: Path, *words: str) -> str:
    done = subprocess.run(
        ["./ringmaster", *words],
        cwd=desk,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=child_environment(),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
