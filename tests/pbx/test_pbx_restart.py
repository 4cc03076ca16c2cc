"""Asterisk restarts under a living engine, as in a container of its own: agents keep their word, and nothing haunts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calls import Log, agents_of, dial_in, say_code, wait_state
from centre import SLACK_S, Centre, wait_for

from engine import fetch, pbx

AT = ("--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=1")


@contextmanager
def _apart(folder: Path) -> Iterator[tuple[Centre, pbx.Pbx]]:
    """A centre whose Asterisk is not its own child."""
    with Centre.start(folder, *AT) as once:  # its files are written for the Asterisk that was found
        known, settings = once.ready, once.settings
    apart = pbx.Pbx(settings, fetch.program("asterisk"))
    ports = [word for part in ("sip", "http", "ami", "agi") for word in (f"--{part}-port", str(known[part]["port"]))]
    try:
        with Centre.start(folder, "--pbx-external", *ports, *AT, wait=False) as centre:
            wait_for(lambda: "waiting for the PBX" in centre.said(), 20, centre.said)
            apart.start(pause=time.sleep)
            centre.wait_ready()
            yield centre, apart
    finally:
        apart.stop()


def test_asterisk_restarts_and_calls_go_on(tmp_path: Path) -> None:
    with _apart(tmp_path) as (centre, apart):
        engine = centre.engine_pid
        log = Log(centre)
        with (
            centre.agent("1001") as talker,
            centre.agent("1002") as away,
            centre.citizen("01011140001") as first,
            centre.citizen("01011140002") as second,
        ):
            say_code(centre, talker, "*11", "available")
            say_code(centre, away, "*121", "away")
            for citizen in (first, second):
                dial_in(citizen, "10")
            log.wait("contact.moved", new="connected")
            wait_for(lambda: len(log.lines("contact.moved", new="queued")) == 2, 5, centre.said)
            os.kill(apart.pid, signal.SIGKILL)
            apart.stop()  # its remains
            wait_for(lambda: not _connected(centre), 5, "the engine has not seen that the PBX is gone")
            assert centre.engine_pid == engine
            assert centre.process.poll() is None

        # The phones come back when Asterisk does.
        log_of_return = Log(centre)
        apart.start(pause=time.sleep)
        booted_at_s = time.monotonic()
        log_of_return.wait("pbx.read", 5)
        read_after_s = time.monotonic() - booted_at_s
        print(f"\nread again {read_after_s:.2f} s after Asterisk was booted")
        assert read_after_s <= 2 + SLACK_S
        for contact in {line["contact_id"] for line in log.lines("contact.moved")}:
            wait_for(lambda one=contact: _last(log, one) in ("failed", "completed"), 3, centre.said)
        wait_for(lambda: {one["work"] for one in agents_of(centre).values()} == {"idle"}, 3, centre.said)
        assert centre.get("/readyz") == "ok\n"
        members = centre.queue_members("fallback-ko")
        assert "PJSIP/1001" in members
        assert [line for line in members.splitlines() if "PJSIP/1002" in line and "paused" in line]

        with centre.agent("1001") as talker, centre.agent("1002") as away, centre.citizen("01011140003") as third:
            wait_state(centre, "1001", "available", "idle", 5)
            wait_state(centre, "1002", "away", "idle", 5)
            began = dial_in(third, "10")
            talker.wait_talking(6, after=began)
            third.hang_up()
        assert centre.engine_pid == engine


def test_up_starts_another_asterisk_and_everybody_is_as_they_were(tmp_path: Path) -> None:
    """Killed under a talk and a caller who waits: those calls are gone, and have an end; everything else is as before."""
    with (
        Centre.start(tmp_path, *AT) as centre,
        centre.agent("1001") as talker,
        centre.agent("1002") as away,
        centre.citizen("01011140001") as first,
        centre.citizen("01011140002") as second,
    ):
        engine, died, log = centre.engine_pid, centre.asterisk_pid, Log(centre)
        say_code(centre, talker, "*11", "available")
        say_code(centre, away, "*121", "away")
        for citizen in (first, second):
            dial_in(citizen, "10")
        log.wait("contact.moved", new="connected")
        wait_for(lambda: len(log.lines("contact.moved", new="queued")) == 2, 5, centre.said)
        log_of_return = Log(centre)
        os.kill(died, signal.SIGKILL)
        wait_for(lambda: not (centre.state / "ready.json").exists(), 5, "ready.json names a PBX that is dead")
        centre.wait_ready(20)
        assert (centre.engine_pid, centre.asterisk_pid != died) == (engine, True)
        log_of_return.wait("pbx.read", 5)
        for contact in {line["contact_id"] for line in log.lines("contact.moved")}:
            wait_for(lambda one=contact: _last(log, one) in ("failed", "completed"), 5, centre.said)
        wait_state(centre, "1001", "available", "idle", 8)  # its registration has outlived the PBX
        wait_state(centre, "1002", "away", "idle")
        with centre.citizen("01011140003") as third:
            began = dial_in(third, "10")
            talker.wait_talking(6, after=began)
            third.hang_up()
        assert centre.engine_pid == engine


def _connected(centre: Centre) -> bool:
    return 'acd_ami_connected{node="pbx1"} 1.0' in centre.metrics()


def _last(log: Log, contact_id: str) -> str:
    return str(log.lines("contact.moved", contact_id=contact_id)[-1]["new"])
