"""How the core hears of the PBX in a simulation with faults: late, twice, never; its clock jumps.

What comes late is planned like all that happens (`faultplan.Agenda`). Nothing here knows callers or agents.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from acd.core.commands import Command
from acd.core.events.event import Event, TimePassed
from acd.core.invariants import Broken, check
from acd.core.model import State
from acd.core.states import IllegalTransition
from acd.core.step import next_deadline, step
from engine.simulation.faultkinds import FaultFoundError, Faults, Outcome
from engine.simulation.faultplan import Agenda


class Wire:
    """Spoils events by the seed. `obey` carries out what the core asks for."""

    def __init__(
        self,
        state: State,
        agenda: Agenda,
        rng: Random,
        faults: Faults,
        *,
        outcome: Outcome,
        obey: Callable[[Command], None],
        check_every: int,
    ) -> None:
        self.state = state
        self._agenda, self._rng, self._faults, self._outcome = agenda, rng, faults, outcome
        self._obey, self._check_every = obey, check_every
        self._ahead_s = 0.0  # by how much the core's clock has jumped ahead

    def now(self) -> float:
        """The core's clock, in epoch seconds."""
        return self._agenda.now + self._ahead_s

    def next_deadline(self) -> float | None:
        """When the core must be told that time has passed, by the true clock; None: not before the next event."""
        due = next_deadline(self.state)
        return None if due is None else due - self._ahead_s

    def run_out(self, until: float) -> None:
        """Every deadline up to `until`, by the core's clock, comes at once."""
        while (due := next_deadline(self.state)) is not None and due <= until:
            self._ahead_s = max(self._ahead_s, due - self._agenda.now)
            self.tell(TimePassed())

    def send(self, event: Event) -> None:
        """An event of the PBX: on time, late, twice, or never."""
        faults, fate = self._faults, self._rng.random()
        if fate < faults.missing:
            self._outcome.missing += 1
            return
        if fate < faults.missing + faults.late:
            self._outcome.late += 1
            self._agenda.plan(self._agenda.now + self._rng.random() * faults.latest_s, event)
            return
        if fate < faults.missing + faults.late + faults.doubled:
            self._outcome.doubled += 1
            self._agenda.plan(self._agenda.now + self._rng.random() * faults.latest_s, event)
        self.tell(event)

    def tell(self, event: Event) -> None:
        """One step of the core. Raises FaultFoundError when that breaks anything."""
        now, outcome = self.now(), self._outcome
        if self._faults.jumps and self._rng.random() < self._faults.jumps:
            outcome.jumps += 1
            jump_s = (2 * self._rng.random() - 1) * self._faults.jump_s
            now += jump_s  # back: for this one event
            self._ahead_s += max(0.0, jump_s)  # ahead: for good
        outcome.steps += 1
        try:
            for command in step(self.state, event, now):
                self._obey(command)
            if outcome.steps % self._check_every == 0:
                check(self.state)
        except (Broken, IllegalTransition, KeyError, AttributeError) as error:
            story = f"{type(error).__name__}: {error}"
            raise FaultFoundError(outcome.seed, outcome.steps, now, event, story) from error
