"""A year's hours and holidays at a glance, as SVG: what differs from the usual week in colour and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dialplan import calendar
from dialplan.chart import shapes
from dialplan.chart.shapes import FAINT, INK
from dialplan.decision import interval_words
from dialplan.hourrules import DayKind, Hours
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.words import Words

_CELL_W, _CELL_H, _GAP = 37.0, 31.0, 34.0
_COLUMNS, _MARGIN, _TOP = 4, 30.0, 118.0
_MONTH_W = 7 * _CELL_W
_NOTE_H = 15.0
_NOTES_MOST = 7
_MONDAY_FIRST = (("월", "M"), ("화", "T"), ("수", "W"), ("목", "T"), ("금", "F"), ("토", "S"), ("일", "S"))


class Look(StrEnum):
    """What a day is in the picture; the first that applies."""

    SHUT = "shut"
    CLOSURE = "closure"
    SPECIAL = "special"
    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    WEEKDAY = "weekday"


_LOOKS: dict[Look, tuple[str, str, Words]] = {  # background, ink, what it is
    Look.WEEKDAY: ("#eef3f8", INK, Words("평일", "weekday")),
    Look.WEEKEND: ("#d7e6f2", "#1f4e8c", Words("주말", "weekend")),
    Look.HOLIDAY: ("#f6c9c5", "#9c2b23", Words("공휴일", "public holiday")),
    Look.SPECIAL: ("#fbe3a4", "#7a5200", Words("별도 상담 시간", "hours of its own")),
    Look.CLOSURE: ("#e4d3ee", "#5b2d6b", Words("임시 휴무", "temporary closure")),
    Look.SHUT: ("#50566a", "#ffffff", Words("온종일 휴무", "closed all day")),
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day: how it looks, and what is to be said of it (None for an ordinary one)."""

    day: date
    look: Look
    note: str | None


def days(hours: Hours, year: int) -> Iterator[Day]:
    """Every day of the year. Raises OutsideCalendarError for a year that the calendar does not know."""
    day = date(year, 1, 1)
    while day.year == year:
        yield _seen(hours, day)
        day += timedelta(days=1)


def _seen(hours: Hours, day: date) -> Day:
    kind, holiday = calendar.day_kind(hours, day)
    open_s = calendar.intervals(hours, day)
    closures = [closure for closure in hours.closures if closure.day == day]
    said = [holiday] if holiday else []
    look = Look.WEEKDAY if kind is DayKind.WEEKDAY else Look.WEEKEND
    if kind is DayKind.PUBLIC_HOLIDAY:
        look = Look.HOLIDAY
    if day in hours.special_days:
        look = Look.SPECIAL
        said.append(interval_words(open_s))
    if closures:
        look = Look.CLOSURE
        said += [f"{one.start:%H:%M}~{one.end:%H:%M} {one.reason}" for one in closures]
    if not open_s:
        look = Look.SHUT
    return Day(day, look, " ".join(said) or None)


def year_picture(ruleset: Ruleset, year: int, language: Language) -> str:
    """The whole SVG."""
    seen = list(days(ruleset.hours, year))
    months = [[day for day in seen if day.day.month == month] for month in range(1, 13)]
    rows = [months[start : start + _COLUMNS] for start in range(0, 12, _COLUMNS)]
    heights = [max(_height(month, language) for month in row) for row in rows]
    width = 2 * _MARGIN + _COLUMNS * _MONTH_W + (_COLUMNS - 1) * _GAP
    title = Words(f"{year}년 상담 시간", f"Opening hours {year}").text(language)
    parts = [shapes.words(_MARGIN, 42, title, 26, bold=True), *_head(ruleset.hours, seen, language, width)]
    y = _TOP
    for row, height in zip(rows, heights, strict=True):
        for column, month in enumerate(row):
            parts += _month(month, _MARGIN + column * (_MONTH_W + _GAP), y, language)
        y += height + 26
    return shapes.document(width, y + _MARGIN - 26, title, parts)


def _head(hours: Hours, seen: list[Day], language: Language, width: float) -> Iterator[str]:
    usual = Words(
        f"평일 {interval_words(hours.weekday)}   주말·공휴일 {interval_words(hours.day_off)}",
        f"weekdays {interval_words(hours.weekday)}   days off {interval_words(hours.day_off)}",
    )
    if hours.saturday is not None:
        saturday = interval_words(hours.saturday)
        usual += Words(f"   토요일 {saturday}", f"   Saturdays {saturday}")
    yield shapes.words(_MARGIN, 68, usual.text(language), 14, fill=FAINT)
    x = _MARGIN
    for look, (fill, ink, name) in _LOOKS.items():
        count = sum(day.look is look for day in seen)
        if not count:
            continue
        text = f"{name.text(language)} {count}"
        yield shapes.chip(x, 92, text, fill=fill, ink=ink, size=12)
        x += shapes.chip_width(text, 12) + 10
    open_days = sum(day.look is not Look.SHUT for day in seen)
    told = Words(f"여는 날 {open_days}일", f"open on {open_days} days").text(language)
    yield shapes.words(width - _MARGIN, 42, told, 16, anchor="end", bold=True)


def _weeks(month: list[Day]) -> int:
    return (month[0].day.weekday() + len(month) + 6) // 7


def _notes(month: list[Day], language: Language) -> list[str]:
    told = [Words(f"{day.day.day}일 ", f"{day.day.day}: ").text(language) + day.note for day in month if day.note]
    return told if len(told) <= _NOTES_MOST else [*told[: _NOTES_MOST - 1], f"… +{len(told) - _NOTES_MOST + 1}"]


def _height(month: list[Day], language: Language) -> float:
    return 44 + _weeks(month) * _CELL_H + _NOTE_H * len(_notes(month, language))


def _month(month: list[Day], x: float, y: float, language: Language) -> Iterator[str]:
    number = month[0].day.month
    name = Words(f"{number}월", f"{month[0].day:%B}").text(language)
    yield shapes.words(x, y + 14, name, 16, bold=True)
    for column, names in enumerate(_MONDAY_FIRST):
        text = Words(*names).text(language)
        yield shapes.words(x + (column + 0.5) * _CELL_W, y + 33, text, 10, fill=FAINT, anchor="middle")
    first = month[0].day.weekday()
    for day in month:
        place = first + day.day.day - 1
        left, top = x + place % 7 * _CELL_W, y + 40 + place // 7 * _CELL_H
        fill, ink, _ = _LOOKS[day.look]
        yield shapes.box(left + 1.5, top + 1.5, _CELL_W - 3, _CELL_H - 3, fill=fill, radius=5)
        yield shapes.words(left + _CELL_W / 2, top + 20, str(day.day.day), 13, fill=ink, anchor="middle",
                           bold=day.look is not Look.WEEKDAY)  # fmt: skip
    y += 40 + _weeks(month) * _CELL_H + 14
    for note in _notes(month, language):
        yield shapes.words(x + 3, y, shapes.fitted(note, 11, _MONTH_W - 6), 11, fill=FAINT)
        y += _NOTE_H
