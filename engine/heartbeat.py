"""The engine's heartbeat: two clocks in a small shared file, written by the engine, read by its parent.

A hung engine is worse than a dead one: the kernel goes on accepting its connections and callers sit in silence.
So the dispatcher and the accept loop each write the time whenever they pass their loop (at least every
`BEAT_EVERY_S`, when idle too), and the parent kills an engine of which either has been silent for `SILENCE_S`.
Times are CLOCK_MONOTONIC, which all processes of a machine share and no clock change moves.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import time
from pathlib import Path

BEAT_EVERY_S = 0.25
CHECK_EVERY_S = 0.5
SILENCE_S = 2.0

_SLOT = struct.Struct("=d")
_SIZE = 2 * _SLOT.size
_DISPATCHER, _ACCEPTOR = 0, _SLOT.size


class Heartbeat:
    """The writer's side. Each method is called by one thread only, costs under a microsecond and never fails."""

    def __init__(self, path: Path) -> None:
        self._map = _open(path)

    def dispatcher(self) -> None:
        """The dispatcher has passed its loop."""
        _SLOT.pack_into(self._map, _DISPATCHER, time.monotonic())

    def acceptor(self) -> None:
        """The accept loop has passed its loop."""
        _SLOT.pack_into(self._map, _ACCEPTOR, time.monotonic())

    def close(self) -> None:
        """Let the file go."""
        self._map.close()


class Watch:
    """The parent's side, for one engine: begin with `reset` when it is started."""

    def __init__(self, path: Path, *, silence_s: float = SILENCE_S) -> None:
        self._map = _open(path)
        self._silence_s = silence_s
        self._first_beat_until = 0.0
        self._looked_at = self._judged_from = time.monotonic()

    def reset(self, *, grace_s: float) -> None:
        """A new engine starts: forget the old one's beats, and give it `grace_s` to beat for the first time."""
        self._map[:] = bytes(_SIZE)
        self._looked_at = self._judged_from = time.monotonic()
        self._first_beat_until = self._looked_at + grace_s

    def silent_for(self) -> str | None:
        """Which part has been silent too long, or None. To be asked at least every CHECK_EVERY_S."""
        now = time.monotonic()
        if now - self._looked_at > 2 * CHECK_EVERY_S:
            # This process itself was stopped or starved; so was the engine, perhaps. Judge it from now on.
            self._judged_from = now
        self._looked_at = now
        for name, offset in (("dispatcher", _DISPATCHER), ("accept loop", _ACCEPTOR)):
            (beat,) = _SLOT.unpack_from(self._map, offset)
            if not beat:
                if now > max(self._first_beat_until, self._judged_from + self._silence_s):
                    return f"{name} (never heard)"
            elif now - max(beat, self._judged_from) > self._silence_s:
                return name
        return None

    def next_look(self) -> float:
        """Monotonic time at which to ask again: when the older of the beats turns stale, half a second at most."""
        now = time.monotonic()
        beats: list[float] = [_SLOT.unpack_from(self._map, offset)[0] for offset in (_DISPATCHER, _ACCEPTOR)]
        stale = min(beats) + self._silence_s + 0.01
        return min(now + CHECK_EVERY_S, max(stale, now + 0.02))

    def close(self) -> None:
        """Let the file go."""
        self._map.close()


def _open(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):
            if os.fstat(descriptor).st_size < _SIZE:
                os.ftruncate(descriptor, _SIZE)
        return mmap.mmap(descriptor, _SIZE)
    finally:
        os.close(descriptor)
