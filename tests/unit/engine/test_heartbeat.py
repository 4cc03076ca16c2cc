"""The heartbeat between the engine and its parent, with a clock of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import heartbeat
from engine.heartbeat import Heartbeat, Watch


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(heartbeat.time, "monotonic", clock)
    return clock


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> tuple[Heartbeat, Watch]:
    watch = Watch(tmp_path / "heartbeat")
    watch.reset(grace_s=30)
    return Heartbeat(tmp_path / "heartbeat"), watch


def _let_pass(clock: Clock, watch: Watch, seconds: float) -> str | None:
    """Time passes as the parent sees it: a look each half second."""
    until = clock.now + seconds
    while clock.now < until:
        clock.now = min(until, clock.now + 0.5)
        if silent := watch.silent_for():
            return silent
    return None


def test_an_engine_that_beats_is_left_alone(pair: tuple[Heartbeat, Watch], clock: Clock) -> None:
    engine, watch = pair
    for _ in range(100):
        engine.dispatcher()
        engine.acceptor()
        assert _let_pass(clock, watch, 0.25) is None


def test_either_part_that_stops_is_named_after_two_seconds(pair: tuple[Heartbeat, Watch], clock: Clock) -> None:
    engine, watch = pair
    engine.dispatcher()
    engine.acceptor()
    for _ in range(4):
        engine.acceptor()
        assert _let_pass(clock, watch, 0.5) is None
    engine.acceptor()
    assert _let_pass(clock, watch, 0.5) == "dispatcher"
    engine.dispatcher()
    assert _let_pass(clock, watch, 2.5) == "accept loop"


def test_an_engine_has_its_grace_to_beat_first_and_not_a_moment_after(
    pair: tuple[Heartbeat, Watch], clock: Clock
) -> None:
    engine, watch = pair
    assert _let_pass(clock, watch, 29) is None
    engine.dispatcher()
    engine.acceptor()
    assert _let_pass(clock, watch, 1.9) is None
    assert _let_pass(clock, watch, 1.0) == "dispatcher"


def test_an_engine_that_never_beats_is_silent_after_its_grace(pair: tuple[Heartbeat, Watch], clock: Clock) -> None:
    _, watch = pair
    assert _let_pass(clock, watch, 31) == "dispatcher (never heard)"


def test_a_parent_that_was_stopped_itself_judges_from_then_on(pair: tuple[Heartbeat, Watch], clock: Clock) -> None:
    engine, watch = pair
    engine.dispatcher()
    engine.acceptor()
    clock.now += 600  # Ctrl-Z over lunch: both were stopped
    assert watch.silent_for() is None
    assert _let_pass(clock, watch, 1.5) is None
    assert _let_pass(clock, watch, 1.0) == "dispatcher"


def test_a_new_engine_is_not_judged_by_the_old_ones_beats(pair: tuple[Heartbeat, Watch], clock: Clock) -> None:
    engine, watch = pair
    engine.dispatcher()
    engine.acceptor()
    assert _let_pass(clock, watch, 3) == "dispatcher"
    watch.reset(grace_s=30)
    assert watch.silent_for() is None


def test_the_next_look_is_when_a_beat_turns_stale(pair: tuple[Heartbeat, Watch], clock: Clock) -> None:
    engine, watch = pair
    engine.dispatcher()
    engine.acceptor()
    assert watch.next_look() == clock.now + 0.5
    clock.now += 1.8
    assert watch.next_look() == pytest.approx(clock.now + 0.21)
