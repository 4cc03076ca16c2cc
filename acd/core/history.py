"""What the ACD remembers of what is over: how long contacts are handled, have waited, and are willing to wait.

Kept for the estimate (`acd.core.estimate`) alone. Holds numbers, decides nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

_WEIGHT = 0.05  # of the newest talk, once there are 20
_HISTORY = 200
_HISTORY_LEAST = 20  # waits that a percentile is taken of
_PATIENCE_WEIGHT = 0.005  # of the newest contact that waited: the last few hundred count
_GAVE_UP_LEAST = 3  # with fewer, nobody is expected to give up


class Handling:
    """Talk, hold and wrap-up of a contact in seconds, smoothed: a mean at first, then exponentially weighted."""

    __slots__ = ("count", "mean_s")

    def __init__(self) -> None:
        self.count = 0
        self.mean_s = 0.0

    def observe(self, handled_s: float) -> None:
        """One more contact is completed."""
        self.count += 1
        self.mean_s += max(_WEIGHT, 1 / self.count) * (handled_s - self.mean_s)


class Waits:
    """The last waits of those who had to wait and were answered, in seconds."""

    __slots__ = ("_in_order", "_sorted")

    def __init__(self) -> None:
        self._in_order: deque[float] = deque()
        self._sorted: list[float] = []

    def observe(self, waited_s: float) -> None:
        """One more was answered."""
        self._in_order.append(waited_s)
        insort(self._sorted, waited_s)
        if len(self._in_order) > _HISTORY:
            oldest = self._in_order.popleft()
            del self._sorted[bisect_left(self._sorted, oldest)]

    def p90_s(self) -> float | None:
        """The 90th percentile; None with too few to tell."""
        many = len(self._sorted)
        return self._sorted[int(0.9 * (many - 1))] if many >= _HISTORY_LEAST else None


class Patience:
    """How soon those who wait hang up: hang-ups by all the seconds waited, the newest contacts counting most."""

    __slots__ = ("_gave_up", "_many", "_waited_s")

    def __init__(self) -> None:
        self._many, self._gave_up, self._waited_s = 0, 0.0, 0.0

    def observe(self, waited_s: float, *, gave_up: bool) -> None:
        """One more wait is over, by an answer or by a hang-up."""
        self._many += gave_up
        self._gave_up += gave_up - _PATIENCE_WEIGHT * self._gave_up
        self._waited_s += waited_s - _PATIENCE_WEIGHT * self._waited_s

    def per_s(self) -> float:
        """Hang-ups in a second of one contact's waiting; 0 before a few have hung up."""
        return self._gave_up / self._waited_s if self._many >= _GAVE_UP_LEAST and self._waited_s > 0 else 0.0
