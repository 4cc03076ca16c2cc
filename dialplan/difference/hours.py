"""hours.yaml in words, with the dates of the coming year that open or close differently. Pure: `today` is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from dialplan import calendar
from dialplan.changes import ABSENT, Change, Value
from dialplan.decision import interval_words
from dialplan.difference import generic
from dialplan.difference.told import Side, Told
from dialplan.hourrules import DayKind, Hours, Interval
from dialplan.source import Source
from dialplan.words import Words, joined, same

DAYS = 366  # the coming year
_NAMED = 4  # so many dates are named, more are counted
_WEEKDAYS = (("월", "Mon"), ("화", "Tue"), ("수", "Wed"), ("목", "Thu"), ("금", "Fri"), ("토", "Sat"), ("일", "Sun"))
_Days = dict[date, tuple[tuple[Interval, ...], tuple[Interval, ...]]]


def tell(changes: Iterable[Change], old: Side, new: Side, today: date) -> Iterator[Told]:
    """A sentence for each change, with the days that it changes."""
    some = list(changes)
    days = differing(old.rules.hours, new.rules.hours, today)
    dated = {day for change in some for day in _dates(change)}
    for change in some:
        if change.path == ("closures",):
            yield from _closures(change, old, new, days, today)
            continue
        if change.path == ("holidays", "remove"):
            yield from _removed(change, old, new, days, today)
            continue
        named = _dates(change)
        if named:
            yield _dated(change, named[0], days, today)
        else:
            kinds = _PATTERNS.get(change.path[-1], frozenset(DayKind))
            mine = {
                day: both
                for day, both in days.items()
                if day not in dated and calendar.day_kind(new.rules.hours, day)[0] in kinds
            }
            yield generic.told(change, old, new, *_effects(mine))


_PATTERNS = {
    "weekday": frozenset({DayKind.WEEKDAY}),
    "saturday": frozenset({DayKind.SATURDAY}),
    "day_off": frozenset({DayKind.SATURDAY, DayKind.SUNDAY, DayKind.PUBLIC_HOLIDAY}),
}


def differing(old: Hours, new: Hours, today: date) -> _Days:
    """The days of the year from `today` on whose opening hours differ: before, after."""
    found: _Days = {}
    for ahead in range(DAYS):
        day = today + timedelta(days=ahead)
        if day.year > calendar.LAST_YEAR:
            break
        before, after = calendar.intervals(old, day), calendar.intervals(new, day)
        if before != after:
            found[day] = (before, after)
    return found


def day_words(day: date) -> Words:
    """`2026-12-05(토)`."""
    korean, english = _WEEKDAYS[day.weekday()]
    return Words(f"{day}({korean})", f"{day} ({english})")


def _dates(change: Change) -> list[date]:
    """The dates that a change names."""
    match change.path:
        case ("holidays", "add", day) | ("special_days", day, *_):
            return [date.fromisoformat(day)]
        case ("holidays", "remove"):
            return [date.fromisoformat(day) for day in [*_texts(change.before), *_texts(change.after)]]
        case ("closures",):
            return [date.fromisoformat(str(item["day"])) for item in _items(change.before) + _items(change.after)]
    return []


def _items(value: Value | object) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: Value | object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _removed(change: Change, old: Side, new: Side, days: _Days, today: date) -> Iterator[Told]:
    before, after = _texts(change.before), _texts(change.after)
    for text in dict.fromkeys([*before, *after]):
        if text in before and text in after:
            continue
        day = date.fromisoformat(text)
        words = Words(" 공휴일에서 제외", " is no public holiday")
        if text in before:
            words = Words(" 다시 공휴일", " is a public holiday again")
        more = _effects({day: days[day]}) if day in days else [_no_effect(day, today)]
        yield Told(day_words(day) + words, change.old, change.new, tuple(more))
    if set(before) == set(after):
        yield generic.told(change, old, new)


def _dated(change: Change, day: date, days: _Days, today: date) -> Told:
    more = _effects({day: days[day]}) if day in days else [_no_effect(day, today)]
    head = day_words(day)
    match change.path:
        case ("holidays", "add", _) if change.before is ABSENT:
            words = head + Words(f" 공휴일 추가: {change.after}", f" becomes a public holiday: {change.after}")
        case ("holidays", "add", _) if change.after is ABSENT:
            words = head + Words(
                f" 공휴일 추가 취소: {change.before}", f" is no added holiday any more: {change.before}"
            )
        case ("special_days", _) if isinstance(change.after, dict) and change.before is ABSENT:
            words = head + Words(" 별도 상담 시간: ", " gets hours of its own: ") + _hours_words(change.after)
        case ("special_days", _) if isinstance(change.before, dict) and change.after is ABSENT:
            words = head + Words(" 별도 상담 시간 취소: ", " has no hours of its own any more: ")
            words += _hours_words(change.before)
        case _:
            words = generic.sentence(head, change.file, change.path[-1:], change.before, change.after)
    return Told(words, change.old, change.new, tuple(more))


def _hours_words(special: dict[str, Value]) -> Words:
    hours = special.get("hours")
    words = same(", ".join(str(part) for part in hours)) if isinstance(hours, list) and hours else CLOSED
    name = special.get("name")
    return words if name is None else words + same(f" ({name})")


CLOSED = Words("휴무", "closed")


def _closures(change: Change, old: Side, new: Side, days: _Days, today: date) -> Iterator[Told]:
    before, after = _items(change.before), _items(change.after)
    for items, others, side, ko, en in (
        (after, before, new, "임시 휴무", "temporarily closed"),
        (before, after, old, "임시 휴무 취소", "no longer temporarily closed"),
    ):
        for i, item in enumerate(items):
            if item in others:
                continue
            day = date.fromisoformat(str(item["day"]))
            words = day_words(day) + same(f" {item['from']}~{item['to']} ")
            words += Words(f"{ko}: {item['reason']}", f"{en}: {item['reason']}")
            found = side.files.documents[change.file].at("closures", i)
            here = Source(found.file, found.line, found.column)
            more = _effects({day: days[day]}) if day in days else [_no_effect(day, today)]
            yield Told(words, here if side is old else change.old, here if side is new else change.new, tuple(more))
    if all(item in after for item in before) and all(item in before for item in after):
        yield generic.told(change, old, new)


def _no_effect(day: date, today: date) -> Words:
    if day < today:
        return Words("지난 날짜입니다", "a date that is past")
    if day >= today + timedelta(days=DAYS):
        return Words("1년 뒤의 날짜입니다", "a date more than a year away")
    return Words("상담 시간은 그대로입니다", "the opening hours stay as they are")


def _effects(days: _Days) -> list[Words]:
    """`2026-12-05(토): 09:00-18:00 → 09:00-17:00`, days with the same change together."""
    alike: dict[tuple[tuple[Interval, ...], tuple[Interval, ...]], list[date]] = {}
    for day, both in days.items():
        alike.setdefault(both, []).append(day)
    found = []
    for (before, after), some in alike.items():
        which = joined([day_words(day) for day in some])
        if len(some) > _NAMED:
            which = Words(f"{some[0]}부터 1년 동안 {len(some)}일", f"{len(some)} days in the year from {some[0]}")
        found.append(which + same(": ") + _open(before) + same(" → ") + _open(after))
    return found or [Words("1년 안에 달라지는 날이 없습니다", "no day of the coming year changes")]


def _open(stretches: tuple[Interval, ...]) -> Words:
    return same(interval_words(stretches)) if stretches else CLOSED
