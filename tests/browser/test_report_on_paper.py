"""`./ringmaster report --pdf`: the report as the mayor gets it, printed by a real browser."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from pypdf import PdfReader

from acd.journal.migrate import migrate
from engine import browser, fetch
from engine.commands import report
from tests.unit.acd.core.test_agentday import NINE
from tests.unit.acd.test_journal_agents import engine_that_said
from tests.unit.acd.test_report import A_DAY


def test_a_day_on_a4_in_korean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    migrate(tmp_path / "journal.sqlite")
    engine_that_said(tmp_path / "journal.sqlite", A_DAY, from_at=NINE, seen_at=NINE + 5 * 3600)
    file = tmp_path / "report.pdf"
    assert report.run(["--state", str(tmp_path), "--day", "2026-11-24", "--pdf", str(file)]) == 0
    assert capsys.readouterr().out == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    paper = PdfReader(file)
    width, height = paper.pages[0].mediabox[2:]
    assert width > height  # A4, lying
    text = re.sub(r"[\s\x01]", "", "".join(page.extract_text() for page in paper.pages))
    assert "민원콜센터운영보고서" in text
    assert "서비스레벨(단시간포기제외)" in text
    for page in paper.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            assert (
                "/FontFile2" in inner["/FontDescriptor"] or "/FontFile3" in inner["/FontDescriptor"]
            )  # it has the letters


def test_a_browser_that_cannot_print_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate(tmp_path / "journal.sqlite")
    false = fetch.Program("chromium", Path("/"), "bin/false")
    monkeypatch.setattr(browser.fetch, "program", lambda _: false)
    assert report.run(["--state", str(tmp_path), "--pdf", str(tmp_path / "report.pdf")]) == 1
    said = capsys.readouterr().err
    assert "the browser did not print (exit 1)" in said
    assert "--html writes the same" in said
