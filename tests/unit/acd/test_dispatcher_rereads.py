"""The dispatcher reads the PBX, after a restart or after AMI was away: who waits, rings and talks there is taken in."""

from __future__ import annotations

import time
from dataclasses import replace

from acd.core.facts import ContactMoved
from acd.core.states import Presence
from acd.reconcile import PbxSnapshot
from acd.seen import ChannelSeen
from tests.unit.acd.begun import available, member, waiting
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until


def test_after_a_restart_those_who_waited_are_served_in_their_old_order(centre: Centre) -> None:
    """The agents are offered nothing until those who waited are back, in whatever order they come back."""
    now = time.time()
    centre.twin.phones["1001"] = Phone()
    callers = [waiting(f"c{n}", now - 100 + n) for n in range(4)]
    seen = PbxSnapshot(
        channels=tuple(callers),
        members=(member("ko", "1001"), member("ko", "1002", paused=True, reason="lunch")),
        entries=tuple(("fallback-ko", one.name, one.uniqueid, 5.0) for one in reversed(callers)),
        devices={"PJSIP/1001": "NOT_INUSE", "PJSIP/1002": "UNAVAILABLE"},
    )
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(seen)
    until(lambda: len(centre.twin.withdrawn) == 4)
    assert [channel for _, channel in centre.twin.withdrawn] == [one.name for one in callers]
    for n in (3, 1, 2, 0):
        line = centre.line(f"c{n}")
        line.resumed_since = now - 100 + n
        line.start()
        until(lambda n=n: centre.moves(f"c{n}"))
    until(centre.dispatcher.settled.is_set)
    served = []
    for _ in range(4):
        until(lambda: centre.agent("1001") == "available/connected")
        served.append(next(line.contact for line in centre.lines if line.taken and line.contact not in served))
        centre.twin.phones["1001"].stopped.set()
        until(lambda: centre.moves(served[-1])[-1] == "completed")
    assert served == ["c0", "c1", "c2", "c3"]
    assert centre.agent("1002") == "away/idle"


def test_a_talk_that_outlived_the_engine(centre: Centre) -> None:
    now = time.time()
    caller = replace(waiting("c1", now - 50), bridge="b1")
    agent = ChannelSeen("a1", "PJSIP/1001-00000001", "c1", "6", "b1", 20.0, {})
    own = ChannelSeen("x1", "PJSIP/1002-00000002", "x1", "6", "", 5.0, {})
    devices = {"PJSIP/1001": "INUSE", "PJSIP/1002": "INUSE"}
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(
        PbxSnapshot((caller, agent, own), (member("ko", "1001"), member("ko", "1002")), (), devices)
    )
    until(centre.dispatcher.settled.is_set)
    assert centre.agent("1001") == "available/connected"
    assert centre.agent("1002") == "available/other"
    centre.twin.event("HangupRequest", Uniqueid="a1", Channel="PJSIP/1001-00000001")
    until(lambda: centre.agent("1001") == "available/idle")


def test_a_phone_that_rings_for_the_queue(centre: Centre) -> None:
    """The withdrawal waits for the ring's end; an answer there is a talk of the queue."""
    caller = waiting("c1", time.time() - 50)
    agent = ChannelSeen("a1", "PJSIP/1001-00000001", "c1", "5", "", 2.0, {})
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(
        PbxSnapshot(
            (caller, agent),
            (member("ko", "1001"),),
            (("fallback-ko", caller.name, "c1", 2.0),),
            {"PJSIP/1001": "RINGING"},
        )
    )
    until(centre.dispatcher.settled.is_set)
    assert centre.agent("1001") == "available/reserved"
    centre.twin.event(
        "DialEnd", Uniqueid="c1", DestUniqueid="a1", DestChannel="PJSIP/1001-00000001", DialStatus="ANSWER"
    )
    until(lambda: centre.agent("1001") == "available/connected")
    assert centre.moves("c1") == ["queued", "reserved", "connected"]


def test_one_who_fell_from_the_menu_is_a_contact_of_its_own(centre: Centre) -> None:
    """No session had offered them: their channel has a phase, and no contact, topic or queue."""
    now = time.time()
    for n in (1, 2):
        centre.twin.phones[f"100{n}"] = Phone()
    callers = [
        ChannelSeen(f"c{n}", f"PJSIP/carrier-c{n}", f"c{n}", "6", f"b{n}", 9.0, {"RM_PHASE": "waiting"}) for n in (1, 2)
    ]
    agents = [ChannelSeen(f"a{n}", f"PJSIP/100{n}-00000001", f"c{n}", "6", f"b{n}", 5.0, {}) for n in (1, 2)]
    members = (member("ko", "1001"), member("ko", "1002"))
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot((*callers, *agents), members, (), {}))
    until(centre.dispatcher.settled.is_set)
    talks = [fact for fact in centre.facts if isinstance(fact, ContactMoved)]
    assert {(fact.contact_id, fact.agent_id, fact.topic, fact.queue) for fact in talks} == {
        ("c1", "1001", "any", "general"), ("c2", "1002", "any", "general"),
    }  # fmt: skip
    assert all(now - 10 < fact.first_queued_at <= time.time() for fact in talks)


def test_an_answer_to_the_queue_while_the_pbx_is_read(centre: Centre) -> None:
    """The list still has the phone ringing and the caller in the queue; the events that came meanwhile know better."""
    caller = waiting("c1", time.time() - 50)
    agent = ChannelSeen("a1", "PJSIP/1001-00000001", "c1", "5", "", 2.0, {})
    seen = PbxSnapshot((caller, agent), (member("ko", "1001"),), (("fallback-ko", caller.name, "c1", 2.0),), {})
    centre.dispatcher.begin_reread()
    centre.twin.event(
        "DialEnd", Uniqueid="c1", Channel=caller.name, DestUniqueid="a1", DestChannel=agent.name, DialStatus="ANSWER"
    )
    centre.twin.event("QueueCallerLeave", Queue="fallback-ko", Uniqueid="c1", Channel=caller.name)
    centre.dispatcher.reread(seen)
    until(centre.dispatcher.settled.is_set)
    assert centre.agent("1001") == "available/connected"
    assert centre.moves("c1") == ["connected"]
    assert centre.twin.withdrawn == []


def test_after_ami_was_away_what_was_missed_is_made_good(centre: Centre) -> None:
    phone = available(centre, "1001")
    talking = centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    waits = centre.call("c2")
    until(lambda: centre.moves("c2") == ["queued"])
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot((), (), (), {"PJSIP/1001": "NOT_INUSE"}))  # the first reading, of an empty PBX
    until(lambda: centre.moves("c1")[-1] == "completed")
    assert centre.moves("c2")[-1] == "abandoned"
    phone.stopped.set()
    talking.join(20)
    waits.gone.set()
    # Later readings: the engine's word counts, and goes to the queues again.
    assert centre.dispatcher.settled.wait(10)
    centre.twin.memberships.clear()
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot((), (member("ko", "1002"),), (), {"PJSIP/1001": "NOT_INUSE"}))
    until(lambda: len(centre.twin.memberships) == 2)
    assert {one.agent_id: one.presence for one in centre.twin.memberships}["1002"] is Presence.OFFLINE


def test_what_an_event_touched_during_the_reading_is_newer_than_the_reading(centre: Centre) -> None:
    centre.dispatcher.begin_reread()
    centre.twin.event("DeviceStateChange", Device="PJSIP/1001", State="NOT_INUSE")
    centre.twin.event("Hangup", Uniqueid="a1", Channel="PJSIP/1002-00000001", Cause="16")
    ghost = ChannelSeen("a1", "PJSIP/1002-00000001", "a1", "6", "", 2.0, {})
    centre.dispatcher.reread(
        PbxSnapshot((ghost,), (member("ko", "1002"),), (), {"PJSIP/1001": "UNAVAILABLE", "PJSIP/1002": "NOT_INUSE"})
    )
    until(centre.dispatcher.settled.is_set)
    seen = centre.dispatcher.snapshot()
    assert seen is not None
    assert next(one for one in seen.agents if one.agent_id == "1001").reachable
    assert centre.agent("1002") == "available/idle"
