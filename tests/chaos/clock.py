"""Clocks that are wrong, hosts in zones with summer time, leap days: `python -m tests.chaos.clock`. Promise 16.

The core under a clock that jumps by an hour: no negative wait, no invariant broken. The rules' decisions at the moments
at which some zone changes its clock, computed by hosts in these zones: all the same. And a centre whose engines, one
after the other, have clocks an hour apart, on a host in New York: those who wait keep their order.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random

from acd.core.commands import Command, Note
from acd.core.seoul import midnight
from dialplan.loader import load
from engine.commands import explain
from engine.settings import child_environment, default_rules
from engine.simulation.faultkinds import FaultFoundError, Faults
from engine.simulation.faults import World
from engine.simulation.plan import Plan, topic_mix
from tests.chaos.job import Finding, Job, main
from tests.chaos.town import PATIENCE_S, Town, numbers, town
from tests.pbx.centre import wait_for

HOUR_S = 3600.0
CORE_SHARE, DECISIONS_SHARE = 1 / 3, 2 / 3  # of the minutes, when each of the first two parts is over
AT_ONCE = 100  # moments that a host is asked about before the time is looked at
ZONES = (
    "Asia/Seoul",
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
)
SECONDS_OF_A_FACT = ("waited_s", "talk_s", "hold_s", "lasted_s", "rang_s")


def run(job: Job) -> list[Finding]:
    """Core, decisions, centre."""
    return [_core(job), _decisions(job), *_centre(job)]


# --- the core


class JumpingWorld(World):
    """Notes durations that are negative."""

    negative: list[str]

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, Note):
            for name in SECONDS_OF_A_FACT:
                if getattr(command.fact, name, 0.0) < 0:
                    self.negative.append(f"{type(command.fact).__name__}.{name}")
        super()._carry_out(command)


def _core(job: Job) -> Finding:
    rules = load(default_rules())
    draw = job.rng("clock core")
    seeds = [draw.randrange(1 << 31) for _ in range(job.times(suite=2, short=20, full=1000))]
    job.follow(seeds)
    contacts = jumps = 0
    wrong: list[str] = []
    for seed in job.within(seeds, CORE_SHARE):
        plan = Plan(1_800_000_000.0, 9, (1.0, 1.0, 1.0), topic_mix(rules), 500)
        world = JumpingWorld(rules, plan, 10, seed, faults=Faults(jumps=0.005, jump_s=HOUR_S), check_every=50)
        world.negative = []
        try:
            world.run()
        except FaultFoundError as error:
            wrong.append(str(error)[:300])
        wrong += [f"seed {seed}: negative {one}" for one in world.negative[:2]]
        contacts += world.outcome.offered
        jumps += world.outcome.jumps
    told = "; ".join(wrong[:3]) or f"{jumps} jumps of up to an hour, both ways"
    return Finding("contacts that a jump of the clock harmed", 16, contacts, len(wrong), told, 0, {"jumps": jumps})


# --- decisions


def moments(draw: Random, count: int) -> list[str]:
    """ISO times around changes of clocks, leap days and year ends, with zone."""
    changes = [
        datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2027, 3, 14, 7, tzinfo=UTC),
        datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 4, 3, 15, tzinfo=UTC), datetime(2028, 2, 28, 15, tzinfo=UTC),
        datetime(2028, 2, 29, 0, tzinfo=UTC), datetime(2028, 2, 29, 15, tzinfo=UTC), datetime(2026, 12, 31, 15, tzinfo=UTC),
    ]  # fmt: skip
    return [(draw.choice(changes) + timedelta(minutes=draw.randrange(-600, 601))).isoformat() for _ in range(count)]


def decisions(times: list[str]) -> str:
    """A digest of what `explain` says of these, and of the days that the journal counts by."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for at in times:
            explain.run(["--at", at, "--press", "1,0", "--json"])
            print(midnight(datetime.fromisoformat(at).timestamp()))
    return hashlib.sha256(said.getvalue().encode()).hexdigest()


def _decisions(job: Job) -> Finding:
    times = list(job.follow(moments(job.rng("moments"), job.times(suite=20, short=100, full=2000))))
    zones = ZONES[:3] if job.times(suite=1, short=0, full=0) else ZONES
    tried, others = 0, set[str]()
    for some in job.within([times[at : at + AT_ONCE] for at in range(0, len(times), AT_ONCE)], DECISIONS_SHARE):
        found = {zone: _decided_in(zone, some) for zone in zones}
        tried += len(some) * len(zones)
        others |= {zone for zone in zones if found[zone] != found["Asia/Seoul"]}
    told = "; ".join(sorted(others)) or f"{len(zones)} zones"
    return Finding("hosts' zones that decide otherwise than Seoul", 16, tried, len(others), told)


def _decided_in(zone: str, times: list[str]) -> str:
    """The digest of a host there."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.clock", "--decide"], input="\n".join(times), capture_output=True, text=True,
        check=True, env={**child_environment(), "TZ": zone}, timeout=600,
    )  # fmt: skip
    return done.stdout.strip()


# --- a centre


def _centre(job: Job) -> list[Finding]:
    draw = job.rng("clock centre")
    jumps = [draw.choice((-1.0, 1.0)) * HOUR_S for _ in range(job.times(suite=2, short=3, full=20))]
    jumps[0], jumps[1] = HOUR_S, -HOUR_S
    job.follow(jumps)
    sets = ("queues.defaults.wrapup_s=0", "queues.defaults.whisper=false")
    with _host_in("America/New_York"), town(job, sets=sets, inject=True) as one:
        switch = one.centre.state.parent / "switches" / "clock"
        switch.write_text("0")
        order = numbers(700, 2)
        one.call_all(order[:1])
        one.wait_waiting(1)
        one.call_all(order[1:])
        one.wait_waiting(2)
        engines = 0
        for n, jump_s in enumerate(job.within(jumps)):
            switch.write_text(str(jump_s))
            one.centre.wait_ready(not_pid=one.centre.kill_engine())
            one.wait_waiting(len(order))
            order += numbers(700, len(order) + 1)[-1:]
            one.call_all(order[-1:])
            one.wait_waiting(3 + n)
            engines += 1
        rung = _served(one, order)
        # How long each has waited is told when they are served.
        wait_for(lambda: len(one.told.lines("contact.moved", new="connected")) == len(order), PATIENCE_S)
        told = one.told.lines("contact.moved") + one.told.lines("agent.moved") + one.told.lines("reservation.ended")
    out_of_order = sum(a != b for a, b in zip(rung, order, strict=True))
    moved = f"; rung for {rung}" if out_of_order else ""
    negative = [str(line) for line in told for name in SECONDS_OF_A_FACT if line.get(name, 0.0) < 0]
    return [
        Finding("negative durations that were told", 16, len(told), len(negative), "; ".join(negative[:2])),
        Finding(
            "callers out of their place over engines whose clocks differ by an hour", 16, len(order), out_of_order,
            f"{engines} engines after the first{moved}",
        ),
    ]  # fmt: skip


def _served(one: Town, order: list[str]) -> list[str]:
    """An agent comes and serves them all, each a moment; the order in which they were rung for."""
    phone = one.agent("1001", code="")
    phone.on_answer = lambda dialog, now: one.loop.later(0.2, lambda: one.end(dialog)) if dialog.cseq >= 100 else None
    one.dial_code("1001", "*11")
    wait_for(lambda: len(one.gone(order)) == len(order), PATIENCE_S + 5 * len(order), one.centre.said)
    return list(dict.fromkeys(caller for _, caller in one.rung))


@contextmanager
def _host_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before


if __name__ == "__main__":
    if "--decide" in sys.argv:
        print(decisions(sys.stdin.read().split()))
        sys.exit(0)
    sys.exit(main("clock", run))
