"""The callers of a past day, from its facts: when they came, for what, how long they talked, how long they would wait.

Pure: facts and a seed in, a plan and its callers out. What the facts cannot know is drawn by the seed: how long a
caller who hung up would have talked (from the day's own talks), and how much longer an answered one would have waited
(exponential, by the maximum likelihood of a day whose answered callers only show that they waited so long).
Callers who were told that the centre is closed never waited, and are in no fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from math import inf
from random import Random

from acd.core.facts import ContactMoved
from acd.core.states import ContactState
from dialplan import calendar
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine.simulation.draws import Lognormal
from engine.simulation.plan import HOUR_S, Caller, Plan, open_hours

_USUAL_TALK = Lognormal(180.0, 0.9)  # of a day without talks


class NoCallersError(ValueError):
    """The journal has no contact on that day."""


@dataclass(slots=True)
class _Seen:
    at: float
    language: Language
    topic: str
    waited_s: float = 0.0
    talk_s: float = 0.0
    talked: bool = False
    gave_up: bool = False


def past_day(ruleset: Ruleset, day: datetime, facts: Iterable[ContactMoved], seed: int) -> tuple[Plan, list[Caller]]:
    """The plan of the day (hours by these rules) and its callers in order. Raises NoCallersError.

    `day` is any moment of it in Seoul; `facts` are all moves of that day's contacts, in order.
    """
    midnight = datetime.combine(day.date(), time(0), calendar.SEOUL)
    seen = _contacts(facts)
    if not seen:
        raise NoCallersError(f"the journal has no contact on {day:%Y-%m-%d}")
    rng = Random(f"past {seed}")  # noqa: S311 - a simulation
    talks = [one.talk_s for one in seen if one.talked and one.talk_s > 0]
    gave_up = sum(one.gave_up for one in seen)
    more_s = sum(one.waited_s for one in seen) / gave_up if gave_up else inf
    callers = []
    for one in sorted(seen, key=lambda one: one.at):
        talk_s = one.talk_s
        if talk_s <= 0:
            talk_s = rng.choice(talks) if talks else _USUAL_TALK.draw(rng)
        patience_s = one.waited_s
        if not one.gave_up:
            patience_s = inf if more_s == inf else one.waited_s + rng.expovariate(1 / max(more_s, 1e-3))
        topic = one.topic if one.topic in ruleset.topics else ruleset.any_topic
        callers.append(Caller(one.at - midnight.timestamp(), one.language, topic, patience_s, talk_s))
    first_hour = int(callers[0].at_s // HOUR_S)
    last_hour = int(callers[-1].at_s // HOUR_S)
    weights = tuple(
        float(sum(int(one.at_s // HOUR_S) == hour for one in callers)) for hour in range(first_hour, last_hour + 1)
    )
    plan = Plan(
        midnight.timestamp(), first_hour, weights, {ruleset.any_topic: 1.0}, len(callers),
        open_s=open_hours(ruleset.hours, day.date()),
    )  # fmt: skip
    return plan, callers


def _contacts(facts: Iterable[ContactMoved]) -> list[_Seen]:
    """One for each contact that began to wait: an engine that came later sees some of them for the first time again."""
    seen: dict[str, _Seen] = {}
    for fact in facts:
        one = seen.get(fact.contact_id)
        if one is None:
            if fact.new is ContactState.QUEUED:
                seen[fact.contact_id] = _Seen(fact.at, fact.language, fact.topic)
            continue
        one.waited_s = max(one.waited_s, fact.waited_s)
        if fact.new is ContactState.CONNECTED:
            one.talked = True
        elif fact.new is ContactState.ABANDONED:
            one.gave_up = not one.talked
        one.talk_s += fact.talk_s + fact.hold_s
    return list(seen.values())
