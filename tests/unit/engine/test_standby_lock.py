"""The advisory lock on a real PostgreSQL: one holder, handed on by death, by hanging, by being let go; and away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from engine.standby.lock import DatabaseLock
from engine.standby.rules import Lock
from tests.postgres import PostgresServer
from tests.unit.until import until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


class Side:
    """One engine's side, which hangs when it is told to."""

    def __init__(self, server: PostgresServer) -> None:
        self.lives = True
        self.lock = DatabaseLock(server.store, lives=lambda: self.lives)

    def comes_to(self, state: Lock) -> None:
        until(lambda: self.lock.state is state, 20)


@contextmanager
def asking(server: PostgresServer) -> Iterator[Side]:
    side = Side(server)
    side.lock.start()
    try:
        yield side
    finally:
        side.lock.stop()


def test_one_holds_it_and_the_next_has_it_when_it_lets_go_or_ends(server: PostgresServer) -> None:
    with asking(server) as first:
        first.comes_to(Lock.HELD)
        with asking(server) as second:
            second.comes_to(Lock.OTHERS)
            first.lock.let_go(60.0)
            second.comes_to(Lock.HELD)
            first.comes_to(Lock.OTHERS)
            first.lock.let_go(0.0)
        first.comes_to(Lock.HELD)


def test_one_that_hangs_loses_it_by_the_server(server: PostgresServer) -> None:
    with asking(server) as first:
        first.comes_to(Lock.HELD)
        with asking(server) as second:
            second.comes_to(Lock.OTHERS)
            first.lives = False
            second.comes_to(Lock.HELD)
            first.comes_to(Lock.AWAY)
            first.lives = True
            first.comes_to(Lock.OTHERS)


def test_a_holder_whose_connection_is_cut_asks_again(server: PostgresServer) -> None:
    with asking(server) as first, psycopg.connect(server.store.url, autocommit=True) as connection:

        def holders() -> set[int]:
            found = connection.execute("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
            return {pid for (pid,) in found}

        first.comes_to(Lock.HELD)
        (before,) = holders()
        connection.execute("SELECT pg_terminate_backend(%s)", (before,))
        until(lambda: holders() - {before}, 20)
        first.comes_to(Lock.HELD)


def test_a_database_that_is_away_is_no_lock_of_others(server: PostgresServer) -> None:
    with asking(server) as first:
        first.comes_to(Lock.HELD)
        server.stop()
        try:
            first.comes_to(Lock.AWAY)
        finally:
            server.start()
        first.comes_to(Lock.HELD)
