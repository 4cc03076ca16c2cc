"""Erlang C and Erlang A: what a number of agents does for a stream of calls. Pure arithmetic, in seconds.

M/M/N (A. K. Erlang, 1917): Poisson calls, exponential handling, nobody hangs up. M/M/N+M (C. Palm, 1957; formulas as
in S. Zeltyn and A. Mandelbaum, "Call centers with impatient customers", 2005): who waits hangs up at rate 1/patience.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_NEGLIGIBLE = 1e-12
_STEPS = 400  # of Simpson's rule; even
MOST_AGENTS = 2000


@dataclass(frozen=True, slots=True)
class Queueing:
    """A stream of calls and the agents for it, in the steady state. Shares are 0-1 of all calls."""

    calls_per_s: float
    aht_s: float  # talk, hold and wrap-up
    agents: int
    patience_s: float  # mean; infinite: nobody hangs up
    waits: float  # share that is not answered at once
    abandons: float
    asa_s: float  # mean wait, of those who hang up too
    all_busy: float  # probability that all agents are busy and nobody waits

    @property
    def load(self) -> float:
        """Erlangs: calls that would be handled at once with agents enough."""
        return self.calls_per_s * self.aht_s

    @property
    def occupancy(self) -> float:
        """Share of the agents' time in calls."""
        return self.load * (1 - self.abandons) / self.agents

    def within(self, threshold_s: float) -> float:
        """Share of all calls that is answered within this many seconds: the service level `strict`."""
        if not self.waits:
            return 1.0
        if math.isinf(self.patience_s):
            leaves_per_s = (self.agents - self.load) / self.aht_s
            return 1 - self.waits * math.exp(-leaves_per_s * threshold_s)
        return (1 - self.waits) + _simpson(lambda t: self._reached(t) * math.exp(-t / self.patience_s), threshold_s)

    def abandons_within(self, seconds: float) -> float:
        """Share of all calls that hangs up within this many seconds of waiting."""
        if math.isinf(self.patience_s) or not self.waits:
            return 0.0
        left = self.waits  # P(an endlessly patient caller waits longer than t), falling
        step = seconds / _STEPS
        found = 0.0
        for i in range(_STEPS):
            middle = left - self._reached((i + 0.25) * step) * step / 2
            found += middle * math.exp(-(i + 0.5) * step / self.patience_s) / self.patience_s * step
            left -= self._reached((i + 0.5) * step) * step
        return found

    def service_level(self, threshold_s: float, short_abandon_s: float) -> float:
        """`short_excluded`: answered in time, of all but those who hang up sooner than `short_abandon_s`."""
        return self.within(threshold_s) / (1 - self.abandons_within(short_abandon_s))

    def _reached(self, t: float) -> float:
        """Density of the time until an endlessly patient caller who has to wait is answered."""
        served = self.agents / self.aht_s
        gone = self.calls_per_s * self.patience_s * -math.expm1(-t / self.patience_s)
        return self.all_busy * served * math.exp(gone - served * t)


def queueing(calls_per_s: float, aht_s: float, agents: int, patience_s: float = math.inf) -> Queueing:
    """Erlang A, or Erlang C with endless patience. ValueError when there are no agents, or the queue would grow."""
    load = calls_per_s * aht_s
    if agents < 1:
        raise ValueError("nobody answers with no agents")
    if math.isinf(patience_s) and load >= agents:
        raise ValueError(f"{agents} agents never catch up with {load:.1f} erlangs")
    blocked = 1.0  # Erlang B by its recursion: all busy, were nobody let wait
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    if math.isinf(patience_s):
        waits = agents * blocked / (agents - load * (1 - blocked))
        leaves_per_s = (agents - load) / aht_s
        all_busy = waits * (1 - load / agents)
        return Queueing(calls_per_s, aht_s, agents, patience_s, waits, 0.0, waits / leaves_per_s, all_busy)
    # Weights of the states with 0, 1, 2… waiting, against that with all busy and nobody waiting.
    if not calls_per_s:
        return Queueing(calls_per_s, aht_s, agents, patience_s, 0.0, 0.0, 0.0, 0.0)
    weight, total, waiting, k = 1.0, 1.0, 0.0, 0
    while weight > _NEGLIGIBLE * total:
        k += 1
        weight *= calls_per_s / (agents / aht_s + k / patience_s)
        total += weight
        waiting += k * weight
    all_busy = 1 / (1 / blocked - 1 + total)
    queue = all_busy * waiting
    waits = all_busy * total
    abandons, asa_s = queue / patience_s / calls_per_s, queue / calls_per_s
    return Queueing(calls_per_s, aht_s, agents, patience_s, waits, abandons, asa_s, all_busy)


def agents_for(
    calls_per_s: float, aht_s: float, *, target: float, threshold_s: float, patience_s: float = math.inf,
    short_abandon_s: float = 0.0,
) -> Queueing | None:  # fmt: skip
    """With the fewest agents that reach `target` (0-1) within `threshold_s`; None when nobody calls.

    ValueError when MOST_AGENTS are not enough.
    """
    if calls_per_s <= 0:
        return None
    first = 1 if not math.isinf(patience_s) else math.floor(calls_per_s * aht_s) + 1
    for agents in range(first, MOST_AGENTS + 1):
        found = queueing(calls_per_s, aht_s, agents, patience_s)
        if found.service_level(threshold_s, short_abandon_s) >= target:
            return found
    raise ValueError(f"{MOST_AGENTS} agents are not enough for {calls_per_s * 3600:.0f} calls an hour")


def _simpson(function: Callable[[float], float], until: float) -> float:
    step = until / _STEPS
    weights = (1, *(4 if i % 2 else 2 for i in range(1, _STEPS)), 1)
    return sum(w * function(i * step) for i, w in enumerate(weights)) * step / 3
