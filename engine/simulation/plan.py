"""Who calls on a simulated day: how many, when, in which language, about what, and how patient they are.

The defaults are the city's (its first year's mix and volume). A caller's draws come from the seed alone, so two sets
of rules, or two staffings, meet the same callers.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from dialplan import calendar
from dialplan.hourrules import DayKind, Hours
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine.simulation.draws import Duration, Exponential, Lognormal

HOUR_S = 3600.0
CALLS = 2200
WEEKDAY = (8, (6.0, 10.0, 12.0, 11.0, 7.0, 10.0, 11.0, 11.0, 10.0, 8.0, 4.0))  # from 08:00, per cent of the day
DAY_OFF = (9, (8.0, 12.0, 14.0, 13.0, 10.0, 12.0, 12.0, 11.0, 8.0))  # from 09:00
LANGUAGES = {Language.KO: 97.0, Language.EN: 1.5, Language.JA: 0.7, Language.ZH: 0.8}


class Caller(NamedTuple):
    """One call: seconds since midnight, what is wanted, and how long they would wait and talk."""

    at_s: float
    language: Language
    topic: str
    patience_s: float
    talk_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A day's callers. `weights` are shares of the calls in the hours from `first_hour` on; any sum will do."""

    midnight: float  # of the day in Seoul, epoch seconds
    first_hour: int
    weights: tuple[float, ...]
    topics: Mapping[str, float]
    calls: int = CALLS
    languages: Mapping[Language, float] = field(default_factory=lambda: LANGUAGES)
    talk: Duration = Lognormal(180.0, 0.9)  # noqa: RUF009  (frozen)
    patience: Duration = Exponential(90.0)  # noqa: RUF009  (frozen)
    wrapup_s: float | None = None  # None: what the queue's rule says
    returning: float = 0.0  # share (0-1) of callers who talked with an agent in the days before
    open_s: tuple[tuple[float, float], ...] = ((0.0, float("inf")),)  # seconds since midnight; others hear `closed`

    @property
    def begins_s(self) -> float:
        """When the first agent is on duty, in seconds since midnight."""
        return self.open_s[0][0] if self.open_s and self.open_s[0][0] > 0 else self.first_hour * HOUR_S

    @property
    def ends_s(self) -> float:
        """When nobody calls any more, in seconds since midnight."""
        last = (self.first_hour + len(self.weights)) * HOUR_S
        return min(last, self.open_s[-1][1]) if self.open_s else last

    def takes(self, at_s: float) -> bool:
        """Whether the centre is open."""
        return any(opens <= at_s < closes for opens, closes in self.open_s)


def city_plan(ruleset: Ruleset, day: date, calls: int = CALLS) -> Plan:
    """The city's callers on this day, under these rules' hours. OutsideCalendarError beyond the calendar."""
    kind = calendar.day_kind(ruleset.hours, day)[0]
    first_hour, weights = WEEKDAY if kind is DayKind.WEEKDAY else DAY_OFF
    midnight = datetime.combine(day, time(0), calendar.SEOUL)
    return Plan(
        midnight.timestamp(), first_hour, weights, topic_mix(ruleset), calls, open_s=open_hours(ruleset.hours, day)
    )


def topic_mix(ruleset: Ruleset) -> dict[str, float]:
    """Shares by topic. Topics that the rules give no share split what the others leave over.

    The city's named topics leave nothing: the rest is in its largest, "city affairs" with 26 %, so these split that
    with it, in equal parts.
    """
    shares = {key: topic.share for key, topic in ruleset.topics.items()}
    rest = [key for key, share in shares.items() if share <= 0]
    left = 1.0 - sum(shares.values())
    if rest and left < 1e-6:
        largest = max(shares, key=lambda key: shares[key])
        left = shares[largest]
        rest = [largest, *rest]
    return shares | {key: left / len(rest) for key in rest}


def open_hours(hours: Hours, day: date) -> tuple[tuple[float, float], ...]:
    """The day's open stretches in seconds since midnight; none when it is closed all day."""
    midnight = datetime.combine(day, time(0), calendar.SEOUL)
    until = midnight + timedelta(days=1)
    found, at = [], midnight
    while at < until:
        change = calendar.next_change(hours, at) or until
        if calendar.is_open(hours, at):
            found.append(((at - midnight).total_seconds(), (min(change, until) - midnight).total_seconds()))
        at = change
    return tuple(found)


def callers(plan: Plan, seed: int) -> Iterator[Caller]:
    """The day's callers in the order of their calls, hour by hour: exactly `plan.calls`, those who call too late too.

    Given their number, the times of a Poisson process within an hour are uniform.
    """
    rng = Random(f"callers {seed}")  # noqa: S311 - a simulation
    edges = list(accumulate(plan.weights))
    counts = [0] * len(edges)
    for _ in range(plan.calls):
        counts[min(bisect(edges, rng.random() * edges[-1]), len(edges) - 1)] += 1
    languages, topics = list(plan.languages), list(plan.topics)
    by_language, by_topic = list(accumulate(plan.languages.values())), list(accumulate(plan.topics.values()))
    last_language, last_topic = len(languages) - 1, len(topics) - 1
    for hour, count in enumerate(counts, plan.first_hour):
        for moment in sorted(rng.random() for _ in range(count)):
            yield Caller(
                (hour + moment) * HOUR_S,
                languages[min(bisect(by_language, rng.random() * by_language[-1]), last_language)],
                topics[min(bisect(by_topic, rng.random() * by_topic[-1]), last_topic)],
                plan.patience.draw(rng),
                plan.talk.draw(rng),
            )
