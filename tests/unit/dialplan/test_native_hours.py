"""The compiled include against `is_open`: a thousand random instants and every boundary ± 1 s of two years."""

import random
from datetime import date, datetime, timedelta

import pytest

from dialplan import calendar
from dialplan.loader import load
from dialplan.native import compile_native
from dialplan.ruleset import Ruleset
from tests.unit.dialplan.conftest import Folder
from tests.unit.dialplan.native_evaluator import Include

FIRST = date(2026, 11, 24)
DAYS = 731
SPECIAL = """special_days:
  2027-02-07: {hours: ["10:00-12:00", "13:00-16:00"]}
  2027-03-03: {hours: [], name: 임시공휴일}
  2027-03-06: {hours: ["00:00-24:00"]}
  2027-03-08: {hours: ["08:00-19:00"], name: ";-- 선거일 --;"}
"""
CLOSURES = """closures:
  - {day: 2027-03-12, from: "13:00", to: "14:30", reason: 정전}
  - {day: 2027-03-15, from: "17:00", to: "24:00", reason: 점검}
  - {day: 2027-03-16, from: "00:00", to: "24:00", reason: 태풍}
"""


@pytest.fixture
def busy(folder: Folder) -> Ruleset:
    folder.replace("hours.yaml", 'weekday: ["08:00-19:00"]', 'weekday: ["08:00-12:00", "12:30-19:00"]')
    folder.replace("hours.yaml", "  add: {}", "  add: {2027-01-29: 임시공휴일, 2027-01-30: 선거일}")
    folder.replace("hours.yaml", "  remove: []", "  remove: [2026-12-25, 2027-09-15]")
    folder.replace("hours.yaml", "special_days: {}", SPECIAL)
    folder.replace("hours.yaml", "closures: []", CLOSURES)
    return load(folder.path)


def boundaries(ruleset: Ruleset, first: date, days: int) -> list[datetime]:
    """Every moment of these days at which open and closed change."""
    found = []
    at: datetime | None = datetime(first.year, first.month, first.day, tzinfo=calendar.SEOUL)
    end = at + timedelta(days=days) if at else None
    while (
        at is not None and end is not None and (at := calendar.next_change(ruleset.hours, at)) is not None and at < end
    ):
        found.append(at)
    return found


@pytest.fixture
def saturdays(busy: Ruleset, folder: Folder) -> Ruleset:
    folder.replace("hours.yaml", '# saturday: ["09:00-17:00"]', 'saturday: ["09:00-12:00", "13:00-17:00"]')
    return load(folder.path)


@pytest.mark.parametrize("which", ["city", "busy", "saturdays"])
def test_the_include_agrees_with_the_rules(which: str, request: pytest.FixtureRequest) -> None:
    ruleset: Ruleset = request.getfixturevalue(which)
    include = Include(compile_native(ruleset, FIRST, DAYS))
    edges = boundaries(ruleset, FIRST, DAYS)
    assert len(edges) > 2 * (DAYS - 10)
    draw = random.Random(4)
    start = datetime(2026, 11, 24, tzinfo=calendar.SEOUL)
    instants = [start + timedelta(seconds=draw.randrange(DAYS * 86_400)) for _ in range(1000)]
    instants += [edge + timedelta(seconds=by) for edge in edges for by in (-1, 0, 1)]
    for at in instants:
        assert include.is_open(int(at.timestamp())) is calendar.is_open(ruleset.hours, at), at


def test_the_shifted_clock_counts(city: Ruleset) -> None:
    include = Include(compile_native(city, FIRST))
    closing = int(datetime(2026, 11, 24, 19, 0, tzinfo=calendar.SEOUL).timestamp())
    assert include.is_open(closing, -1)
    assert not include.is_open(closing - 1, 1)


def test_it_reaches_at_least_400_days_ahead(city: Ruleset) -> None:
    text = compile_native(city, FIRST)
    assert "d20271227,1" in text  # the substitute day of Christmas 2027, 398 days ahead
    assert "d20280126,1" in text  # the new year's eve of 2028, 428 days ahead


def test_a_holidays_name_cannot_break_the_file(busy: Ruleset) -> None:
    text = compile_native(busy, FIRST)
    assert ";--" not in text
    assert all(line.count(";") <= 1 for line in text.splitlines())


def test_no_days_is_refused(city: Ruleset) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        compile_native(city, FIRST, 0)


def test_the_calendars_last_day_is_the_includes_last(city: Ruleset) -> None:
    assert "d20991225,1" in compile_native(city, date(2099, 12, 1))
