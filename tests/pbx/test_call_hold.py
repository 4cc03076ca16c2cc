"""Hold by the agent's phone (re-INVITE): the record knows it, and the caller hears music."""

from __future__ import annotations

import time

from calls import Log, dial_in, logged_in, longest_silence_s, wait_joined, wait_quiet, wait_state
from centre import SLACK_S, Centre, wait_for

from acd.core.facts import ContactMoved
from acd.core.states import ContactState
from acd.journal.read import timeline
from engine.phone import CLOSED, RATE_HZ

HELD_S = 2.0


def test_hold_and_back_are_in_the_record(open_centre: Centre) -> None:
    with logged_in(open_centre, "1001") as [agent], open_centre.citizen() as citizen:
        log = Log(open_centre)
        began = dial_in(citizen, "10")
        agent.wait_talking(8, after=began)
        contact_id = log.wait("contact.moved", new="connected")["contact_id"]
        wait_joined(open_centre)
        agent.hold()
        wait_state(open_centre, "1001", "available", "hold")
        time.sleep(HELD_S)
        assert longest_silence_s(citizen.heard()[-RATE_HZ:]) <= 0.5
        agent.resume()
        wait_state(open_centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []
        citizen.hang_up()
        wait_quiet(open_centre)
        log.wait("contact.moved", new="completed")

        def ended() -> ContactMoved | None:
            facts = timeline(open_centre.settings.database, contact_id)
            moves = (fact for fact in facts if isinstance(fact, ContactMoved))
            return next((fact for fact in moves if fact.old is ContactState.CONNECTED), None)

        talk = wait_for(ended, 5)
        assert HELD_S <= talk.hold_s <= HELD_S + SLACK_S
        assert "acd_hold_seconds_sum" in open_centre.metrics()


def test_a_caller_who_hangs_up_on_hold_ends_hold_and_talk(open_centre: Centre) -> None:
    with logged_in(open_centre, "1001") as [agent], open_centre.citizen() as citizen:
        log = Log(open_centre)
        began = dial_in(citizen, "10")
        agent.wait_talking(8, after=began)
        log.wait("contact.moved", new="connected")
        wait_joined(open_centre)
        agent.hold()
        wait_state(open_centre, "1001", "available", "hold")
        citizen.hang_up()
        agent.wait_ended(5, after=began)
        wait_state(open_centre, "1001", "available", "idle")
        assert log.wait("contact.moved", new="completed")["agent_id"] == "1001"
