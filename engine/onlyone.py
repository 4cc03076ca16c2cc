"""One process of a kind at a time on one state: a locked file, which the kernel lets go however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process does this already, on the same state; the message names its pid."""


@contextmanager
def only_one(path: Path, otherwise: str, *, create: bool = True) -> Iterator[None]:
    """Hold `path` as a lock for the time of the block. AlreadyRunning says `otherwise`, and who holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            raise AlreadyRunning(f"{otherwise} already (pid {holder or 'unknown'})") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
