"""Keeps the log files of a state folder small, whoever writes them, and knows their last words.

A file that has grown too large is copied aside and cut to nothing where it is: Asterisk and the engine append to it,
so they go on writing without being told. A line or two may be lost in between; a full disk would cost more.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 10_000_000
KEPT = 5  # older ones beside each file: at most (KEPT + 1) * MOST_BYTES, and what is written between two looks
LOOK_EVERY_S = 10.0

_KEPT_NAME = re.compile(r"\.(\d+|part)$")


class LogFiles:
    """The logs of one centre. Used by one thread, the parent's."""

    def __init__(self, state: Path, *, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
        self._state, self._most_bytes, self._kept = state, most_bytes, kept
        self._look_at = 0.0

    def look(self) -> None:
        """Cut what has grown too large. Costs nothing until LOOK_EVERY_S have passed; never raises."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        for path in self._files():
            with contextlib.suppress(OSError):
                if path.stat().st_size > self._most_bytes:
                    cut(path, self._kept)

    def _files(self) -> Iterable[Path]:
        yield self._state / "engine.log"
        yield self._state / "wallboard.log"
        for folder in (self._state / "asterisk" / "log", *sorted(self._state.glob("nodes/*/log"))):
            with contextlib.suppress(OSError):
                yield from (one for one in sorted(folder.iterdir()) if one.is_file())


def cut(path: Path, kept: int) -> None:
    """Make PATH empty and what it held PATH.1; PATH.1 becomes PATH.2 and so on, beyond `kept` they go. OSError."""
    if _KEPT_NAME.search(path.name):
        return
    path.with_name(f"{path.name}.{kept}").unlink(missing_ok=True)
    for number in range(kept - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(f"{path.name}.{number}").rename(path.with_name(f"{path.name}.{number + 1}"))
    part = path.with_name(f"{path.name}.part")
    try:
        with path.open("rb") as source, open(part, "wb", opener=_private) as copy:
            shutil.copyfileobj(source, copy)
        part.rename(path.with_name(f"{path.name}.1"))
    except OSError:  # the disk is full: then the old lines go
        part.unlink(missing_ok=True)
    os.truncate(path, 0)


def open_to_append(path: Path) -> BinaryIO:
    """The log at PATH, which only its owner may read, for a program that writes on at its end. OSError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    return path.open("ab")


def last_words(path: Path, lines: int = 12, most_bytes: int = 20_000) -> str:
    """The last lines of a file, "" when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - most_bytes))
            said = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return "\n".join(said[-lines:])


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
