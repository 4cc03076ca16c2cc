"""Two engines, one Asterisk, PostgreSQL: the first is lost whole, the second takes over and nobody is lost.

Then a new one stands by, and the database goes away and comes back: the engine that serves keeps serving.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from calls import Log, dial_in, say_code, wait_quiet, wait_state
from centre import Centre, ringmaster, wait_for
from sqlalchemy import text
from witness import Witness

from acd.journal.store import Store, open_engine
from engine.phone import CLOSED, INCOMING
from tests.postgres import PostgresServer

pytestmark = pytest.mark.timeout(240)
SOON_S = 20.0  # for what takes one; how long a takeover takes is the bench's business


def test_the_second_engine_takes_over_and_a_third_stands_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(PostgresServer())
        monkeypatch.setenv("RINGMASTER_DATABASE", server.store.url)
        words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.ring_timeout_s=40")
        centre = stack.enter_context(Centre.start(tmp_path, "--at", "2026-11-24T10:00", *words))
        centre.stand_by()
        seen = stack.enter_context(Witness(centre))
        who, ids = _everybody_to_their_place(centre, seen, stack)

        wait_for(lambda: _counted(server.store) == (4, 1), SOON_S)  # facts are a moment behind

        # --- the first engine is lost, and its parent with it
        log = Log(centre)
        first = centre.kill_with_parent()
        assert centre.wait_ready(SOON_S, not_pid=first)["place"] == "second"
        log.wait("turn.begun", SOON_S, place="second", lock="held", heard="other, silent")
        waiting = [ids["one"], ids["two"]]
        queued = wait_for(lambda: _queued(log, waiting), SOON_S, centre.said)
        back = sorted(queued, key=lambda one: one["first_queued_at"])
        assert [one["contact_id"] for one in back] == waiting
        assert not any(one["offered"] for one in back)  # counted once, by the first engine
        wait_state(centre, "1006", "available", "connected", SOON_S)
        assert all(who[name].events(CLOSED) == [] for name in _NAMES)

        # --- who rang is answered, then who waited, in their order
        rung = who["agent"].events(INCOMING)[-1]
        who["agent"].accept("1002", rung.call_id)
        log.wait("contact.moved", SOON_S, new="connected", contact_id=ids["ring"])
        who["agent"].answers = True
        for name in ("one", "two"):
            who["agent"].hang_up()
            log.wait("contact.moved", SOON_S, new="connected", contact_id=ids[name], agent_id="1002")

        # --- nothing is lost or doubled in the journal
        for name in ("talk", "two"):
            who[name].hang_up()
        wait_quiet(centre, SOON_S)
        wait_for(lambda: _ended(centre) == {"completed": 4}, SOON_S, lambda: str(_ended(centre)))
        assert _counted(server.store) == (4, 4)

        # --- calls find the engine that serves, after a reload too
        own = f"AGI=agi://127.0.0.1:{centre.ready['agi']['port']}"
        centre.console("dialplan reload")
        wait_for(lambda: own in centre.console("dialplan show globals").replace(" ", ""), SOON_S)

        # --- a new centre would end the PBX with its calls: refused
        ports = [word for name in ("sip", "http", "ami", "agi") for word in (f"--{name}-port", "0")]
        refused = ringmaster("up", "--state", str(centre.state), *ports)
        assert refused.returncode == 1
        assert "`up --standby` joins it" in refused.stderr

        # --- a new engine stands by; while the database is away, and when it is back, the second goes on serving
        centre.stand_by()
        log, serves = Log(centre), centre.engine_pid
        server.stop()
        log.wait("turn.lock", SOON_S, place="second", lock="away")
        citizen = stack.enter_context(centre.citizen("01011110009"))
        dial_in(citizen, "10")
        log.wait("contact.moved", SOON_S, new="connected")
        server.start()
        log.wait("turn.lock", SOON_S, place="second", lock="held")
        assert log.lines("turn.begun") == []
        assert log.lines("turn.over") == []
        assert centre.engine_pid == serves
        citizen.hang_up()
        wait_for(lambda: _ended(centre) == {"completed": 5}, SOON_S, lambda: str(_ended(centre)))


def _counted(store: Store) -> tuple[int, int]:
    """Contacts offered and answered, by the journal."""
    with open_engine(store).connect() as connection:
        offered, answered = connection.execute(text("SELECT sum(offered), sum(answered) FROM contact_moves")).one()
        return offered, answered


def _everybody_to_their_place(centre: Centre, seen: Witness, stack: ExitStack) -> tuple[dict, dict]:
    """One talks with 1006, one's call rings at 1002, two wait for a Korean agent."""
    who = {name: stack.enter_context(centre.citizen(f"0101111000{at}")) for at, name in enumerate(_NAMES)}
    log = Log(centre)
    japanese = stack.enter_context(centre.agent("1006"))
    who["agent"] = stack.enter_context(centre.agent("1002", answers=False))
    say_code(centre, japanese, "*11", "available")
    japanese.wait_talking(SOON_S, after=dial_in(who["talk"], "30"))
    say_code(centre, who["agent"], "*11", "available")
    who["agent"].wait(INCOMING, SOON_S, after=dial_in(who["ring"], "10"))
    for name in ("one", "two"):
        dial_in(who[name], "10")
        log.wait("contact.moved", SOON_S, new="queued", contact_id=seen.uniqueid(who[name].user))
    return who, {name: seen.uniqueid(who[name].user) for name in _NAMES}


def _queued(log: Log, contacts: list[str]) -> list[dict]:
    """The lines of these contacts, once there is one for each."""
    lines = [line for line in log.lines("contact.moved", new="queued") if line["contact_id"] in contacts]
    return lines if len(lines) == len(contacts) else []


_NAMES = ("talk", "ring", "one", "two")


def _ended(centre: Centre) -> Counter[str]:
    """How contacts stand, by the journal."""
    told = ringmaster("show", "--state", str(centre.state), "--json").stdout
    return Counter(one["state"] for one in json.loads(told))
