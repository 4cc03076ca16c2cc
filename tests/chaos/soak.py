"""Calls without end: `python -m tests.chaos.soak --minutes 60 --size full`. Promise 6.

Engine and Asterisk are weighed after a warm-up and at the end, both times with nobody on the line.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.chaos.churn import Churn
from tests.chaos.job import Finding, Job, Size, main
from tests.chaos.town import PATIENCE_S, Town, town
from tests.pbx.centre import wait_for

AGENTS = tuple(str(1005 + n) for n in range(12))
FAILED_MOST, GROWS_MOST = 0.001, 0.05
WARM_SHARE = 1 / 4  # of the minutes: a warm-up of a third as many calls
MOST_S = 36_000.0  # for the calls of each, should nobody have named minutes
LEAST_MB = {Size.SUITE: 16.0}  # nine calls end no warm-up: then only what is out of all proportion is growth
AT_LEAST_MB = 4.0  # an allocator's page more or less is none


def run(job: Job) -> list[Finding]:
    """On a centre of its own."""
    sets = ("queues.defaults.wrapup_s=0", "queues.defaults.whisper=false", "trunks.max_calls=400")
    with town(job, sets=sets) as one:
        return weighed(job, one)


def weighed(job: Job, one: Town) -> list[Finding]:
    """A warm-up of a third, then the calls that are judged."""
    calls = job.times(suite=9, short=150, full=20_000)
    job.follow([f"{calls} calls after a warm-up of a third as many"])
    begun = time.monotonic()
    first = _some(one, job, calls // 3, "0106", AGENTS[: job.times(suite=3, short=12, full=12)], warm=True)
    before = _weigh(one)
    rest = _some(one, job, calls, "0108", (), warm=False)
    after = _weigh(one)
    seconds = time.monotonic() - begun
    failed = len(first.lost) + len(rest.lost)
    ended = first.ended + rest.ended
    figures = {"calls a minute": 60 * ended / seconds}
    growths = []
    for name in before:
        grown = after[name] - before[name]
        figures |= {f"{name} at first": before[name], f"{name} at the end": after[name]}
        most = max(LEAST_MB.get(job.size, AT_LEAST_MB), GROWS_MOST * before[name]) if name.endswith("MB") else 0
        if grown > most:
            growths.append(f"{name} grew by {grown:.1f}")
    told = "; ".join([f"{failed} of {ended} calls failed", *(first.lost + rest.lost)[:3], *growths])
    too_many = failed if failed > FAILED_MOST * ended else 0
    return [
        Finding("calls that failed, more than one in a thousand", 6, ended, too_many, told, 0, figures),
        Finding(
            "weights that grew: memory above 5 %, any descriptor", 6, len(before), len(growths), "; ".join(growths)
        ),
    ]


def _some(one: Town, job: Job, calls: int, prefix: str, agents: tuple[str, ...], *, warm: bool) -> Churn:
    churn = Churn(one, agents, 10, job.rng(prefix), keys="10", prefix=prefix)
    if not agents:
        for phone in one.agents.values():  # they stay on duty
            phone.on_answer = churn.answered
    share = WARM_SHARE if warm else 1.0
    wait_for(lambda: churn.ended >= calls or (job.over(share) and churn.served), MOST_S)
    churn.stop(stay=True)
    for phone in one.agents.values():
        phone.dialogs.clear()
    one.callers.clear()
    return churn


def _weigh(one: Town) -> dict[str, float]:
    """Megabytes and descriptors, when everything is quiet."""
    wait_for(lambda: not one.centre.channels(), PATIENCE_S, "channels are left")
    pids = {"engine": one.centre.engine_pid, "asterisk": one.centre.asterisk_pid}
    # Sessions end a moment after their calls: what is open must come to rest.
    counts = dict.fromkeys(pids, 0)
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 3.0:
        now = {name: sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()) for name, pid in pids.items()}
        if now != counts:
            counts, quiet_since = now, time.monotonic()
        time.sleep(0.2)
    weights: dict[str, float] = {f"{name} descriptors": count for name, count in counts.items()}
    for name, pid in pids.items():
        weights[f"{name} MB"] = int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
    return weights


if __name__ == "__main__":
    sys.exit(main("soak", run))
