"""Expected calls by hour and language: from the city's mix, from past days, or from a CSV file. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from acd.core.facts import ContactMoved
from acd.core.seoul import DAY_S, midnight
from acd.core.states import ContactState
from dialplan.language import Language
from engine.simulation.plan import HOUR_S, Plan
from engine.staffing.need import Calls

_MOST_CALLS = 1_000_000.0


class ForecastError(ValueError):
    """The forecast cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class History:
    """What past days say: calls by hour and language on an average one, and how calls were."""

    days: int
    calls: list[Calls]
    talk_s: float | None  # mean talk and hold; None: no talk ended
    patience_s: float | None  # mean, as waiting callers show it; None: nobody hung up


def of_plan(plan: Plan) -> list[Calls]:
    """The city's mix: the plan's calls over its hours and languages."""
    whole, spoken = sum(plan.weights), sum(plan.languages.values())
    return [
        Calls(plan.first_hour + i, language, plan.calls * weight / whole * share / spoken)
        for i, weight in enumerate(plan.weights)
        for language, share in plan.languages.items()
    ]


def of_past(moves: Iterable[ContactMoved], days: Iterable[float]) -> History:
    """The average over these days (their midnights in Seoul, epoch seconds); moves of other days are left out."""
    wanted = set(days)
    counts: Counter[tuple[int, Language]] = Counter()
    seen: set[str] = set()
    talks_s, talks, waited_s, gone = 0.0, 0, 0.0, 0
    for move in moves:
        day = midnight(move.at)
        if day not in wanted:
            continue
        if move.new is ContactState.QUEUED and move.contact_id not in seen:
            seen.add(move.contact_id)
            counts[int((move.at - day) // HOUR_S), move.language] += 1
        if move.new is ContactState.WRAPUP:
            talks_s += move.talk_s + move.hold_s
            talks += 1
        if move.new in {ContactState.CONNECTED, ContactState.ABANDONED}:
            waited_s += move.waited_s
            gone += move.new is ContactState.ABANDONED
    if not seen:
        raise ForecastError("the journal has no contact on such days")
    calls = [Calls(hour, language, count / len(wanted)) for (hour, language), count in sorted(counts.items())]
    return History(len(wanted), calls, talks_s / talks if talks else None, waited_s / gone if gone else None)


def of_csv(name: str, text: str) -> list[Calls]:
    """Lines of `hour,language,calls` and, if wished, `aht_s`. Raises ForecastError with file and line."""
    rows = csv.DictReader(io.StringIO(text))
    needed = {"hour", "language", "calls"}
    if rows.fieldnames is None or not needed <= set(rows.fieldnames):
        raise ForecastError(f"{name}:1: expected the columns hour,language,calls and, if wished, aht_s")
    found = [_row(name, number, row) for number, row in enumerate(rows, 2)]
    if not found:
        raise ForecastError(f"{name}: there is no line with calls")
    return found


def _row(name: str, number: int, row: dict[str, str | None]) -> Calls:
    place = f"{name}:{number}"
    hour, language = (row["hour"] or "").strip(), (row["language"] or "").strip()
    if not hour.isdigit() or int(hour) > 23:
        raise ForecastError(f"{place}: expected an hour from 0 to 23, found `{hour}`")
    if language not in list(Language):
        raise ForecastError(f"{place}: `{language}` is not one of {', '.join(Language)}")
    aht = (row.get("aht_s") or "").strip()
    return Calls(int(hour), Language(language), _number(place, row["calls"]), _number(place, aht) if aht else None)


def _number(place: str, text: str | None) -> float:
    try:
        value = float((text or "").strip())
    except ValueError:
        raise ForecastError(f"{place}: expected a number, found `{text}`") from None
    if not 0 <= value <= _MOST_CALLS:
        raise ForecastError(f"{place}: {value:g} is not a number from 0 to {_MOST_CALLS:g}")
    return value


def midnights_before(now: float, days: int) -> list[float]:
    """The last so many whole days before the one of `now`, the oldest first."""
    today = midnight(now)
    return [today - n * DAY_S for n in range(days, 0, -1)]
