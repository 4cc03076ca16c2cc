"""How fast the pure core is: events a second and time per event, by number of agents, with Decisions on.

Run it: `python -m tests.bench.core [--json] [--events N]`. The load (`tests.bench.core_load`): 5,000 contacts wait all
the time, every agent works; a talk ends, its wrap-up ends, the next contact is matched, dialled, rung, answered, and
another one arrives; every hundredth ring fails and every fiftieth caller hangs up while waiting. Twelve queues in four
languages, agents with two languages and four skills each, all three strategies. Once with these plain rules, once
with every rule in use that matching has. A second load has nobody waiting and half of the agents idle, which is where
the idle orders work. Last, what a caller's session asks: the place and the estimate. Prints the list that
`./ringmaster bench` promises; exit 1 below a bar.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from acd.core.model import State
from acd.core.snapshot import estimated_wait_s, position
from tests.bench.core_load import Rules, loaded
from tests.bench.rows import Row, finish, most, row

EVENTS_PER_S_BAR = 50_000
P99_BAR_MS = 1.0
GROWTH_BAR = 2.0
QUERY_BAR_US = 1_000.0  # a session's question takes the dispatcher no longer than an event may


@dataclass(frozen=True, slots=True)
class Result:
    """What one load gave."""

    waiting: int
    events: int
    decisions: int
    deadlines: int
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


def measure(count: int, waiting: int, rules: Rules, events: int) -> Result:
    """Run one load for about so many events; garbage is collected before it, not in it, as in any long-lived process."""
    load = loaded(count, waiting, rules)
    for _ in range(2_000):
        load.turn(timed=False)
    load.decisions = load.deadlines = 0
    clock = clock_ns()
    gc.collect()
    gc.freeze()
    while len(load.times_ns) < events:
        load.turn()
    gc.unfreeze()
    times = sorted(load.times_ns)
    return Result(
        len(load.queued()),
        len(times),
        load.decisions,
        load.deadlines,
        (sum(times) / len(times) - clock) / 1e3,
        times[int(len(times) * 0.99)] / 1e6,
        times[-1] / 1e6,
    )


def query_us(ask: Callable[[State, str], object], state: State, waiting: list[str], asked: int = 2_000) -> float:
    """Microseconds for one question of a caller's session."""
    begun = time.thread_time_ns()
    for number in range(asked):
        ask(state, waiting[number % len(waiting)])
    return (time.thread_time_ns() - begun) / asked / 1e3


def rows(events: int = 60_000) -> Iterator[Row]:
    """All loads, one after the other as they are measured."""
    for rules in Rules:
        for waiting, what in ((5_000, "all busy"), (0, "half idle")):
            before: Result | None = None
            for count in (100, 1_000, 10_000):
                result = measure(count, waiting, rules, events)
                name = f"core {count} agents, {what}, {rules.value}"
                counts = f"{result.waiting} waiting, {result.events} events, {result.deadlines} of them deadlines"
                detail = f"{counts}, {result.decisions} decisions"
                worst = f"worst {result.worst_ms:.2f} ms"
                rate = result.events_per_s
                yield row(f"{name}: rate", rate, "events/s", EVENTS_PER_S_BAR, rate >= EVENTS_PER_S_BAR, detail)
                yield most(f"{name}: p99", result.p99_ms, "ms", P99_BAR_MS, worst)
                if before is not None:
                    growth = result.mean_us / before.mean_us
                    costs = f"{before.mean_us:.1f} to {result.mean_us:.1f} us an event"
                    yield most(f"{name}: growth", growth, "x per x10", GROWTH_BAR, costs)
                before = result
        yield from _queries(rules)


def _queries(rules: Rules) -> Iterator[Row]:
    load = loaded(10_000, 5_000, rules)
    for _ in range(5_000):
        load.turn(timed=False)
    waiting = load.queued()
    for what, ask in (("position", position), ("estimate", estimated_wait_s)):
        took_us = query_us(ask, load.state, waiting)
        yield most(f"core {what}, 10000 agents, {rules.value}", took_us, "us", QUERY_BAR_US, f"{len(waiting)} waiting")


def main() -> int:
    """Measure all loads, print the list, and say by the exit code whether the bars are met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=60_000)
    arguments = parser.parse_args()
    return finish(list(rows(arguments.events)), as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
