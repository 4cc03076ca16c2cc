"""Call-backs in a real PostgreSQL: the file's promises, numbers that only the centre can read, and a bounded wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from acd.callbacks.seal import Seal
from acd.callbacks.store import CallbackStore, StoreAway, open_store
from acd.port import Booking
from tests.postgres import PostgresServer
from tests.unit.acd.test_callback_store import NOW, RULE, kept

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture
def place(server: PostgresServer, tmp_path: Path) -> Iterator[Place]:
    with psycopg.connect(server.store.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS callbacks")
        place = Place(server, tmp_path / "callbacks.sqlite", connection)
        yield place
        for store in place.stores:
            store.release()


class Place:
    """An empty database, the file of a centre that had none, and a look into it."""

    def __init__(self, server: PostgresServer, file: Path, connection: psycopg.Connection) -> None:
        self.server, self.file, self.connection = server, file, connection
        self.stores: list[CallbackStore] = []

    def store(self, whose: str = "the centre's") -> CallbackStore:
        self.stores.append(open_store(self.file, self.server.store, whose))
        return self.stores[-1]

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query.encode()).fetchall()


def test_what_is_booked_is_there_for_another_machines_engine(place: Place) -> None:
    one = kept(first_queued_at=NOW - 70.0, waited_s=70.0, points=1.5, order_class=2)
    assert place.store().book(one, RULE) is None
    other = place.store()
    assert other.open_ones() == [one]
    assert other.book(kept("c2"), RULE) is Booking.EXISTS
    other.begin_attempt("c1", NOW + 5.0)
    (seen,) = place.store().open_ones()
    assert (seen.attempts, seen.dialled_at) == (1, NOW + 5.0)
    other.end_attempt("c1", 1, NOW + 605.0)
    other.close("c1", "kept", NOW + 700.0)
    other.close("c1", "failed", NOW + 701.0)
    assert place.store().open_ones() == []
    assert place.ask("SELECT result, number FROM callbacks") == [("kept", "")]
    assert other.book(kept("c2"), RULE) is None
    other.close("c2", "kept", NOW)
    assert other.book(kept("c3"), RULE) is Booking.TOO_MANY_FOR_NUMBER
    assert not place.file.exists()


def test_numbers_are_read_with_the_centres_key_in_their_own_row_only(place: Place) -> None:
    place.store().book(kept("c1", "01012345678"), RULE)
    place.store().book(kept("c2", "01098765432"), RULE)
    ((first,), (second,)) = place.ask("SELECT number FROM callbacks ORDER BY contact_id")
    assert "12345678" not in str(place.ask("SELECT * FROM callbacks"))
    assert first != Seal("the centre's").seal("c1", "01012345678")
    with pytest.raises(StoreAway, match="this centre's key"):
        place.store("another's").open_ones()
    place.connection.execute("UPDATE callbacks SET number = %s WHERE contact_id = 'c2'", (first,))
    with pytest.raises(StoreAway, match="c2 was not sealed"):
        place.store().open_ones()
    place.connection.execute("UPDATE callbacks SET number = %s WHERE contact_id = 'c2'", (second,))
    assert [one.wanted.number for one in place.store().open_ones()] == ["01012345678", "01098765432"]


def test_what_was_open_in_the_file_moves_once(place: Place) -> None:
    file = CallbackStore(place.file)
    file.book(kept(), RULE)
    file.begin_attempt("c1", NOW + 5.0)
    (there,) = file.open_ones()
    assert place.store().open_ones() == [there]
    assert file.open_ones() == []
    file.release()
    assert b"01012345678" not in place.file.read_bytes()
    place.store().close("c1", "kept", NOW + 9.0)
    assert place.store().open_ones() == []
    file.book(kept("c2"), RULE)
    place.store().book(kept("c3"), RULE)  # the same citizen, in both: one of them is enough
    assert [one.wanted.contact_id for one in place.store().open_ones()] == ["c3"]


def test_a_database_that_is_away_or_hangs_is_told_in_a_bounded_time_and_heals(place: Place) -> None:
    store = place.store()
    store.book(kept(), RULE)
    (backend,) = place.ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'ringmaster call-backs'")[0]
    os.kill(int(str(backend)), signal.SIGSTOP)
    try:
        with pytest.raises(StoreAway):
            store.begin_attempt("c1", NOW)
    finally:
        os.kill(int(str(backend)), signal.SIGCONT)
    store.begin_attempt("c1", NOW)
    place.server.stop()
    try:
        with pytest.raises(StoreAway):
            store.begin_attempt("c1", NOW)
    finally:
        place.server.start()
    store.begin_attempt("c1", NOW)
    assert 2 <= store.open_ones()[0].attempts <= 3  # the one that hung may have been done
