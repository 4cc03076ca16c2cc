"""From one fact to everyone who wants it, without anybody being in the call's way.

The dispatcher publishes; each subscriber has a bounded queue and a thread of its own. A subscriber that can't keep
up loses facts, which is counted, and never slows the dispatcher or another subscriber.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from acd.core.facts import Fact

# Facts are worked off a moment later: a thread that began at once would hold the interpreter while the session that a
# match has just woken wants it, and an INVITE waits for no bookkeeping.
GATHER_S = 0.02

_log = structlog.get_logger(__name__)


class Subscriber:
    """One receiver of facts, in batches and in order, on its own thread."""

    def __init__(self, name: str, receive: Callable[[Sequence[Fact]], None], *, most: int = 20_000) -> None:
        """`receive` gets every fact once; what it raises is logged. At most `most` facts wait."""
        self.name = name
        self.dropped = 0
        self._receive = receive
        self._most = most
        self._waiting: deque[Fact] = deque()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"facts-{name}", daemon=True)

    def put(self, fact: Fact) -> None:
        """Called by the dispatcher; returns at once."""
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append(fact)
        if not self._ready.is_set():
            self._ready.set()

    def backlog(self) -> int:
        """Facts that wait."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Receive what waits, then end."""
        self._stopping.set()
        self._ready.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._ready.wait()
            self._stopping.wait(GATHER_S)
            self._ready.clear()
            batch = []
            while self._waiting:
                batch.append(self._waiting.popleft())
            if batch:
                try:
                    self._receive(batch)
                except Exception:  # noqa: BLE001 - whatever it is, the next facts are received
                    _log.exception("facts.subscriber_failed", subscriber=self.name, facts=len(batch))
            if self._stopping.is_set() and not self._waiting:
                return


class Sink(Protocol):
    """Who gets facts: a Subscriber, or the journal's writer."""

    def put(self, fact: Fact) -> None:
        """Returns at once."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Finish, bounded."""


class Fanout:
    """All subscribers. `publish` is what the dispatcher calls."""

    def __init__(self, subscribers: Sequence[Sink]) -> None:
        self._subscribers = tuple(subscribers)

    def publish(self, fact: Fact) -> None:
        """Hand the fact to everyone."""
        for subscriber in self._subscribers:
            subscriber.put(fact)

    def start(self) -> None:
        """Start all threads."""
        for subscriber in self._subscribers:
            subscriber.start()

    def stop(self) -> None:
        """Let everyone finish, bounded."""
        for subscriber in self._subscribers:
            subscriber.stop()
