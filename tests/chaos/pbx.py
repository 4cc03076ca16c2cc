"""Asterisk dies, hangs for seconds, or dies together with the engine: `python -m tests.chaos.pbx`.

A PBX that dies takes its calls with it; everything else must be as it was: agents keep their word, no contact stays
without an end, and calls are taken again. One that only hung must not have lost a call (promise 1 for a hung PBX).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

from acd.core.states import FINAL_CONTACT_STATES
from acd.journal.read import latest_contacts
from tests.chaos.churn import Churn
from tests.chaos.job import Finding, Job, main, worst
from tests.chaos.town import PATIENCE_S, Town, town
from tests.pbx.centre import wait_for

KINDS = ("hangs", "dies", "dies with the engine")
APART_S = 21.0  # three deaths within 20 s of a start are a broken installation: then `up` ends
READY_WITHIN_S = 60.0
ON_DUTY, AT_LUNCH = ("1001", "1003", "1005"), "1002"


@dataclass(frozen=True, slots=True)
class Blow:
    """What happens to Asterisk, so long after the one before was made good; how long it hangs."""

    kind: str
    after_s: float
    hangs_s: float

    def __str__(self) -> str:
        return f"{self.kind} after {self.after_s:.1f} s" + (
            f" for {self.hangs_s:.1f} s" if self.kind == "hangs" else ""
        )


class Struck:
    """One centre, its churn, and what came of each blow."""

    def __init__(self, one: Town, job: Job) -> None:
        self.town = one
        self.gone: set[str] = set()  # callers whose calls died with the PBX
        self.wrong: list[str] = []
        self.back_s: list[float] = []
        one.agent(AT_LUNCH, code="*121")
        self.churn = Churn(one, ON_DUTY, 4, job.rng("churn"), keys="10")
        self.churn.kept = lambda number: number in self.gone
        self._started_at = time.monotonic()
        wait_for(lambda: self.churn.served, PATIENCE_S, one.centre.said)

    def strike(self, blow: Blow) -> None:
        centre, engine = self.town.centre, self.town.centre.engine_pid
        if blow.kind != "hangs":
            time.sleep(max(0.0, self._started_at + APART_S - time.monotonic()))
        time.sleep(blow.after_s)
        began = time.monotonic()
        pid = centre.asterisk_pid
        if blow.kind == "hangs":
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(blow.hangs_s)
            finally:
                os.kill(pid, signal.SIGCONT)
            began = time.monotonic()
        else:
            self.churn.paused.set()
            os.kill(pid, signal.SIGKILL)
            if blow.kind != "dies":
                os.kill(engine, signal.SIGKILL)
            self.gone |= {number for number, call in self.town.callers.items() if not call.ended.is_set()}
            wait_for(lambda: self._other_than(pid), READY_WITHIN_S, centre.said)
            self._started_at = time.monotonic()
            for dialogs in (phone.dialogs for phone in self.town.agents.values()):
                dialogs.clear()  # no BYE comes for a call that died
            self.churn.paused.clear()
        self._is_well(blow, began)

    def _other_than(self, pid: int) -> bool:
        try:
            return self.town.centre.asterisk_pid != pid
        except OSError:
            return False  # ready.json is away meanwhile

    def _is_well(self, blow: Blow, began: float) -> None:
        served = self.churn.served
        try:
            wait_for(lambda: self.churn.served > served + 1, READY_WITHIN_S, self.town.centre.said)
            self.back_s.append(time.monotonic() - began)
            wait_for(lambda: self.town.state(AT_LUNCH) == "away/idle", PATIENCE_S, "who was at lunch is not")
            for one in ON_DUTY:
                on_duty = lambda one=one: self.town.state(one).startswith("available")  # noqa: E731
                wait_for(on_duty, PATIENCE_S, lambda one=one: f"{one} is {self.town.state(one)}")
        except (AssertionError, OSError) as error:
            self.wrong.append(f"{blow}: {str(error)[-600:]}")


def run(job: Job) -> list[Finding]:
    """Blow after blow on one centre."""
    draw = job.rng("blows")
    count = job.times(suite=2, short=4, full=60)
    kinds = KINDS if count > 2 else KINDS[::2]
    plan = [Blow(kinds[n % len(kinds)], draw.uniform(0.2, 3.0), draw.uniform(0.3, 6.0)) for n in range(count)]
    job.follow(plan)
    sets = ("queues.defaults.wrapup_s=1", "queues.defaults.whisper=false", "trunks.max_calls=400")
    with town(job, sets=sets) as one:
        struck = Struck(one, job)
        tried = 0
        for blow in job.within(plan):
            tried += 1
            struck.strike(blow)
        struck.churn.stop()
        wait_for(lambda: one.waiting() == 0, PATIENCE_S, "some wait although nobody is on the line")
        database = one.centre.settings.database
        wait_for(lambda: one.metric("journal_backlog_events") == 0, PATIENCE_S, "the journal does not take them")
        open_ones = [each for each in latest_contacts(database, 100_000) if each.state not in FINAL_CONTACT_STATES]
        contacts = len(latest_contacts(database, 100_000))
    churn = struck.churn
    figures = {
        "slowest until calls were served again (s)": worst(struck.back_s),
        "calls served": churn.served,
        "agents who logged in anew": churn.logged_in_anew,
    }
    told = "; ".join(struck.wrong[:2]) or f"{len(struck.gone)} calls died with their PBX"
    return [
        Finding("deaths and stops of Asterisk that were not made good", 1, tried, len(struck.wrong), told, 0, figures),
        Finding("callers lost beside those", 1, churn.ended, len(churn.lost), "; ".join(churn.lost[:5])),
        Finding("contacts without an end", 1, contacts, len(open_ones), "; ".join(map(str, open_ones[:3]))),
    ]


if __name__ == "__main__":
    sys.exit(main("pbx", run))
