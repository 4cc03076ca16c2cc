"""The pure core far beyond one centre: 10,000 to 100,000 concurrent calls, four of five talking, one of five waiting.

Run it: `python -m tests.bench.core_scale [--json] [--calls N]`. The load is that of `tests.bench.core`, with every rule in
use; beside events a second and the time of one event, the memory that a call and its agent take. What the rest of the
house does for such a centre is computed from this: `./ringmaster capacity`, docs/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from engine.capacity import ENGINE_FULL, Load, needs
from tests.bench.core import P99_BAR_MS, measure
from tests.bench.core_load import Rules
from tests.bench.rows import Row, finish, most, row

CALLS = (10_000, 30_000, 100_000)
WAITING = 0.2  # of the calls
EVENTS = 60_000


@dataclass(frozen=True, slots=True)
class Scale:
    """One measurement. `kib_per_call`: of the whole process, its start taken off; a call has an agent or waits."""

    calls: int
    agents: int
    events_per_s: float
    p99_ms: float
    worst_ms: float
    kib_per_call: float


def one(calls: int) -> Scale:
    """Measured in this process, whose memory is looked at: nothing else may have run in it."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    waiting = round(calls * WAITING)
    result = measure(calls - waiting, waiting, Rules.FULL, EVENTS)
    after_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rate = result.events_per_s
    return Scale(calls, calls - waiting, rate, result.p99_ms, result.worst_ms, (after_kib - before_kib) / calls)


def rows(sizes: tuple[int, ...]) -> Iterator[Row]:
    """Each size in a process of its own."""
    for calls in sizes:
        words = [sys.executable, "-m", "tests.bench.core_scale", "--one", str(calls)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        found = Scale(**json.loads(done.stdout))
        detail = f"{found.agents} agents talk; {found.kib_per_call:.1f} KiB a call; worst {found.worst_ms:.1f} ms"
        rate = found.events_per_s
        bar = round(needs(Load(calls)).core_events_per_s / ENGINE_FULL)
        yield row(f"core {calls} calls: rate", rate, "events/s", bar, rate >= bar, detail)
        yield most(f"core {calls} calls: p99", found.p99_ms, "ms", P99_BAR_MS, detail)


def main() -> int:
    """Measure, print, and say by the exit code whether one core takes twice what so many calls tell it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, action="append", metavar="N")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(asdict(one(arguments.one))))
        return 0
    return finish(list(rows(tuple(arguments.calls or CALLS))), as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
