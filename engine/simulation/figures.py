"""What a simulated day gave, counted by the formulas of `acd.core.figures` from the same facts as the metrics."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from acd.core import figures
from acd.core.facts import ContactMoved
from acd.core.figures import Counts, ServiceLevel
from acd.core.states import ContactState


@dataclass(slots=True)
class Tally:
    """Contacts of one queue and one hour of offering. Waits of the answered ones in seconds."""

    offered: int = 0
    answered_within: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    waits_s: array[float] = field(default_factory=lambda: array("d"))

    def count(self, fact: ContactMoved) -> None:
        """Count a contact's move, if it is one of those that count."""
        if fact.offered:
            self.offered += 1
        if fact.new is ContactState.CONNECTED and fact.within_threshold is not None:
            self.answered_within += fact.within_threshold
            self.waits_s.append(fact.waited_s)
        elif fact.new is ContactState.ABANDONED:
            self.abandoned += 1
            self.abandoned_short += fact.detail == "short"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some contacts; None where there is nothing to count over."""

    counts: Counts
    asa_s: float | None
    p95_wait_s: float | None  # of the answered

    @property
    def answer_rate(self) -> float | None:
        """0-1."""
        return figures.answer_rate(self.counts)

    def service_level(self, variant: ServiceLevel) -> float | None:
        """0-1."""
        return figures.service_level(self.counts, variant)


def figures_of(tallies: Iterable[Tally]) -> Figures:
    """All of these together."""
    counts, waits = Counts(), array("d")
    for tally in tallies:
        counts += Counts(
            tally.offered, len(tally.waits_s), tally.answered_within, tally.abandoned, tally.abandoned_short
        )
        waits.extend(tally.waits_s)
    ordered = sorted(waits)
    return Figures(
        counts,
        figures.mean_s(sum(ordered), len(ordered)),
        ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] if ordered else None,
    )
