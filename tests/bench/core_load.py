"""The centres that `tests.bench.core` measures, and the load that is put on them. Draws from a seed alone.

`Rules.PLAIN`: queues by skill and language, all three strategies. `Rules.FULL`: besides, each rule that matching has:
two relaxation steps, an interpreter, delays, ranks, reserved idle agents, agents of last time, classes and points.
"""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum

from acd.core.commands import Assign, Note
from acd.core.events.agents import PresenceAsked, WrapupEndAsked
from acd.core.events.contacts import Channel, ContactHungUp, ContactOffered
from acd.core.events.event import Event, TimePassed
from acd.core.events.legs import LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.facts import Decision
from acd.core.model import State
from acd.core.states import ContactState, Presence
from acd.core.step import new_state, next_deadline, step
from dialplan.agentrules import EVERY_QUEUE, AgentRule, Profile, ProfileRow
from dialplan.language import Language
from dialplan.queuerules import Queue, Relaxation, Sticky, Strategy
from dialplan.source import Source

SKILLS = (
    "city",
    "vehicle",
    "passport",
    "tax",
    "welfare",
    "environment",
    "water",
    "property",
    "health",
    "internet",
    "offices",
)
LANGUAGES = tuple(Language)
SHARES = (0.97, 0.015, 0.007, 0.008)
START = 1_800_000_000.0
PROFILES = (
    EVERY_QUEUE,
    Profile("ranked", (ProfileRow("water", rank=1), ProfileRow(None, rank=2))),
    Profile("helpers", (ProfileRow("tax", delay_s=20.0, reserve_idle=2), ProfileRow(None))),
    Profile("late", (ProfileRow("welfare"), ProfileRow("health", delay_s=10.0), ProfileRow(None, delay_s=30.0))),
)


class Rules(Enum):
    """How much of the rules is in use."""

    PLAIN = "plain rules"
    FULL = "every rule"


def queues(rules: Rules) -> dict[str, Queue]:
    """Twelve queues: one without skills, one a skill; strategies in turn."""
    made = {}
    for number, key in enumerate(("general", *SKILLS)):
        made[key] = Queue(
            key, {}, ((key, 2 + number % 2),) if key in SKILLS else (), tuple(Strategy)[number % 3], 20.0, 5.0, 10.0, 30.0,
            30.0, 60.0, 30.0, 10_000, "default", Source("queues.yaml", number + 1),
        )  # fmt: skip
        if rules is Rules.FULL:
            steps = [Relaxation(20.0, (), False, Source("queues.yaml", 92))]
            if number % 3 == 0:
                steps.insert(0, Relaxation(8.0, ((key, 1),) if key in SKILLS else (), False, Source("queues.yaml", 91)))
            if number % 4 == 1:
                steps.append(Relaxation(40.0, (), True, Source("queues.yaml", 93)))
            made[key] = replace(
                made[key],
                steps=tuple(steps),
                points=float(number % 3),
                order_class=1 if key == "water" else 2,
                sticky=Sticky(7, 15.0) if number % 2 == 0 else None,
            )
    return made


def agents(count: int, rng: random.Random, rules: Rules) -> dict[str, AgentRule]:
    """Korean and, for every fourth, another language; four skills each."""
    made = {}
    for number in range(count):
        name = str(100_000 + number)
        languages = {Language.KO, LANGUAGES[1 + number // 4 % 3]} if number % 4 == 0 else {Language.KO}
        skills = {skill: rng.randint(1, 5) for skill in rng.sample(SKILLS, 4)}
        profile = PROFILES[number // 2 % len(PROFILES)] if rules is Rules.FULL else EVERY_QUEUE
        made[name] = AgentRule(
            name, name, f"team{number % 3}", frozenset(languages), skills, False, Source("agents.yaml", 1), profile
        )
    return made


@dataclass
class Load:
    """A centre under load. `waiting` contacts wait at all times; 0: half of the agents are idle instead.

    A deadline that comes due is an event like any other (routing.md, Matching 4): it is fed as the dispatcher does it.
    """

    state: State
    rng: random.Random
    waiting: int
    now: float = START
    serial: int = 0
    times_ns: list[int] = field(default_factory=list)
    decisions: int = 0
    deadlines: int = 0
    talks: deque[tuple[str, str]] = field(default_factory=deque)
    todo: deque[Event] = field(default_factory=deque)

    def feed(self, event: Event, *, timed: bool = True) -> None:
        """What has come due, then this event."""
        self.now += 0.001
        while (due := next_deadline(self.state)) is not None and due <= self.now:
            self.deadlines += 1
            self.one(TimePassed(), due, timed=timed)
        self.one(event, self.now, timed=timed)

    def one(self, event: Event, now: float, *, timed: bool) -> None:
        """One step, its time, and what a centre does about its commands."""
        begun = time.thread_time_ns()  # of this thread: other processes on the machine do not count
        out = step(self.state, event, now)
        if timed:
            self.times_ns.append(time.thread_time_ns() - begun)
        for command in out:
            if isinstance(command, Assign):
                self.todo.append(LegDialled(command.contact_id, command.agent_id, command.reservation_id))
                if self.rng.random() < 0.01:
                    self.todo.append(LegFailed(command.contact_id, command.agent_id, LegResult.DECLINED))
                else:
                    self.todo.append(LegRang(command.contact_id, command.agent_id, command.reservation_id))
                    self.todo.append(LegAnswered(command.contact_id, command.agent_id))
                    self.talks.append((command.contact_id, command.agent_id))
            elif isinstance(command, Note) and isinstance(command.fact, Decision):
                self.decisions += 1

    def offer(self) -> ContactOffered:
        """One more caller. Every third has talked with an agent before, whom a queue may keep them for."""
        self.serial += 1
        language = self.rng.choices(LANGUAGES, SHARES)[0]
        key = self.rng.choice(tuple(self.state.queues))
        if language is not Language.KO:
            key = "general"
        queue = self.state.queues[key]
        last = str(100_000 + self.serial % len(self.state.agents)) if self.serial % 3 == 0 and queue.sticky else None
        return ContactOffered(
            f"1800000000.{self.serial:07d}", Channel.VOICE, language, key, key, queue.requirement(language),
            points=queue.points, order_class=queue.order_class, sticky_agent=last,
        )  # fmt: skip

    def drain(self, *, timed: bool) -> None:
        """Phones ring and are answered."""
        while self.todo:
            self.feed(self.todo.popleft(), timed=timed)

    def turn(self, *, timed: bool = True) -> None:
        """One talk ends, one contact arrives; with all that follows."""
        if self.talks:
            contact_id, agent_id = self.talks.popleft()
            self.feed(TalkEnded(contact_id), timed=timed)
            self.feed(WrapupEndAsked(agent_id), timed=timed)
        self.feed(self.offer(), timed=timed)
        if self.serial % 50 == 0 and self.waiting:
            self.feed(ContactHungUp(f"1800000000.{self.serial:07d}"), timed=timed)
            self.feed(self.offer(), timed=timed)
        self.drain(timed=timed)
        queued = len(self.state.contacts) - len(self.talks)
        if queued < self.waiting:
            self.feed(self.offer(), timed=timed)
            self.drain(timed=timed)

    def queued(self) -> list[str]:
        """Who waits."""
        return [contact.id for contact in self.state.contacts.values() if contact.state is ContactState.QUEUED]


def loaded(count: int, waiting: int, rules: Rules, seed: int = 7) -> Load:
    """A centre with its agents on duty, and either all of them talking and `waiting` contacts, or half of them idle."""
    rng = random.Random(seed)
    load = Load(new_state(agents(count, rng, rules), queues(rules), START), rng, waiting)
    for agent_id in load.state.agents:
        load.feed(PresenceAsked(agent_id, Presence.AVAILABLE), timed=False)
    if waiting:
        while len(load.queued()) < waiting:
            for _ in range(max(100, count // 4)):
                load.feed(load.offer(), timed=False)
                load.drain(timed=False)
    else:
        for _ in range(count // 2):
            load.feed(load.offer(), timed=False)
            load.drain(timed=False)
    return load
