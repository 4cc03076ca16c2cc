"""Erlang C by its formula (A. K. Erlang, 1917), for the tests of the simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErlangC:
    """M/M/N: the share that waits, the mean wait, the share answered within a time."""

    waits: float
    asa_s: float
    leaves_per_s: float

    def within(self, threshold_s: float) -> float:
        return 1 - self.waits * math.exp(-self.leaves_per_s * threshold_s)


def erlang_c(load: float, agents: int, aht_s: float) -> ErlangC:
    blocked = 1.0  # Erlang B by its recursion
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    waits = agents * blocked / (agents - load * (1 - blocked))
    leaves_per_s = (agents - load) / aht_s
    return ErlangC(waits, waits / leaves_per_s, leaves_per_s)
