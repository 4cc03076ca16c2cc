"""The journal's writer: facts in, rows out, on its own thread; storage that is away costs memory, never a call.

A batch is kept until its commit has returned, and then dropped; after an error the connection is thrown away, the
same batch is written again on a new one (its key makes that harmless), with a backoff. The backlog is bounded:
beyond it facts are dropped and counted, which is an alarm.
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
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from acd.core.facts import Fact
from acd.journal.codec import to_row
from acd.journal.tables import facts, open_engine

BACKLOG_MOST = 100_000
BATCH_MOST = 500
GATHER_S = 0.05  # so that a busy minute is hundreds of commits, not thousands

_log = structlog.get_logger(__name__)


class JournalWriter:
    """A subscriber of all facts. `put` is called by the dispatcher; everything else happens on its own thread."""

    name = "journal"

    def __init__(
        self, path: Path, *, backlog_most: int = BACKLOG_MOST, begin_after: Callable[[], None] = lambda: None
    ) -> None:
        """`begin_after` returns when the file is ready; until then facts wait in the backlog."""
        self._path = path
        self._begin_after = begin_after
        self._most = backlog_most
        self._run_id = time.time_ns()
        self._numbers = itertools.count(1)
        self._waiting: deque[Fact] = deque()
        self._batch: list[dict[str, Any]] = []
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._engine: Engine | None = None
        self._inode = -1
        self._away_since: float | None = None
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
                self._ready.wait()
                self._stopping.wait(GATHER_S)
                self._gather()
            if self._batch:
                try:
                    self._write()
                except (SQLAlchemyError, OSError) as error:
                    self._close()
                    self._say_away(error)
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
            self._batch.append({"run": self._run_id, "seq": next(self._numbers), **row})
        if self._waiting:
            self._ready.set()

    def _write(self) -> None:
        inode = self._path.stat().st_ino  # a file that was replaced under us would swallow everything
        if self._engine is None or inode != self._inode:
            self._close()
            self._engine, self._inode = open_engine(self._path, write=True), inode
        with self._engine.begin() as connection:
            connection.execute(insert(facts).on_conflict_do_nothing(), self._batch)
        self.written += len(self._batch)
        self._batch = []

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
