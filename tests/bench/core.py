"""How fast the pure core is: events a second and time per event, by number of agents, with Decisions on.

Run it: `python -m tests.bench.core [--json] [--events N]`. The load: 5,000 contacts wait all the time, every agent
works; a talk ends, its wrap-up ends, the next contact is matched, dialled, rung, answered, and another one arrives;
every hundredth ring fails and every fiftieth caller hangs up while waiting. Twelve queues in four languages, agents
with two languages and four skills each, all three strategies. A second load has nobody waiting and half of the agents
idle, which is where the idle orders work. Prints the list that `./ringmaster bench` promises; exit 1 below the bar.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from acd.core.commands import Assign, Note
from acd.core.events import (
    Channel,
    ContactHungUp,
    ContactOffered,
    Event,
    LegAnswered,
    LegDialled,
    LegFailed,
    LegRang,
    LegResult,
    PresenceAsked,
    TalkEnded,
    WrapupEndAsked,
)
from acd.core.facts import Decision
from acd.core.model import State
from acd.core.snapshot import position
from acd.core.states import ContactState, Presence
from acd.core.step import new_state, step
from dialplan.ruleset import AgentRule, Language, Queue, Source, Strategy

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
EVENTS_PER_S_BAR = 50_000
P99_BAR_MS = 1.0
GROWTH_BAR = 2.0


def queues() -> dict[str, Queue]:
    """Twelve queues: one without skills, one a skill; strategies in turn."""
    made = {}
    for number, key in enumerate(("general", *SKILLS)):
        made[key] = Queue(
            key, {}, ((key, 2 + number % 2),) if key in SKILLS else (), tuple(Strategy)[number % 3], 20.0, 5.0, 10.0, 30.0,
            30.0, 60.0, 30.0, 10_000, "default", Source("queues.yaml", number + 1),
        )  # fmt: skip
    return made


def agents(count: int, rng: random.Random) -> dict[str, AgentRule]:
    """Korean and, for every fourth, another language; four skills each."""
    made = {}
    for number in range(count):
        name = str(100_000 + number)
        languages = {Language.KO, LANGUAGES[1 + number // 4 % 3]} if number % 4 == 0 else {Language.KO}
        skills = {skill: rng.randint(1, 5) for skill in rng.sample(SKILLS, 4)}
        made[name] = AgentRule(
            name, name, f"team{number % 3}", frozenset(languages), skills, False, Source("agents.yaml", 1)
        )
    return made


@dataclass
class Load:
    """A centre under load. `waiting` contacts wait at all times; 0: half of the agents are idle instead."""

    state: State
    rng: random.Random
    waiting: int
    now: float = START
    serial: int = 0
    times_ns: list[int] = field(default_factory=list)
    decisions: int = 0
    talks: deque[tuple[str, str]] = field(default_factory=deque)
    todo: deque[Event] = field(default_factory=deque)

    def feed(self, event: Event, *, timed: bool = True) -> None:
        """One step, its time, and what a centre does about its commands."""
        self.now += 0.001
        begun = time.thread_time_ns()  # of this thread: other processes on the machine do not count
        out = step(self.state, event, self.now)
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
        """One more caller."""
        self.serial += 1
        language = self.rng.choices(LANGUAGES, SHARES)[0]
        key = self.rng.choice(tuple(self.state.queues))
        if language is not Language.KO:
            key = "general"
        requirement = self.state.queues[key].requirement(language)
        return ContactOffered(f"1800000000.{self.serial:07d}", Channel.VOICE, language, key, key, requirement)

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


def loaded(count: int, waiting: int, seed: int = 7) -> Load:
    """A centre with its agents on duty, and either all of them talking and `waiting` contacts, or half of them idle."""
    rng = random.Random(seed)
    load = Load(new_state(agents(count, rng), queues(), START), rng, waiting)
    for agent_id in load.state.agents:
        load.feed(PresenceAsked(agent_id, Presence.AVAILABLE), timed=False)
    if waiting:
        while sum(contact.state is ContactState.QUEUED for contact in load.state.contacts.values()) < waiting:
            for _ in range(max(100, count // 4)):
                load.feed(load.offer(), timed=False)
                load.drain(timed=False)
    else:
        for _ in range(count // 2):
            load.feed(load.offer(), timed=False)
            load.drain(timed=False)
    return load


@dataclass(frozen=True, slots=True)
class Result:
    """What one load gave."""

    agents: int
    waiting: int
    events: int
    decisions: int
    mean_us: float
    p99_ms: float
    worst_ms: float

    @property
    def events_per_s(self) -> float:
        """Events that one core takes in a second."""
        return 1e6 / self.mean_us


def clock_ns() -> float:
    """What one reading of the clock costs here; taken off the mean, since a live core reads none per step."""
    begun = time.thread_time_ns()
    for _ in range(20_000):
        time.thread_time_ns()
    return (time.thread_time_ns() - begun) / 20_000


def measure(count: int, waiting: int, events: int) -> Result:
    """Run one load for about so many events; garbage is collected before it, not in it, as in any long-lived process."""
    load = loaded(count, waiting)
    for _ in range(2_000):
        load.turn(timed=False)
    load.decisions = 0
    clock = clock_ns()
    gc.collect()
    gc.freeze()
    while len(load.times_ns) < events:
        load.turn()
    gc.unfreeze()
    times = sorted(load.times_ns)
    return Result(
        count,
        sum(contact.state is ContactState.QUEUED for contact in load.state.contacts.values()),
        len(times),
        load.decisions,
        (sum(times) / len(times) - clock) / 1e3,
        times[int(len(times) * 0.99)] / 1e6,
        times[-1] / 1e6,
    )


def position_us(count: int, asked: int = 2_000) -> float:
    """Microseconds for one caller's position, 5,000 waiting."""
    load = loaded(count, 5_000)
    waiting = [contact.id for contact in load.state.contacts.values() if contact.state is ContactState.QUEUED]
    begun = time.thread_time_ns()
    for number in range(asked):
        position(load.state, waiting[number % len(waiting)])
    return (time.thread_time_ns() - begun) / asked / 1e3


def rows(events: int = 60_000) -> Iterator[dict[str, object]]:
    """All loads, one `{"name", "value", "unit", "bar", "pass", "detail"}` after the other as they are measured."""
    for waiting, what in ((5_000, "all busy"), (0, "half idle")):
        before: Result | None = None
        for count in (100, 1_000, 10_000):
            result = measure(count, waiting, events)
            name = f"core {count} agents, {what}"
            detail = f"{result.waiting} waiting, {result.events} events, {result.decisions} decisions"
            worst = f"worst {result.worst_ms:.2f} ms"
            rate = result.events_per_s
            yield _row(f"{name}: rate", rate, "events/s", EVENTS_PER_S_BAR, rate >= EVENTS_PER_S_BAR, detail)
            yield _row(f"{name}: p99", result.p99_ms, "ms", P99_BAR_MS, result.p99_ms <= P99_BAR_MS, worst)
            if before is not None:
                growth = result.mean_us / before.mean_us
                costs = f"{before.mean_us:.1f} to {result.mean_us:.1f} us an event"
                yield _row(f"{name}: growth", growth, "x per x10", GROWTH_BAR, growth <= GROWTH_BAR, costs)
            before = result
    yield _row("core position, 10000 agents", position_us(10_000), "us", None, True, "5,000 waiting")


def _row(name: str, value: float, unit: str, bar: float | None, passed: bool, detail: str) -> dict[str, object]:
    return {"name": name, "value": round(value, 4), "unit": unit, "bar": bar, "pass": passed, "detail": detail}


def main() -> int:
    """Measure all loads, print the list, and say by the exit code whether the bars are met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=60_000)
    arguments = parser.parse_args()
    made = []
    for row in rows(arguments.events):
        made.append(row)
        if not arguments.json:
            print("{pass!s:5} {name:36} {value:>12} {unit:10} bar {bar!s:8} {detail}".format(**row), flush=True)
    if arguments.json:
        print(json.dumps(made))
    return 0 if all(row["pass"] for row in made) else 1


if __name__ == "__main__":
    sys.exit(main())
