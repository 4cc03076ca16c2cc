"""The engine's log lines as they come, as data, each read once: a wait costs by what is new, not by the log's length."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any


class LogLines:
    """A centre's log from now on. Any thread."""

    def __init__(self, log: Path) -> None:
        self._path, self._at, self._rest = log, log.stat().st_size, b""
        self._found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._lock = threading.Lock()

    def lines(self, event: str, **wanted: Any) -> list[dict[str, Any]]:
        """Lines of this event so far in which all of `wanted` are so."""
        with self._lock:
            self._read_on()
            return [one for one in self._found[event] if all(one.get(key) == value for key, value in wanted.items())]

    def _read_on(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._at)
            news = file.read()
        self._at += len(news)
        *whole, self._rest = (self._rest + news).split(b"\n")
        for line in whole:
            if not line.startswith(b"{"):
                continue
            try:
                one = json.loads(line)
            except ValueError:
                continue  # another process wrote into it
            if isinstance(one, dict):
                self._found[str(one.get("event"))].append(one)
