"""A real Asterisk that has thousands of AMI events a second to tell, and whether it ever waits for the engine's reader.

Extensions beside the centre's ring a Local channel that is busy, again and again: every event is Asterisk's own. Beside
them agents and callers go on, so that what the flood costs a call is seen too. Whether Asterisk waits for the reader is
read off the kernel (`tests.bench.unread`).
"""

from __future__ import annotations

import re
import sys
import threading
import time

from tests.bench.freed_to_invite import Agent
from tests.bench.house import citizens, on_duty, opened
from tests.bench.rows import Row, most, percentile, row, told
from tests.bench.sip_ua import Ua
from tests.bench.unread import Unread
from tests.pbx.centre import Centre, wait_for

FLOOD_BAR, BLOCKED_BAR_MS = 2_000, 50.0
AGENTS, CALLERS = ("1001", "1002"), 14
FLOODS = {"gentle": 2, "heavy": 4}  # loops; one has about 1,700 events a second
EXTENSIONS = (
    "9060,1,Answer()",
    "9060,2,Dial(Local/9061@from-carrier/n,5)",
    "9060,3,Wait(0.005)",
    "9060,4,Goto(2)",
    "9061,1,Hangup(17)",
)


def flood(seconds: float) -> list[Row]:
    """The rows of both floods."""
    sys.setswitchinterval(0.0005)
    stop = threading.Event()
    with opened("--set", "queues.defaults.wrapup_s=0") as (loop, centre):
        for line in EXTENSIONS:
            centre.console(f"dialplan add extension {line} into from-carrier")
        agents = [Agent(phone) for phone in on_duty(loop, centre, AGENTS)]
        callers = citizens(loop, centre, CALLERS, stop)
        wait_for(lambda: all(agent.samples for agent in agents), 20, "nobody is served")
        rows = []
        flooding: list[Ua] = []
        for name, loops in FLOODS.items():
            while len(flooding) < loops:
                flooding.append(Ua(loop, f"0107777{len(flooding):04d}", centre.sip))
                assert flooding[-1].call("9060").answered.wait(8)
            rows += _watched(centre, agents, name, seconds)
        stop.set()
        for caller in callers:
            caller.join(3)
    return rows


def _watched(centre: Centre, agents: list[Agent], name: str, seconds: float) -> list[Row]:
    for agent in agents:
        agent.samples.clear()
    watch = Unread(int(centre.ready["ami"]["port"]))
    watch.start()
    before, lost_before, begun = _taken(centre), _lost(centre), time.monotonic()
    time.sleep(seconds)
    rate = (_taken(centre) - before) / (time.monotonic() - begun)
    watch.stop()
    lost = _lost(centre) - lost_before
    freed_ms = [1000 * one.took_s for agent in agents for one in agent.samples]
    looks = f"{watch.looks} looks, the latest {1000 * watch.late_s:.0f} ms after the one before"
    title = f"ami_intake: {name} flood"
    return [
        row(f"{title}, events", rate, "events/s", FLOOD_BAR, rate >= FLOOD_BAR and not lost,
            f"{FLOODS[name]} loops of Asterisk's own calls; the connection was lost {lost:.0f} times"),
        most(f"{title}, unread without a break", 1000 * watch.longest_s, "ms", BLOCKED_BAR_MS,
             f"{watch.most / 1024:.0f} kB at most; {looks}"),
        *(told(f"{title}, BYE to INVITE p{share}", percentile(freed_ms, share / 100) if freed_ms else None, "ms",
               f"{len(freed_ms)} samples, Asterisk's own part included") for share in (50, 99)),
    ]  # fmt: skip


def _taken(centre: Centre) -> float:
    return _metric(centre, "acd_dispatch_duration_seconds_count")


def _lost(centre: Centre) -> float:
    return _metric(centre, r"acd_ami_reconnects_total\{[^}]*\}")


def _metric(centre: Centre, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", centre.metrics(), re.MULTILINE)
    assert found, name
    return float(found[1])
