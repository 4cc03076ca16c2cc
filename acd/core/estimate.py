"""How long a contact will wait, from the facts of now (routing.md, "While waiting"). Pure arithmetic over the lanes.

    ETA = k x (smoothed handling time) / n

k is 1 and the contacts ahead, each weighted by the share of its agents on duty who can take this one too; n are this
one's agents on duty. Bounded by the 90th percentile of the waits of this language; unknown when n is 0, or before a
few talks have been completed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.core.model import Contact, Lane, Order, State

COMPLETIONS_LEAST = 3  # with fewer, nothing is known
_WEIGHT = 0.05  # of the newest talk, once there are 20
_HISTORY = 200
_HISTORY_LEAST = 20  # waits that a percentile is taken of
_FRESH_S_PER_AGENT = 0.001  # shares are O(agents) to count: by large centres not at every change of duty


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


def estimate(state: State, contact: Contact) -> float | None:
    """Seconds from now until a QUEUED contact is answered; None: unknown, or not QUEUED."""
    return None if contact.lane is None else eta_s(state, contact.lane, contact.order)


def eta_s(state: State, lane: Lane, order: Order) -> float | None:
    """The same for a contact that would have this place in this lane."""
    agents = len(lane.on_duty)
    if not agents or state.handling.count < COMPLETIONS_LEAST:
        return None
    ahead = 0.0
    for rival, share in _weights(state, lane):
        waiting = rival.waiting
        if waiting:
            ahead += share * (len(waiting) if waiting[-1] < order else bisect_left(waiting, order))
    eta = (1 + ahead) * state.handling.mean_s / agents
    waits = state.waits.get(lane.requirement.language) if lane.requirement.language is not None else None
    p90_s = waits.p90_s() if waits is not None else None
    return eta if p90_s is None else min(eta, p90_s)


def _weights(state: State, lane: Lane) -> tuple[tuple[Lane, float], ...]:
    """Every lane that competes for an agent on duty, with the share of its agents who are this lane's too."""
    stale = lane.weights_version != state.duty_version
    fresh_s = len(state.agents) * _FRESH_S_PER_AGENT if len(state.agents) > 1000 and lane.weights else 0.0
    if stale and state.now - lane.weights_at >= fresh_s:
        mine = lane.on_duty
        found = []
        for other in state.lanes.values():
            both = len(mine & other.on_duty)
            if both:
                found.append((other, both / len(other.on_duty)))
        lane.weights, lane.weights_version, lane.weights_at = tuple(found), state.duty_version, state.now
    return lane.weights
