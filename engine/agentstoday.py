"""The agents' figures since midnight in Seoul, live: a subscriber of facts that begins with the journal's. Thread-safe.

Facts must be folded in their order, so those that come before the journal has been read wait for it.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from typing import Any

from acd.core.agentday import AgentsDay
from acd.core.facts import AgentMoved, ContactMoved, Fact, ReservationEnded
from acd.core.figures import AgentFigures
from acd.core.seoul import midnight


class AgentsToday:
    """Until `begin_with` is called it knows nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: AgentsDay | None = None
        self._early: list[Fact] = []

    def begin_with(self, earlier: AgentsDay) -> None:
        """What the journal has of today from before this engine."""
        with self._lock:
            early, self._early = self._early, []
            for fact in early:
                earlier.receive(fact)
            self._day = earlier

    def begin_anyway(self, now: float) -> None:
        """The journal can't be read: the day begins with this engine, if it has not begun."""
        if self._day is None:
            self.begin_with(AgentsDay(midnight(now)))

    def receive(self, facts: Sequence[Fact]) -> None:
        """What happened."""
        with self._lock:
            for fact in facts:
                if not isinstance(fact, AgentMoved | ContactMoved | ReservationEnded):
                    continue
                if self._day is None:
                    self._early.append(fact)
                else:
                    self._day.receive(fact)

    def figures(self, now: float) -> dict[str, AgentFigures]:
        """By agent, up to `now` (epoch seconds)."""
        with self._lock:
            return {} if self._day is None else self._day.figures(now)


def as_json(figures: AgentFigures) -> dict[str, Any]:
    """The figures under their names, with `aht_s` and `occupancy` (null without a contact, or without time)."""
    data = {**dataclasses.asdict(figures), "aht_s": figures.aht_s, "occupancy": figures.occupancy}
    data["away_s"] = {reason: round(spent_s, 1) for reason, spent_s in figures.away_s.items()}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in data.items()}
