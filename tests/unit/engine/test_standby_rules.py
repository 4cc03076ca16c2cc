"""Which of two engines serves: the tables, what is heard from the PBXs, and both engines against each other."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.standby.rules import SILENCE_S, Heard, Listening, Lock, Step, may_go_on, waiting


@pytest.mark.parametrize("place", ["first", "second"])
def test_who_has_the_lock_serves_unless_another_is_heard(place: str) -> None:
    for heard in (Heard.NOBODY, Heard.OWN, Heard.OTHER_SILENT):
        assert waiting(Lock.HELD, heard, place) is Step.SERVE
    assert waiting(Lock.HELD, Heard.OTHER_SERVES, place) is Step.LET_GO
    assert waiting(Lock.HELD, Heard.UNREACHABLE, place) is Step.LET_GO


def test_without_the_database_only_who_served_last_comes_back() -> None:
    for place in ("first", "second"):
        assert waiting(Lock.AWAY, Heard.OWN, place) is Step.SERVE
        for heard in (Heard.OTHER_SILENT, Heard.OTHER_SERVES, Heard.UNREACHABLE):
            assert waiting(Lock.AWAY, heard, place) is Step.WAIT
    assert waiting(Lock.AWAY, Heard.NOBODY, "first") is Step.SERVE
    assert waiting(Lock.AWAY, Heard.NOBODY, "second") is Step.WAIT


@pytest.mark.parametrize("lock", [Lock.OTHERS, Lock.TRYING])
def test_without_the_lock_nobody_begins(lock: Lock) -> None:
    assert {waiting(lock, heard, "first") for heard in Heard} == {Step.WAIT}


def test_who_serves_goes_on_until_another_is_named() -> None:
    for lock in Lock:
        assert may_go_on(lock, None, "first")
        assert may_go_on(lock, "first", "first")
    assert may_go_on(Lock.HELD, "second", "first")
    for lock in (Lock.AWAY, Lock.OTHERS, Lock.TRYING):
        assert not may_go_on(lock, "second", "first")


def test_an_own_word_or_none_is_clear_at_once() -> None:
    assert Listening("first", 0.0).hear([""], 0.0) is Heard.NOBODY
    assert Listening("first", 0.0).hear(["first 17"], 0.0) is Heard.OWN
    assert Listening("first", 0.0).hear([None, "first 17"], 0.0) is Heard.OWN


def test_another_is_silent_after_a_while_only() -> None:
    listening = Listening("second", 10.0)
    assert listening.hear(["first 17", ""], 10.0) is None
    assert listening.hear(["first 17", ""], 10.0 + SILENCE_S - 0.1) is None
    assert listening.hear(["first 17", ""], 10.0 + SILENCE_S) is Heard.OTHER_SILENT


def test_another_is_heard_at_any_pbx() -> None:
    listening = Listening("second", 10.0)
    assert listening.hear(["first 17", "second 3"], 10.0) is None
    assert listening.hear(["first 18", "second 3"], 10.5) is Heard.OTHER_SERVES


def test_a_pbx_that_answers_late_is_listened_to_as_long_as_any() -> None:
    listening = Listening("second", 10.0)
    assert listening.hear([None], 10.0) is None
    assert listening.hear(["first 17"], 10.0 + SILENCE_S - 0.1) is None
    assert listening.hear(["first 17"], 10.0 + SILENCE_S + 0.1) is None
    assert listening.hear(["first 17"], 10.0 + 2 * SILENCE_S) is Heard.OTHER_SILENT
    assert Listening("second", 10.0).hear([None], 10.0 + SILENCE_S) is Heard.UNREACHABLE


# -- both engines, one PBX, one database that is away now and then ----------------------------------------------------


@dataclass(slots=True)
class _World:
    """What both see. Time goes in steps of a quarter of a second."""

    now: float = 0.0
    word: str = ""
    number: int = 0
    holder: str | None = None
    database: bool = True


@dataclass(slots=True)
class _Engine:
    """One engine by the rules, as engine/standby/turn.py puts them together."""

    place: str
    world: _World
    alive: bool = True
    serves: bool = False
    lock: Lock = Lock.TRYING
    listening: Listening | None = None
    asked: Lock | None = None
    not_before: float = 0.0
    spoke_at: float = field(default=-1.0)

    def ask(self) -> None:
        world = self.world
        if not world.database:
            self.lock = Lock.AWAY
        elif self.lock is Lock.HELD and world.now < self.not_before:
            world.holder, self.lock = None, Lock.OTHERS
        elif world.holder in (None, self.place) and world.now >= self.not_before:
            world.holder, self.lock = self.place, Lock.HELD
        else:
            self.lock = Lock.OTHERS

    def step(self) -> None:
        world = self.world
        if self.serves:
            if not may_go_on(self.lock, world.word.partition(" ")[0] or None, self.place):
                self.serves, self.listening = False, None
                if world.holder == self.place:
                    world.holder = None
            elif world.now - self.spoke_at >= 0.5:
                self.speak()
            return
        if self.lock is not self.asked or self.listening is None:
            self.asked, self.listening = self.lock, Listening(self.place, world.now)
        if self.lock in (Lock.OTHERS, Lock.TRYING):
            return
        heard = self.listening.hear([world.word], world.now)
        if heard is None:
            return
        self.listening = None
        step = waiting(self.lock, heard, self.place)
        if step is Step.LET_GO:
            self.not_before = world.now + 3.0
        elif step is Step.SERVE:
            self.serves = True
            self.speak()

    def speak(self) -> None:
        self.world.number += 1
        self.world.word, self.spoke_at = f"{self.place} {self.world.number}", self.world.now


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["database", "kill first", "kill second", "start first", "start second", "nothing"]),
            st.integers(1, 40),
        ),
        max_size=25,
    ),
    st.booleans(),
)
def test_never_two_at_once_and_never_none_for_long(deeds: list[tuple[str, int]], second_asks_first: bool) -> None:
    world = _World()
    engines = {place: _Engine(place, world) for place in ("first", "second")}
    none_since, order = 0.0, list(engines.values())
    if second_asks_first:
        order.reverse()
    for deed, quarters in [*deeds, ("nothing", 1), ("nothing", 40)]:
        if deed == "database":
            world.database = not world.database
            world.holder = None  # its connections are gone
        elif deed.startswith("kill"):
            gone = engines[deed.removeprefix("kill ")]
            gone.alive = gone.serves = False
            world.holder = None if world.holder == gone.place else world.holder
        elif deed.startswith("start"):
            at = order.index(engines[deed.removeprefix("start ")])
            if not order[at].alive:
                order[at] = engines[order[at].place] = _Engine(order[at].place, world)
        for _ in range(quarters):
            world.now += 0.25
            for one in order:
                if one.alive:
                    one.ask()
                    one.step()
            serving = [one.place for one in order if one.serves]
            assert len(serving) <= 1, (world, serving)
            served_or_nobody_could = serving or not world.database or not any(one.alive for one in order)
            none_since = world.now if served_or_nobody_could else none_since
            assert world.now - none_since < 5.0 + 3.0, world  # after a lock that was let go
