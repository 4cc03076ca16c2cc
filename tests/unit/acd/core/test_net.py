"""Callers in the safety net: its queue rings agents by itself, and who is in it is offered to nobody until resumed."""

from __future__ import annotations

import pytest

from acd.core.events.agents import DeviceChanged
from acd.core.events.contacts import FellIntoNet
from acd.core.events.found import RingAdopted, RingEnded, TalkAdopted
from acd.core.events.rules import RulesChanged
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.centre import KO, START, Centre, make_agent, make_queue

AVAILABLE = Presence.AVAILABLE


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
