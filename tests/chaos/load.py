"""Three times the calls that are admitted: `python -m tests.chaos.load`. Promise 14.

All call within a few seconds. As many as the rules admit are greeted, queued and served as ever; the rest hear that all
lines are busy, wait in order, and are served too. The engine is killed once in the midst of it: nobody is lost then
either, those who waited for a line included.
"""

from __future__ import annotations

import sys
import threading
import time

from tests.bench.sip_ua import Dialog
from tests.chaos.job import Finding, Job, main, p99, worst
from tests.chaos.town import PATIENCE_S, Town, numbers, town
from tests.pbx.centre import wait_for

TALK_S = 0.3
RUNG_WITHIN_S = 0.25  # an agent who is free, while callers wait: a hundred times what a quiet machine takes
BUSY_WITHIN_S = 2.0  # from the last answer to the PBX's queue, whose music begins with the sentence
AGENTS = 12


class Rush:
    """All the callers of one attempt, and the agents who serve them."""

    def __init__(self, one: Town, agents: int, waited: int) -> None:
        """`waited`: so many wait in the queue when the agents come."""
        self.town, self._waited = one, waited
        self.served: set[str] = set()
        self.answered_s: list[float] = []
        self.rung_after_s: list[float] = []
        self._free_at: dict[str, float] = {}
        for extension in list(one.centre.accounts)[:agents]:
            phone = one.agent(extension, code="")
            phone.on_answer = self._talks
            note = phone.on_invite
            phone.on_invite = lambda dialog, text, now, note=note, extension=extension: (
                note(dialog, text, now), self._rings(extension, now),
            )  # fmt: skip

    def opens(self) -> None:
        """The agents come."""
        list(self.town.pool.map(lambda extension: self.town.dial_code(extension, "*11"), self.town.agents))

    def calls(self, number: str) -> None:
        begun = time.monotonic()
        self.town.call(number, "")
        self.answered_s.append(time.monotonic() - begun)

    def _rings(self, extension: str, now: float) -> None:
        # Afterwards those who had to wait for a line are in the menus, and agents wait for them.
        if extension in self._free_at and len(self.town.rung) <= self._waited:
            self.rung_after_s.append(now - self._free_at.pop(extension))

    def _talks(self, dialog: Dialog, now: float) -> None:
        if dialog.cseq < 100:
            return
        self.served |= {caller for _, caller in self.town.rung[-2 * AGENTS :] if caller in dialog.remote}
        self.town.loop.later(TALK_S, lambda: self._hangs_up(dialog))

    def _hangs_up(self, dialog: Dialog) -> None:
        if not dialog.ended.is_set():
            self._free_at[dialog.ua.user] = dialog.hang_up()


def run(job: Job) -> list[Finding]:
    """One rush."""
    admitted = job.times(suite=4, short=30, full=200)
    agents = job.times(suite=2, short=6, full=AGENTS)
    draw = job.rng("rush")
    who = numbers(800, 3 * admitted)
    over_s = job.times(suite=1, short=3, full=10)
    delays_s = sorted(draw.uniform(0.0, over_s) for _ in who)
    kill_after_s = draw.uniform(0.0, 5.0)
    job.follow(
        [f"{len(who)} calls within {over_s} s, {admitted} are admitted, kill -9 {kill_after_s:.1f} s after they wait"]
    )
    rules = {"trunks.max_calls": admitted, "queues.defaults.max_waiting": 3 * admitted, "queues.defaults.wrapup_s": 0}
    sets = [*(f"{key}={value}" for key, value in rules.items()), "queues.defaults.whisper=false"]
    with town(job, sets=sets) as one:
        rush = Rush(one, agents, admitted)
        threads = [
            threading.Timer(delay_s, rush.calls, [number]) for delay_s, number in zip(delays_s, who, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * PATIENCE_S)
        overflowed = len(who) - admitted
        begun = time.monotonic()
        wait_for(lambda: one.centre.waiting_in("overflow") >= overflowed, 2 * PATIENCE_S, one.centre.said)
        busy_s = time.monotonic() - begun
        # Silent callers wait for any agent after the questions; the first of them while nobody serves yet.
        wait_for(
            lambda: one.waiting() == admitted, 2 * PATIENCE_S, lambda: f"{one.waiting()} wait\n{one.centre.said()}"
        )
        gone_before = one.gone(who)
        time.sleep(kill_after_s)
        one.centre.wait_ready(not_pid=one.centre.kill_engine())
        wait_for(lambda: one.waiting() >= admitted, 2 * PATIENCE_S, lambda: f"{one.waiting()} are back")
        rush.opens()
        patience_s = 2 * PATIENCE_S + 3.0 * len(who)
        try:
            wait_for(lambda: len(one.gone(who)) == len(who), patience_s)
        except AssertionError:
            job.say(f"{len(who) - len(one.gone(who))} are still on the line")
        unserved = [number for number in who if number not in rush.served]
        dispatch_s = one.centre.metrics()
    slow = p99(rush.rung_after_s)
    figures = {
        "answered, p99 (s)": p99(rush.answered_s), "free agent to next ring, p99 (ms)": 1000 * slow,
        "slowest ring (ms)": 1000 * worst(rush.rung_after_s), "all who are too many in the queue (s)": busy_s,
        "dispatch over 25 ms": _over(dispatch_s, "0.025"),
    }  # fmt: skip
    return [
        Finding(
            "callers lost at three times the load", 14, len(who), len(unserved) + len(gone_before),
            f"{admitted} admitted, {overflowed} heard in the PBX's queue that all lines are busy; {'; '.join(unserved[:5])}",
            len(rush.rung_after_s) if slow > RUNG_WITHIN_S or busy_s > BUSY_WITHIN_S else 0, figures,
        ),
    ]  # fmt: skip


def _over(metrics: str, bucket: str) -> float:
    """How many steps of the dispatcher took longer than the bucket."""
    lines = {
        line.split()[0]: float(line.split()[1]) for line in metrics.splitlines() if line.startswith("acd_dispatch")
    }
    count = lines["acd_dispatch_duration_seconds_count"]
    return count - lines[f'acd_dispatch_duration_seconds_bucket{{le="{bucket}"}}']


if __name__ == "__main__":
    sys.exit(main("load", run))
