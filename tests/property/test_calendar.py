"""Every minute of 2024-2027 is open or closed as an independent formulation says, and the next change is right.

The other formulation knows no intervals: it paints minutes of the epoch into a long row of bytes, with Korea's fixed
UTC+9 and its own weekday arithmetic.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplan import calendar
from dialplan.hourrules import Closure, Hours, Interval, SpecialDay
from dialplan.loader import load
from dialplan.source import Source
from tests.property.gazette import EARLIER, GAZETTE

RULES = Path(__file__).resolve().parents[2] / "dialplan" / "rules"
HOURS = load(RULES).hours
DAY = 1440
EPOCH = date(1970, 1, 1)


def paint(hours: Hours, first: date, days: int) -> bytearray:
    """One byte per local minute from `first`: 1 where the centre is open."""
    row = bytearray(days * DAY)
    for n in range(days):
        day = first + timedelta(days=n)
        weekday = ((day - EPOCH).days + 3) % 7  # 1 January 1970 was a Thursday
        special = hours.special_days.get(day)
        named = special is not None and special.name is not None
        holiday = named or day in hours.added_holidays
        holiday = holiday or (day in hours.public_holidays and day not in hours.removed_holidays)
        pattern = special.intervals if special else hours.day_off if holiday or weekday >= 5 else hours.weekday
        for part in pattern:
            start, end = minute(part.opens), minute(part.closes) or DAY
            row[n * DAY + start : n * DAY + end] = b"\1" * (end - start)
        for closure in hours.closures:
            if closure.day == day:
                start, end = minute(closure.start), minute(closure.end) or DAY
                row[n * DAY + start : n * DAY + end] = b"\0" * (end - start)
    return row


def minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def moments(first: date, count: int) -> Iterator[datetime]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=9)
    for n in range(count):
        yield start + timedelta(minutes=n)


def changes(row: bytearray) -> list[int | None]:
    """For each minute the next one whose byte differs from it, None when the row ends before."""
    result: list[int | None] = [None] * len(row)
    for n in range(len(row) - 2, -1, -1):
        result[n] = n + 1 if row[n] != row[n + 1] else result[n + 1]
    return result


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_every_minute_is_open_or_closed_and_the_next_change_is_right(year: int) -> None:
    first, days = date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days
    row = paint(HOURS, first, days + 3)
    following = changes(row)
    start = datetime(year, 1, 1, tzinfo=calendar.SEOUL)
    expected_change: datetime | None = None
    known: int | None = None
    for n, at in enumerate(moments(first, days * DAY)):
        if following[n] != known:
            known = following[n]
            assert known is not None
            expected_change = start + timedelta(minutes=known)
        open_now = calendar.is_open(HOURS, at)
        assert open_now is bool(row[n]), at
        assert calendar.next_change(HOURS, at) == expected_change, at


def test_within_a_minute_nothing_changes() -> None:
    closing = datetime(2026, 11, 24, 19, 0, tzinfo=calendar.SEOUL)
    assert calendar.is_open(HOURS, closing - timedelta(microseconds=1))
    assert not calendar.is_open(HOURS, closing)
    assert not calendar.is_open(HOURS, closing + timedelta(seconds=30))
    assert calendar.next_change(HOURS, closing - timedelta(microseconds=1)) == closing
    assert calendar.next_change(HOURS, closing) == datetime(2026, 11, 25, 8, 0, tzinfo=calendar.SEOUL)


@pytest.mark.parametrize(("year", "count"), [(2026, 22), (2027, 24)])
def test_the_gazettes_lists(year: int, count: int) -> None:
    ours = {day for day in HOURS.public_holidays if day.year == year}
    assert ours == set(GAZETTE[year])
    assert len(ours) == count


def test_elections_and_temporary_holidays() -> None:
    assert {day: HOURS.public_holidays[day] for day in EARLIER} == EARLIER


def test_labour_and_constitution_day_are_public_from_2026() -> None:
    days = [date(year, month, day) for year in (2025, 2026) for month, day in ((5, 1), (7, 17))]
    assert [day in HOURS.public_holidays for day in days] == [False, False, True, True]


def test_lunar_dates_are_the_korean_ones() -> None:
    # The Chinese calendar has the new year of 1997 and 2028 a day earlier.
    assert HOURS.public_holidays[date(2028, 1, 27)] == "설날"
    assert HOURS.public_holidays[date(2027, 2, 7)] == "설날"


CLOCKS = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))


@st.composite
def stretches(draw: st.DrawFn) -> tuple[Interval, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 48), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Interval(time(a // 2, a % 2 * 30), time(b // 2 % 24, b % 2 * 30)) for a, b in pairs)


@st.composite
def any_hours(draw: st.DrawFn) -> Hours:
    source = Source("hours.yaml", 1)
    days = [date(2027, 2, 1) + timedelta(days=n) for n in range(14)]
    some = st.sampled_from(days)
    special = draw(st.dictionaries(some, st.tuples(stretches(), st.sampled_from([None, "임시공휴일"])), max_size=4))
    closed = draw(st.lists(st.tuples(some, CLOCKS, CLOCKS), max_size=3))
    return replace(
        HOURS,
        weekday=draw(stretches()),
        day_off=draw(stretches()),
        special_days={day: SpecialDay(day, parts, name, source) for day, (parts, name) in special.items()},
        closures=tuple(
            Closure(day, start, end, "점검", source) for day, start, end in closed if start < end or end == time(0)
        ),
        added_holidays=dict.fromkeys(draw(st.sets(some, max_size=2)), "임시공휴일"),
        removed_holidays=frozenset(draw(st.sets(some, max_size=2))),
    )


@settings(max_examples=60, deadline=None)
@given(any_hours(), st.integers(0, 14 * DAY - 1))
def test_any_rules_agree_with_the_painted_row(hours: Hours, chosen: int) -> None:
    first = date(2027, 2, 1)
    row = paint(hours, first, 14)
    at = list(moments(first, 14 * DAY))
    for n in {*range(0, 14 * DAY, 30), *range(29, 14 * DAY, 30), chosen}:
        assert calendar.is_open(hours, at[n]) is bool(row[n]), at[n]
    expected = changes(row)[chosen]
    if expected is not None:
        assert calendar.next_change(hours, at[chosen]) == at[expected]
    seen = calendar.opening(hours, at[chosen])
    assert seen.open is bool(row[chosen])
    assert (seen.opens_at is None) or not seen.open
    assert (seen.closes_at is None) or seen.open


SECONDS_OF_FOUR_YEARS = st.integers(1_704_034_800, 1_830_265_199)


@settings(max_examples=200, deadline=None)
@given(SECONDS_OF_FOUR_YEARS, st.timezones())
def test_the_hosts_zone_changes_nothing(second: int, zone: object) -> None:
    at = datetime.fromtimestamp(second, calendar.SEOUL)
    elsewhere = at.astimezone(zone)  # type: ignore[arg-type]
    assert calendar.opening(HOURS, at) == calendar.opening(HOURS, elsewhere)
