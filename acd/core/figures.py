"""The call centre's figures and their formulas (routing.md, "Figures and their formulas"). Pure arithmetic.

The variant of the service level is part of the figure: whoever prints the number prints the variant beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class ServiceLevel(StrEnum):
    """Which contacts the service level (서비스레벨) is counted over."""

    STRICT = "strict"  # all that were offered
    SHORT_EXCLUDED = "short_excluded"  # without those who hung up at once; the default
    ANSWERED_ONLY = "answered_only"


@dataclass(frozen=True, slots=True)
class Counts:
    """Contacts offered in one interval, and what became of them by now."""

    offered: int = 0
    answered: int = 0
    answered_within: int = 0  # within the threshold of their queue
    abandoned: int = 0  # short ones included
    abandoned_short: int = 0
    callbacks_kept: int = 0  # of those not answered: called back as promised

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.offered + other.offered,
            self.answered + other.answered,
            self.answered_within + other.answered_within,
            self.abandoned + other.abandoned,
            self.abandoned_short + other.abandoned_short,
            self.callbacks_kept + other.callbacks_kept,
        )


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """What one agent did in an interval: contacts talked with, seconds in each state, rings that led to no talk.

    A contact that came back to the same agent is one. Ringing is neither work nor idleness.
    """

    answered: int = 0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrapup_s: float = 0.0
    ringing_s: float = 0.0
    idle_s: float = 0.0  # available, with nothing to do
    other_s: float = 0.0  # available, in a call of their own
    not_responding_s: float = 0.0
    error_s: float = 0.0
    away_s: dict[str, float] = field(default_factory=dict)  # by reason
    no_answer: int = 0  # RONA
    busy: int = 0
    declined: int = 0
    unreachable: int = 0

    @property
    def in_contact_s(self) -> float:
        """Talk, hold and wrap-up."""
        return self.talk_s + self.hold_s + self.wrapup_s

    @property
    def aht_s(self) -> float | None:
        """AHT (평균처리시간): talk, hold and wrap-up per contact; None without one."""
        return mean_s(self.in_contact_s, self.answered)

    @property
    def occupancy(self) -> float | None:
        """Occupancy (점유율), 0-1; None for an agent who was neither idle nor in a contact."""
        return occupancy(self.in_contact_s, self.idle_s)


class Outcomes(Protocol):
    """What whoever counts contacts has counted of their outcomes."""

    @property
    def answered(self) -> int:
        """Talked with somebody."""

    @property
    def answered_within(self) -> int:
        """Of these, within the service level."""

    @property
    def abandoned(self) -> int:
        """Hung up while they waited."""

    @property
    def abandoned_short(self) -> int:
        """Of these, at once."""

    @property
    def flowed_out(self) -> int:
        """Left the queue otherwise: sent away, or off the line with a place kept."""

    @property
    def callbacks_kept(self) -> int:
        """Of these, called back and reached."""


def at_outcome(one: Outcomes) -> Counts:
    """Counts over the contacts whose outcome is known: who has only begun to wait is neither served nor missed yet.

    A caller who keeps the place and leaves the line flows out then; the call-back is kept later, or it is not.
    """
    offered = one.answered + one.abandoned + one.flowed_out
    return Counts(offered, one.answered, one.answered_within, one.abandoned, one.abandoned_short, one.callbacks_kept)


def service_level(counts: Counts, variant: ServiceLevel = ServiceLevel.SHORT_EXCLUDED) -> float | None:
    """Share (0-1) answered within the threshold; None when there is nothing to count over."""
    match variant:
        case ServiceLevel.STRICT:
            over = counts.offered
        case ServiceLevel.SHORT_EXCLUDED:
            over = counts.offered - counts.abandoned_short
        case ServiceLevel.ANSWERED_ONLY:
            over = counts.answered
    return _share(counts.answered_within, over)


def answer_rate(counts: Counts) -> float | None:
    """Answer rate (응대율), 0-1: answered or called back, over offered without short abandons; None: nothing."""
    return _share(counts.answered + counts.callbacks_kept, counts.offered - counts.abandoned_short)


def mean_s(total_s: float, count: int) -> float | None:
    """A mean in seconds: ASA over the waits of answered contacts, AHT over talk + hold + wrap-up; None: no contact."""
    return total_s / count if count > 0 else None


def occupancy(in_contact_s: float, idle_s: float) -> float | None:
    """Share (0-1) of agents' time spent in talk, hold and wrap-up, of that and idle time; None: no time."""
    whole_s = in_contact_s + idle_s
    return in_contact_s / whole_s if whole_s > 0 else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
