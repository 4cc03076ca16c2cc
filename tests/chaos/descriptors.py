"""An engine without descriptors left, and AGI connections that say nothing: `python -m tests.chaos.descriptors`.

Promise 1: who cannot be served by the engine must not sit in silence before it, but reach the fallback queue. When there
is room again all is well without a restart.
"""

from __future__ import annotations

import resource
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dialplan.limits import AGI_SPARE_SESSIONS
from tests.chaos.churn import Churn
from tests.chaos.job import Finding, Job, main, worst
from tests.chaos.town import PATIENCE_S, Town, numbers, town
from tests.pbx.centre import wait_for

HEARD_WITHIN_S = 3.0
MAX_CALLS = 60
SETS = ("queues.defaults.wrapup_s=0", "queues.defaults.whisper=false", f"trunks.max_calls={MAX_CALLS}")


@dataclass(frozen=True, slots=True)
class Dearth:
    """So many descriptors are left, or so many silent connections are there, when so many call."""

    kind: str
    left: int
    callers: int

    def __str__(self) -> str:
        return f"{self.callers} call with {self.left} {self.kind}"


@dataclass(slots=True)
class Seen:
    """What came of it."""

    callers: int = 0
    lost: int = 0
    fell_s: float = 0.0
    late: int = 0
    wrong: str = ""


def run(job: Job) -> list[Finding]:
    """On a centre of its own."""
    with town(job, sets=SETS) as one:
        return starved(job, one)


def starved(job: Job, one: Town) -> list[Finding]:
    """Dearth after dearth."""
    draw = job.rng("dearths")
    plan = []
    for n in range(job.times(suite=2, short=6, full=60)):
        kind = ("descriptors left", "silent connections")[n % 2]
        left = draw.randrange(3) if n % 2 == 0 else draw.randrange(20, MAX_CALLS + AGI_SPARE_SESSIONS + 20)
        plan.append(Dearth(kind, left, draw.randrange(3, 3 + job.times(suite=2, short=6, full=20))))
    job.follow(plan)
    seen: list[Seen] = []
    first = 0
    for dearth in job.within(plan):
        who = numbers(600, first + dearth.callers)[first:]
        first += dearth.callers
        seen.append(_starve(one, dearth, who))
    engine = one.centre.engine_pid
    churn = Churn(one, ("1001", "1003"), 2, job.rng("churn"), keys="10")
    wait_for(lambda: churn.served > 3, 2 * PATIENCE_S, one.centre.said)
    churn.stop()
    same = one.centre.engine_pid == engine
    wrong = [one.wrong for one in seen if one.wrong]
    return [
        Finding(
            "callers who sat before an engine that could not take them", 1, sum(one.callers for one in seen),
            sum(one.lost for one in seen), "; ".join(wrong[:3]), sum(one.late for one in seen),
            {"slowest fall (s)": worst([one.fell_s for one in seen])},
        ),
        Finding("dearths that did not heal by themselves", 1, len(seen), len(wrong), "; ".join(wrong[:3])),
        Finding("calls lost afterwards", 1, churn.ended, len(churn.lost) + (not same), "; ".join(churn.lost[:3])),
    ]  # fmt: skip


def _starve(one: Town, dearth: Dearth, who: list[str]) -> Seen:
    """They call; everybody is in a fallback queue, or in the engine, within time. Then there is room again."""
    seen = Seen(callers=len(who))
    engine, was = one.centre.engine_pid, one.waiting()
    with ExitStack() as stack:
        if dearth.kind == "descriptors left":
            highest = max(int(one.name) for one in Path(f"/proc/{engine}/fd").iterdir())
            hard = resource.prlimit(engine, resource.RLIMIT_NOFILE)[1]
            resource.prlimit(engine, resource.RLIMIT_NOFILE, (highest + 1 + dearth.left, hard))
            stack.callback(resource.prlimit, engine, resource.RLIMIT_NOFILE, (hard, hard))
        else:
            agi = one.centre.ready["agi"]
            for _ in range(dearth.left):
                stack.enter_context(socket.create_connection((agi["host"], agi["port"]), timeout=PATIENCE_S))
        began = time.monotonic()
        one.call_all(who, keys="")
        answered = time.monotonic()

        def safe() -> set[str]:
            told = set(one.net.since(began, who))
            return told | {number for number in who if one.began(number)}

        deadline = answered + PATIENCE_S
        while (found := safe()) != set(who) and time.monotonic() < deadline:
            time.sleep(0.05)
        seen.fell_s = time.monotonic() - answered
        seen.lost = len(set(who) - found) + len(one.gone(who))
        seen.late = len(who) - seen.lost if seen.fell_s > HEARD_WITHIN_S else 0
        if seen.lost:
            seen.wrong = f"{dearth}: {sorted(set(who) - found)} hear nothing"
    try:
        wait_for(lambda: one.waiting() >= 0, PATIENCE_S, "the engine does not answer")
        one.hang_up(who)
        wait_for(lambda: one.waiting() == was, PATIENCE_S, lambda: f"{one.waiting()} wait, not {was}")
        wait_for(lambda: not one.centre.channels(), PATIENCE_S, lambda: f"left: {one.centre.channels()}")
    except (AssertionError, OSError) as error:
        seen.wrong = seen.wrong or f"{dearth}: {error}"
    return seen


if __name__ == "__main__":
    sys.exit(main("descriptors", run))
