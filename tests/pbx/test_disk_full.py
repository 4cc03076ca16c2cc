"""The disk is full under a running centre: calls go on, it is told, and when there is room again nothing is missing.

Full is what the kernel tells the engine when a file may not grow: its limit on the size of files, set from outside.
"""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path

from calls import logged_in, wait_quiet, wait_state
from centre import NUMBER, SLACK_S, Centre, wait_for

from acd.core.seoul import DAY_S, midnight
from acd.journal.read import figures, latest_contacts, timeline

FULL_AT = 4096  # every file of the engine is larger already
CALLS = 3


def _metric(centre: Centre, name: str) -> float:
    return next(float(line.split()[1]) for line in centre.metrics().splitlines() if line.startswith(f"{name} "))


def _limit(centre: Centre, most: int) -> None:
    resource.prlimit(centre.engine_pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def test_calls_go_on_and_the_record_is_whole_afterwards(tmp_path: Path) -> None:
    database = tmp_path / "state" / "journal.sqlite"
    with (
        Centre.start(tmp_path, "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0") as centre,
        logged_in(centre, "1001") as (_,),
    ):
        engine = centre.engine_pid
        _limit(centre, FULL_AT)
        full_at = time.monotonic()
        for number in range(CALLS):
            with centre.citizen(f"0101111000{number}") as citizen:
                citizen.wait_talking(8, after=citizen.call(NUMBER))
                time.sleep(1.0)  # no log line says that the engine has it: its log may not grow either
                citizen.keys("10")
                wait_state(centre, "1001", "available", "connected", 10)
                if number == 0:
                    wait_for(lambda: _metric(centre, "journal_storage_away_seconds") > 0, 10, centre.metrics)
                    assert time.monotonic() - full_at < 15 + SLACK_S, "ten seconds, and the time that the call took"
                citizen.hang_up()
                wait_state(centre, "1001", "available", "idle")
                wait_quiet(centre)
        assert len(latest_contacts(database)) == 0
        assert _metric(centre, "journal_backlog_events") >= 10 * CALLS
        assert json.loads(centre.get("/snapshot.json"))["counts"]["answered"] == CALLS
        _limit(centre, resource.RLIM_INFINITY)
        wait_for(lambda: _metric(centre, "journal_backlog_events") == 0, 15, "it does not heal")
        wait_for(lambda: _metric(centre, "journal_storage_away_seconds") == 0, 5, "it is said to be away still")
        assert _metric(centre, "journal_events_dropped_total") == 0
        assert centre.engine_pid == engine
        today = midnight(time.time())
        day = figures(database, today, today + DAY_S)
        assert (day.offered, day.answered) == (CALLS, CALLS)
        for one in latest_contacts(database):
            facts = timeline(database, one.contact_id)
            assert len(facts) == len(set(map(repr, facts))), "each once"
            assert one.state == "completed"
