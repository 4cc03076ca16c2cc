"""`draw` as a shell sees it: files, text, a past call from the journal, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from acd.core.facts import Decision
from dialplan.loader import load
from engine.commands import draw
from tests.unit.engine.pastday import past_day, write

CITY = load(Path(__file__).resolve().parents[3] / "dialplan" / "rules")
NINE = 1_795_564_800.0  # 2026-11-25 09:00 in Seoul


def test_files_by_their_ending(tmp_path: Path) -> None:
    assert draw.run(["--out", str(tmp_path / "rules.svg")]) == 0
    assert ET.parse(tmp_path / "rules.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own
    assert draw.run(["--out", str(tmp_path / "rules.mmd"), "--words", "en"]) == 0
    assert (tmp_path / "rules.mmd").read_text(encoding="utf-8").startswith("flowchart LR\n")
    assert draw.run(["--calendar", "2027", "--out", str(tmp_path / "2027.svg")]) == 0
    assert "2027년 상담 시간" in (tmp_path / "2027.svg").read_text(encoding="utf-8")


def test_a_past_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = past_day(CITY, begin=NINE, calls=60, hours=0.5)
    write(tmp_path / "journal.sqlite", day.facts, run=1, began_at=NINE, seen_at=NINE + 9000)
    match = next(one for one in day.facts if isinstance(one, Decision) and one.outcome == "match")
    assert draw.run(["--call", match.contact_id, "--state", str(tmp_path), "--json"]) == 0
    lit = json.loads(capsys.readouterr().out)["lit"]
    assert {f"queue:{match.queue}", "number", "hours"} <= set(lit["nodes"])
    assert lit["ko"].startswith(match.contact_id)
    assert draw.run(["--call", "nobody", "--state", str(tmp_path)]) == 1
    assert "no contact nobody" in capsys.readouterr().err


def test_an_imagined_call_and_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw.run(["--at", "2026-11-24T10:00", "--press", "2,4", "--json"]) == 0
    assert "queue:tax" in json.loads(capsys.readouterr().out)["lit"]["nodes"]
    with pytest.raises(SystemExit):
        draw.run(["--calendar", "1850"])
    assert draw.run(["--set", "queues.defaults.wrapup_s=soon"]) == 1
