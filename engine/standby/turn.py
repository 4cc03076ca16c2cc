"""An engine's turn to serve: waited for, then watched. The two signs and the rules, put together for `engine.serve`.

It starts and ends nothing: the process asks `step` until it is to serve, and is told when it no longer is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from acd.journal.store import Postgres
from engine import credentials
from engine.heartbeat import Watch
from engine.settings import RunSettings
from engine.standby.lock import DatabaseLock
from engine.standby.rules import BEAT_EVERY_S, Listening, Lock, Step, may_go_on, waiting
from engine.standby.word import PbxAddress, PbxWord

LET_GO_FOR_S = 3.0

_log = structlog.get_logger(__name__)


class Turn:
    """Of one engine. `step` again and again, `serve` once it said so, `stop` at the end."""

    def __init__(self, settings: RunSettings) -> None:
        """The settings name a database."""
        database = settings.database
        assert isinstance(database, Postgres)
        self._place = settings.place
        self._watch = Watch(settings.heartbeat)
        self._lock = DatabaseLock(database, lives=self._lives)
        secret = credentials.load_or_make(settings.state).ami_secret
        self._word = PbxWord(self._place, credentials.AMI_USER, secret, pbx_addresses(settings))
        self._listening: Listening | None = None
        self._asked: Lock | None = None  # the lock's state by which it listens
        self._stopping = threading.Event()
        self._why = "not asked yet"

    def start(self) -> None:
        """Ask for the lock, and connect to the PBX."""
        self._lock.start()
        self._word.start()

    def stop(self) -> None:
        """Give everything up: the other engine may begin."""
        self._stopping.set()
        self._lock.stop()
        self._word.stop()

    @property
    def why_not(self) -> str:
        """What it waits for, in words."""
        return self._why

    def step(self, now: float) -> bool:
        """Whether to serve. To be asked several times a second; `now` is monotonic seconds."""
        lock = self._lock.state
        if lock is not self._asked or self._listening is None:
            self._asked, self._listening = lock, Listening(self._place, now)
        if lock is Lock.OTHERS or lock is Lock.TRYING:
            self._why = "standing by: another engine serves" if lock is Lock.OTHERS else "asking the database"
            return False
        heard = self._listening.hear(self._word.read(), now)
        if heard is None:
            return False
        self._listening = None
        step = waiting(lock, heard, self._place)
        self._why = f"standing by: database {lock.value}, the PBX names {heard.value}"
        if step is Step.LET_GO:
            self._lock.let_go(LET_GO_FOR_S)
        elif step is Step.SERVE:
            _log.info("turn.begun", place=self._place, lock=lock.value, heard=heard.value)
        return step is Step.SERVE

    def serve(self, over: Callable[[], None]) -> None:
        """From now on this engine serves, and says so; `over` is called, once, when another one does."""
        self._word.write()
        threading.Thread(target=self._go_on, args=(over,), name="turn", daemon=True).start()

    def _go_on(self, over: Callable[[], None]) -> None:
        before = Lock.HELD
        while not self._stopping.wait(BEAT_EVERY_S):
            lock, other = self._lock.state, self._word.who_serves()
            if lock is not before:
                (_log.info if lock is Lock.HELD else _log.warning)("turn.lock", place=self._place, lock=lock.value)
                before = lock
            if not may_go_on(lock, other, self._place):
                _log.error("turn.over", place=self._place, serves=other)
                over()
                return
            if self._lives():
                self._word.write()

    def _lives(self) -> bool:
        return self._watch.silent_for() is None


def pbx_addresses(settings: RunSettings) -> list[PbxAddress]:
    """Of every PBX of the centre."""
    return [PbxAddress(one.ami_host, one.ami_port, f"agi://{one.agi_host}:{one.agi_port}") for one in settings.pbxes]
