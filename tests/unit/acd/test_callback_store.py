"""Where call-backs are kept, file and PostgreSQL: durable, one for each number, capped, and it forgets numbers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from acd.callbacks.store import CallbackStore, Kept, StoreAway
from acd.port import Booking, CallbackWanted
from dialplan.language import Language
from dialplan.queuerules import CallbackRule, Requirement
from dialplan.source import Source

NOW = 1_800_000_000.0
RULE = CallbackRule(60.0, 3, 600.0, 30.0, 2, 3, 30, 7, Source("queues.yaml", 20))


def kept(contact_id: str = "c1", number: str = "01012345678", at: float = NOW, **more: object) -> Kept:
    requirement = Requirement(Language.JA, (("passport", 2),))
    wanted = CallbackWanted(contact_id, number, Language.JA, "passport", "passport", requirement, **more)
    return Kept(wanted, f"hash {number[3:6]}{number[-1]}", at, at)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "callbacks.sqlite"


def test_what_is_booked_is_there_for_the_next_engine(path: Path) -> None:
    one = kept(first_queued_at=NOW - 70.0, waited_s=70.0, points=1.5, order_class=2)
    slot = replace(kept("c2", "0319099001", slot_at=NOW + 3600.0), due_at=NOW + 3600.0)
    assert CallbackStore(path).book(one, RULE) is None
    assert CallbackStore(path).book(slot, RULE) is None
    assert CallbackStore(path).open_ones() == [one, slot]
    assert path.stat().st_mode & 0o777 == 0o600


def test_attempts_and_times_are_kept_and_a_closed_one_forgets_its_number(path: Path) -> None:
    store = CallbackStore(path)
    store.book(kept(), RULE)
    store.begin_attempt("c1", NOW + 5.0)
    (one,) = store.open_ones()
    assert (one.attempts, one.dialled_at) == (1, NOW + 5.0)
    store.end_attempt("c1", 1, NOW + 605.0)
    (one,) = store.open_ones()
    assert (one.attempts, one.dialled_at, one.due_at) == (1, None, NOW + 605.0)
    store.close("c1", "kept", NOW + 700.0)
    assert store.open_ones() == []
    store.release()
    assert b"01012345678" not in path.read_bytes()
    store.close("c1", "failed", NOW + 701.0)
    assert sqlite3.connect(path).execute("SELECT result FROM callbacks").fetchall() == [("kept",)]


def test_a_second_request_finds_the_first(path: Path) -> None:
    store = CallbackStore(path)
    store.book(kept(), RULE)
    assert store.book(kept("c2"), RULE) is Booking.EXISTS
    store.close("c1", "kept", NOW)
    assert store.book(kept("c2"), RULE) is None


def test_caps_of_a_day_in_seoul(path: Path) -> None:
    store = CallbackStore(path)
    for number in (1, 2):
        assert store.book(kept(f"c{number}"), RULE) is None
        store.close(f"c{number}", "kept", NOW)
    assert store.book(kept("c3"), RULE) is Booking.TOO_MANY_FOR_NUMBER
    assert store.book(kept("c4", "01000000001"), RULE) is None
    assert store.book(kept("c5", "01000000002"), RULE) is Booking.TOO_MANY_TODAY
    tomorrow = NOW + 86_400.0
    assert store.book(kept("c6", at=tomorrow), RULE) is None


def test_closed_ones_go_after_some_days(path: Path) -> None:
    store = CallbackStore(path)
    store.book(kept(), RULE)
    store.close("c1", "kept", NOW)
    store.book(kept("c2", at=NOW + 4 * 86_400.0), RULE)
    assert sqlite3.connect(path).execute("SELECT contact_id FROM callbacks").fetchall() == [("c2",)]


def test_trouble_is_told_and_it_heals(path: Path) -> None:
    path.mkdir()
    store = CallbackStore(path)
    with pytest.raises(StoreAway):
        store.book(kept(), RULE)
    path.rmdir()
    assert store.book(kept(), RULE) is None


def test_a_file_that_another_process_holds_is_waited_for_and_not_for_ever(path: Path) -> None:
    store = CallbackStore(path)
    store.book(kept(), RULE)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreAway, match="locked"):
        store.begin_attempt("c1", NOW)
    other.execute("ROLLBACK")
    store.begin_attempt("c1", NOW)
    assert store.open_ones()[0].attempts == 1


def test_a_row_that_nobody_can_read_is_no_empty_list(path: Path) -> None:
    store = CallbackStore(path)
    store.book(kept(), RULE)
    store.release()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE callbacks SET wanted = '{}'")
    with pytest.raises(StoreAway, match="c1 cannot be read"):
        CallbackStore(path).open_ones()
