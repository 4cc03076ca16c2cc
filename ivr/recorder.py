"""Which talks are recorded now, and what the record says of it: begun, paused, gone on, stopped, failed.

The PBX records, and goes on when the engine dies. Here is its memory: sessions begin, the agent's `*3` pauses, and the
facts tell when the talk it was begun for came to be, was handed to an official, and was over. Thread-safe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import structlog

from acd.core.facts import ContactMoved, Fact, TalkNoted
from acd.core.states import FINAL_CONTACT_STATES, ContactState
from dialplan.ruleset import Ruleset
from dialplan.talkrules import RecordingClass
from ivr.agi import AgiFault
from ivr.recordings import RecordingStore

_log = structlog.get_logger(__name__)
WHAT = "recording"  # of TalkNoted
JUDGED_FROM_S = 20.0  # a shorter talk's recording is only looked for, not measured
LATE_S = 10.0  # what the notice before it and the PBX's buffer may take of a talk
MOST = 20_000


class Toggled(StrEnum):
    """What came of `*3`."""

    PAUSED = "paused"
    RESUMED = "resumed"
    NONE = "none"  # the talk is not recorded
    UNCHANGED = "unchanged"  # the PBX did not do it


class Tape(Protocol):
    """The PBX's recording of one channel. Each waits for the PBX's answer, at most a second; False: it was not done."""

    def pause(self, channel: str, *, paused: bool) -> bool:
        """Silence instead of sound from now on, or sound again."""

    def stop(self, channel: str) -> bool:
        """End it for good."""


class RecordingChannel(Protocol):
    """The caller's channel, as `ivr.agi.AgiChannel` shows it."""

    def record(self, name: str) -> None:
        """Record what is said in bridges from now on."""


@dataclass(slots=True)
class _Recorded:
    kind: str
    talked: bool = False
    paused: bool = False
    stopped: bool = False


class Recorder:
    """All recordings of this engine. `receive` is a subscriber's."""

    def __init__(
        self,
        store: RecordingStore,
        tape: Tape,
        rules: Callable[[], Ruleset],
        note: Callable[[str, str, str, str], None],
        channel_of: Callable[[str], str],
    ) -> None:
        """`note(contact, agent, what, detail)` writes to the record; `channel_of(contact)` is the caller's channel."""
        self.store = store
        self._tape = tape
        self._rules = rules
        self._note = note
        self._channel_of = channel_of
        self._lock = threading.Lock()
        self._now: dict[str, _Recorded] = {}

    def begin(self, contact_id: str, kind: RecordingClass, channel: RecordingChannel) -> bool:
        """Record this caller's talks from now on. False when it can't be: the call goes on, and the record says so."""
        if not self.store.has_room:
            _log.error("recording.skipped", contact_id=contact_id, reason="disk", free_bytes=self.store.free_bytes)
            self._note(contact_id, "", WHAT, "skipped")
            return False
        try:
            self.store.make(kind.name)
            channel.record(self.store.monitor_name(kind.name, contact_id))
        except (OSError, AgiFault) as error:
            _log.error("recording.failed", contact_id=contact_id, error=str(error))
            self._note(contact_id, "", WHAT, "failed")
            return False
        self._remember(contact_id, _Recorded(kind.name))
        return True

    def stopped(self, contact_id: str) -> None:
        """The contact's own session has ended it, because it goes where nothing is recorded."""
        with self._lock:
            known = self._now.get(contact_id)
        if known is not None and not known.stopped:
            known.stopped = True
            self._note(contact_id, "", WHAT, "stopped:elsewhere")

    def toggle(self, contact_id: str, agent_id: str) -> Toggled:
        """The agent's `*3`. After an engine's restart the first one always pauses."""
        with self._lock:
            known = self._now.get(contact_id)
        if known is None and (kept := self.store.find(contact_id)) is not None:
            known = _Recorded(kept.kind, talked=True)
            self._remember(contact_id, known)
        if known is None or known.stopped:
            return Toggled.NONE
        pausing = not known.paused
        if not self._tape.pause(self._channel_of(contact_id), paused=pausing):
            _log.error("recording.not_paused" if pausing else "recording.not_resumed", contact_id=contact_id)
            return Toggled.UNCHANGED
        known.paused = pausing
        toggled = Toggled.PAUSED if pausing else Toggled.RESUMED
        self._note(contact_id, agent_id, WHAT, toggled.value)
        return toggled

    def receive(self, facts: Sequence[Fact]) -> None:
        """Follow what becomes of the talks that are recorded."""
        for fact in facts:
            if not isinstance(fact, ContactMoved | TalkNoted):
                continue
            with self._lock:
                known = self._now.get(fact.contact_id)
            if known is None:
                continue
            if isinstance(fact, ContactMoved):
                self._moved(known, fact)
            elif fact.what == "transfer":
                self._transferred(known, fact)

    def _moved(self, known: _Recorded, fact: ContactMoved) -> None:
        agent_id = fact.agent_id or ""
        if fact.new is ContactState.CONNECTED:
            if not known.talked:
                known.talked = True
                self._note(fact.contact_id, agent_id, WHAT, f"started:{known.kind}")
            elif known.paused and not known.stopped:  # the next agent knows nothing of the pause
                known.paused = not self._tape.pause(self._channel_of(fact.contact_id), paused=False)
                self._note(fact.contact_id, agent_id, WHAT, "not_resumed" if known.paused else "resumed")
        elif fact.new is ContactState.WRAPUP or fact.new in FINAL_CONTACT_STATES:
            with self._lock:
                self._now.pop(fact.contact_id, None)
            self._over(known, fact)

    def _over(self, known: _Recorded, fact: ContactMoved) -> None:
        found_s = self.store.sound_s(known.kind, fact.contact_id)
        if not known.talked:
            if not found_s:
                self.store.discard(known.kind, fact.contact_id)
            return
        talked_s = fact.talk_s + fact.hold_s
        short = talked_s >= JUDGED_FROM_S and (found_s or 0.0) < (talked_s - LATE_S) / 2
        if found_s is None or (short and not known.stopped):
            _log.error("recording.failed", contact_id=fact.contact_id, found_s=found_s, talk_s=talked_s)
            self._note(fact.contact_id, fact.agent_id or "", WHAT, "failed")
        elif not known.stopped:
            self._note(fact.contact_id, fact.agent_id or "", WHAT, "stopped")

    def _transferred(self, known: _Recorded, fact: TalkNoted) -> None:
        """To an official the recording does not go along, unless its class says so."""
        rules = self._rules()
        kind = rules.recordings.classes.get(known.kind)
        taken = fact.detail.endswith(":answered") and fact.agent_id in rules.directory.officials
        if not taken or known.stopped or (kind is not None and kind.officials):
            return
        known.stopped = self._tape.stop(self._channel_of(fact.contact_id))
        if not known.stopped:
            _log.error("recording.not_stopped", contact_id=fact.contact_id)
        self._note(fact.contact_id, fact.agent_id, WHAT, "stopped:official" if known.stopped else "not_stopped")

    def _remember(self, contact_id: str, recorded: _Recorded) -> None:
        with self._lock:
            self._now[contact_id] = recorded
            while len(self._now) > MOST:
                del self._now[next(iter(self._now))]
