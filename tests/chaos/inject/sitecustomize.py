"""Faults inside an engine, for chaos programs: Python runs this file at the start of every process that has its folder in
PYTHONPATH; it acts in the engine's own (`engine.serve`) and only while RINGMASTER_CHAOS names a folder.

That folder's files are the switches, looked at twenty times a second: `stall` (dispatcher | acceptor: that thread stops
where it beats its heart, while the file is there), `clock` (seconds by which the wall clock that Python reads is wrong).
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

LOOK_EVERY_S = 0.05


def _hold(heartbeat: type, switches: Path) -> None:
    for part in ("dispatcher", "acceptor"):
        beat = getattr(heartbeat, part)

        def stalled(self: object, part: str = part, beat: object = beat) -> None:
            while _said(switches / "stall") == part:
                time.sleep(LOOK_EVERY_S)
            beat(self)  # type: ignore[operator]

        setattr(heartbeat, part, stalled)


def _shift(switches: Path) -> None:
    true_time, wrong_by = time.time, [float(_said(switches / "clock") or 0.0)]

    def look() -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            wrong_by[0] = float(_said(switches / "clock") or 0.0)

    threading.Thread(target=look, daemon=True).start()
    time.time = lambda: true_time() + wrong_by[0]


def _said(switch: Path) -> str:
    try:
        return switch.read_text()
    except OSError:
        return ""


if os.environ.get("RINGMASTER_CHAOS") and "engine.serve" in sys.orig_argv:
    from engine.heartbeat import Heartbeat

    folder = Path(os.environ["RINGMASTER_CHAOS"])
    _hold(Heartbeat, folder)
    _shift(folder)
