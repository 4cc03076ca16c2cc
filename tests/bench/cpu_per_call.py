"""What a routed call costs the engine in processor time, beside what it costs Asterisk: one run, real calls.

Each citizen dials, presses a language and a topic, waits if nobody is free, talks for some seconds and is hung up on,
hears the goodbye. Counted is `/proc/PID/stat` of both programs, all their threads and children, from when the first
calls have ended until enough others have; start-up is outside. What both use while nobody calls is measured before and
taken off.

Run it: `python -m tests.bench.cpu_per_call [--calls N] [--json]`; exit 1 below the bar.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.house import citizens, on_duty, opened
from tests.bench.rows import Row, finish, most, told
from tests.bench.sip_ua import Dialog

BAR_RATIO = 0.35
AGENTS = tuple(str(1001 + n) for n in range(6))
CALLERS = 20
TALK_S = (1.5, 2.5)
IDLE_S = 8.0
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Cpu(NamedTuple):
    """Seconds of processor time of both programs."""

    engine_s: float
    asterisk_s: float

    def since(self, before: Cpu) -> Cpu:
        """What was used from `before` to this."""
        return Cpu(self.engine_s - before.engine_s, self.asterisk_s - before.asterisk_s)


def used_s(pid: int) -> float:
    """Processor time of a process, in seconds: user and system, its threads and the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(one) for one in fields[11:15]) * _TICK_S


def run(calls: int) -> list[Row]:
    """The rows, as `./ringmaster bench` prints them."""
    stop = threading.Event()
    with opened("--set", "queues.defaults.wrapup_s=0") as (loop, centre):

        def used() -> Cpu:
            return Cpu(used_s(centre.engine_pid), used_s(centre.asterisk_pid))

        def talks(dialog: Dialog, now: float) -> None:
            if dialog.cseq >= 100:  # theirs, not a code of ours
                loop.later(random.uniform(*TALK_S), lambda: None if dialog.ended.is_set() else dialog.hang_up())

        on_duty(loop, centre, AGENTS, on_answer=talks)
        before = used()
        time.sleep(IDLE_S)
        idle = used().since(before)
        callers = citizens(loop, centre, CALLERS, stop)
        served = lambda: sum(caller.served for caller in callers)  # noqa: E731
        wait_until(lambda: served() >= CALLERS, 60)  # the first of each come at once, and are no steady flow
        begun, first, before = time.monotonic(), served(), used()
        wait_until(lambda: served() >= first + calls, 30 + calls)
        busy, done, lasted_s = used().since(before), served() - first, time.monotonic() - begun
        stop.set()
        for caller in callers:
            caller.join(10)
    return _rows(busy, idle, done, lasted_s)


def wait_until(true: Any, within_s: float) -> None:
    """Or until the time is over: what was done by then is what is counted."""
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)


def _rows(busy: Cpu, idle: Cpu, calls: int, lasted_s: float) -> list[Row]:
    share = lasted_s / IDLE_S
    engine_ms, asterisk_ms = (
        1000 * max(0.0, one - rest * share) / max(1, calls) for one, rest in zip(busy, idle, strict=True)
    )
    ratio = round(engine_ms / asterisk_ms, 3) if calls and asterisk_ms else None
    detail = f"{calls} calls in {lasted_s:.0f} s ({calls / lasted_s:.1f} a second), {len(AGENTS)} agents"
    at_rest = (
        f"of a core while nobody calls: engine {idle.engine_s / IDLE_S:.3%}, Asterisk {idle.asterisk_s / IDLE_S:.3%}"
    )
    return [
        most("cpu_per_call_ratio", ratio, "of Asterisk's", BAR_RATIO, detail),
        told("cpu_per_call_engine", engine_ms, "ms", detail),
        told("cpu_per_call_asterisk", asterisk_ms, "ms", at_rest),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=150)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    return finish(run(options.calls), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
