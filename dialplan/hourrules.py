"""When the centre is open, as frozen data: hours.yaml, checked.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from dialplan.source import Source


class DayKind(StrEnum):
    """What a day is for the opening hours. A holiday on a weekend is PUBLIC_HOLIDAY."""

    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    PUBLIC_HOLIDAY = "public_holiday"


@dataclass(frozen=True, slots=True)
class Interval:
    """Opening hours of a day, half open: opens <= t < closes, local time in Asia/Seoul. `closes` 00:00 is 24:00."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One date that differs: its hours (empty = closed all day) and, where it is a holiday, its Korean name."""

    day: date
    intervals: tuple[Interval, ...]
    name: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Closure:
    """A temporary closure on top of everything: from `start` until `end` (exclusive; 00:00 is 24:00) on one day."""

    day: date
    start: time
    end: time
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class Hours:
    """hours.yaml: the weekly pattern and what changes it."""

    zone: str
    weekday: tuple[Interval, ...]
    day_off: tuple[Interval, ...]
    special_days: dict[date, SpecialDay]
    closures: tuple[Closure, ...]
    added_holidays: dict[date, str]
    removed_holidays: frozenset[date]
    weekday_source: Source
    day_off_source: Source
    sources: dict[date, Source] = field(default_factory=dict)  # of added and removed holidays
    public_holidays: dict[date, str] = field(default_factory=dict)  # the calendar's own, 2000-2099, before corrections
    saturday: tuple[Interval, ...] | None = None  # of Saturdays that are no holiday; None: those of `day_off`
    saturday_source: Source | None = None
