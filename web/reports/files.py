"""Reports as CSV, XLSX, JSON data and plain text. Figures are numbers there, not words; shares are 0-1.

openpyxl is imported by the one function that needs it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from acd.journal.report import Report, Row
from web.reports.columns import ALL, COLUMNS, ROW_WORDS, Kind, Labels, columns_of, in_words, label, lines, written
from web.reports.period import Period, clock

_FORMATS = {Kind.COUNT: "#,##0", Kind.SHARE: "0.0 %", Kind.SECONDS: "0.0"}


def as_csv(report: Report, labels: Labels, language: str) -> str:
    """A header of keys, a line each row, the sum last (its key `all`). Spreadsheets know it by its BOM."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([report.by.value, "name", *(column.key for column in columns_of(report.by))])
    for key, values in lines(report):
        name = in_words(ALL, language) if key is None else label(labels, report.by, key, language)
        numbers = ["" if value is None else round(value, 4) for value in values]
        writer.writerow([_plain(key or "all"), _plain(name), *numbers])
    return "\ufeff" + out.getvalue()


def as_xlsx(reports: Sequence[Report], period: Period, labels: Labels, language: str) -> bytes:
    """A workbook with a sheet each."""
    from openpyxl import Workbook  # noqa: PLC0415 - half a second that only a spreadsheet is worth
    from openpyxl.styles import Font  # noqa: PLC0415 - as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    book = Workbook()
    book.remove(book.worksheets[0])
    for report in reports:
        sheet = book.create_sheet(in_words(ROW_WORDS[report.by], language))
        columns = columns_of(report.by)
        heading = [in_words(ROW_WORDS[report.by], language), *(in_words(one.words, language) for one in columns)]
        sheet.append([f"{period.name()}  {heading[0]}"])
        sheet.append(heading)
        for key, values in lines(report):
            name = in_words(ALL, language) if key is None else label(labels, report.by, key, language)
            sheet.append([_plain(name), *values])
        for number, column in enumerate(columns, 2):
            for row in range(3, sheet.max_row + 1):
                sheet.cell(row, number).number_format = _FORMATS[column.kind]
            sheet.column_dimensions[get_column_letter(number)].width = 14
        sheet.column_dimensions["A"].width = 22
        for row in (1, 2, sheet.max_row):
            for cell in sheet[row]:
                cell.font = Font(bold=True)
        sheet.freeze_panes = "B3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(report: Report, period: Period) -> dict[str, Any]:
    """Keys as in CSV; `whole` is false while the period is not over."""
    return {
        "period": period.span.value,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "whole": report.is_whole,
        "seen_at": None if report.seen_at is None else clock(report.seen_at),
        "by": report.by.value,
        "rows": [{"key": row.key, **_figures(row, report)} for row in report.rows],
        "total": _figures(report.total, report),
    }


def as_text(report: Report, labels: Labels, language: str) -> str:
    """A table for the terminal: the columns under one another, since Korean letters are two wide."""
    out = []
    for row in (*report.rows, report.total):
        name = in_words(ALL, language) if row is report.total else label(labels, report.by, row.key, language)
        figures = [
            f"{in_words(column.words, language)} {written(column.kind, column.value(row))}"
            for column in columns_of(report.by)
        ]
        out.append(f"{name}\n  " + "  ".join(figures))
    return "\n".join(out)


def _figures(row: Row, report: Report) -> dict[str, int | float | None]:
    known = columns_of(report.by)
    return {column.key: column.value(row) for column in COLUMNS if column in known}


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
