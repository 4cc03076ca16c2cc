"""The one thread that may change the ACD, and what waits for it.

Everybody else only puts in: packets of the PBX with their arrival, and tasks, which are called with the time. An
item that fails is logged and counted, and never ends the thread: one bad packet must not end every call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

import structlog

from acd.ami.packets import Packet

BEAT_EVERY_S = 0.2
ASK_TIMEOUT_S = 1.0

_log = structlog.get_logger(__name__)
T = TypeVar("T")
Task = Callable[[float], None]


class Work(Protocol):
    """What the thread does."""

    def packet(self, packet: Packet, now: float) -> None:
        """Take one packet of the PBX."""

    def on_time(self, now: float) -> None:
        """See to what is due; called after every item, and at the latest when `next_due` said so."""

    def beat(self, now: float) -> None:
        """Every `BEAT_EVERY_S`: what has no event of its own."""

    def next_due(self) -> float | None:
        """When `on_time` is wanted, in epoch seconds."""


class Inbox:
    """The queue and its thread. `put`, `packet` and `ask` may be called from any thread."""

    def __init__(
        self,
        work: Work,
        clock: Callable[[], float],
        *,
        heartbeat: Callable[[], None] = lambda: None,
        observe: Callable[[float], None] = lambda _: None,
        count_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`observe` gets the seconds from a packet's arrival to its end."""
        self._work = work
        self._clock = clock
        self._heartbeat = heartbeat
        self._observe = observe
        self._count_failure = count_failure
        self._items: SimpleQueue[tuple[Packet, float] | Task] = SimpleQueue()  # packets with their arrival
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the item it is at."""
        self._stopping = True
        self.put(lambda _: None)
        if self._thread.is_alive():
            self._thread.join(2.0)

    def packet(self, packet: Packet) -> None:
        """One event of the PBX."""
        self._items.put((packet, time.perf_counter()))

    def put(self, task: Task) -> None:
        """Have it done, later."""
        self._items.put(task)

    def ask(self, what: Callable[[float], T], missing: T) -> T:
        """Have it answered. `missing` when the answer does not come in time."""
        answer: SimpleQueue[T] = SimpleQueue()
        self.put(lambda now: answer.put(what(now)))
        try:
            return answer.get(timeout=ASK_TIMEOUT_S)
        except Empty:
            return missing

    def _run(self) -> None:
        beaten_at = 0.0
        while not self._stopping:
            self._heartbeat()
            try:
                item: tuple[Packet, float] | Task | None = self._items.get(timeout=self._sleep_s())
            except Empty:
                item = None
            now = self._clock()
            try:
                if isinstance(item, tuple):
                    self._work.packet(item[0], now)
                    self._observe(time.perf_counter() - item[1])
                elif item is not None:
                    item(now)
                self._work.on_time(now)
                if now - beaten_at >= BEAT_EVERY_S:
                    beaten_at = now
                    self._work.beat(now)
            except Exception:  # noqa: BLE001 - see this file's first lines
                self._count_failure("exception")
                with suppress(Exception):  # an item that can't even be printed
                    _log.exception("dispatcher.item_failed", item=repr(item)[:500])

    def _sleep_s(self) -> float:
        due = self._work.next_due()
        return BEAT_EVERY_S if due is None else max(0.0, min(BEAT_EVERY_S, due - self._clock()))
