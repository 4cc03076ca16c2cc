"""Events that come late, twice, never, or for what the core does not know; callers and talks after a restart."""

from __future__ import annotations

import pytest

from acd.core.events.found import TalkAdopted
from acd.core.events.legs import LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.begun import one_rings
from tests.unit.acd.core.centre import KO, START, Centre

AVAILABLE = Presence.AVAILABLE
IDLE = Work.IDLE


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
