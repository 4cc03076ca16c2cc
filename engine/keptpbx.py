"""Asterisk, kept running: one that dies is started again, unless it dies again and again. `up` asks at every pause.

The engine lives on meanwhile: it reads the PBX anew when that is back (acd/reconcile.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from engine import fetch, pbx
from engine.settings import RunSettings

SOON_S = 20.0  # a death this soon after the start is the start's fault
DEATHS_IN_A_ROW = 3
AGAIN_AFTER_S = 0.5


class KeptPbx:
    """The Asterisk of one state folder."""

    def __init__(self, settings: RunSettings, asterisk: fetch.Program, *, restart: bool) -> None:
        """Without `restart` its end is an error like any other."""
        self._settings = settings
        self._restart = restart
        self._pbx = pbx.Pbx(settings, asterisk)
        self._starting = False
        self._started_at = 0.0
        self._deaths = 0

    @property
    def pid(self) -> int:
        """Of the one that runs now."""
        return self._pbx.pid

    def start(self, pause: Callable[[float], None]) -> None:
        """Start it and return when it is fully booted. `pause` waits, and may raise to give up. Raises PbxError."""
        self._starting = True
        try:
            self._pbx.start(pause=pause)
        finally:
            self._starting = False
        self._started_at = time.monotonic()

    def has_died(self) -> bool:
        """Whether it is to be revived. PbxError when there is no sense in that."""
        if self._starting or (code := self._pbx.ended()) is None:
            return False
        why = f"Asterisk has ended ({code}); see {self._settings.pbx_dir}/log"
        self._deaths = self._deaths + 1 if time.monotonic() - self._started_at < SOON_S else 1
        if not self._restart:
            raise pbx.PbxError(why)
        if self._deaths >= DEATHS_IN_A_ROW:
            raise pbx.PbxError(f"{why}; it did so {self._deaths} times right after its start")
        return True

    def revive(self, pause: Callable[[float], None]) -> None:
        """Start it again, as `start`."""
        pause_until = time.monotonic() + AGAIN_AFTER_S
        self._starting = True  # what `pause` sees is known already
        while (left_s := pause_until - time.monotonic()) > 0:
            pause(left_s)
        self.start(pause)

    def stop(self) -> None:
        """End it: calls are hung up."""
        self._pbx.stop()
