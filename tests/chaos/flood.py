"""Thousands of AMI events a second into a living engine: `python -m tests.chaos.flood`. Promise 10.

Events of phones and channels that are none of the centre's are put into the engine's connection, behind a send buffer as
Asterisk has one, while calls come and are served. A writer that must wait for its reader is what stalls a PBX.
"""

from __future__ import annotations

import sys
import time
from itertools import count

from tests.chaos.ami import behind_a_line
from tests.chaos.amiline import AmiLine
from tests.chaos.churn import Churn
from tests.chaos.job import Finding, Job, main, worst
from tests.chaos.town import PATIENCE_S, Town
from tests.pbx.centre import wait_for

EVENTS_PER_S = 2000
STEP_S = 0.01
STALL_MOST_S = 0.05


def run(job: Job) -> list[Finding]:
    """On a centre of its own."""
    with behind_a_line(job) as (one, line):
        return flooded(job, one, line)


def flooded(job: Job, one: Town, line: AmiLine) -> list[Finding]:
    """So many seconds of it, with calls all the while."""
    seconds = job.times(suite=3, short=20, full=300)
    job.follow([f"{EVENTS_PER_S} events a second for {seconds} s"])
    churn = Churn(one, ("1005", "1007"), 3, job.rng("churn"), keys="10")
    wait_for(lambda: churn.served, PATIENCE_S, one.centre.said)
    reconnects = _reconnects(one)
    numbers, sent, begun = count(1), 0, time.monotonic()
    stalls: list[float] = []
    while (passed_s := time.monotonic() - begun) < seconds and not job.over():
        due = int(passed_s * EVENTS_PER_S) - sent
        if due >= EVENTS_PER_S * STEP_S:
            line.longest_stall_s = 0.0
            line.flood(b"".join(_event(next(numbers)) for _ in range(due)))
            stalls.append(line.longest_stall_s)
            sent += due
        time.sleep(STEP_S / 2)
    rate = sent / (time.monotonic() - begun)
    # What came last has been read: a call that is answered now says so.
    served = churn.served
    wait_for(lambda: churn.served > served + 1, 2 * PATIENCE_S, one.centre.said)
    churn.stop()
    cut = _reconnects(one) - reconnects
    late = sum(stall > STALL_MOST_S for stall in stalls)
    figures = {"events a second": rate, "longest stall (ms)": 1000 * worst(stalls), "calls served": churn.served}
    return [
        Finding(
            "writes of the PBX that waited for the engine", 10, len(stalls), int(cut), f"{sent} events", late, figures
        ),
        Finding("callers lost in the flood", 10, churn.ended, len(churn.lost), "; ".join(churn.lost[:5])),
    ]


def _reconnects(one: Town) -> float:
    return sum(
        float(line.split()[1]) for line in one.centre.metrics().splitlines() if line.startswith("acd_ami_reconnects")
    )


def _event(number: int) -> bytes:
    channel, unique = f"PJSIP/other-{number // 4:08x}", f"other-{number // 4}"
    match number % 4:
        case 0:
            lines = [
                "Event: Newchannel",
                f"Channel: {channel}",
                f"Uniqueid: {unique}",
                f"Linkedid: {unique}",
                "ChannelState: 4",
            ]
        case 1:
            lines = [
                "Event: Newstate",
                f"Channel: {channel}",
                f"Uniqueid: {unique}",
                f"Linkedid: {unique}",
                "ChannelState: 6",
            ]
        case 2:
            lines = ["Event: DeviceStateChange", f"Device: PJSIP/other{number % 500}", "State: NOT_INUSE"]
        case _:
            lines = ["Event: Hangup", f"Channel: {channel}", f"Uniqueid: {unique}", f"Linkedid: {unique}", "Cause: 16"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


if __name__ == "__main__":
    sys.exit(main("flood", run))
