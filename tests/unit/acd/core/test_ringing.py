"""Ringing and answering, and nobody who answers: routing.md, sentence by sentence."""

from __future__ import annotations

import pytest

from acd.core.commands import Assign, HandOver
from acd.core.events.agents import DeviceChanged, PresenceAsked
from acd.core.events.event import TimePassed
from acd.core.events.legs import HoldChanged, LegDialled, LegFailed, LegRang, LegResult
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.begun import one_rings
from tests.unit.acd.core.centre import START, Centre, make_queue

AVAILABLE, IDLE = Presence.AVAILABLE, Work.IDLE


def test_a_call_from_its_queue_to_its_end() -> None:
    centre = Centre("1001")
    centre.available("1001")
    out = centre.offer("c1", after=1)
    queued, reserved = centre.moved("c1")
    assert (queued.old, queued.new, queued.offered) == (None, ContactState.QUEUED, True)
    assert (reserved.new, reserved.agent_id, reserved.offered) == (ContactState.RESERVED, "1001", False)
    assert isinstance(out[-1], Assign)
    assert out[-1].ring_timeout_s == 10.0

    centre.ring("c1", "1001")
    centre.answer("c1", "1001", after=3.0)
    (connected,) = centre.moved("c1")
    assert connected.new is ContactState.CONNECTED
    assert connected.within_threshold is True
    assert connected.waited_s == pytest.approx(3.15)
    assert centre.ended() == ["answered"]

    centre.feed(HoldChanged("c1", on_hold=True), 20.0)
    assert centre.agent("1001") == (AVAILABLE, Work.HOLD)
    centre.feed(HoldChanged("c1", on_hold=False), 15.0)
    centre.end("c1", after=25.0)
    (wrapup,) = centre.moved("c1")
    assert (wrapup.talk_s, wrapup.hold_s) == (pytest.approx(45.0), pytest.approx(15.0))
    assert centre.agent("1001") == (AVAILABLE, Work.WRAPUP)

    centre.wait(29.9)
    assert centre.agent("1001") == (AVAILABLE, Work.WRAPUP)
    centre.wait(0.2)
    assert [move.new for move in centre.moved("c1")] == [ContactState.COMPLETED]
    assert centre.agent("1001") == (AVAILABLE, IDLE)
    assert centre.state.contacts == {}


def test_a_hold_that_lasts_to_the_end_counts_as_hold() -> None:
    centre = one_rings()
    centre.answer("c1", "1001")
    centre.feed(HoldChanged("c1", on_hold=True), 10.0)
    centre.hang_up("c1", after=5.0)
    (wrapup,) = centre.moved("c1")
    assert (wrapup.talk_s, wrapup.hold_s) == (pytest.approx(10.0), pytest.approx(5.0))


@pytest.mark.parametrize(("waited_s", "within"), [(20.0, True), (20.5, False)])
def test_answered_within_the_threshold_or_not(waited_s: float, within: bool) -> None:
    centre = Centre("1001")
    centre.offer("c1")
    centre.available("1001")
    centre.answer("c1", "1001", after=waited_s - 1.0)
    assert centre.moved("c1")[0].within_threshold is within


def test_without_wrap_up_the_next_contact_is_matched_in_the_step_that_ends_the_talk() -> None:
    centre = Centre("1001", queues=(make_queue(wrapup_s=0.0),))
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    centre.offer("c2")
    centre.end("c1")
    assert centre.rung() == [("c2", "1001")]
    assert [move.new for move in centre.moved("c1")] == [ContactState.WRAPUP, ContactState.COMPLETED]


def test_no_answer_makes_the_agent_not_responding_and_rings_the_next() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    centre.offer("c1")
    centre.ring("c1", "1001")
    centre.feed(LegFailed("c1", "1001", LegResult.NO_ANSWER), 10.0)
    assert centre.agent("1001") == (Presence.NOT_RESPONDING, IDLE)
    assert centre.told() == ["not_responding"]
    assert centre.mirrored() == [(Presence.AWAY, "not_responding")]
    assert centre.ended() == ["no_answer"]
    assert centre.rung() == [("c1", "1002")]
    assert centre.decisions()[0].trigger == "returned"
    assert centre.contact("c1").first_queued_at == START + 2.0
    assert centre.contact("c1").waited_s(centre.now) == pytest.approx(10.15)


def test_a_contact_that_nobody_answered_goes_back_to_its_place() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001")
    centre.offer("first")
    centre.ring("first", "1001")
    centre.offer("second", after=1)
    centre.feed(LegFailed("first", "1001", LegResult.NO_ANSWER), 9.0)
    assert centre.rung() == []
    centre.available("1002")
    assert centre.rung() == [("first", "1002")]


def test_the_agent_is_excluded_for_a_minute_and_matched_again_when_it_is_over() -> None:
    centre = one_rings()
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED), 2.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)
    assert centre.rung() == []
    centre.wait(59.9)
    assert centre.rung() == []
    centre.wait(0.2)
    assert centre.rung() == [("c1", "1001")]
    assert centre.decisions()[0].trigger == "exclusion_ended"


def test_the_excluded_agent_is_free_for_the_other_contacts() -> None:
    centre = one_rings()
    centre.offer("c2", after=1)
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED), 1.0)
    assert centre.rung() == [("c2", "1001")]
    assert centre.decisions()[0].passed_over[0].code == "excluded"


def test_exclusions_that_end_together_are_matched_in_order() -> None:
    centre = one_rings()
    centre.offer("c0", first_queued_at=START - 60.0)  # older, and rung second
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED))
    centre.feed(LegFailed("c0", "1001", LegResult.DECLINED))
    centre.now += 60.0
    centre.feed(TimePassed())
    assert centre.rung() == [("c0", "1001")]


@pytest.mark.parametrize("result", [LegResult.BUSY, LegResult.DECLINED])
def test_busy_and_declined_leave_the_presence_alone(result: LegResult) -> None:
    centre = one_rings()
    centre.feed(LegFailed("c1", "1001", result), 1.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)
    assert centre.told() == []
    assert centre.ended() == [result]


def test_a_phone_that_does_not_ring_in_time_is_dead() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    centre.offer("c1")
    centre.feed(LegDialled("c1", "1001"), 0.3)
    centre.wait(1.4)
    assert centre.stopped() == []
    centre.wait(0.2)
    assert centre.stopped() == [("c1", "1001")]
    assert centre.agent("1001") == (Presence.ERROR, IDLE)
    assert centre.ended() == ["unreachable"]
    assert centre.rung() == [("c1", "1002")]


def test_the_clock_for_ringing_starts_when_the_session_has_dialled() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.wait(4.0)
    centre.feed(LegDialled("c1", "1001"))
    centre.wait(1.0)
    centre.feed(LegRang("c1", "1001"))
    centre.wait(9.0)
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED)


def test_a_phone_that_answers_without_ringing_is_not_dead() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.feed(LegDialled("c1", "1001"))
    centre.answer("c1", "1001", after=0.5)
    centre.wait(60.0)
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)


def test_a_lost_end_of_ringing_is_made_up_for() -> None:
    centre = one_rings()
    centre.wait(12.1)
    assert centre.stopped() == [("c1", "1001")]
    assert centre.agent("1001") == (Presence.NOT_RESPONDING, IDLE)
    assert centre.contact("c1").state is ContactState.QUEUED


def test_an_early_486_after_the_agents_own_hang_up_is_retried_once_and_not_counted() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    (assign,) = [command for command in centre.out if isinstance(command, Assign)]
    centre.feed(LegDialled("c1", "1001", assign.reservation_id))
    assert centre.feed(LegFailed("c1", "1001", LegResult.BUSY, 0.4, assign.reservation_id), 0.1) == []
    assert centre.feed(LegFailed("c1", "1001", LegResult.BUSY, 0.4, assign.reservation_id)) == [], "second witness"
    centre.wait(0.2)
    assert centre.rung() == [("c1", "1001")]
    again = next(command for command in centre.out if isinstance(command, Assign))
    assert again.reservation_id > assign.reservation_id
    assert centre.facts() == []
    assert centre.feed(LegFailed("c1", "1001", LegResult.BUSY, 0.4, assign.reservation_id)) == [], "the first leg's"
    centre.feed(LegDialled("c1", "1001", again.reservation_id))
    centre.feed(LegFailed("c1", "1001", LegResult.BUSY, 0.9, again.reservation_id), 0.1)
    assert centre.ended() == ["busy"]


def test_a_late_486_counts_at_once() -> None:
    centre = one_rings()
    centre.feed(LegFailed("c1", "1001", LegResult.BUSY, own_hangup_s=1.2))
    assert centre.ended() == ["busy"]


def test_a_busy_phone_is_not_rung_again_before_the_pbx_says_it_is_free() -> None:
    centre = one_rings()
    centre.offer("c2")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))
    centre.feed(LegFailed("c1", "1001", LegResult.BUSY), 0.5)
    assert centre.agent("1001") == (AVAILABLE, Work.OTHER)
    assert centre.rung() == []
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 30.0)
    assert centre.rung() == [("c2", "1001")]


def test_a_session_that_takes_nothing_blocks_an_agent_for_seconds_and_not_for_ever() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001")
    centre.offer("dead")
    centre.offer("alive", after=1)
    centre.wait(4.5)
    assert centre.stopped() == [("dead", "1001")]
    assert centre.rung() == [("alive", "1001")]
    centre.talk("alive", "1001")
    centre.available("1002")
    centre.wait(30.0)
    assert "dead" not in centre.state.contacts
    assert HandOver("dead") in centre.out, "its session, if it lives after all, goes to the safety net"
    assert centre.agent("1002") == (AVAILABLE, IDLE)


def test_a_presence_asked_while_ringing_waits_for_the_ringing() -> None:
    centre = one_rings()
    centre.feed(PresenceAsked("1001", Presence.AWAY, "lunch"))
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED)
    centre.feed(LegFailed("c1", "1001", LegResult.NO_ANSWER), 10.0)
    assert centre.agent("1001") == (Presence.AWAY, IDLE)
    assert centre.told() == []
