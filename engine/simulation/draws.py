"""The random durations of a simulated day, in seconds. Each draws from the generator that it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Protocol


class Duration(Protocol):
    """Something that lasts differently each time."""

    def draw(self, rng: Random) -> float:
        """One duration, in seconds."""


@dataclass(frozen=True, slots=True)
class Lognormal:
    """By mean and coefficient of variation (standard deviation / mean)."""

    mean_s: float
    variation: float
    _mu: float = field(init=False, repr=False)
    _sigma: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spread = math.log1p(self.variation**2)
        object.__setattr__(self, "_mu", math.log(self.mean_s) - spread / 2)
        object.__setattr__(self, "_sigma", math.sqrt(spread))

    def draw(self, rng: Random) -> float:
        """See Duration."""
        return rng.lognormvariate(self._mu, self._sigma)


@dataclass(frozen=True, slots=True)
class Exponential:
    """By mean: the durations that the Erlang formulas are made for."""

    mean_s: float

    def draw(self, rng: Random) -> float:
        """See Duration."""
        return rng.expovariate(1.0 / self.mean_s)


@dataclass(frozen=True, slots=True)
class Endless:
    """The patience of callers who never hang up (Erlang C)."""

    def draw(self, rng: Random) -> float:
        """See Duration."""
        del rng
        return math.inf
