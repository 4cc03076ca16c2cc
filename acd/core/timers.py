"""The core's deadlines: a heap with lazy deletion. Knows times and keys, not what they mean; reads no clock."""

from __future__ import annotations

from enum import StrEnum
from heapq import heapify, heappop, heappush


class Timer(StrEnum):
    """What a deadline is for. With an id (and a second one) it is a key; a key has one deadline at most."""

    RESERVATION = "reservation"  # agent: taken, dialled, rung, answered, each in its time
    WRAPUP = "wrapup"  # agent
    GRACE = "grace"  # agent: the device is gone
    STAGE = "stage"  # contact: a relaxation step, a profile's delay or the wait for the last agent is over
    EXCLUSION = "exclusion"  # contact, agent: they may be matched again
    CALLBACK = "callback"  # contact: the citizen is to be called


TimerKey = tuple[Timer, str, str]

_Entry = tuple[float, int, TimerKey]
_SLACK = 64  # stale entries tolerated beyond the live ones before the heap is rebuilt


class Timers:
    """Set, cancel and pop deadlines in O(log n), amortised; equal times come in the order they were set."""

    __slots__ = ("_heap", "_live", "_serial")

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._live: dict[TimerKey, _Entry] = {}
        self._serial = 0

    def set(self, key: TimerKey, at: float) -> None:
        """Due at `at` (epoch seconds); replaces the key's earlier deadline."""
        self._serial += 1
        self._live[key] = entry = (at, self._serial, key)
        heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._live) + _SLACK:
            self._heap = list(self._live.values())
            heapify(self._heap)

    def cancel(self, key: TimerKey) -> None:
        """Forget the key's deadline, if there is one."""
        self._live.pop(key, None)

    def at(self, key: TimerKey) -> float | None:
        """When the key is due, or None."""
        entry = self._live.get(key)
        return None if entry is None else entry[0]

    def next_at(self) -> float | None:
        """The earliest deadline, or None."""
        heap, live = self._heap, self._live
        while heap:
            entry = heap[0]
            if live.get(entry[2]) is entry:
                return entry[0]
            heappop(heap)
        return None

    def pop_due(self, now: float) -> TimerKey | None:
        """Take out the earliest key that is due at `now`, or None."""
        heap, live = self._heap, self._live
        while heap and heap[0][0] <= now:
            entry = heappop(heap)
            key = entry[2]
            if live.get(key) is entry:
                del live[key]
                return key
        return None

    def keys(self) -> frozenset[TimerKey]:
        """Every key that has a deadline."""
        return frozenset(self._live)
