"""What comes of a simulated day: contacts by queue and hour, and what the two witnesses saw. Counts nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.simulation.estimates import Estimates
from engine.simulation.figures import Figures, Tally, figures_of


@dataclass(frozen=True, slots=True)
class Seen:
    """One contact, for those who ask for each: when it came (epoch s), how long it waited, whether it was answered."""

    came_at: float
    waited_s: float
    answered: bool


@dataclass(slots=True)
class Day:
    """What came of it."""

    agents: int
    seed: int
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)  # by queue and hour of the day
    closed: int = 0  # called outside of the opening hours
    not_served: int = 0  # their topic is `none` in their language
    occupancy: float | None = None  # 0-1
    order_inversions: int = 0
    eligible_unmatched_max_s: float = 0.0
    steps: int = 0
    estimates: Estimates = field(default_factory=Estimates)

    @property
    def total(self) -> Figures:
        """All contacts."""
        return figures_of(self.tallies.values())

    def by_queue(self) -> dict[str, Figures]:
        """The queues that were called, in the order of their names."""
        keys = sorted({queue for queue, _ in self.tallies})
        return {key: figures_of(one for (queue, _), one in self.tallies.items() if queue == key) for key in keys}

    def by_hour(self) -> dict[int, Figures]:
        """The hours of the day in which contacts were offered."""
        keys = sorted({hour for _, hour in self.tallies})
        return {key: figures_of(one for (_, hour), one in self.tallies.items() if hour == key) for key in keys}
