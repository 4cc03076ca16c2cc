"""The engine dies under callers in the menu, to whom nobody has been offered yet: they have no contact, no topic.

The PBX's queue rings an agent for one, or has one talk, when the engine is back. Each is a contact of its own, and
none of them is offered to an agent before its session is there.
"""

from __future__ import annotations

import time
from pathlib import Path

from calls import Log, agents_of, logged_in, wait_state
from centre import NUMBER, Centre, wait_for

from engine.phone import INCOMING

# The phone must still ring when the next engine is there, however slow the machine is.
SETS = ("queues.defaults.wrapup_s=0", "queues.defaults.ring_timeout_s=15")
OPEN = ("--at", "2026-11-24T10:00", "--no-restart", *(word for one in SETS for word in ("--set", one)))


def test_rung_and_talked_to_by_the_queue_when_the_engine_returns(tmp_path: Path) -> None:
    with (
        Centre.start(tmp_path, *OPEN) as centre,
        logged_in(centre, "1001") as [talks],
        centre.agent("1002", answers=False) as silent,
        centre.citizen("01011112222") as first,
        centre.citizen("01033334444") as second,
    ):
        centre.code(silent, "*11")
        wait_state(centre, "1002", "available", "idle")
        began = first.call(NUMBER)
        first.wait_talking(5, after=began)
        second.call(NUMBER)
        second.wait_talking(5, after=began)
        time.sleep(1.0)  # both hear the greeting
        log = Log(centre)
        centre.kill_engine()
        talks.wait_talking(8, after=began)
        silent.wait(INCOMING, 8, after=began)
        centre.engine_only()
        wait_for(lambda: agents_of(centre)["1002"]["work"] == "reserved", 3, centre.said)
        wait_for(lambda: agents_of(centre)["1001"]["work"] == "connected", 3, centre.said)
        talk = agents_of(centre)["1001"]["contact_id"]
        rung = agents_of(centre)["1002"]["contact_id"]
        assert talk != rung
        assert all(one.startswith("pbx1-") for one in (talk, rung)), (talk, rung)
        # The queue's ring ends, the caller comes back, and only then is offered: to whoever is free.
        assert log.lines("contact.matched") == []
        talks.hang_up()
        wait_for(lambda: log.lines("call.began", call_id=rung), 25, centre.said)
        log.wait("contact.matched", 5, contact_id=rung, agent_id="1001")
        log.wait("contact.moved", 8, contact_id=rung, new="connected", agent_id="1001")
        back = log.lines("call.began", call_id=rung)[0]["timestamp"]
        assert all(line["timestamp"] >= back for line in log.lines("contact.matched"))
        moved = [line["new"] for line in log.lines("contact.moved", contact_id=talk)]
        assert moved == ["connected", "wrapup", "completed"]
        topics = {line["topic"] for line in log.lines("contact.moved")}
        assert topics == {"any"}
        for bad in ("dispatcher.session_lost", "dispatcher.illegal_transition", "ami.action_failed"):
            assert log.lines(bad) == []
        talks.hang_up()
        centre.code(silent, "*13")
