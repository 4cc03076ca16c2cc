"""The day, week or month of a report, by the calendar of Seoul. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from acd.core.seoul import day_number

_EPOCH = date(1970, 1, 1)
_SEOUL = timedelta(hours=9)  # UTC+9 without summer time, as acd.core.seoul counts


class Span(StrEnum):
    """How long a report is."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day's midnight to the midnight after the last one."""

    span: Span
    first: date
    last: date

    @property
    def begin(self) -> float:
        """Epoch seconds."""
        return _midnight(self.first)

    @property
    def end(self) -> float:
        """Epoch seconds; the first moment that is no part of it."""
        return _midnight(self.last + timedelta(days=1))

    def name(self) -> str:
        """For titles and file names: 2026-11-24, 2026-11-23..2026-11-29, 2026-11."""
        if self.span is Span.DAY:
            return self.first.isoformat()
        return f"{self.first:%Y-%m}" if self.span is Span.MONTH else f"{self.first}..{self.last}"


def period(span: Span, text: str, now: float) -> Period:
    """The span that `text` lies in: a date, `2026-11` for a month, today, yesterday. ValueError says what is wrong."""
    today = _EPOCH + timedelta(days=day_number(now))
    words = {"today": today, "yesterday": today - timedelta(days=1), "": today}
    try:
        day = words[text] if text in words else date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError:
        raise ValueError(f"expected a date such as 2026-11-24, today or yesterday, found `{text}`") from None
    if not 2000 <= day.year <= 2099:
        raise ValueError(f"{day} lies outside the years 2000 to 2099")
    if len(text) == 7 and span is not Span.MONTH:
        raise ValueError(f"`{text}` is a month; a {span} needs a date such as {text}-01")
    if span is Span.DAY:
        return Period(span, day, day)
    if span is Span.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(span, monday, monday + timedelta(days=6))
    after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Period(span, day.replace(day=1), after - timedelta(days=1))


def clock(at: float) -> str:
    """Date and time in Seoul."""
    return (datetime.fromtimestamp(at, UTC) + _SEOUL).strftime("%Y-%m-%d %H:%M")


def _midnight(day: date) -> float:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - _SEOUL).timestamp()
