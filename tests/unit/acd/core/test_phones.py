"""The agent's phone: in a call of its own, unreachable, back again."""

from __future__ import annotations

from acd.core.events.agents import DeviceChanged, PresenceAsked
from acd.core.events.legs import LegFailed, LegResult
from acd.core.states import Presence, Work
from tests.unit.acd.core.begun import talking
from tests.unit.acd.core.centre import Centre

AVAILABLE, AWAY, ERROR, OFFLINE = Presence.AVAILABLE, Presence.AWAY, Presence.ERROR, Presence.OFFLINE
IDLE, OTHER = Work.IDLE, Work.OTHER


def with_a_dead_leg() -> Centre:
    """c1 was to ring 1001, whose phone could not be reached."""
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.feed(LegFailed("c1", "1001", LegResult.UNREACHABLE), 0.1)
    return centre


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
    centre = with_a_dead_leg()
    assert centre.agent("1001") == (ERROR, IDLE)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.1)
    assert centre.agent("1001") == (ERROR, IDLE), "a ghost is never offered a second call"
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 5.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_a_registration_right_after_the_failure_counts_when_the_pbx_had_said_it_was_gone() -> None:
    centre = with_a_dead_leg()
    centre.feed(DeviceChanged("1001", reachable=False, busy=False), 0.1)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.5)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_what_the_pbx_says_after_the_agents_own_word_is_believed() -> None:
    centre = with_a_dead_leg()
    centre.feed(PresenceAsked("1001", AVAILABLE), 0.1)
    centre.feed(DeviceChanged("1001", reachable=False, busy=False), 0.1)
    centre.feed(DeviceChanged("1001", reachable=True, busy=False), 0.1)
    centre.offer("c2")
    assert centre.rung() == [("c2", "1001")]


def test_the_agents_own_word_ends_the_error() -> None:
    centre = with_a_dead_leg()
    centre.feed(PresenceAsked("1001", AVAILABLE), 1.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)
    centre.wait(60.0)
    assert centre.rung() == [("c1", "1001")]
