"""A past day for tests of what looks back: the real core, driven by drawn callers and agents whose phones ring.

Phones ring 0.2 s after Dial, are answered some seconds later, one in twenty is not; some callers hang up. The facts
are what a live engine would have written; `write` puts them into a journal as its writer does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random

from sqlalchemy import insert

from acd.core.commands import Assign, Note
from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import Channel, ContactHungUp, ContactOffered
from acd.core.events.event import Event, TimePassed
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.facts import ContactMoved, Fact
from acd.core.states import ContactState, Presence
from acd.core.step import new_state, next_deadline, step
from acd.journal import tables
from acd.journal.codec import to_row
from acd.journal.migrate import migrate
from acd.journal.store import Store, open_engine
from acd.journal.tables import runs
from dialplan.decision import priority, route
from dialplan.language import Language
from dialplan.ruleset import Ruleset

LANGUAGES = [Language.KO] * 40 + [Language.EN, Language.JA, Language.ZH]


@dataclass
class PastDay:
    """What happened: all facts in order, and the events that they came from."""

    facts: list[Fact] = field(default_factory=list)
    events: list[tuple[float, Event]] = field(default_factory=list)


def past_day(
    rules: Ruleset, *, begin: float, calls: int, hours: float = 11.0, agents: int = 43, seed: int = 1
) -> PastDay:
    """`calls` calls in the `hours` from `begin` on; some agents go to lunch, everybody leaves at the end."""
    rng, serial, day = Random(f"past {seed}"), count(1), PastDay()
    planned: list[tuple[float, int, Event]] = []
    state = new_state(rules.agents, rules.queues, begin)

    def plan(at: float, event: Event) -> None:
        heappush(planned, (at, next(serial), event))

    on_duty = list(rules.agents)[:agents]
    for turn, agent in enumerate(on_duty):
        plan(begin, PresenceAsked(agent, Presence.AVAILABLE))
        lunch = begin + (3 + turn % 4) * 3600
        if hours > 8:
            plan(lunch, PresenceAsked(agent, Presence.AWAY, "lunch"))
            plan(lunch + 3600, PresenceAsked(agent, Presence.AVAILABLE))
        plan(begin + hours * 3600 + 1800, PresenceAsked(agent, Presence.OFFLINE))
    topics = list(rules.topics)
    for number, at in enumerate(sorted(begin + 60 + rng.random() * (hours * 3600 - 60) for _ in range(calls)), 1):
        language, topic = rng.choice(LANGUAGES), rng.choice(topics)
        found = route(rules, language, topic)
        if found.queue is None:
            continue
        place = priority(rules, topic, found.queue)
        contact = f"{begin:.0f}.{number}"
        plan(at, ContactOffered(contact, Channel.VOICE, language, topic, found.queue, found.requirement,
                                points=place.points, order_class=place.order_class))  # fmt: skip
        plan(at + rng.expovariate(1 / 120), ContactHungUp(contact))
    while planned:
        due = next_deadline(state)
        if due is not None and due <= planned[0][0]:
            now, event = due, TimePassed()
        else:
            now, _, event = heappop(planned)
            if isinstance(event, ContactHungUp) and not _waits(state, event.contact_id):
                continue
        day.events.append((now, event))
        for command in step(state, event, now):
            if isinstance(command, Note):
                day.facts.append(command.fact)
                if isinstance(command.fact, ContactMoved) and command.fact.new is ContactState.CONNECTED:
                    talk_s = rng.lognormvariate(4.9, 0.7)
                    if rng.random() < 0.1:
                        plan(now + talk_s / 3, HoldChanged(command.fact.contact_id, on_hold=True))
                        plan(now + talk_s / 2, HoldChanged(command.fact.contact_id, on_hold=False))
                    plan(now + talk_s, TalkEnded(command.fact.contact_id))
            elif isinstance(command, Assign):
                ring = (command.contact_id, command.agent_id)
                plan(now + 0.02, LegDialled(*ring, command.reservation_id))
                plan(now + 0.2, LegRang(*ring, command.reservation_id))
                if rng.random() < 0.95:
                    plan(now + 0.2 + rng.uniform(1, 4), LegAnswered(*ring))
                else:
                    failed = LegFailed(*ring, LegResult.NO_ANSWER, None, command.reservation_id)
                    plan(now + 0.2 + command.ring_timeout_s, failed)
                    plan(now + 60 + command.ring_timeout_s, PresenceAsked(command.agent_id, Presence.AVAILABLE))
    return day


def _waits(state: object, contact_id: str) -> bool:
    contact = state.contacts.get(contact_id)
    return contact is not None and contact.state in {ContactState.QUEUED, ContactState.RESERVED}


def write(store: Store, facts: Iterable[Fact], *, run: int, began_at: float, seen_at: float) -> None:
    """One engine's life, into a journal that is made if it is not there."""
    migrate(store)
    rows = [{"run": run, "seq": seq, **to_row(fact)} for seq, fact in enumerate(facts, 1)]
    engine = open_engine(store, write=True)
    with engine.begin() as connection:
        connection.execute(insert(runs), [{"run": run, "began_at": began_at, "seen_at": seen_at}])
        connection.execute(insert(tables.facts), rows)
    engine.dispose()
