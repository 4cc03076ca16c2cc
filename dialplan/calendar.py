"""When the centre is open: the kind of a day, its hours, the next change. All in Asia/Seoul, whatever the host's zone.

Pure: the rules and a moment in, facts out; no clock, no I/O. The public holidays themselves are data in `Hours`
(`public_holidays`, filled by the loader from the `holidays` package); corrections by the operator lie on top.

Order of what decides a day: closures, then special days, then removed and added holidays, then the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dialplan.hourrules import DayKind, Hours, Interval
from dialplan.source import Source

SEOUL = ZoneInfo("Asia/Seoul")
FIRST_YEAR, LAST_YEAR = 2000, 2099  # Korea has kept UTC+9 without summer time all these years
# An operator may close whole weeks; without an opening in this many days there is none to tell.
SEARCH_DAYS = 400
_DAY_MINUTES = 24 * 60


class OutsideCalendarError(ValueError):
    """A date before 2000 or after 2099, for which no holidays are known."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether the centre is open at a moment, until or from when, and by which rule."""

    open: bool
    opens_at: datetime | None  # the next opening when closed; None when there is none within SEARCH_DAYS
    closes_at: datetime | None  # the end of this stretch when open
    day_kind: DayKind
    holiday: str | None  # Korean name
    source: Source  # the rule that decided


def in_seoul(at: datetime) -> datetime:
    """The same moment on the clock of Asia/Seoul; a time without a zone is taken as Asia/Seoul."""
    return at.replace(tzinfo=SEOUL) if at.tzinfo is None else at.astimezone(SEOUL)


def day_kind(hours: Hours, day: date) -> tuple[DayKind, str | None]:
    """What a date is, and the Korean name of the holiday on it, if it is one. A holiday on a weekend is a holiday."""
    name = holiday_name(hours, day)
    if name is not None:
        return DayKind.PUBLIC_HOLIDAY, name
    if day.weekday() == 5:
        return DayKind.SATURDAY, None
    return (DayKind.SUNDAY if day.weekday() == 6 else DayKind.WEEKDAY), None


def holiday_name(hours: Hours, day: date) -> str | None:
    """The Korean name of the public holiday on `day`, after the operator's corrections; None on other days."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise OutsideCalendarError(f"{day} lies outside the years {FIRST_YEAR} to {LAST_YEAR} that the calendar knows")
    special = hours.special_days.get(day)
    if special is not None and special.name is not None:
        return special.name
    if day in hours.added_holidays:
        return hours.added_holidays[day]
    if day in hours.removed_holidays:
        return None
    return hours.public_holidays.get(day)


def intervals(hours: Hours, day: date) -> tuple[Interval, ...]:
    """The stretches in which the centre is open on `day`, in order, closures cut out; empty when closed all day."""
    return tuple(Interval(_clock(start), _clock(end)) for start, end in _minutes(hours, day))


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether calls are taken at this moment."""
    local = in_seoul(at)
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in _minutes(hours, local.date()))


def next_change(hours: Hours, at: datetime) -> datetime | None:
    """The first moment after `at` when open turns to closed or closed to open; None if none within SEARCH_DAYS.

    Stretches that meet at midnight are one stretch.
    """
    local = in_seoul(at)
    now_open = is_open(hours, local)
    for ahead in range(SEARCH_DAYS + 1):
        day = local.date() + timedelta(days=ahead)
        if day.year > LAST_YEAR:
            return None
        for moment in _edges(hours, day):
            if moment > local and is_open(hours, moment) is not now_open:
                return moment
    return None


def opening(hours: Hours, at: datetime) -> Opening:
    """Everything a caller, or `explain`, is told about the hours at this moment."""
    local = in_seoul(at)
    kind, holiday = day_kind(hours, local.date())
    open_now = is_open(hours, local)
    change = next_change(hours, local)
    return Opening(
        open=open_now,
        opens_at=None if open_now else change,
        closes_at=change if open_now else None,
        day_kind=kind,
        holiday=holiday,
        source=deciding_source(hours, local),
    )


def deciding_source(hours: Hours, at: datetime) -> Source:
    """The rule that makes this moment open or closed."""
    local = in_seoul(at)
    minute = local.hour * 60 + local.minute
    for closure in hours.closures:
        if closure.day == local.date() and _minute(closure.start) <= minute < _end_minute(closure.end):
            return closure.source
    special = hours.special_days.get(local.date())
    if special is not None:
        return special.source
    return pattern(hours, local.date())[1]


def pattern(hours: Hours, day: date) -> tuple[tuple[Interval, ...], Source]:
    """The weekly pattern's hours of a day, and their line: a weekday's, Saturday's own if it has some, a day off's."""
    kind = day_kind(hours, day)[0]
    if kind is DayKind.WEEKDAY:
        return hours.weekday, hours.weekday_source
    if kind is DayKind.SATURDAY and hours.saturday is not None and hours.saturday_source is not None:
        return hours.saturday, hours.saturday_source
    return hours.day_off, hours.day_off_source


def holiday_source(hours: Hours, day: date) -> Source | None:
    """The operator's line that makes `day` a holiday or an ordinary day; None when the calendar alone decides."""
    special = hours.special_days.get(day)
    return special.source if special is not None and special.name is not None else hours.sources.get(day)


def _minutes(hours: Hours, day: date) -> list[tuple[int, int]]:
    special = hours.special_days.get(day)
    usual = special.intervals if special is not None else pattern(hours, day)[0]
    stretches = sorted((_minute(part.opens), _end_minute(part.closes)) for part in usual)
    for closure in hours.closures:
        if closure.day == day:
            stretches = _without(stretches, _minute(closure.start), _end_minute(closure.end))
    return stretches


def _without(stretches: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    left = [(opens, min(closes, start)) for opens, closes in stretches]
    right = [(max(opens, end), closes) for opens, closes in stretches]
    return sorted({part for part in left + right if part[0] < part[1]})


def _edges(hours: Hours, day: date) -> list[datetime]:
    """Every moment of the day at which a stretch begins or ends."""
    midnight = datetime.combine(day, time(0), SEOUL)
    return [_later(midnight, minute) for minute in sorted({edge for part in _minutes(hours, day) for edge in part})]


def _later(moment: datetime, minutes: int) -> datetime:
    return (moment.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(SEOUL)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _end_minute(clock: time) -> int:
    return _minute(clock) or _DAY_MINUTES


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
