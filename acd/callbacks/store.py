"""The file of open call-backs, STATE/callbacks.sqlite (0600): the one place where their numbers are kept.

What a method did is on the disk when it returns. It is asked by sessions' threads and its own keeper's, one at a time;
each waits a bounded time. Any trouble is `StoreAway`: the connection is thrown away then, because what a failed write
has left in it is unknown. The number is wiped when the call-back is closed, the row itself after some days, for which
it counts in the caps.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from acd.core.seoul import DAY_S, midnight
from acd.port import Booking, CallbackWanted
from dialplan.ruleset import CallbackRule, Language, Requirement

BUSY_S = 0.8  # another process may look into the file; a caller waits for the answer
KEEP_CLOSED_S = 3 * DAY_S
_OPEN_OF_NUMBER = "SELECT count(*) FROM callbacks WHERE caller = :caller AND result IS NULL"
_TODAY = "SELECT coalesce(sum(caller = :caller), 0), count(*) FROM callbacks WHERE booked_at >= :since"
T = TypeVar("T")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS callbacks (
    contact_id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    caller TEXT NOT NULL,
    wanted TEXT NOT NULL,
    booked_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    dialled_at REAL,
    result TEXT,
    closed_at REAL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS one_open_for_each_caller ON callbacks (caller) WHERE result IS NULL;
CREATE INDEX IF NOT EXISTS callbacks_booked_at ON callbacks (booked_at);
"""


class StoreAway(Exception):
    """The file cannot be read or written now."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An open call-back. `dialled_at`: the citizen is being rung since then, or was when the engine ended."""

    wanted: CallbackWanted  # its number in digits, as it may be dialled
    caller: str  # a keyed hash of the number
    booked_at: float
    due_at: float
    attempts: int = 0
    dialled_at: float | None = None


class CallbackStore:
    """Opens the file when it is first needed, and again after trouble."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def book(self, new: Kept, rule: CallbackRule) -> Booking | None:
        """Keep it, unless its number has one or a cap is reached: then why not. None: it is kept. Raises StoreAway."""
        since = midnight(new.booked_at)

        def write(connection: sqlite3.Connection) -> Booking | None:
            who = {"caller": new.caller, "since": since}
            (open_now,) = connection.execute(_OPEN_OF_NUMBER, who).fetchone()
            of_number, today = connection.execute(_TODAY, who).fetchone()
            if open_now:
                return Booking.EXISTS
            if of_number >= rule.per_number_per_day:
                return Booking.TOO_MANY_FOR_NUMBER
            if today >= rule.per_day:
                return Booking.TOO_MANY_TODAY
            connection.execute("DELETE FROM callbacks WHERE closed_at < ?", (new.booked_at - KEEP_CLOSED_S,))
            connection.execute(
                "INSERT OR REPLACE INTO callbacks (contact_id, number, caller, wanted, booked_at, due_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    new.wanted.contact_id,
                    new.wanted.number,
                    new.caller,
                    _to_json(new.wanted),
                    new.booked_at,
                    new.due_at,
                ),
            )
            return None

        return self._write(write)

    def open_ones(self) -> list[Kept]:
        """Every open call-back, in the order of booking. Raises StoreAway."""
        query = (
            "SELECT contact_id, number, caller, wanted, booked_at, due_at, attempts, dialled_at FROM callbacks"
            " WHERE result IS NULL ORDER BY booked_at, contact_id"
        )
        rows = self._write(lambda connection: connection.execute(query).fetchall())
        try:
            return [_kept(row) for row in rows]
        except ValueError as error:
            raise StoreAway(str(error)) from error

    def begin_attempt(self, contact_id: str, now: float) -> None:
        """The citizen is to be rung: an attempt from now on. Raises StoreAway."""
        self._change(
            "UPDATE callbacks SET attempts = attempts + 1, dialled_at = ? WHERE contact_id = ? AND result IS NULL",
            (now, contact_id),
        )

    def end_attempt(self, contact_id: str, attempts: int, due_at: float) -> None:
        """The citizen was not reached; `due_at` is the next time. Raises StoreAway."""
        self._change(
            "UPDATE callbacks SET attempts = ?, due_at = ?, dialled_at = NULL WHERE contact_id = ? AND result IS NULL",
            (attempts, due_at, contact_id),
        )

    def close(self, contact_id: str, result: str, now: float) -> None:
        """It is over, and its number is forgotten. Raises StoreAway."""
        self._change(
            "UPDATE callbacks SET number = '', wanted = '', result = ?, closed_at = ? WHERE contact_id = ?"
            " AND result IS NULL",
            (result, now, contact_id),
        )

    def release(self) -> None:
        """Close the file."""
        with self._lock:
            self._drop()

    def _change(self, statement: str, values: tuple[object, ...]) -> None:
        self._write(lambda connection: connection.execute(statement, values))

    def _write(self, what: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, self._transaction() as connection:
            return what(connection)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection = self._connection or self._open()
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError, ValueError) as error:
            self._drop()
            raise StoreAway(str(error)) from error

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            # A commit is on the disk when it returns; what is deleted is overwritten: it may be a number.
            connection.executescript("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")
            connection.executescript(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _to_json(wanted: CallbackWanted) -> str:
    """Everything but the ids and the number, which have columns of their own."""
    return json.dumps(
        {
            "language": wanted.language.value,
            "topic": wanted.topic,
            "queue": wanted.queue,
            "requirement": [wanted.requirement.language, list(wanted.requirement.skills)],
            "first_queued_at": wanted.first_queued_at,
            "waited_s": wanted.waited_s,
            "points": wanted.points,
            "order_class": wanted.order_class,
            "slot_at": wanted.slot_at,
        }
    )


def _kept(row: tuple[Any, ...]) -> Kept:
    """A row. Raises ValueError for one that cannot be read: then somebody must look, nothing is guessed."""
    contact_id, number, caller, text, booked_at, due_at, attempts, dialled_at = row
    try:
        data = json.loads(text)
        language, skills = data.pop("requirement")
        requirement = Requirement(
            None if language is None else Language(language), tuple((name, level) for name, level in skills)
        )
        data["language"] = Language(data["language"])
        wanted = CallbackWanted(contact_id, number, requirement=requirement, **data)
    except (TypeError, KeyError) as error:
        raise ValueError(f"call-back {contact_id} cannot be read: {error}") from error
    return Kept(wanted, caller, booked_at, due_at, attempts, dialled_at)
