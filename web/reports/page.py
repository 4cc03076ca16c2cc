"""A report as an HTML page: served with a stylesheet beside it, or whole in one file to be kept, sent and printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from acd.journal.report import OF_AGENTS, By, Report
from web.reports.columns import ALL, ROW_WORDS, Labels, columns_of, in_words, label, written
from web.reports.period import Period, Span, clock
from web.reports.plots import bar, svg
from web.words import REPORT, WALLBOARD, of

HERE = Path(__file__).parent.parent
PLOTTED = frozenset({By.HOUR, By.QUEUE, By.DAY})
# The figures that stand in front of everything.
HEADLINES = ("answered", "answer_rate", "service_level_short_excluded", "asa_s", "aht_s", "to_officials", "occupancy")


def templates() -> jinja2.Environment:
    """Where all pages' templates are."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )


def kinds_of(span: Span) -> tuple[By, ...]:
    """All tables of a report that is asked for as a whole."""
    first = By.HOUR if span is Span.DAY else By.DAY
    return (first, By.QUEUE, By.LANGUAGE, By.TOPIC, By.TEAM, By.AGENT)


def render(
    reports: Sequence[Report], period: Period, labels: Labels, language: str, *, now: float, served: bool = False
) -> str:
    """The page. `now` is when it was made, epoch seconds; `served`: with links, and styles from beside it."""
    style = (HERE / "static" / "report.css").read_text(encoding="utf-8")
    page: str = (
        templates()
        .get_template("report.html")
        .render(
            t=of(WALLBOARD | REPORT, language),
            language=language,
            period=period,
            period_name=of(REPORT, language)[period.span.value],
            style=None if served else Markup(style),  # noqa: S704 - our own file
            made_at=clock(now),
            headlines=_headlines(reports, language),
            tables=[_table(one, labels, language) for one in reports],
            unfinished=any(not one.is_whole for one in reports),
            seen_at=next((clock(one.seen_at) for one in reports if one.seen_at is not None), None),
            bys=[(by.value, in_words(ROW_WORDS[by], language)) for by in By],
        )
    )
    return page


def _headlines(reports: Sequence[Report], language: str) -> list[tuple[str, str]]:
    centre = next((one for one in reports if one.by not in OF_AGENTS), None)
    if centre is None:
        return []
    columns = {one.key: one for one in columns_of(centre.by)}
    return [
        (in_words(columns[key].words, language), written(columns[key].kind, columns[key].value(centre.total)))
        for key in HEADLINES
    ]


def _table(report: Report, labels: Labels, language: str) -> dict[str, Any]:
    columns = columns_of(report.by)
    named = [(label(labels, report.by, row.key, language), row) for row in report.rows]
    picture = None
    if report.by in PLOTTED and named:
        title = in_words(ROW_WORDS[report.by], language)
        # Every part of it is a number or escaped.
        picture = Markup(svg([bar(name, row) for name, row in named], title, report.by.value))  # noqa: S704
    return {
        "title": in_words(ROW_WORDS[report.by], language),
        "columns": [in_words(one.words, language) for one in columns],
        "rows": [
            (name, [written(one.kind, one.value(row)) for one in columns])
            for name, row in [*named, (in_words(ALL, language), report.total)]
        ],
        "picture": picture,
    }
