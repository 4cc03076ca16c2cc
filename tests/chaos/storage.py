"""The journal's storage is full, locked, hung and away under calls: `python -m tests.chaos.storage`. Promise 11.

A centre with its own file: full is the kernel's word that no file of the engine may grow, locked is another process that
holds the file. A centre with PostgreSQL: hung (stopped as a process) and away. Calls go on meanwhile; it is told within
10 s; when it is back all facts are there, each once.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from sqlalchemy import text

from acd.journal.store import Store, open_engine
from tests.chaos.churn import Churn
from tests.chaos.job import Finding, Job, Size, main, worst
from tests.chaos.town import PATIENCE_S, Town, town
from tests.pbx.centre import wait_for
from tests.postgres import PostgresServer

TOLD_WITHIN_S = 10.0
HEALS_WITHIN_S = 60.0
FULL_AT = 4096  # every file of the engine is larger already
AGENTS = ("1001", "1003")


@dataclass(frozen=True, slots=True)
class Trouble:
    """The storage is so for so long."""

    kind: str
    lasts_s: float

    def __str__(self) -> str:
        return f"{self.kind} for {self.lasts_s:.0f} s"


@dataclass(slots=True)
class Seen:
    """What came of the troubles of one store."""

    tried: int = 0
    told_s: list[float] = field(default_factory=list)
    lasted_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(job: Job) -> list[Finding]:
    """First a file, then PostgreSQL (not in the suite: tests/pbx/test_postgres.py has it)."""
    if job.size is Size.SUITE:
        return _with(job, "file", ("full", "locked"), nullcontext(), (0.0, 1.0))
    found = _with(job, "file", ("full", "locked"), nullcontext(), (0.0, 0.5))
    job.keep(found)
    return found + _with(job, "PostgreSQL", ("hung", "away"), PostgresServer(), (0.5, 1.0))


def _with(
    job: Job,
    store: str,
    kinds: tuple[str, str],
    server: PostgresServer | nullcontext[None],
    shares: tuple[float, float],
) -> list[Finding]:
    """`shares`: of the minutes, from when to when."""
    draw = job.rng(store)
    shortest, longest = job.times(suite=3, short=6, full=30), job.times(suite=5, short=12, full=600)
    count = job.times(suite=2, short=2, full=6)
    plan = [Trouble(kinds[n % 2], longest if n < 2 else draw.uniform(shortest, longest / 4)) for n in range(count)]
    job.follow(plan)
    seen = Seen()
    sets = ("queues.defaults.wrapup_s=0", "queues.defaults.whisper=false")
    with server as running, _named(running), town(job, sets=sets) as one:
        churn = Churn(one, AGENTS, 3, job.rng("churn"), keys="10")
        wait_for(lambda: churn.served, PATIENCE_S, one.centre.said)
        begins, ends = shares
        for n, trouble in enumerate(plan):
            if n < len(kinds):  # each kind is tried, however few the minutes are
                left_s = job.left_s(begins + (n + 1) / len(kinds) * (ends - begins))
            elif not (left_s := job.left_s(ends)):
                break
            _hit(one, churn, trouble, min(trouble.lasts_s, left_s), running, seen)
        churn.stop()
        wait_for(lambda: one.metric("journal_backlog_events") == 0, HEALS_WITHIN_S, "facts are left in memory")
        dropped, database = int(one.metric("journal_events_dropped_total")), one.centre.settings.database
        facts, missing, talked = _read(database)
    lost = missing + dropped + max(0, len(churn.talked) - talked)
    late = sum(told_s > TOLD_WITHIN_S for told_s in seen.told_s)
    told = "; ".join(seen.wrong[:3]) or f"{talked} talks are on the record, {len(churn.talked)} there were"
    figures = {"slowest to be told (s)": worst(seen.told_s), "longest (s)": worst(seen.lasted_s), "facts": facts}
    return [
        Finding(f"troubles of the {store} that were not told, or did not heal", 11, seen.tried, len(seen.wrong), told, late, figures),
        Finding(f"facts lost or twice in the {store}", 11, facts, lost, f"{dropped} dropped, {missing} missing"),
        Finding(f"callers lost while the {store} was in trouble", 11, churn.ended, len(churn.lost), "; ".join(churn.lost[:3])),
    ]  # fmt: skip


def _hit(one: Town, churn: Churn, trouble: Trouble, lasts_s: float, server: PostgresServer | None, seen: Seen) -> None:
    """The trouble, for so long, and what came of it."""
    begun = time.monotonic()
    seen.tried += 1
    served = churn.served
    undo = _begin(one, trouble.kind, server)
    try:
        wait_for(lambda: one.metric("journal_storage_away_seconds") > 0, PATIENCE_S, "it is not told")
        seen.told_s.append(time.monotonic() - begun)
        wait_for(lambda: churn.served > served + 1, 2 * PATIENCE_S, "no calls are served meanwhile")
        time.sleep(max(0.0, begun + lasts_s - time.monotonic()))
    except AssertionError as error:
        seen.wrong.append(f"{trouble}: {error}")
    finally:
        undo()
    seen.lasted_s.append(time.monotonic() - begun)
    try:
        wait_for(lambda: one.metric("journal_storage_away_seconds") == 0, HEALS_WITHIN_S, "it does not heal")
    except AssertionError as error:
        seen.wrong.append(f"{trouble}: {error}")


def _begin(one: Town, kind: str, server: PostgresServer | None) -> Callable[[], None]:
    """Make the trouble; what ends it."""
    if kind == "full":
        engine = one.centre.engine_pid

        def limit(most: int) -> None:
            resource.prlimit(engine, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

        limit(FULL_AT)
        return lambda: limit(resource.RLIM_INFINITY)
    if kind == "locked":
        lock = sqlite3.connect(str(one.centre.settings.database), timeout=PATIENCE_S, check_same_thread=False)
        lock.execute("begin exclusive")
        return lock.close
    assert server is not None
    if kind == "hung":
        pids = server.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

        def go_on() -> None:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)

        return go_on
    server.stop()
    return server.start


def _read(database: Store) -> tuple[int, int, int]:
    """Facts, how many numbers are missing in their runs, contacts that an agent talked with."""
    engine = open_engine(database)
    with engine.connect() as connection:
        runs = connection.execute(
            text("select count(*), count(distinct seq), max(seq) from facts group by run")
        ).fetchall()
        talked = connection.execute(
            text("select count(distinct contact_id) from facts where kind = 'ContactMoved' and new = 'connected'")
        ).scalar_one()
    return sum(one[0] for one in runs), sum(abs(one[2] - one[1]) + one[0] - one[1] for one in runs), int(talked)


@contextmanager
def _named(server: PostgresServer | None) -> Iterator[None]:
    """Centres that are started now have their journal there."""
    if server is None:
        yield
        return
    os.environ["RINGMASTER_DATABASE"] = server.store.url
    try:
        yield
    finally:
        del os.environ["RINGMASTER_DATABASE"]


if __name__ == "__main__":
    sys.exit(main("storage", run))
