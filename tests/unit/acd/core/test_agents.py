"""The agent's own word, their phone, their wrap-up, and the rules that make and unmake them."""

from __future__ import annotations

import pytest

from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.contacts import HandOnAsked
from acd.core.events.found import PresenceRestored
from acd.core.events.legs import LegFailed, LegResult
from acd.core.events.rules import RulesChanged
from acd.core.snapshot import snapshot
from acd.core.states import ContactState, IllegalTransition, Presence, Work, check_contact, check_presence, check_work
from dialplan.queuerules import Requirement
from tests.unit.acd.core.centre import EN, KO, Centre, make_agent, make_queue

AVAILABLE, AWAY, OFFLINE, ERROR = Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE, Presence.ERROR
IDLE, WRAPUP, OTHER = Work.IDLE, Work.WRAPUP, Work.OTHER


def talking(*more: str, wrapup_s: float = 30.0) -> Centre:
    """1001 talks with c1."""
    centre = Centre("1001", *more, queues=(make_queue(wrapup_s=wrapup_s),))
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    return centre


# --- presence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("presence", "reason"), [(AWAY, "lunch"), (OFFLINE, None)])
def test_away_and_offline_asked_for_during_a_call_take_effect_after_it(presence: Presence, reason: str | None) -> None:
    centre = talking()
    assert centre.feed(PresenceAsked("1001", presence, reason)) == []
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)
    centre.end("c1")
    assert centre.agent("1001") == (presence, WRAPUP)
    assert centre.mirrored() == [(presence, reason)]
    centre.wait(30.0)
    assert centre.agent("1001") == (presence, IDLE)


def test_the_last_word_during_a_call_counts() -> None:
    centre = talking()
    centre.feed(PresenceAsked("1001", AWAY, "lunch"))
    centre.feed(PresenceAsked("1001", AVAILABLE))
    centre.end("c1")
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)


@pytest.mark.parametrize("presence", [AWAY, OFFLINE])
def test_going_away_in_wrap_up_ends_it(presence: Presence) -> None:
    centre = talking()
    centre.end("c1")
    centre.feed(PresenceAsked("1001", presence), 5.0)
    assert centre.agent("1001") == (presence, IDLE)
    assert centre.state.contacts == {}


def test_available_in_wrap_up_leaves_it_running() -> None:
    centre = talking()
    centre.feed(PresenceAsked("1001", AWAY, "lunch"))
    centre.end("c1")
    centre.feed(PresenceAsked("1001", AVAILABLE), 5.0)
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)


def test_another_reason_for_being_away_is_news() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(PresenceAsked("1001", AWAY, "lunch"))
    assert centre.feed(PresenceAsked("1001", AWAY, "lunch")) == []
    centre.feed(PresenceAsked("1001", AWAY, "meeting"))
    assert centre.agent_moved("1001")[0].reason == "meeting"
    assert centre.mirrored() == [(AWAY, "meeting")]


def test_available_ends_not_responding() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.ring("c1", "1001")
    centre.feed(LegFailed("c1", "1001", LegResult.NO_ANSWER), 10.0)
    centre.offer("c2")
    assert centre.rung() == []
    centre.feed(PresenceAsked("1001", AVAILABLE))
    assert centre.rung() == [("c2", "1001")], "c1 still excludes them"


def test_a_restored_presence_is_neither_mirrored_nor_told() -> None:
    centre = Centre("1001", "1002", "1003")
    centre.offer("c1")
    centre.feed(PresenceRestored("1002", AWAY, "lunch"))
    centre.feed(PresenceRestored("1003", AWAY, "not_responding"))
    centre.feed(PresenceRestored("1001", AVAILABLE))
    assert centre.rung() == [("c1", "1001")]
    assert centre.mirrored() == []
    assert (centre.agent("1002")[0], centre.agent("1003")[0]) == (AWAY, Presence.NOT_RESPONDING)


def test_how_long_each_state_lasted_is_in_the_fact() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(PresenceAsked("1001", AWAY, "lunch"), 90.0)
    (moved,) = centre.agent_moved("1001")
    assert (moved.old_presence, moved.lasted_s) == (AVAILABLE, 90.0)


# --- the phone -------------------------------------------------------------------------------------------------------


def test_a_call_of_the_agents_own_makes_them_other_and_they_are_not_offered_calls() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))
    assert centre.agent("1001") == (AVAILABLE, OTHER)
    centre.offer("c1")
    assert centre.rung() == []
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 60.0)
    assert centre.rung() == [("c1", "1001")]


def test_a_feature_code_takes_effect_when_its_own_call_ends() -> None:
    centre = Centre("1001")
    centre.offer("c1")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))
    centre.feed(PresenceAsked("1001", AVAILABLE))
    assert centre.agent("1001") == (AVAILABLE, OTHER)
    assert centre.rung() == []
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 2.0)
    assert centre.rung() == [("c1", "1001")]


def test_our_own_call_is_no_other_call() -> None:
    centre = talking(wrapup_s=0.0)
    centre.feed(DeviceChanged("1001", reachable=True, busy=True))
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)
    centre.offer("c2")
    centre.end("c1")
    assert centre.rung() == [("c2", "1001")], "the phone is free with the talk's end, not with the PBX's late word"


def test_a_call_of_their_own_in_wrap_up_outlasts_it() -> None:
    centre = talking()
    centre.end("c1")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True), 10.0)
    centre.offer("c2")
    centre.wait(20.0)
    assert centre.agent("1001") == (AVAILABLE, OTHER)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False))
    assert centre.rung() == [("c2", "1001")]


def test_an_unreachable_phone_is_not_rung_and_is_an_error_after_its_grace() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(DeviceChanged("1001", reachable=False, busy=False))
    centre.offer("c1")
    assert centre.rung() == []
    centre.wait(9.9)
    assert centre.agent("1001") == (AVAILABLE, IDLE)
    centre.wait(0.2)
    assert centre.agent("1001") == (ERROR, IDLE)
    assert centre.mirrored() == [(AWAY, "error")]
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 300.0)
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED), "the state heals by itself"
    assert centre.rung() == [("c1", "1001")]


def test_a_short_absence_of_the_phone_is_forgiven() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(DeviceChanged("1001", reachable=False, busy=False))
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 5.0)
    centre.wait(60.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_an_agent_who_was_away_comes_back_away() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.feed(PresenceAsked("1001", AWAY, "lunch"))
    centre.feed(DeviceChanged("1001", reachable=False, busy=False))
    centre.wait(11.0)
    assert centre.agent("1001") == (ERROR, IDLE)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False))
    assert centre.rule_of("1001").reason == "lunch"
    assert centre.agent("1001") == (AWAY, IDLE)


def test_an_offline_agents_phone_may_be_gone() -> None:
    centre = Centre("1001")
    centre.feed(DeviceChanged("1001", reachable=False, busy=False))
    centre.wait(60.0)
    assert centre.agent("1001") == (OFFLINE, IDLE)


def test_the_echo_of_a_dead_leg_is_no_sign_of_life() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.feed(LegFailed("c1", "1001", LegResult.UNREACHABLE), 0.1)
    assert centre.agent("1001") == (ERROR, IDLE)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.1)
    assert centre.agent("1001") == (ERROR, IDLE), "a ghost is never offered a second call"
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 5.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_a_registration_right_after_the_failure_counts_when_the_pbx_had_said_it_was_gone() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.feed(LegFailed("c1", "1001", LegResult.UNREACHABLE), 0.1)
    centre.feed(DeviceChanged("1001", reachable=False, busy=False), 0.1)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.5)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_what_the_pbx_says_after_the_agents_own_word_is_believed() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.feed(LegFailed("c1", "1001", LegResult.UNREACHABLE), 0.1)
    centre.feed(PresenceAsked("1001", AVAILABLE), 0.1)
    centre.feed(DeviceChanged("1001", reachable=False, busy=False), 0.1)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.1)
    centre.offer("c2")
    assert centre.rung() == [("c2", "1001")]


def test_the_agents_own_word_ends_the_error() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.feed(LegFailed("c1", "1001", LegResult.UNREACHABLE), 0.1)
    centre.feed(PresenceAsked("1001", AVAILABLE), 1.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)
    centre.wait(60.0)
    assert centre.rung() == [("c1", "1001")]


# --- wrap-up ---------------------------------------------------------------------------------------------------------


def test_the_agent_ends_the_wrap_up_early() -> None:
    centre = talking()
    centre.end("c1")
    centre.offer("c2")
    centre.feed(WrapupEndAsked("1001"), 5.0)
    assert centre.rung() == [("c2", "1001")]
    assert centre.feed(WrapupEndAsked("1001")) == []


def test_the_agent_extends_the_wrap_up_once() -> None:
    centre = talking()
    centre.end("c1")
    centre.feed(WrapupExtendAsked("1001"), 10.0)
    centre.feed(WrapupExtendAsked("1001"), 10.0)
    centre.wait(69.0)
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)
    centre.wait(2.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_codes_that_do_not_apply_change_nothing() -> None:
    centre = Centre("1001")
    centre.available("1001")
    assert centre.feed(WrapupEndAsked("1001")) == []
    assert centre.feed(WrapupExtendAsked("1001")) == []
    assert centre.feed(WrapupEndAsked("9999")) == []
    assert centre.feed(PresenceAsked("9999", AVAILABLE)) == []


# --- handing on ------------------------------------------------------------------------------------------------------


def test_a_blind_transfer_rings_the_other_agent_and_the_first_wraps_up() -> None:
    centre = talking("1002")
    centre.available("1002")
    centre.feed(HandOnAsked("c1", "1002"), 60.0)
    assert centre.rung() == [("c1", "1002")]
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)
    assert [move.offered for move in centre.moved("c1")] == [False, False]
    centre.talk("c1", "1002")
    assert centre.moved("c1")[0].within_threshold is None, "the citizen's one call is counted once"
    assert centre.contact("c1").waited_s(centre.now) == pytest.approx(4.3)


def test_a_transfer_to_one_who_may_not_be_rung_changes_nothing_and_goes_back_to_the_first() -> None:
    centre = talking("1002")
    assert centre.feed(HandOnAsked("c1", "1002"), 60.0) == []
    assert centre.contact("c1").state is ContactState.CONNECTED
    centre.feed(HandOnAsked("c1", "1001"))
    assert centre.rung() == [("c1", "1001")]
    centre.talk("c1", "1001")
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)


def test_a_transfer_does_not_come_back_to_a_phone_in_another_call() -> None:
    centre = talking()
    centre.end("c1")
    centre.feed(DeviceChanged("1001", reachable=True, busy=True), 1.0)
    assert centre.feed(HandOnAsked("c1", "1001")) == []


def test_a_transfer_that_nobody_answers_returns_once_to_the_agent_who_made_it() -> None:
    """From the wrap-up, past whoever else is free."""
    centre = talking("1002", "1003")
    centre.available("1002")
    centre.available("1003")
    centre.feed(HandOnAsked("c1", "1002"), 60.0)
    centre.feed(LegFailed("c1", "1002", LegResult.DECLINED), 2.0)
    assert centre.rung() == [("c1", "1001")]
    assert centre.agent("1001") == (AVAILABLE, Work.RESERVED)
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED), 2.0)
    assert centre.rung() == [("c1", "1003")]


def test_a_transfer_that_nobody_answers_waits_in_its_queue_by_its_waiting_time_alone() -> None:
    centre = talking("1002")
    centre.available("1002")
    centre.end("c1", after=600.0)
    centre.feed(HandOnAsked("c1", "1002"))
    assert centre.rung() == [("c1", "1002")]
    centre.feed(PresenceAsked("1001", Presence.OFFLINE))  # so it cannot go back to who transferred it
    centre.offer("c2", after=0.0, first_queued_at=centre.now - 60.0, waited_s=60.0)
    centre.feed(LegFailed("c1", "1002", LegResult.DECLINED), 2.0)
    assert centre.rung() == [("c2", "1002")]
    assert centre.contact("c1").state is ContactState.QUEUED
    assert centre.contact("c1").order > centre.contact("c2").order, "ten minutes of talk jump nobody"


def test_a_contact_handed_back_in_the_middle_of_its_talk_keeps_its_waiting_time_alone() -> None:
    centre = talking()
    centre.offer("c2", after=500.0)
    centre.offer("c1", after=100.0)  # the session offers it again: its talk is over
    assert centre.moved("c1")[0].talk_s == pytest.approx(600.0)
    centre.wait(30.0)
    assert centre.rung() == [("c2", "1001")]


def test_a_contact_offered_again_after_its_talk_is_queued_again() -> None:
    centre = talking("1002")
    centre.end("c1")
    centre.offer("c1")
    assert centre.contact("c1").state is ContactState.QUEUED
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)
    centre.wait(30.0)
    assert centre.rung() == [("c1", "1001")]


# --- rules -----------------------------------------------------------------------------------------------------------


def rules(centre: Centre, *agents: str, queues: tuple = (make_queue(),)) -> None:
    made = {one: make_agent(one) for one in agents}
    centre.feed(RulesChanged(made, {one.key: one for one in queues}), 1.0)


def test_a_new_agent_is_offline_and_a_removed_one_gone() -> None:
    centre = Centre("1001")
    centre.available("1001")
    rules(centre, "1002")
    assert set(centre.state.agents) == {"1002"}
    assert centre.agent("1002") == (OFFLINE, IDLE)
    assert centre.mirrored() == [(OFFLINE, None)]


def test_a_removed_agent_finishes_the_call_and_the_wrap_up() -> None:
    centre = talking()
    rules(centre, "1002")
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)
    centre.end("c1")
    assert centre.agent("1001") == (OFFLINE, WRAPUP)
    centre.wait(30.0)
    assert set(centre.state.agents) == {"1002"}
    assert centre.state.contacts == {}


def test_an_agent_named_again_before_the_call_is_over_stays() -> None:
    centre = talking()
    rules(centre, "1002")
    rules(centre, "1001")
    centre.end("c1")
    centre.wait(30.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_waiting_contacts_take_the_queues_new_requirement_and_match_at_once() -> None:
    centre = Centre("1001", queues=(make_queue("q", {"tax": 3}),))
    centre.available("1001")
    centre.offer("c1", "q")
    assert centre.rung() == []
    centre.feed(RulesChanged({"1001": make_agent("1001")}, {"q": make_queue("q")}), 30.0)
    assert centre.rung() == [("c1", "1001")]
    assert centre.moved("c1")[0].waited_s == 30.0


def test_a_requirement_that_is_not_the_queues_own_is_kept() -> None:
    centre = Centre("1001", queues=(make_queue("q", {"tax": 3}),))
    centre.offer("c1", "q", requirement=Requirement(KO))
    centre.feed(RulesChanged({"1001": make_agent("1001")}, {"q": make_queue("q", {"tax": 5})}))
    assert centre.contact("c1").requirement == Requirement(KO)


def test_an_agent_who_learns_a_language_is_matched_at_once() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1", language=EN)
    centre.feed(RulesChanged({"1001": make_agent("1001", KO, EN)}, {"general": make_queue()}))
    assert centre.rung() == [("c1", "1001")]


def test_nobody_who_waits_is_dropped_with_their_queue() -> None:
    centre = Centre("1001", queues=(make_queue(), make_queue("q")))
    centre.offer("c1", "q")
    rules(centre, "1001")
    centre.available("1001")
    assert centre.rung() == [("c1", "1001")]


def test_the_longest_idle_comes_first_when_rules_free_many_at_once() -> None:
    centre = Centre("1001", "1002")
    centre.available("1002", "1001")
    centre.offer("c1", language=EN)
    centre.feed(RulesChanged({one: make_agent(one, KO, EN) for one in ("1001", "1002")}, {"general": make_queue()}))
    assert centre.rung() == [("c1", "1002")]


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_snapshot_is_the_centre_at_one_moment() -> None:
    centre = talking("1002")
    centre.offer("c2")
    centre.offer("c3", language=EN, after=3.0)
    seen = snapshot(centre.state, centre.now + 7.0)
    assert [(line.language, line.queued, line.reserved, line.talking) for line in seen.lines] == [
        (EN, 1, 0, 0),
        (KO, 1, 0, 1),
    ]
    assert (seen.queued(KO), seen.oldest_wait_s(KO), seen.oldest_wait_s(EN)) == (1, 10.0, 7.0)
    assert seen.agent_counts == {("team1", AVAILABLE, Work.CONNECTED): 1, ("team1", OFFLINE, IDLE): 1}
    assert seen.agent_seconds["team1", AVAILABLE, Work.CONNECTED] == pytest.approx(10.0)
    assert [(agent.agent_id, agent.contact_id) for agent in seen.agents] == [("1001", "c1"), ("1002", None)]


def test_the_tables_name_both_states() -> None:
    with pytest.raises(IllegalTransition, match="contact c1: ContactState queued may not become completed"):
        check_contact("c1", ContactState.QUEUED, ContactState.COMPLETED)
    with pytest.raises(IllegalTransition, match="agent 1001: Presence not_responding may not become not_responding"):
        check_presence("1001", Presence.NOT_RESPONDING, Presence.NOT_RESPONDING)
    with pytest.raises(IllegalTransition, match="agent 1001: Work wrapup may not become hold"):
        check_work("1001", Work.WRAPUP, Work.HOLD)
