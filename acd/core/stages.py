"""What a contact goes through as it waits: relaxation steps and profiles' delays, in the order of waiting time.

Settled once per queue, requirement and language after each change of rules, so that whoever waits only looks up how
far they are. Changes no contact; reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.core.model import Contact, Lane, State
    from dialplan.queuerules import Queue, Requirement

SLACK_S = 0.001  # a deadline that comes this much early, by rounding, is reached


@dataclass(slots=True, eq=False)
class Stage:
    """From `from_s` seconds of waiting on: how many steps are passed, what they ask for, and which delay is over."""

    from_s: float
    step: int
    needs: Requirement | None  # None: the contact's own requirement
    passed_s: float
    lane: Lane | None = None  # where such contacts stand; set when the first one comes


@dataclass(frozen=True, slots=True)
class Ladder:
    """All stages of the contacts of one queue, requirement and language, the first from 0 s."""

    queue: Queue  # held, so that its identity stays its own
    stages: tuple[Stage, ...]

    def reached(self, waited_s: float) -> int:
        """The number of the stage that a contact is in after so many seconds of waiting."""
        stages, at = self.stages, 0
        while at + 1 < len(stages) and stages[at + 1].from_s <= waited_s + SLACK_S:
            at += 1
        return at


def ladder_of(state: State, contact: Contact) -> Ladder:
    """The stages of a contact's queue, for what it asked for when it came. A queue that is gone has its old ones."""
    queue = contact.queue
    key = (id(queue), contact.requirement, contact.language)
    ladder = state.ladders.get(key)
    if ladder is None:
        ladder = state.ladders[key] = Ladder(queue, _stages(state, contact))
    return ladder


def delays_of(state: State, queue: str) -> tuple[float, ...]:
    """The delays after which profiles see this queue, rising; also of a queue that the rules have lost."""
    delays = state.delays.get(queue)
    if delays is None:
        profiles = {agent.rule.profile.name: agent.rule.profile for agent in state.agents.values()}
        rows = (profile.row(queue) for profile in profiles.values())
        delays = tuple(sorted({row.delay_s for row in rows if row is not None and row.delay_s > 0}))
        state.delays[queue] = delays
    return delays


def _stages(state: State, contact: Contact) -> tuple[Stage, ...]:
    queue, delays = contact.queue, delays_of(state, contact.queue.key)
    relaxes = contact.requirement == queue.requirement(contact.language)
    steps = queue.relaxed(contact.language) if relaxes else ()
    stages = []
    for from_s in sorted({0.0, *delays, *(after_s for after_s, _ in steps)}):
        passed = [needs for after_s, needs in steps if after_s <= from_s]
        over_s = max((delay_s for delay_s in delays if delay_s <= from_s), default=0.0)
        stages.append(Stage(from_s, len(passed), passed[-1] if passed else None, over_s))
    return tuple(stages)
