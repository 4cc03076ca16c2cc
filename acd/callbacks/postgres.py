"""Call-backs in the journal's PostgreSQL, so that an engine on another machine goes on with them.

The same statements and promises as the file's. Numbers are sealed (acd/callbacks/seal.py): whoever may read the
journal, its backups or its write-ahead log reads none. A transaction that gets no answer is cut off after a bounded
time, because a caller waits for it. What was open in the file, from before the database was named, is taken over once.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from acd.callbacks.seal import Seal
from acd.callbacks.store import CallbackStore, Connection, StoreAway
from acd.journal.store import Postgres
from acd.postgres import CALLBACKS, connect

_ONE_AT_A_TIME = 0x52696E67_63616C6C  # advisory lock of a transaction, "Ringcall": caps are counted, then used up
_SCHEMA = """
CREATE TABLE IF NOT EXISTS callbacks (
    contact_id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    caller TEXT NOT NULL,
    wanted TEXT NOT NULL,
    booked_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    dialled_at DOUBLE PRECISION,
    result TEXT,
    closed_at DOUBLE PRECISION
);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_for_each_caller ON callbacks (caller) WHERE result IS NULL;
CREATE INDEX IF NOT EXISTS callbacks_booked_at ON callbacks (booked_at);
"""


class PostgresCallbackStore(CallbackStore):
    """Connects when it is first needed, and again after trouble."""

    def __init__(self, database: Postgres, secret: str, *, file: Path) -> None:
        """`secret` is the centre's, for the seal; `file` is where call-backs were kept without a database."""
        super().__init__(file)
        self._database = database
        self._seal = Seal(secret)
        self._file_is_adopted = False

    def open_ones(self) -> list[Any]:
        """See the file's."""
        if not self._file_is_adopted and self._path.exists():
            file = CallbackStore(self._path)
            try:
                self.adopt(file)
            finally:
                file.release()
        self._file_is_adopted = True
        return super().open_ones()

    def _sealed(self, contact_id: str, number: str) -> str:
        return self._seal.seal(contact_id, number)

    def _unsealed(self, contact_id: str, kept: str) -> str:
        return self._seal.open(contact_id, kept)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            if self._connection is None:
                self._connection = _Named(_connect(self._database))
            connection = self._connection
            assert isinstance(connection, _Named)
            with connection.cut_after(CALLBACKS.answer_s):
                connection.execute("BEGIN", {})
                connection.execute("SELECT pg_advisory_xact_lock(:key)", {"key": _ONE_AT_A_TIME})
                yield connection
                connection.execute("COMMIT", {})
        except (psycopg.Error, OSError, ValueError) as error:
            self._drop()
            raise StoreAway(str(error)) from error


class _Named:
    """A connection that takes `:name` for a value's name."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Mapping[str, object], /) -> Any:
        named = re.sub(r":([a-z_]+)", r"%(\1)s", statement)
        return self._connection.execute(named.encode(), values)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """End the connection under whoever waits on it for longer."""
        number = os.dup(self._connection.fileno())
        with socket.socket(fileno=number) as line:
            timer = threading.Timer(seconds, _cut, (line,))
            timer.daemon = True
            timer.start()
            try:
                yield
            finally:
                timer.cancel()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _connect(database: Postgres) -> psycopg.Connection:
    connection = connect(database.url, CALLBACKS)
    try:
        if connection.execute("SELECT to_regclass('callbacks')").fetchone() == (None,):
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
                connection.execute(_SCHEMA.encode())
    except psycopg.Error:
        connection.close()
        raise
    return connection
