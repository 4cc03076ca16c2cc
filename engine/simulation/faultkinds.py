"""What can go wrong in a simulation with faults, how often, and what a run gave or broke on (`faults`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core.events.event import Event
from acd.core.states import ContactState


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances (0-1), each of an event; `jumps` of any step."""

    missing: float = 0.03
    late: float = 0.06
    doubled: float = 0.06
    jumps: float = 0.002
    latest_s: float = 8.0
    jump_s: float = 90.0
    silent_phone: float = 0.04  # nobody answers
    busy_phone: float = 0.03
    declined: float = 0.03
    dead_phone: float = 0.02
    leaves: float = 0.15  # a caller who has waited for a while keeps the place and is called back
    citizen_busy: float = 0.2
    citizen_silent: float = 0.2
    handed_on: float = 0.04  # a talk that ends with an official, after a word or blindly


NO_FAULTS = Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, leaves=0, citizen_busy=0, citizen_silent=0, handed_on=0)


class FaultFoundError(AssertionError):
    """What broke, with all that is needed to see it again."""

    def __init__(self, seed: int, number: int, now: float, event: Event, story: str) -> None:
        super().__init__(f"seed {seed}, step {number} at {now:.3f}, after {event}: {story}")
        self.seed, self.step, self.story = seed, number, story


@dataclass(slots=True)
class Outcome:
    """What a run gave: contacts by their final state, and how many events were spoilt."""

    seed: int
    offered: int = 0
    ended: dict[ContactState, int] = field(default_factory=dict)
    steps: int = 0
    missing: int = 0
    late: int = 0
    doubled: int = 0
    jumps: int = 0
    called_back: int = 0  # talks that began with a call-back
    handed_on: int = 0
