"""A phone that was gone just when it was called: its agent is back when the PBX, told to ask, says nothing against it."""

from __future__ import annotations

import pytest

from acd.ami.view import Attributes, View
from acd.core.facts import ReservationEnded
from acd.deadphones import ANSWERED_AFTER_S, ASK_AFTER_AT_MOST_S, ASK_AFTER_S, DeadPhones
from dialplan.language import Language
from tests.unit.acd.twin import Twin


@pytest.fixture
def twin() -> Twin:
    return Twin()


@pytest.fixture
def view() -> View:
    view = View(lambda _, __: Attributes(Language.KO, "any", "general"))
    view.agents = frozenset({"1001"})
    view.phones.reachable["1001"] = True
    return view


def ended(at: float, result: str = "unreachable", rang_s: float = 0.0) -> ReservationEnded:
    return ReservationEnded(at, 1, "c", "1001", "general", result, rang_s)


def test_it_is_asked_after_a_while_and_believed_when_nothing_is_said(view: View, twin: Twin) -> None:
    phones = DeadPhones(view, twin)
    phones.told(ended(100.0))
    assert list(phones.alive(100.0 + ASK_AFTER_S - 0.1)) == []
    assert twin.qualified == []
    assert list(phones.alive(100.0 + ASK_AFTER_S)) == []
    assert twin.qualified == ["1001"]
    assert list(phones.alive(100.0 + ASK_AFTER_S + ANSWERED_AFTER_S - 0.1)) == []
    assert list(phones.alive(100.0 + ASK_AFTER_S + ANSWERED_AFTER_S)) == ["1001"]
    assert list(phones.alive(1000.0)) == []
    assert twin.qualified == ["1001"]


def test_one_that_the_pbx_sees_gone_is_the_pbxs_to_see_come(view: View, twin: Twin) -> None:
    phones = DeadPhones(view, twin)
    phones.told(ended(100.0))
    list(phones.alive(104.0))
    view.phones.reachable["1001"] = False
    assert list(phones.alive(110.0)) == []
    view.phones.reachable["1001"] = True
    assert list(phones.alive(111.0)) == []


def test_one_that_answers_and_never_rings_is_believed_more_slowly(view: View, twin: Twin) -> None:
    phones, now, waits = DeadPhones(view, twin), 100.0, []
    for _ in range(8):
        phones.told(ended(now))
        asked, begun = len(twin.qualified), now
        while len(twin.qualified) == asked:
            now += 0.5
            list(phones.alive(now))
        waits.append(now - begun)
        assert list(phones.alive(now + ANSWERED_AFTER_S)) == ["1001"]
    assert waits[:4] == [3.0, 6.0, 12.0, 24.0]
    assert waits[-1] == ASK_AFTER_AT_MOST_S
    phones.told(ended(now, "answered", rang_s=1.0))
    phones.told(ended(now))
    assert list(phones.alive(now + ASK_AFTER_S)) == []
    assert list(phones.alive(now + ASK_AFTER_S + ANSWERED_AFTER_S)) == ["1001"]
