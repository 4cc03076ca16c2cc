"""A new engine and what the one before it left in the journal: wrap-ups run on, answers count once, nothing stays open.

The first engine is a real dispatcher whose facts go to a real journal; it is stopped as a kill would: without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.core.facts import AgentMoved, ContactMoved
from acd.core.memory import Memory
from acd.core.states import ContactState, Presence
from acd.journal.memory import remember
from acd.journal.migrate import migrate
from acd.journal.read import figures
from acd.journal.writer import JournalWriter
from dialplan.ruleset import Ruleset
from tests.unit.acd.test_engine_life import IN_NET, caller, empty, leg, of_a_contact, read, resume
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until

WRAPUP_S = 1.5
Make = Callable[..., Centre]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    return path


@pytest.fixture
def wrapping(rules: Ruleset) -> Ruleset:
    queues = {key: replace(one, wrapup_s=WRAPUP_S, wrapup_extend_s=2.0) for key, one in rules.queues.items()}
    return replace(rules, queues=queues)


@pytest.fixture
def first(make_centre: Make, wrapping: Ruleset) -> Centre:
    centre = make_centre(rules=wrapping)
    empty(centre)
    centre.twin.register("1001", Phone())
    return centre


@pytest.fixture
def second(make_centre: Make, wrapping: Ruleset, path: Path) -> Iterator[Callable[[Centre], Centre]]:
    """The engine after `first`, which knows what the journal has of it."""

    def start(before: Centre) -> Centre:
        write(path, before)
        centre = make_centre(rules=wrapping)
        centre.dispatcher.remember(remember(path, own_run=-1))
        return centre

    return start


def write(path: Path, centre: Centre) -> None:
    """The engine's facts, in the journal."""
    centre.dispatcher.stop()
    writer = JournalWriter(path)
    writer.start()
    for fact in centre.facts:
        writer.put(fact)
    writer.stop()
    assert writer.written == len(centre.facts)


def wrap_up(centre: Centre) -> None:
    """1001 has talked with c1 and wraps up."""
    centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    centre.call("c1")
    until(lambda: centre.agent("1001") == "available/connected")
    centre.twin.phones["1001"].stopped.set()
    until(lambda: centre.agent("1001") == "available/wrapup")


def test_the_rest_of_a_wrapup(first: Centre, second: Callable[[Centre], Centre]) -> None:
    wrap_up(first)
    began = next(fact.at for fact in reversed(first.facts) if isinstance(fact, AgentMoved))
    centre = second(first)
    read(centre)
    assert centre.agent("1001") == "available/wrapup"
    assert centre.moves("c1") == []
    until(lambda: centre.agent("1001") == "available/idle")
    (ended,) = (fact for fact in centre.facts if isinstance(fact, ContactMoved))
    assert (ended.old, ended.new) == (ContactState.WRAPUP, ContactState.COMPLETED)
    assert ended.at == pytest.approx(began + WRAPUP_S, abs=0.3)


def test_a_wrapup_that_was_extended_is_not_extended_again(first: Centre, second: Callable[[Centre], Centre]) -> None:
    wrap_up(first)
    first.dispatcher.extend_wrapup("1001")
    until(lambda: first.dispatcher.extend_wrapup("1001") == "not_applicable")
    centre = second(first)
    read(centre)
    assert centre.agent("1001") == "available/wrapup"
    assert centre.dispatcher.extend_wrapup("1001") == "not_applicable"
    assert centre.dispatcher.end_wrapup("1001") == "done"
    assert centre.agent("1001") == "available/idle"
    assert centre.moves("c1") == ["completed"]


def test_a_wrapup_whose_time_is_over(first: Centre, second: Callable[[Centre], Centre]) -> None:
    wrap_up(first)
    first.dispatcher.stop()
    wrapup = [fact for fact in first.facts if isinstance(fact, AgentMoved)][-1]
    first.facts[first.facts.index(wrapup)] = replace(wrapup, at=wrapup.at - 60)
    centre = second(first)
    read(centre)
    assert centre.agent("1001") == "available/idle"
    assert centre.moves("c1") == ["completed"]


def test_a_talk_that_ended_meanwhile_has_its_wrapup(first: Centre, second: Callable[[Centre], Centre]) -> None:
    first.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    first.call("c1")
    until(lambda: first.agent("1001") == "available/connected")
    centre = second(first)
    read(centre)
    assert centre.agent("1001") == "available/wrapup"
    assert centre.moves("c1") == ["wrapup"]
    until(lambda: centre.moves("c1") == ["wrapup", "completed"])
    assert centre.agent("1001") == "available/idle"


def test_one_who_waited_and_is_gone_was_left_to_the_net(first: Centre, second: Callable[[Centre], Centre]) -> None:
    first.call("c1")
    until(lambda: first.moves("c1") == ["queued"])
    centre = second(first)
    read(centre)
    assert centre.moves("c1") == ["overflowed"]
    (gone,) = (fact for fact in centre.facts if isinstance(fact, ContactMoved))
    assert (gone.detail, gone.offered) == ("fallback", False)


def test_one_who_still_waits_comes_back(first: Centre, second: Callable[[Centre], Centre]) -> None:
    first.call("c1")
    until(lambda: first.moves("c1") == ["queued"])
    centre = second(first)
    centre.twin.phones["1001"] = Phone()
    read(centre, of_a_contact("waiting"), entries=IN_NET)
    assert centre.moves("c1") == []
    resume(centre)
    until(lambda: centre.agent("1001") == "available/connected")
    assert centre.moves("c1")[-1] == "connected"


@pytest.mark.parametrize("offered_before", [True, False], ids=["it waited", "it fell from the menu"])
def test_an_answer_of_the_queues_that_nobody_saw_counts_once(
    first: Centre,
    second: Callable[[Centre], Centre],
    path: Path,
    make_centre: Make,
    wrapping: Ruleset,
    offered_before: bool,
) -> None:
    if offered_before:
        first.call("c1")
        until(lambda: first.moves("c1") == ["queued"])
    centre = second(first)
    talk = of_a_contact("waiting", "b1") if offered_before else caller("waiting", "b1", RM_QUEUED_AT="1800000000.0")
    read(centre, talk, leg("6", "b1"), devices={"PJSIP/1001": "INUSE"})
    assert centre.agent("1001") == "available/connected"
    write(path, centre)
    day = figures(path, 0, 3e9)
    assert (day.offered, day.answered, day.flowed_out, day.abandoned) == (1, 1, 0, 0)
    third = make_centre(rules=wrapping)
    third.dispatcher.remember(remember(path, own_run=-1))
    read(third, talk, leg("6", "b1"), devices={"PJSIP/1001": "INUSE"})
    assert third.agent("1001") == "available/connected"
    write(path, third)
    assert figures(path, 0, 3e9).answered == 1
    assert centre.failures == third.failures == []


def test_without_a_journal_nothing_is_remembered_and_nothing_breaks(first: Centre, make_centre: Make) -> None:
    wrap_up(first)
    centre = make_centre()
    read(centre)
    assert centre.agent("1001") == "available/idle"
    assert centre.facts[-1].agent_id == "1001"


def test_an_empty_journal(path: Path) -> None:
    assert remember(path, own_run=1) == Memory()
