"""`./ringmaster report` as an operator runs it: every form but paper, and the words that go wrong."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from acd.journal.migrate import migrate
from engine.commands import report
from tests.unit.acd.core.test_agentday import NINE
from tests.unit.acd.test_journal_agents import engine_that_said
from tests.unit.acd.test_report import A_DAY


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    migrate(state / "journal.sqlite")
    engine_that_said(state / "journal.sqlite", A_DAY, from_at=NINE, seen_at=NINE + 5 * 3600)
    return state


def test_every_file_has_the_same_figures(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {kind: tmp_path / f"report.{kind}" for kind in ("html", "csv", "xlsx")}
    words = [word for kind, file in files.items() for word in (f"--{kind}", str(file))]
    assert report.run(["--state", str(state), "--day", "2026-11-24", *words]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert all(str(file) in said.err for file in files.values())
    for file in files.values():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text(encoding="utf-8-sig"))))
    assert [(row["queue"], row["offered"]) for row in rows][-1] == ("all", "6")
    html = files["html"].read_text(encoding="utf-8")
    assert "<svg" in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


def test_text_and_json(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.run(["--state", str(state), "--week", "2026-11-24", "--by", "day", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["first"], data["last"], data["whole"]) == ("2026-11-23", "2026-11-29", False)
    assert [row["key"] for row in data["rows"]] == ["2026-11-24"]
    assert report.run(["--state", str(state), "--month", "2026-11", "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2026-11\n")
    assert "Service level, strict" in said
    assert report.run(["--state", str(state), "--day", "2026-11-24", "--by", "agent", "--csv", "-"]) == 0


def test_words_that_go_wrong(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.run(["--state", str(tmp_path)]) == 1
    assert "there is no journal" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        report.run(["--state", str(state), "--day", "2026-02-30"])
    assert "expected a date such as 2026-11-24" in capsys.readouterr().err
    assert report.run(["--state", str(state), "--csv", str(tmp_path / "no" / "folder.csv")]) == 1
    assert "no/folder.csv cannot be written: No such file" in capsys.readouterr().err
    (tmp_path / "journal.sqlite").touch()
    assert report.run(["--state", str(tmp_path)]) == 1
    assert "start the centre once" in capsys.readouterr().err
