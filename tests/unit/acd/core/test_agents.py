"""The agent's own word, and their wrap-up."""

from __future__ import annotations

import pytest

from acd.core.events.agents import PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.found import PresenceRestored
from acd.core.events.legs import LegFailed, LegResult
from acd.core.states import Presence, Work
from tests.unit.acd.core.begun import talking
from tests.unit.acd.core.centre import Centre

AVAILABLE, AWAY, OFFLINE = Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE
IDLE, WRAPUP = Work.IDLE, Work.WRAPUP


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
