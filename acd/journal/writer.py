"""The journal's writer: facts in, rows out, on its own thread; storage that is away costs memory, never a call.

A batch is kept until its commit has returned, and then dropped; after an error the connection is thrown away, the
same batch is written again on a new one (its key makes that harmless), with a backoff. The backlog is bounded:
beyond it facts are dropped and counted, which is an alarm. Between batches it notes that its engine lives, deletes what
is too old, and keeps the write-ahead log from growing behind a reader who does not let go.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from acd.core.facts import Fact
from acd.core.seoul import DAY_S
from acd.journal.codec import to_row
from acd.journal.retention import sweep
from acd.journal.store import WAL_BYTES_MOST, Postgres, Store, insert_for, open_engine
from acd.journal.tables import facts, runs

BACKLOG_MOST = 100_000
BATCH_MOST = 500
GATHER_S = 0.05  # so that a busy minute is hundreds of commits, not thousands
SEEN_EVERY_S = 3.0  # an idle engine says this often that it lives: so exact is the end of one that is killed
SWEEP_EVERY_S = 3600.0
WAL_LOOK_EVERY_S = 10.0
HANGS_AFTER_S = 4.0  # a write that has not returned for so long: the storage is there, and does nothing

_log = structlog.get_logger(__name__)


class JournalWriter:
    """A subscriber of all facts. `put` is called by the dispatcher; everything else happens on its own thread."""

    name = "journal"

    def __init__(
        self,
        store: Store,
        *,
        backlog_most: int = BACKLOG_MOST,
        begin_after: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        keep_days: float = 0.0,
    ) -> None:
        """`begin_after` returns when the file is ready; until then facts wait in the backlog.

        `clock` is the facts' own, epoch seconds. Facts older than `keep_days` are deleted; 0: none ever.
        """
        self._store = store
        self._insert = insert_for(store)
        self._begin_after = begin_after
        self._most = backlog_most
        self._clock = clock
        self._keep_s = keep_days * DAY_S
        self._sweep_at = self._wal_look_at = 0.0
        self._wal_held = False
        self.run = time.time_ns()
        self._began_at = clock()
        self._numbers = itertools.count(1)
        self._waiting: deque[Fact] = deque()
        self._batch: list[dict[str, Any]] = []
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._engine: Engine | None = None
        self._inode = -1
        self._away_since: float | None = None
        self._writing_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self.dropped = 0
        self.written = 0

    def put(self, fact: Fact) -> None:
        """Returns at once."""
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append(fact)
        if not self._ready.is_set():
            self._ready.set()

    def away_s(self) -> float:
        """Seconds since the storage was lost, or has not answered; 0 while it takes what it is given."""
        now, away, writing = time.monotonic(), self._away_since, self._writing_since
        if away is None and writing is not None and now - writing > HANGS_AFTER_S:
            away = writing
        return 0.0 if away is None else now - away

    def backlog(self) -> int:
        """Facts that are not on the disk yet."""
        return len(self._waiting) + len(self._batch)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Write what waits if the storage takes it, and end."""
        self._stopping.set()
        self._ready.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self.backlog():
            _log.error("journal.lost_at_stop", facts=self.backlog())

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._begin_after()
        pause_s = 0.2
        while True:
            if not self._batch:
                self._ready.wait(SEEN_EVERY_S)
                if len(self._waiting) < BATCH_MOST:
                    self._stopping.wait(GATHER_S)
                self._gather()
            try:
                self._writing_since = time.monotonic()
                self._write()
                self._writing_since = None
                self._tidy()
            except (SQLAlchemyError, OSError) as error:
                self._close()
                self._say_away(error)
                self._writing_since = None
                if self._stopping.wait(pause_s):
                    return
                pause_s = min(pause_s * 2, 5.0)
                continue
            self._say_back()
            pause_s = 0.2
            if self._stopping.is_set() and not self._waiting:
                self._close()
                return

    def _gather(self) -> None:
        self._ready.clear()
        while self._waiting and len(self._batch) < BATCH_MOST:
            fact = self._waiting.popleft()
            try:
                row = to_row(fact)
            except (TypeError, ValueError, AttributeError):
                _log.exception("journal.fact_unreadable", kind=type(fact).__name__)
                self.dropped += 1
                continue
            self._batch.append({"run": self.run, "seq": next(self._numbers), **row})
        if self._waiting:
            self._ready.set()

    def _write(self) -> None:
        # A file that was replaced under us would swallow everything.
        inode = self._store.stat().st_ino if isinstance(self._store, Path) else 0
        if self._engine is None or inode != self._inode:
            self._close()
            self._engine, self._inode = open_engine(self._store, write=True), inode
        seen = {"run": self.run, "began_at": self._began_at, "seen_at": self._clock()}
        with self._engine.begin() as connection:
            if self._batch:
                connection.execute(self._insert(facts).on_conflict_do_nothing(), self._batch)
            lives = self._insert(runs).on_conflict_do_update(index_elements=["run"], set_={"seen_at": seen["seen_at"]})
            connection.execute(lives, [seen])
        self.written += len(self._batch)
        self._batch = []

    def _tidy(self) -> None:
        """What is done beside the writing; deleting waits for a moment without facts."""
        assert self._engine is not None
        now = self._clock()
        if now >= self._wal_look_at:
            self._wal_look_at = now + WAL_LOOK_EVERY_S
            self._bound_wal()
        if self._keep_s and now >= self._sweep_at and not self._waiting and not self._stopping.is_set():
            with self._engine.begin() as connection:
                gone = sweep(connection, now - self._keep_s)
            if gone:
                _log.info("journal.old_facts_deleted", facts=gone)
                self._ready.set()  # more of them, after what has come meanwhile
            else:
                self._sweep_at = now + SWEEP_EVERY_S

    def _bound_wal(self) -> None:
        """SQLite checkpoints by itself, but the log starts anew only in a moment without readers: make one."""
        assert self._engine is not None
        if isinstance(self._store, Postgres):
            return  # bounds its own
        log = self._store.with_name(self._store.name + "-wal")
        if log.exists() and log.stat().st_size > WAL_BYTES_MOST:
            with self._engine.connect() as connection:
                busy = bool(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar())
            if busy and not self._wal_held:
                _log.error("journal.wal_held_by_a_reader", bytes=log.stat().st_size)
            self._wal_held = busy

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _say_away(self, error: Exception) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            _log.error("journal.storage_lost", error=str(getattr(error, "orig", None) or error), backlog=self.backlog())

    def _say_back(self) -> None:
        if self._away_since is not None:
            _log.warning("journal.storage_returned", after_s=round(time.monotonic() - self._away_since, 1))
            self._away_since = None
