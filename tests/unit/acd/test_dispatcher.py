"""The dispatcher against a working twin of the PBX: the matches, the lost wakes, the races, the PBX out of sight."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from acd.ami.packets import Packet
from acd.core.events.contacts import Channel, ContactOffered, Departure
from acd.core.facts import Decision, ReservationEnded
from acd.core.model import Limits
from acd.core.states import Presence
from acd.journal.writer import JournalWriter
from acd.port import Answer
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset
from tests.unit.acd.begun import available
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until


def test_a_call_from_queue_to_completion(centre: Centre) -> None:
    phone = available(centre, "1001")
    line = centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    assert centre.dispatcher.agent_talking_to("c1") == "1001"
    assert centre.dispatcher.calls() == 1
    phone.stopped.set()
    until(lambda: "completed" in centre.moves("c1"))
    assert centre.moves("c1") == ["queued", "reserved", "connected", "wrapup", "completed"]
    until(lambda: line.outcome == "served")
    assert centre.agent("1001") == "available/idle"
    assert centre.dispatcher.calls() == 0
    assert centre.dispatcher.contact_of("c1") is None
    assert not centre.failures


def test_queues_that_stop_when_the_database_does(centre: Centre, tmp_path: Path) -> None:
    """The journal's folder is gone: calls are matched and answered all the same, and what was said waits for it."""
    writer = JournalWriter(tmp_path / "gone" / "journal.sqlite")
    writer.start()
    centre.also = writer.put
    available(centre, "1001")
    for number in range(3):
        line = centre.call(f"c{number}")
        until(lambda: centre.agent("1001") == "available/connected")
        centre.twin.phones["1001"].stopped.set()
        until(lambda at=f"c{number}": "completed" in centre.moves(at))
        centre.twin.phones["1001"].stopped.clear()
        until(lambda one=line: one.outcome == "served")
    assert writer.backlog() == len(centre.facts)
    writer.stop()


def test_the_session_hears_whether_there_was_room_and_two_at_once_are_not_both_told_so(
    make_centre: Callable[..., Centre],
) -> None:
    centre = make_centre()
    most = centre.rules.queues["general"].max_waiting
    told: list[bool] = []

    def offer(number: int) -> None:
        contact = f"c{number}"
        offer = ContactOffered(contact, Channel.VOICE, Language.KO, "any", "general", Requirement(Language.KO))
        told.append(centre.dispatcher.offer(offer, f"PJSIP/carrier-{number:08x}"))

    sessions = [threading.Thread(target=offer, args=(number,)) for number in range(most + 5)]
    for session in sessions:
        session.start()
    for session in sessions:
        session.join(20)
    assert sorted(told) == [False] * 5 + [True] * most


def test_a_freed_agent_takes_the_next_at_once(centre: Centre) -> None:
    phone = available(centre, "1001")
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    centre.call("c2")
    until(lambda: centre.moves("c2") == ["queued"])
    assert centre.dispatcher.position("c2") == 1
    phone.stopped.set()
    until(lambda: centre.moves("c2") == ["queued", "reserved", "connected"])
    assert [fact.trigger for fact in centre.facts if isinstance(fact, Decision) and fact.outcome == "match"] == [
        "arrival",
        "freed",
    ]


@pytest.mark.parametrize("deaf_ms", [0, 30, 90, 150, 300])
def test_a_wake_before_the_session_reads_is_repeated(centre: Centre, deaf_ms: int) -> None:
    line = centre.line("c1")
    line.deaf_until, line.looks_every_s = time.monotonic() + 60, 10.0
    line.start()
    until(lambda: centre.moves("c1") == ["queued"])
    line.deaf_until = time.monotonic() + deaf_ms / 1000
    begun = time.monotonic()
    available(centre, "1001")
    until(lambda: line.taken)
    assert time.monotonic() - begun < 5, "it was not woken: it has looked by itself"


def test_a_citizen_who_sends_the_wake_up_key_gains_nothing(centre: Centre) -> None:
    line = centre.call("c1")
    until(lambda: centre.moves("c1") == ["queued"])
    for _ in range(20):
        line.press_d()
    available(centre, "1001")
    other = centre.call("c2")
    until(lambda: line.taken)
    until(lambda: centre.moves("c2") == ["queued"])
    for _ in range(20):
        other.press_d()
    assert not other.taken


def test_an_assignment_is_taken_once(centre: Centre) -> None:
    phone = centre.twin.register("1001", Phone(answers=False))
    line = centre.call("c1")
    until(lambda: centre.moves("c1") == ["queued"])
    centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    until(lambda: line.taken)
    assert [centre.dispatcher.take("c1") for _ in range(5)] == [None] * 5
    assert not centre.dispatcher.announcement_due("c1")
    phone.stopped.set()


def test_nobody_answers(centre: Centre) -> None:
    available(centre, "1001", Phone(answers=False))
    line = centre.call("c1")
    until(lambda: centre.agent("1001").startswith("not_responding"))
    until(lambda: centre.moves("c1") == ["queued", "reserved", "queued"])
    assert centre.dispatcher.announcement_due("c1")
    available(centre, "1002")
    until(lambda: [one.agent_id for one in line.taken] == ["1001", "1002"])


def test_a_dead_phone_is_hung_up_and_the_next_is_rung(centre: Centre) -> None:
    available(centre, "1001", Phone(rings=False))
    line = centre.call("c1")
    until(lambda: centre.agent("1001").startswith("error"))
    assert centre.twin.hung_up == [line.leg_name]
    available(centre, "1002")
    until(lambda: centre.agent("1002") == "available/connected")
    results = [fact.result for fact in centre.facts if isinstance(fact, ReservationEnded)]
    assert results == ["unreachable", "answered"]


@pytest.mark.parametrize(
    ("phone", "result", "presence"),
    [
        (Phone(status="BUSY", cause="17"), "busy", "available"),
        (Phone(status="NOANSWER", cause="21"), "declined", "available"),
        (Phone(status="CHANUNAVAIL"), "unreachable", "error"),
    ],
)
def test_how_a_leg_ends(centre: Centre, phone: Phone, result: str, presence: str) -> None:
    available(centre, "1001", replace(phone, stopped=threading.Event()))
    centre.call("c1")
    until(lambda: any(isinstance(fact, ReservationEnded) for fact in centre.facts))
    assert next(fact.result for fact in centre.facts if isinstance(fact, ReservationEnded)) == result
    assert centre.agent("1001").startswith(presence)
    until(lambda: centre.moves("c1") == ["queued", "reserved", "queued"])


def test_a_hang_up_while_it_rings_frees_the_agent_for_the_next(centre: Centre) -> None:
    phone = available(centre, "1001", Phone(answers=False))
    line = centre.call("c1")
    until(lambda: line.leg_name)
    phone.answers = True
    line.hang_up()
    centre.call("c2")
    until(lambda: centre.moves("c2") == ["queued", "reserved", "connected"])
    assert centre.moves("c1")[-1] == "abandoned"


def test_a_hang_up_at_the_moment_of_the_match(make_centre: Callable[..., Centre]) -> None:
    """Whichever is seen first wins; the agent is never left RESERVED, the next caller is served."""
    for n in range(20):
        centre = make_centre()
        phone = available(centre, "1001")
        line = centre.line("c1")
        threading.Thread(target=line.hang_up if n % 2 else line.start).start()
        (line.start if n % 2 else line.hang_up)()
        centre.call("c2")
        until(lambda c=centre: "connected" in c.moves("c2") or c.agent("1001") == "available/connected")
        phone.stopped.set()
        until(lambda c=centre: c.moves("c2")[-1:] in (["completed"], ["connected"]))
        phone.stopped.set()
        until(lambda c=centre, p=phone: p.stopped.set() or c.moves("c2")[-1:] == ["completed"])
        until(lambda c=centre: c.agent("1001") == "available/idle")
        assert not centre.failures


def test_a_reservation_that_is_void_before_the_leg_begins_never_rings_on(make_centre: Callable[..., Centre]) -> None:
    centre = make_centre(limits=Limits(no_ringing_s=0.05))
    available(centre, "1001")
    line = centre.line("c1")
    centre.dispatcher.offer(
        ContactOffered("c1", Channel.VOICE, line.language, "any", "general", Requirement(line.language)),
        line.channel,
    )
    until(lambda: centre.moves("c1") == ["queued", "reserved"])
    assignment = centre.dispatcher.take("c1")
    assert assignment is not None
    until(lambda: centre.moves("c1")[-1] == "queued")  # no RINGING in time; the session has only now sent Dial
    centre.twin.event(
        "DialBegin", Uniqueid="c1", Channel=line.channel, DestUniqueid="l9", DestChannel="PJSIP/1001-00000009"
    )
    until(lambda: centre.twin.hung_up == ["PJSIP/1001-00000009"])


def test_a_call_of_the_agents_own(centre: Centre) -> None:
    available(centre, "1001")
    centre.twin.event("Newchannel", Uniqueid="x.1", Channel="PJSIP/1001-000000aa", ChannelState="4")
    until(lambda: centre.agent("1001") == "available/other")
    centre.call("c1")
    until(lambda: centre.moves("c1") == ["queued"])
    centre.twin.event("Hangup", Uniqueid="x.1", Channel="PJSIP/1001-000000aa", Cause="16")
    until(lambda: centre.agent("1001") == "available/connected")


def test_the_end_of_an_own_call_is_no_call_of_the_agents_own(centre: Centre) -> None:
    """Wrap-up 0: the device is still in use for an instant, and its agent is IDLE all the same."""
    phone = available(centre, "1001")
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    centre.twin.event("DeviceStateChange", Device="PJSIP/1001", State="INUSE")
    phone.stopped.set()
    until(lambda: centre.moves("c1")[-1] == "completed")
    works = [fact.work.value for fact in centre.facts if type(fact).__name__ == "AgentMoved"]
    assert "other" not in works


def test_codes(centre: Centre, rules: Ruleset) -> None:
    assert centre.dispatcher.ask_presence("9999", Presence.AVAILABLE) is Answer.NOT_APPLICABLE
    assert centre.dispatcher.end_wrapup("1001") is Answer.NOT_APPLICABLE
    available(centre, "1001")
    assert centre.twin.memberships[-1].presence is Presence.AVAILABLE
    assert centre.dispatcher.ask_presence("1001", Presence.AWAY, "lunch") is Answer.DONE
    assert centre.twin.memberships[-1].reason == "lunch"
    available(centre, "1001")
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    assert centre.dispatcher.ask_presence("1001", Presence.OFFLINE) is Answer.AFTER_CALL
    centre.twin.phones["1001"].stopped.set()
    until(lambda: centre.agent("1001") == "offline/idle")
    assert centre.twin.memberships[-1].presence is Presence.OFFLINE


def test_a_wrap_up_is_extended_once_and_ended(make_centre: Callable[..., Centre], rules: Ruleset) -> None:
    queues = {key: replace(queue, wrapup_s=30.0) for key, queue in rules.queues.items()}
    centre = make_centre(rules=replace(rules, queues=queues))
    phone = available(centre, "1001")
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    phone.stopped.set()
    until(lambda: centre.agent("1001") == "available/wrapup")
    assert centre.dispatcher.extend_wrapup("1001") is Answer.DONE
    assert centre.dispatcher.extend_wrapup("1001") is Answer.NOT_APPLICABLE
    assert centre.dispatcher.end_wrapup("1001") is Answer.DONE
    assert centre.agent("1001") == "available/idle"


def test_a_session_that_leaves(centre: Centre) -> None:
    centre.call("c1")
    until(lambda: centre.moves("c1") == ["queued"])
    centre.dispatcher.depart("c1", Departure.ERROR)
    until(lambda: centre.moves("c1")[-1] == "failed")
    assert centre.dispatcher.contact_of("c1") is None


def test_a_bug_costs_its_event_and_nothing_more(centre: Centre) -> None:
    class Poisoned(Packet):
        name = property(lambda self: 1 / 0)  # type: ignore[assignment]

    centre.dispatcher.packet(object.__new__(Poisoned))
    until(lambda: centre.failures == ["exception"])
    available(centre, "1001")
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")


def test_out_of_sight_the_sessions_are_the_witnesses(centre: Centre) -> None:
    """AMI is silent, FastAGI lives: assignments are found by polling, and the talk is told by Dial's return."""
    phone = available(centre, "1001")
    until(lambda: centre.agent("1001") == "available/idle")
    centre.twin.deaf, centre.twin.silent_s = True, 3.0
    assert not centre.dispatcher.pbx_in_sight("c1")
    line = centre.call("c1")
    until(lambda: line.taken)
    until(lambda: centre.moves("c1") == ["queued", "reserved"])
    until(lambda: centre.moves("c1")[-1] == "connected")  # Dial has not come back by its time-out: answered
    phone.stopped.set()
    until(lambda: centre.moves("c1")[-1] == "completed")
    until(lambda: centre.agent("1001") == "available/idle")


def test_out_of_sight_for_half_a_minute_they_go_to_the_safety_net(centre: Centre) -> None:
    line = centre.call("c1")
    until(lambda: centre.moves("c1") == ["queued"])
    centre.twin.silent_s = 31.0
    until(lambda: line.outcome == "net")
    until(lambda: centre.moves("c1")[-1] == "overflowed")


def test_a_blind_transfer_rejoins(centre: Centre) -> None:
    available(centre, "1001")
    line = centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    available(centre, "1002")
    centre.twin.event("BlindTransfer", TransfererUniqueid=line.leg, Result="Success", Extension="1002")
    centre.twin.event("Hangup", Uniqueid=line.leg, Channel=line.leg_name, Cause="16")
    centre.dispatcher.hung_up("c1")  # the old session's AGI says so; the caller lives
    assert centre.dispatcher.contact_of("c1") == "c1"
    assignment = centre.dispatcher.rejoin("c1", line.channel, "1002")
    assert assignment is not None
    assert assignment.agent_id == "1002"
    until(lambda: centre.agent("1001") == "available/idle")
    assert centre.moves("c1")[-1] == "reserved"
