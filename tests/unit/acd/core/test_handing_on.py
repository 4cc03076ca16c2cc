"""A contact that an agent sends to somebody who is no agent, or to another queue: its place, its agent, its record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import ContactHungUp, ContactOffered, FellIntoNet, HandOnAsked, SentOut
from acd.core.events.found import TalkAdopted
from acd.core.events.legs import LegAnswered, TalkEnded
from acd.core.facts import ContactMoved
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.centre import KO, Centre, make_queue

AVAILABLE, WRAPUP = Presence.AVAILABLE, Work.WRAPUP


def talking(*others: str) -> Centre:
    """c1 has waited some seconds and talks with 1001."""
    centre = Centre("1001", *others)
    centre.offer("c1")
    centre.available("1001")
    centre.talk("c1", "1001")
    return centre


def test_while_an_official_is_rung_no_agent_is_offered_the_contact() -> None:
    centre = talking("1002")
    centre.feed(SentOut("c1"), 60.0)
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)
    centre.available("1002")
    assert centre.rung() == []
    centre.feed(LegAnswered("c1", "7901"), 5.0)
    moved = centre.moved("c1")[-1]
    assert (moved.new, moved.agent_id, moved.within_threshold, moved.offered) == (
        ContactState.CONNECTED, "7901", None, False,
    )  # fmt: skip
    centre.feed(TalkEnded("c1"), 100.0)
    over = [fact for fact in centre.moved("c1") if fact.old is ContactState.CONNECTED]
    assert over[-1].talk_s == pytest.approx(100.0)
    assert "c1" not in centre.state.contacts, "nobody of ours wraps up after an official"


def test_an_official_who_does_not_answer_leads_back_to_the_agent_from_the_wrap_up() -> None:
    centre = talking("1002")
    centre.available("1002")
    centre.feed(SentOut("c1"), 60.0)
    centre.feed(HandOnAsked("c1", "1001"), 20.0)
    assert centre.rung() == [("c1", "1001")]
    centre.talk("c1", "1001")
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)


def test_an_agent_who_has_gone_meanwhile_does_not_get_it_back() -> None:
    centre = talking("1002")
    centre.feed(SentOut("c1"), 60.0)
    centre.feed(PresenceAsked("1001", Presence.OFFLINE), 1.0)
    assert centre.feed(HandOnAsked("c1", "1001"), 1.0) == []
    centre.available("1002")
    centre.offer("c1", after=1.0, resumed=True)  # by its session, which has nobody to ring
    assert centre.rung() == [("c1", "1002")]


def test_hanging_up_then_is_an_abandonment_that_no_queue_counts_twice() -> None:
    centre = talking()
    centre.feed(SentOut("c1"), 60.0)
    centre.feed(ContactHungUp("c1"), 3.0)
    assert centre.moved("c1")[-1].detail == "handed_on"


def test_a_session_that_dies_meanwhile_leaves_the_contact_to_the_net() -> None:
    centre = talking("1002")
    centre.feed(SentOut("c1"), 60.0)
    centre.feed(FellIntoNet("c1"), 1.0)
    assert centre.feed(HandOnAsked("c1", "1001")) == [], "no session could ring anybody"
    assert centre.contact("c1").in_net


def test_after_a_consultation_the_official_has_it_at_once() -> None:
    centre = talking()
    centre.feed(TalkAdopted("c1", "7101", KO, "any", "general", centre.now), 60.0)
    assert centre.agent("1001") == (AVAILABLE, WRAPUP)
    assert centre.contact("c1").agent_id == "7101"
    facts: list[ContactMoved] = centre.moved("c1")
    assert [fact.offered for fact in facts if fact.offered] == []


def test_a_queue_does_not_give_it_back_to_the_agent_who_sent_it_there() -> None:
    centre = talking("1002")
    tax = make_queue("tax")
    centre.state.queues["tax"] = tax
    offer = ContactOffered("c1", centre.contact("c1").channel, KO, "any", "tax", tax.requirement(KO))
    centre.feed(replace(offer, handed_on_by="1001"), 60.0)
    centre.feed(PresenceAsked("1001", AVAILABLE))
    centre.wait(30.0)
    assert centre.agent("1001") == (AVAILABLE, Work.IDLE)
    assert centre.contact("c1").state is ContactState.QUEUED
    centre.wait(31.0)  # but rather than that nobody takes it
    assert centre.rung() == [("c1", "1001")]
