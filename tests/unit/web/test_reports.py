"""Reports in every form they take: the same figures, nothing that a spreadsheet would run, nothing from elsewhere."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from acd.journal.report import By, Report, Row
from web.reports import files, page
from web.reports.columns import Kind, columns_of, written
from web.reports.period import Span, period
from web.reports.plots import Bar, svg

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()
DAY = period(Span.DAY, "today", NOW)
ROWS = (
    Row("passport", offered=10, answered=8, answered_within=7, abandoned=2, abandoned_short=1, answered_wait_s=80.0,
        handled=8, talk_s=800.0, wrapup_s=80.0, transferred=3),
    Row("=tax", offered=1, answered=1, answered_within=1),
)  # fmt: skip
QUEUES = Report(DAY.begin, DAY.end, By.QUEUE, ROWS, ROWS[0] + ROWS[1], NOW)
AGENTS = Report(
    DAY.begin, DAY.end, By.AGENT, (Row("1001", answered=3, in_contact_s=30.0, idle_s=10.0),), Row("all"), NOW
)


def labels(by: By, key: str, language: str) -> str:
    return {"passport": "여권<b>", "=tax": "=1+1"}.get(key, key)


@pytest.mark.parametrize(
    ("span", "text", "first", "last"),
    [
        (Span.DAY, "today", "2026-11-24", "2026-11-24"), (Span.DAY, "yesterday", "2026-11-23", "2026-11-23"),
        (Span.WEEK, "2026-11-24", "2026-11-23", "2026-11-29"), (Span.WEEK, "2026-11-29", "2026-11-23", "2026-11-29"),
        (Span.MONTH, "2026-02", "2026-02-01", "2026-02-28"), (Span.MONTH, "2028-02-29", "2028-02-01", "2028-02-29"),
        (Span.MONTH, "2026-12-31", "2026-12-01", "2026-12-31"),
    ],
)  # fmt: skip
def test_a_period_is_whole_days_in_seoul(span: Span, text: str, first: str, last: str) -> None:
    found = period(span, text, NOW)
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert datetime.fromtimestamp(found.begin, ZoneInfo("Asia/Seoul")).isoformat() == f"{first}T00:00:00+09:00"
    assert (found.end - found.begin) % 86_400 == 0


@pytest.mark.parametrize("text", ["2026-02-30", "tomorrow", "24.11.2026", "2026-13", "1999-12-31", "2026-11", "../etc"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a date|outside|is a month"):
        period(Span.DAY, text, NOW)


def test_csv_is_numbers_and_runs_nothing() -> None:
    rows = list(csv.DictReader(io.StringIO(files.as_csv(QUEUES, labels, "ko").removeprefix("\ufeff"))))
    assert [row["queue"] for row in rows] == ["passport", "'=tax", "all"]
    assert rows[1]["name"] == "'=1+1"
    assert (rows[0]["answered"], rows[0]["answer_rate"], rows[0]["aht_s"]) == ("8", "0.8889", "110.0")
    assert rows[2]["offered"] == "11"
    assert rows[0]["occupancy"] == ""


def test_xlsx_is_numbers_with_formats() -> None:
    book = load_workbook(io.BytesIO(files.as_xlsx([QUEUES, AGENTS], DAY, labels, "ko")))
    assert book.sheetnames == ["대기열", "상담사"]
    sheet = book["대기열"]
    heading = [cell.value for cell in sheet[2]]
    assert heading[:4] == ["대기열", "인입", "응대", "응대율"]
    rate = sheet.cell(3, 4)
    assert (rate.value, rate.number_format) == (pytest.approx(8 / 9), "0.0 %")
    assert sheet["A4"].value == "'=1+1"
    assert sheet["A4"].data_type == "s"
    assert sheet.cell(5, 1).value == "전체"


def test_json_says_whether_the_period_is_over() -> None:
    data = files.as_json(QUEUES, DAY)
    assert data["whole"] is False
    assert data["total"]["offered"] == 11
    assert data["rows"][0]["service_level_short_excluded"] == pytest.approx(7 / 9)
    assert "offered" not in files.as_json(AGENTS, DAY)["rows"][0]
    assert files.as_json(AGENTS, DAY)["rows"][0]["occupancy"] == 0.75


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_whole_in_itself(language: str) -> None:
    html = page.render([QUEUES, AGENTS], DAY, labels, language, now=NOW)
    assert f'<html lang="{language}">' in html
    assert "여권&lt;b&gt;" in html
    assert "<b>" not in html
    assert not re.search(r'(src|href)="', html)
    assert "<script" not in html
    assert "88.8 %" in html  # rounded down
    (picture,) = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    ET.fromstring(picture)  # noqa: S314 - our own
    titles = {"ko": ("아직 끝나지 않은", "서비스레벨 (단시간 포기 제외)"), "en": ("not over", "without short abandons")}
    for words in titles[language]:
        assert words in html


def test_the_variant_stands_beside_every_service_level() -> None:
    for by in By:
        for column in columns_of(by):
            if column.key.startswith("service_level"):
                variant = column.key.removeprefix("service_level_")
                assert {"strict": "strict", "short_excluded": "without short", "answered_only": "of answered"}[
                    variant
                ] in column.words.en
                assert "(" in column.words.ko


def test_a_rate_is_never_shown_better_than_it_is() -> None:
    assert written(Kind.SHARE, 0.96999) == "96.9 %"
    assert written(Kind.SHARE, 0.97) == "97.0 %"
    assert written(Kind.SHARE, 1.0) == "100.0 %"
    assert written(Kind.SHARE, None) == "–"
    assert written(Kind.COUNT, 2200) == "2,200"


def test_bars_stand_on_each_other_and_fit() -> None:
    root = ET.fromstring(svg([Bar("여권", 3, 2, 1), Bar("<&>", 0, 0, 0), Bar("x" * 99, 90, 5, 5)], "t", "n"))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    boxes = [(float(one.get("y")), float(one.get("height"))) for one in root.findall(f"{space}rect")]
    assert len(boxes) == 6
    for lower, upper in ((0, 1), (1, 2), (3, 4), (4, 5)):
        assert boxes[upper][0] + boxes[upper][1] == pytest.approx(boxes[lower][0], abs=0.11)
    assert min(y for y, _ in boxes) >= 0
    assert [one.text for one in root.findall(f"{space}text") if "✖" in (one.text or "")] == ["✖1", "✖5"]
