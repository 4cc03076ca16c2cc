"""How long after an agent's BYE the INVITE for the next caller reaches that agent: the engine, beside app_queue.

One Asterisk, one run: two agents, twenty callers of whom some always wait, wrap-up 0. First the engine routes; then it
is killed, and app_queue serves the same callers with the same agents from the safety net, by the quickest settings that
it has (retry=1, the least it takes; wrapuptime=0, autofill=yes). It looks for a free agent once a second; so talks last
half a second to one and a half, equally often: an agent is freed at every moment of that second alike, as in life. (Talks of
0.7 to 1.1 s, which this bench once had, were in step with it, and showed its median as 0.29 s.) All phones are in this
process, so both times are one clock's. Where the time goes is read off the wire (tests/bench/wire.py).

Run it: `python -m tests.bench.freed_to_invite [--samples N] [--json]`; exit 1 below the bar.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.bench.house import citizens, on_duty, opened
from tests.bench.rows import Row, finish, percentile, row, told
from tests.bench.sip_ua import Dialog, Ua
from tests.bench.wire import Segment, Wire

AGENTS = ("1001", "1002")
CALLERS = 20
TALK_S = (0.5, 1.5)
BAR_P50_MS, BAR_P99_MS, BAR_TIMES = 4.0, 15.0, 100.0
ENOUGH = 100  # samples, for a 99th percentile
WAKE = "68"  # D, as AGI tells a key


class Freed(NamedTuple):
    """An agent's BYE and the next INVITE to them, in seconds of `time.perf_counter`."""

    agent: str
    bye_at: float
    invite_at: float

    @property
    def took_s(self) -> float:
        """From one to the other."""
        return self.invite_at - self.bye_at


class Agent:
    """Answers at once, talks for about a second, hangs up, and notes when the next INVITE came."""

    def __init__(self, ua: Ua) -> None:
        self.ua = ua
        self.bye_at: float | None = None
        self.samples: list[Freed] = []
        ua.on_invite = self._invited
        ua.on_answer = self._answered

    def _invited(self, dialog: Dialog, text: str, now: float) -> None:
        if self.bye_at is not None:
            self.samples.append(Freed(self.ua.user, self.bye_at, now))
            self.bye_at = None

    def _answered(self, dialog: Dialog, now: float) -> None:
        if dialog.cseq >= 100:  # theirs, not a code of ours
            self.ua.loop.later(random.uniform(*TALK_S), lambda: self._hang_up(dialog))

    def _hang_up(self, dialog: Dialog) -> None:
        if not dialog.ended.is_set():
            self.bye_at = dialog.hang_up()


def measure(agents: list[Agent], samples: int, within_s: float) -> list[Freed]:
    """Wait until there are enough. The first of each agent is no sample: nobody was freed before it."""
    for agent in agents:
        agent.samples.clear()
        agent.bye_at = None
    deadline = time.monotonic() + within_s
    while sum(len(agent.samples) for agent in agents) < samples and time.monotonic() < deadline:
        time.sleep(0.05)
    return [sample for agent in agents for sample in agent.samples]


def segments_ms(samples: list[Freed], seen: list[Segment], ami: int, agi: int) -> dict[str, float]:
    """When each step of the way had been reached, in milliseconds since the BYE: the median of the samples.

    Each is looked for in what follows the step before it and mentions the agent, or this caller's session.
    """
    ways = [way for sample in samples if (way := _way(sample, seen, ami, agi))]
    return {name: round(1000 * percentile([way[name] for way in ways], 0.5), 2) for name in (ways[0] if ways else ())}


def _way(sample: Freed, seen: list[Segment], ami: int, agi: int) -> dict[str, float]:
    within = [one for one in seen if sample.bye_at <= one.at <= sample.invite_at]
    agent = f"PJSIP/{sample.agent}".encode()
    dialled = next((one for one in within if one.source == agi and b"EXEC Dial " + agent in one.data), None)
    if dialled is None:
        return {}
    steps: list[tuple[str, Callable[[Segment], bool]]] = [
        ("its hang-up on AMI", lambda one: one.source == ami and b"HangupRequest" in one.data and agent in one.data),
        ("matched: the wake-up on AMI", lambda one: one.destination == ami and b"PlayDTMF" in one.data),
        ("the session is awake", lambda one: one.destination == agi and one.source == dialled.destination),
        ("Dial on AGI", lambda one: one is dialled),
    ]
    way: dict[str, float] = {}
    for name, is_it in steps:
        found = next((n for n, one in enumerate(within) if is_it(one)), None)
        if found is None:
            return {}
        way[name] = within[found].at - sample.bye_at
        within = within[found:]
    return {**way, "INVITE": sample.took_s}


def figures(samples: list[Freed]) -> dict[str, Any]:
    """n, p50, p90, p99, the worst; milliseconds."""
    if not samples:
        return {"n": 0}
    took = [sample.took_s for sample in samples]
    return {
        "n": len(took),
        "p50_ms": round(1000 * percentile(took, 0.5), 2),
        "p90_ms": round(1000 * percentile(took, 0.9), 2),
        "p99_ms": round(1000 * percentile(took, 0.99), 2),
        "max_ms": round(1000 * max(took), 2),
    }


def run(samples: int, queue_samples: int) -> list[Row]:
    """Both measurements, as `./ringmaster bench` prints them."""
    sys.setswitchinterval(0.0005)
    stop = threading.Event()
    with opened("--set", "queues.defaults.wrapup_s=0") as (loop, centre):
        agents = [Agent(phone) for phone in on_duty(loop, centre, AGENTS)]
        callers = citizens(loop, centre, CALLERS, stop)
        time.sleep(3)  # until they wait
        ami, agi = centre.settings.ami_port, centre.settings.agi_port
        wire = Wire.open(ami, agi)
        ours = measure(agents, samples, within_s=120)
        way: dict[str, float] = {}
        if wire is not None:
            wire.stop()
            way = segments_ms(ours, wire.segments, ami, agi)
        centre.kill_engine()
        time.sleep(3)
        theirs = measure(agents, queue_samples, within_s=120)
        stop.set()
        for caller in callers:
            caller.join(3)
    return _rows(figures(ours), figures(theirs), way)


def _rows(engine: dict[str, Any], queue: dict[str, Any], way: dict[str, float]) -> list[Row]:
    detail = f"{engine['n']} samples, {len(AGENTS)} agents, {CALLERS} callers, wrap-up 0"
    rows = []
    for share, bar in (("p50", BAR_P50_MS), ("p99", BAR_P99_MS)):
        value = engine.get(f"{share}_ms")
        passed = engine["n"] >= ENOUGH and value is not None and value <= bar
        rows.append(row(f"freed_to_invite_{share}", value, "ms", bar, passed, detail))
        of_queue = f"{queue['n']} samples"
        rows.append(told(f"freed_to_invite_app_queue_{share}", queue.get(f"{share}_ms"), "ms", of_queue))
    times = queue["p50_ms"] / engine["p50_ms"] if queue.get("p50_ms") and engine.get("p50_ms") else None
    faster = times is not None and times >= BAR_TIMES
    rows.append(row("freed_to_invite_times_faster", times, "times", BAR_TIMES, faster, detail))
    rows.append(told("freed_to_invite_worst", engine.get("max_ms"), "ms", detail))
    for n, (name, at_ms) in enumerate(way.items(), 1):
        rows.append(told(f"freed_to_invite_at_{n}", at_ms, "ms", f"{name}; median since the BYE, from the wire"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=160)
    parser.add_argument("--queue-samples", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    return finish(run(options.samples, options.queue_samples), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
