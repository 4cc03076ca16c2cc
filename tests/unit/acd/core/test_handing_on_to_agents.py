"""A contact that an agent sends to another agent: who is rung, to whom it returns, and its place."""

from __future__ import annotations

import pytest

from acd.core.events.agents import DeviceChanged, PresenceAsked
from acd.core.events.contacts import HandOnAsked
from acd.core.events.legs import LegFailed, LegResult
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.begun import talking

AVAILABLE = Presence.AVAILABLE
WRAPUP = Work.WRAPUP


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
