"""Where open call-backs are kept, the one place for their numbers: STATE/callbacks.sqlite (0600).

With a PostgreSQL journal they are in that database instead (acd/callbacks/postgres.py), by the same statements.
What a method did is on the disk when it returns. It is asked by sessions' threads and its own keeper's, one at a time;
each waits a bounded time. Any trouble is `StoreAway`: the connection is thrown away then, because what a failed write
has left in it is unknown. The number is wiped when the call-back is closed, the row itself after some days, for which
it counts in the caps.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from acd.core.seoul import DAY_S, midnight
from acd.journal.store import Postgres
from acd.port import Booking, CallbackWanted
from dialplan.language import Language
from dialplan.queuerules import CallbackRule, Requirement

BUSY_S = 0.8  # another process may look into the file; a caller waits for the answer
KEEP_CLOSED_S = 3 * DAY_S
_OPEN_OF_NUMBER = "SELECT count(*) FROM callbacks WHERE caller = :caller AND result IS NULL"
_TODAY = (
    "SELECT coalesce(sum(CASE WHEN caller = :caller THEN 1 ELSE 0 END), 0), count(*) FROM callbacks"
    " WHERE booked_at >= :since"
)
_OPEN = (
    "SELECT contact_id, number, caller, wanted, booked_at, due_at, attempts, dialled_at FROM callbacks"
    " WHERE result IS NULL ORDER BY booked_at, contact_id"
)
# The id may have been a call-back's before: what is new counts.
_KEEP = (
    "INSERT INTO callbacks (contact_id, number, caller, wanted, booked_at, due_at, attempts, dialled_at)"
    " VALUES (:contact_id, :number, :caller, :wanted, :booked_at, :due_at, :attempts, :dialled_at)"
    " ON CONFLICT (contact_id) DO UPDATE SET number = excluded.number, caller = excluded.caller,"
    " wanted = excluded.wanted, booked_at = excluded.booked_at, due_at = excluded.due_at,"
    " attempts = excluded.attempts, dialled_at = excluded.dialled_at, result = NULL, closed_at = NULL"
)
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


class Connection(Protocol):
    """What the statements need of a database: values by name, `:name` in the text."""

    def execute(self, statement: str, values: Mapping[str, object], /) -> Any:
        """A cursor with `fetchone` and `fetchall`."""

    def close(self) -> None:
        """End it, whatever its state."""


class CallbackStore:
    """Opens the file when it is first needed, and again after trouble."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def book(self, new: Kept, rule: CallbackRule) -> Booking | None:
        """Keep it, unless its number has one or a cap is reached: then why not. None: it is kept. Raises StoreAway."""
        since = midnight(new.booked_at)

        def write(connection: Connection) -> Booking | None:
            who = {"caller": new.caller, "since": since}
            (open_now,) = connection.execute(_OPEN_OF_NUMBER, who).fetchone()
            of_number, today = connection.execute(_TODAY, who).fetchone()
            if open_now:
                return Booking.EXISTS
            if of_number >= rule.per_number_per_day:
                return Booking.TOO_MANY_FOR_NUMBER
            if today >= rule.per_day:
                return Booking.TOO_MANY_TODAY
            old = {"before": new.booked_at - KEEP_CLOSED_S}
            connection.execute("DELETE FROM callbacks WHERE closed_at < :before", old)
            self._keep(connection, new)
            return None

        return self._write(write)

    def adopt(self, other: CallbackStore) -> int:
        """Take what is open in another store, which closes it as `moved`; how many. Raises StoreAway for either."""
        found = other.open_ones()
        for kept in found:
            self._write(lambda connection, kept=kept: self._keep(connection, kept))  # type: ignore[misc]
            other.close(kept.wanted.contact_id, "moved", kept.booked_at)
        return len(found)

    def open_ones(self) -> list[Kept]:
        """Every open call-back, in the order of booking. Raises StoreAway."""
        rows = self._write(lambda connection: connection.execute(_OPEN, {}).fetchall())
        try:
            return [_kept((row[0], self._unsealed(row[0], row[1]), *row[2:])) for row in rows]
        except ValueError as error:
            raise StoreAway(str(error)) from error

    def begin_attempt(self, contact_id: str, now: float) -> None:
        """The citizen is to be rung: an attempt from now on. Raises StoreAway."""
        self._change(
            "UPDATE callbacks SET attempts = attempts + 1, dialled_at = :now WHERE contact_id = :id AND result IS NULL",
            {"now": now, "id": contact_id},
        )

    def end_attempt(self, contact_id: str, attempts: int, due_at: float) -> None:
        """The citizen was not reached; `due_at` is the next time. Raises StoreAway."""
        self._change(
            "UPDATE callbacks SET attempts = :attempts, due_at = :due_at, dialled_at = NULL"
            " WHERE contact_id = :id AND result IS NULL",
            {"attempts": attempts, "due_at": due_at, "id": contact_id},
        )

    def close(self, contact_id: str, result: str, now: float) -> None:
        """It is over, and its number is forgotten. Raises StoreAway."""
        self._change(
            "UPDATE callbacks SET number = '', wanted = '', result = :result, closed_at = :now WHERE contact_id = :id"
            " AND result IS NULL",
            {"result": result, "now": now, "id": contact_id},
        )

    def release(self) -> None:
        """Close the file."""
        with self._lock:
            self._drop()

    def _keep(self, connection: Connection, new: Kept) -> None:
        """Unless its caller has one already: the database is asked, so that a second one is no error."""
        wanted = new.wanted
        row = {
            "contact_id": wanted.contact_id,
            "number": self._sealed(wanted.contact_id, wanted.number),
            "caller": new.caller,
            "wanted": _to_json(wanted),
            "booked_at": new.booked_at,
            "due_at": new.due_at,
            "attempts": new.attempts,
            "dialled_at": new.dialled_at,
        }
        (open_now,) = connection.execute(_OPEN_OF_NUMBER, {"caller": new.caller}).fetchone()
        if not open_now:
            connection.execute(_KEEP, row)

    def _change(self, statement: str, values: Mapping[str, object]) -> None:
        self._write(lambda connection: connection.execute(statement, values))

    def _write(self, what: Callable[[Connection], T]) -> T:
        with self._lock, self._transaction() as connection:
            return what(connection)

    # -- what another database does otherwise -------------------------------------------------------------------------

    def _sealed(self, contact_id: str, number: str) -> str:  # noqa: ARG002 - the file is the owner's alone
        return number

    def _unsealed(self, contact_id: str, kept: str) -> str:  # noqa: ARG002
        return kept

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            connection = self._connection = self._connection or self._open()
            connection.execute("BEGIN IMMEDIATE", {})
            yield connection
            connection.execute("COMMIT", {})
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


def open_store(file: Path, database: Path | Postgres, secret: str) -> CallbackStore:
    """Where this centre keeps call-backs: in its journal's database, or in `file`. `secret` seals numbers there."""
    if isinstance(database, Path):
        return CallbackStore(file)
    from acd.callbacks.postgres import PostgresCallbackStore  # noqa: PLC0415 - psycopg, for who has such a database

    return PostgresCallbackStore(database, secret, file=file)


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
