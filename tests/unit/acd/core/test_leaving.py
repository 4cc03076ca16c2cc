"""A caller who leaves, or whom the session takes away: before the ring, during it, and into another queue."""

from __future__ import annotations

import pytest

from acd.core.events.agents import DeviceChanged
from acd.core.events.contacts import ContactDeparted, Departure
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.begun import one_rings
from tests.unit.acd.core.centre import START, Centre, make_queue

AVAILABLE = Presence.AVAILABLE
IDLE = Work.IDLE


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
