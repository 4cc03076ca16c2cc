"""Ringing, answering, leaving: routing.md, sentence by sentence, and the races between them."""

from __future__ import annotations

import pytest

from acd.core.commands import Assign, HandOver
from acd.core.events.agents import DeviceChanged, PresenceAsked
from acd.core.events.contacts import ContactDeparted, Departure, FellIntoNet
from acd.core.events.event import TimePassed
from acd.core.events.found import RingAdopted, RingEnded, TalkAdopted
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.events.rules import RulesChanged
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.centre import KO, START, Centre, make_agent, make_queue

AVAILABLE, IDLE = Presence.AVAILABLE, Work.IDLE


def one_rings() -> Centre:
    """c1 rings at 1001."""
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1", after=1)
    centre.ring("c1", "1001")
    return centre


# --- the way of a call -----------------------------------------------------------------------------------------------


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


# --- nobody answers --------------------------------------------------------------------------------------------------


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


# --- the caller leaves -----------------------------------------------------------------------------------------------


def test_a_hang_up_while_ringing_frees_the_agent_for_the_next_contact_in_the_same_step() -> None:
    centre = one_rings()
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))  # it rings: our own call
    centre.offer("c2")
    centre.hang_up("c1", after=6.0)
    assert centre.stopped() == [("c1", "1001")]
    assert centre.rung() == [("c2", "1001")]
    assert centre.moved("c1")[0].detail == "ringing"
    assert centre.ended() == ["caller_gone"]


def test_an_agent_whose_caller_hung_up_keeps_their_place_among_the_idle() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    centre.offer("c1", after=10)
    centre.ring("c1", "1001")
    centre.hang_up("c1")
    centre.offer("c2")
    assert centre.rung() == [("c2", "1001")]


@pytest.mark.parametrize(("waited_s", "kind"), [(4.9, "short"), (5.1, "queue")])
def test_abandoned_while_waiting(waited_s: float, kind: str) -> None:
    centre = Centre("1001")
    centre.offer("c1")
    centre.hang_up("c1", after=waited_s)
    (gone,) = centre.moved("c1")
    assert (gone.new, gone.detail) == (ContactState.ABANDONED, kind)
    assert centre.state.contacts == {}


def test_hung_up_before_the_match_is_matched_with_nobody() -> None:
    centre = Centre("1001")
    centre.offer("c1")
    centre.hang_up("c1", after=1)
    centre.available("1001")
    assert centre.rung() == []


def test_back_to_the_menu_and_into_another_queue_keeps_the_place() -> None:
    centre = Centre("1001", queues=(make_queue(), make_queue("tax")))
    centre.offer("c1")
    centre.offer("c2", after=1)
    centre.feed(ContactDeparted("c1", Departure.BACK_TO_MENU), 5.0)
    assert centre.moved("c1")[0].new is ContactState.IVR
    centre.offer("c1", "tax", after=30.0)
    (queued,) = centre.moved("c1")
    assert queued.offered is True, "once per queue"
    assert queued.first_queued_at == START
    assert queued.waited_s == pytest.approx(6.0), "the menu is no waiting time"
    centre.available("1001")
    assert centre.rung() == [("c1", "1001")]


def test_the_same_queue_again_is_not_offered_again() -> None:
    centre = Centre()
    centre.offer("c1")
    centre.feed(ContactDeparted("c1", Departure.BACK_TO_MENU))
    centre.offer("c1")
    assert centre.moved("c1")[0].offered is False


@pytest.mark.parametrize(
    ("why", "state", "detail"),
    [
        (Departure.OVERFLOW, ContactState.OVERFLOWED, "overflow"),
        (Departure.FULL, ContactState.OVERFLOWED, "full"),
        (Departure.CLOSED, ContactState.CLOSED, "closed"),
        (Departure.CALLBACK, ContactState.OVERFLOWED, "callback"),
        (Departure.FALLBACK, ContactState.OVERFLOWED, "fallback"),
        (Departure.ERROR, ContactState.FAILED, "error"),
    ],
)
def test_a_session_takes_the_contact_away_even_while_it_rings(why: Departure, state: ContactState, detail: str) -> None:
    centre = one_rings()
    centre.feed(ContactDeparted("c1", why))
    gone = centre.moved("c1")[-1]
    assert (gone.new, gone.detail) == (state, detail)
    assert centre.stopped() == [("c1", "1001")]
    assert centre.agent("1001") == (AVAILABLE, IDLE)


# --- late, doubled, missing, wrong -----------------------------------------------------------------------------------


def test_doubled_ends_change_nothing() -> None:
    centre = one_rings()
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED))
    assert centre.feed(LegFailed("c1", "1001", LegResult.DECLINED)) == []
    assert centre.feed(LegRang("c1", "1001")) == []
    centre.hang_up("c1")
    assert centre.hang_up("c1") == []
    assert centre.feed(TalkEnded("c1")) == []
    assert centre.feed(LegAnswered("c1", "1001")) == []


def test_an_answer_that_comes_after_the_time_out_is_the_truth() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    centre.offer("c1")
    centre.feed(LegDialled("c1", "1001"))
    centre.wait(1.6)
    assert centre.rung() == [("c1", "1002")]
    centre.answer("c1", "1001", after=0.01)
    assert centre.stopped() == [("c1", "1002")]
    assert centre.agent("1001") == (Presence.ERROR, Work.CONNECTED)
    assert centre.agent("1002") == (AVAILABLE, IDLE)


def test_an_answer_without_a_reservation_is_a_talk_of_the_fallback_queue() -> None:
    centre = Centre("1001")
    centre.offer("c1", resumed=True, first_queued_at=START - 40.0, waited_s=40.0)
    assert centre.moved("c1")[0].offered is False
    centre.answer("c1", "1001")
    (connected,) = centre.moved("c1")
    assert (connected.new, connected.within_threshold) == (ContactState.CONNECTED, False)
    assert connected.waited_s == pytest.approx(42.0)
    centre.end("c1")
    assert centre.agent("1001") == (Presence.OFFLINE, Work.WRAPUP)


def test_an_agent_the_core_does_not_know_may_answer() -> None:
    centre = Centre("1001")
    centre.offer("c1")
    centre.answer("c1", "2001")
    assert centre.contact("c1").state is ContactState.CONNECTED
    centre.end("c1")
    assert [move.new for move in centre.moved("c1")] == [ContactState.WRAPUP, ContactState.COMPLETED]


def test_an_answer_elsewhere_ends_the_talk_whose_end_was_lost() -> None:
    centre = one_rings()
    centre.answer("c1", "1001")
    centre.offer("c2")
    centre.answer("c2", "1001", after=60.0)
    assert [move.new for move in centre.moved("c1")] == [ContactState.WRAPUP, ContactState.COMPLETED]
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)


def test_a_talk_is_adopted_after_a_restart_with_its_length() -> None:
    centre = Centre("1001")
    centre.feed(TalkAdopted("c1", "1001", KO, "any", "general", centre.now - 100.0))
    (adopted,) = centre.moved("c1")
    assert (adopted.old, adopted.new, adopted.offered) == (None, ContactState.CONNECTED, False)
    assert adopted.within_threshold is None, "counted by the engine that answered it"
    centre.end("c1", after=20.0)
    assert centre.moved("c1")[0].talk_s == pytest.approx(120.0)
    assert centre.agent("1001")[1] is Work.WRAPUP


def queue_rings() -> Centre:
    """The fallback queue rings 1001 for c1, who has waited for 40 s there."""
    centre = Centre("1001", "1002")
    centre.available("1001")
    centre.feed(RingAdopted("c1", "1001", KO, "any", "general", centre.now - 40.0, resumed=True))
    return centre


def test_the_queues_own_ring_makes_both_reserved_and_its_answer_connects_them() -> None:
    centre = queue_rings()
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED)
    assert centre.rung() == [], "nobody is to dial"
    assert centre.moved("c1")[0].offered is False
    centre.answer("c1", "1001", after=3.0)
    (connected,) = centre.moved("c1")
    assert (connected.within_threshold, connected.waited_s) == (False, pytest.approx(43.0))


def test_after_the_queues_own_ring_a_contact_without_a_session_is_offered_to_nobody() -> None:
    centre = queue_rings()
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.wait(1.5)
    assert centre.rung() == []
    assert centre.contact("c1").state is ContactState.QUEUED
    assert centre.feed(RingEnded("c1", "1002")) == []
    centre.available("1002")
    assert centre.rung() == [], "its caller is in the PBX's queue: nobody would dial"
    centre.wait(120.0)
    assert centre.rung() == []
    centre.offer("c2")
    assert centre.rung() == [("c2", "1001")], "and it holds nobody up"


def test_when_resume_has_connected_the_contact_has_its_place() -> None:
    centre = queue_rings()
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.wait(1.5)
    centre.offer("c2")
    centre.offer("c3")
    centre.offer("c1", resumed=True, first_queued_at=START - 40.0)
    assert centre.rung() == []
    centre.available("1002")
    assert centre.rung() == [("c1", "1002")]
    assert centre.contact("c1").waited_s(centre.now) == pytest.approx(47.5)


def test_resume_may_be_heard_before_the_rings_end() -> None:
    centre = queue_rings()
    centre.offer("c1", resumed=True, after=5.0)
    assert centre.ended() == ["no_answer"]
    assert centre.rung() == [("c1", "1001")], "the session is here, so the queue rings no more"
    assert centre.feed(RingEnded("c1", "1001")) == [], "an earlier ring's"


def test_an_agent_who_talks_elsewhere_leaves_the_caller_to_the_queue() -> None:
    """A phone that rings for the queue answers another call: the caller waits on there, no agent is held for them."""
    centre = queue_rings()
    centre.feed(TalkAdopted("c2", "1001", KO, "any", "general", centre.now))
    assert centre.ended() == ["busy"]
    assert centre.contact("c1").state is ContactState.QUEUED
    centre.available("1002")
    assert centre.rung() == []
    centre.wait(60.0)
    assert centre.rung() == []
    centre.feed(TalkAdopted("c1", "1002", KO, "any", "general", centre.now))
    assert centre.contact("c1").state is ContactState.CONNECTED


def test_the_rings_time_is_over_and_its_end_was_lost() -> None:
    centre = queue_rings()
    centre.wait(600.0)
    assert centre.agent("1001") == (AVAILABLE, Work.IDLE)
    assert centre.contact("c1").state is ContactState.QUEUED
    assert centre.rung() == []


@pytest.mark.parametrize("rung", [False, True])
def test_a_contact_whose_session_is_gone_waits_in_the_net_until_it_is_back(rung: bool) -> None:
    """The session ended without a word, and the PBX says that the caller is in its queue now."""
    centre = Centre("1001", "1002")
    if rung:
        centre.available("1001")
    centre.offer("c1")
    centre.feed(FellIntoNet("c1"), 2.0)
    assert centre.stopped() == ([("c1", "1001")] if rung else [])
    assert centre.contact("c1").state is ContactState.QUEUED
    assert centre.feed(FellIntoNet("c1")) == []
    centre.available("1002")
    assert centre.rung() == []
    centre.wait(60.0)
    assert centre.rung() == []
    centre.offer("c1", resumed=True)
    assert [contact_id for contact_id, _ in centre.rung()] == ["c1"]
    assert centre.contact("c1").waited_s(centre.now) == pytest.approx(63.0)


def test_one_who_hangs_up_in_the_net_is_abandoned() -> None:
    centre = queue_rings()
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.wait(1.5)
    centre.hang_up("c1", after=5.0)
    assert [move.new for move in centre.moved("c1")] == [ContactState.ABANDONED]


def test_one_who_is_in_the_net_outlives_new_rules() -> None:
    centre = queue_rings()
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.wait(1.5)
    centre.feed(RulesChanged({"1003": make_agent("1003")}, {"general": make_queue()}))
    centre.available("1003")
    assert centre.rung() == []
    centre.offer("c1", resumed=True)
    assert centre.rung() == [("c1", "1003")]


def test_after_the_queues_ring_nobody_overtakes_the_one_who_comes_back() -> None:
    centre = queue_rings()
    centre.offer("c2")
    centre.feed(RingEnded("c1", "1001"), 5.0)
    assert centre.rung() == [], "c1 comes back this moment"
    centre.offer("c1", resumed=True, first_queued_at=START - 40.0, after=0.05)
    assert centre.rung() == [("c1", "1001")]


def test_who_does_not_come_back_after_the_queues_ring_holds_the_agent_for_a_moment_only() -> None:
    centre = queue_rings()
    centre.offer("c2")
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.wait(1.5)
    assert centre.rung() == [("c2", "1001")]


def test_the_queue_rings_an_agent_who_is_in_a_call_of_their_own() -> None:
    """Such as the code that logged them in a moment ago: they are not free when that call ends."""
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))
    centre.feed(RingAdopted("c1", "1001", KO, "any", "general", centre.now - 40.0, resumed=True))
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.5)
    centre.offer("c2")
    assert centre.rung() == []
    centre.answer("c1", "1001")
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)


def test_after_the_queues_ring_a_call_of_their_own_goes_on() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))
    centre.feed(RingAdopted("c1", "1001", KO, "any", "general", centre.now - 40.0, resumed=True))
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.wait(1.5)
    assert centre.agent("1001") == (AVAILABLE, Work.OTHER)


def test_the_queue_rings_the_next_agent() -> None:
    centre = queue_rings()
    centre.available("1002")
    centre.feed(RingEnded("c1", "1001"), 5.0)
    centre.feed(RingAdopted("c1", "1002", KO, "any", "general", centre.now - 40.0, resumed=True), 0.1)
    assert centre.agent("1001") == (AVAILABLE, Work.IDLE)
    assert centre.agent("1002") == (AVAILABLE, Work.RESERVED)


def test_callers_come_back_after_a_restart_in_their_old_order() -> None:
    centre = Centre("1001")
    centre.offer("second", resumed=True, first_queued_at=START - 30.0, waited_s=30.0)
    centre.offer("first", resumed=True, first_queued_at=START - 60.0, waited_s=60.0, after=1)
    centre.offer("third", after=1)
    served = []
    centre.available("1001")
    for _ in range(3):
        ((contact_id, _),) = centre.rung()
        served.append(contact_id)
        centre.talk(contact_id, "1001")
        centre.end(contact_id)
        centre.wait(30.0)
    assert served == ["first", "second", "third"]


def test_a_queue_that_the_rules_lost_still_serves() -> None:
    centre = Centre("1001")
    centre.offer("c1", "gone")
    centre.available("1001")
    assert centre.rung() == [("c1", "1001")]


def test_the_clock_never_runs_backwards_for_the_core() -> None:
    centre = one_rings()
    before = centre.state.now
    centre.now -= 3600.0
    centre.answer("c1", "1001", after=0.0)
    assert centre.moved("c1")[0].at == before
    assert centre.moved("c1")[0].waited_s == pytest.approx(0.15)


def test_a_presence_asked_while_ringing_waits_for_the_ringing() -> None:
    centre = one_rings()
    centre.feed(PresenceAsked("1001", Presence.AWAY, "lunch"))
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED)
    centre.feed(LegFailed("c1", "1001", LegResult.NO_ANSWER), 10.0)
    assert centre.agent("1001") == (Presence.AWAY, IDLE)
    assert centre.told() == []
