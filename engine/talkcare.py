"""What belongs to talks beside having them, put together: recordings and their folder, marks, who was asked.

Its thread looks after the folder, off every call's way: deletes what its class's days are over for, and raises the
alarm while the disk is nearly full.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from acd.core.facts import Fact
from acd.core.seoul import DAY_S
from acd.journal.store import Store
from acd.surveyed import Surveyed, surveys_since
from acd.talkmetrics import TalkMetrics
from dialplan.ruleset import Ruleset
from ivr.recorder import WHAT, Recorder, Tape
from ivr.recordings import RecordingStore
from ivr.talkmarks import TalkMarks

LOOK_EVERY_S = 5.0
DELETE_EVERY_S = 3600.0
_MB = 1_000_000

_log = structlog.get_logger(__name__)


class Record(Protocol):
    """What is needed of the dispatcher."""

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        """For the record."""

    def channel_of(self, contact_id: str) -> str:
        """The caller's channel."""


class TalkCare:
    """One for the engine. `receive` is a subscriber's; `start` and `stop` are the composition root's."""

    def __init__(
        self,
        folder: Path,
        rules: Callable[[], Ruleset],
        tape: Tape,
        record: Record,
        *,
        metrics: TalkMetrics,
        clock: Callable[[], float],
    ) -> None:
        """`folder` is where recordings are kept, `clock` epoch seconds."""
        self.store = RecordingStore(folder)
        self.marks = TalkMarks()
        self.surveyed = Surveyed()
        self.recorder = Recorder(self.store, tape, rules, record.note, record.channel_of)
        self._rules = rules
        self._record = record
        self._metrics = metrics
        self._clock = clock
        self._low = False
        self._delete_at = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def start(self) -> None:
        """The first look is at once: a disk that is full is known before the first call."""
        self.look(self._clock())
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def read_journal(self, database: Store, now: float) -> None:
        """Who was asked before this engine began. Raises OperationalError."""
        survey = self._rules().survey
        if survey is not None and survey.not_again_days:
            self.surveyed.receive(surveys_since(database, now - survey.not_again_days * DAY_S))

    def look(self, now: float) -> None:
        """At the disk, and, once an hour, for what is too old. Never raises OSError: it is logged, and tried again."""
        recordings = self._rules().recordings
        try:
            has_room = self.store.look_at_disk(recordings.keep_free_mb)
        except OSError as error:
            _log.error("recordings.disk_unknown", error=str(error))
            return
        self._metrics.free_bytes.set(self.store.free_bytes)
        self._metrics.reserve_bytes.set(recordings.keep_free_mb * _MB)
        if has_room is self._low:
            self._low = not has_room
            tell = _log.error if self._low else _log.warning
            tell("recordings.disk_low" if self._low else "recordings.disk_well", free_bytes=self.store.free_bytes)
        if now >= self._delete_at:
            self._delete_at = now + DELETE_EVERY_S
            self.delete_expired(now)

    def delete_expired(self, now: float) -> int:
        """Delete what its class no longer keeps; each is in its contact's record. How many they were."""
        days = {name: kind.retention_days for name, kind in self._rules().recordings.classes.items()}
        gone = 0
        try:
            for kept in self.store.delete_expired(days, now):
                gone += 1
                self._record.note(kept.contact_id, "", WHAT, f"deleted:{kept.kind}")
        except OSError as error:
            _log.error("recordings.not_deleted", error=str(error))
        if gone:
            _log.info("recordings.deleted", count=gone)
        return gone

    def receive(self, facts: Sequence[Fact]) -> None:
        """A subscriber's."""
        self.marks.receive(facts)
        self.surveyed.receive(facts)
        self.recorder.receive(facts)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.look(self._clock())
            except Exception:  # noqa: BLE001 - whatever it is, the next look is made
                _log.exception("recordings.look_failed")
