"""The database's advisory lock, on a connection of its own and a thread that asks for it, or shows that it lives.

PostgreSQL frees it by itself: when the engine dies (its kernel closes the connection), when its machine does (TCP
keepalives of the server, a few seconds), and when the engine hangs: then nothing is said on the connection, and the
server ends it as idle. The thread may hang with the database: its last word counts for LAST_WORD_S.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from acd.journal.store import Postgres
from acd.postgres import LOCK, connect
from engine.standby.rules import Lock

KEY = 0x52696E676D617374  # "Ringmast": one centre a database
ASK_EVERY_S = 0.25
AGAIN_AFTER_S = 0.5
LAST_WORD_S = 3.0


class DatabaseLock:
    """One engine's side. `state` is asked by any thread."""

    def __init__(self, database: Postgres, *, lives: Callable[[], bool]) -> None:
        """`lives`: whether the engine does its work; one that hangs says nothing, and loses the lock."""
        self._database = database
        self._lives = lives
        self._state, self._heard_at = Lock.TRYING, time.monotonic()
        self._not_before = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lock", daemon=True)

    def start(self) -> None:
        """Ask for it from now on, and keep it."""
        self._thread.start()

    def stop(self) -> None:
        """Give it up, at once where the database answers."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    @property
    def state(self) -> Lock:
        """By the database's last word; AWAY when that is old."""
        return Lock.AWAY if time.monotonic() - self._heard_at > LAST_WORD_S else self._state

    def let_go(self, for_s: float) -> None:
        """Give it up, and ask for it again after `for_s` seconds: somebody else is to have it."""
        self._not_before = time.monotonic() + for_s

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._database.url, LOCK) as connection:
                    while not self._stopping.is_set():
                        if self._lives():
                            self._heard(self._ask(connection))
                        self._stopping.wait(ASK_EVERY_S)
            except (psycopg.Error, OSError):
                self._heard(Lock.AWAY)
            self._stopping.wait(AGAIN_AFTER_S)

    def _ask(self, connection: psycopg.Connection) -> Lock:
        wanted = time.monotonic() >= self._not_before
        query = _HOLD if wanted else _LET_GO
        return Lock.HELD if connection.execute(query, {"key": KEY}).fetchone() == (True,) else Lock.OTHERS

    def _heard(self, state: Lock) -> None:
        self._state, self._heard_at = state, time.monotonic()


_OWN = (
    "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
    " AND (classid::bigint << 32 | objid::bigint) = %(key)s)"
)
# Held twice, it would have to be let go twice.
_HOLD = f"SELECT CASE WHEN {_OWN} THEN true ELSE pg_try_advisory_lock(%(key)s) END"
_LET_GO = f"SELECT CASE WHEN {_OWN} THEN NOT pg_advisory_unlock(%(key)s) ELSE false END"
