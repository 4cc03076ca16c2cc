"""What a simulation with faults has planned (`faults`): callers, words about them and agents, legs, events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from acd.core.events.event import Event
from acd.core.events.legs import LegResult
from engine.simulation.plan import Caller


@dataclass(frozen=True, slots=True)
class Word:
    """Something planned that is no event of the core's: reread; gone, book, over (a caller), back (an agent).

    official: a caller whom agent `by` has sent on, and whom an official now answers or not.
    """

    kind: str
    who: str = ""
    by: str = ""


REREAD = Word("reread")


@dataclass(frozen=True, slots=True)
class Leg:
    """An agent's leg, where it stands, and how it is going to end."""

    contact_id: str
    agent_id: str
    number: int
    timeout_s: float
    stage: str = "dial"
    fate: str = "answered"
    call_back: bool = False

    def at(self, stage: str, fate: str | None = None) -> Leg:
        """The same leg at another stage."""
        return replace(self, stage=stage, fate=fate or self.fate)


def result_of(leg: Leg) -> LegResult | None:
    """How a leg that is over has ended; None: answered."""
    if leg.stage == "answered":
        return None
    return {"busy": LegResult.BUSY, "declined": LegResult.DECLINED, "dead": LegResult.UNREACHABLE}.get(
        leg.fate, LegResult.NO_ANSWER
    )


Planned = Event | Caller | Leg | Word


class Agenda:
    """All that is planned, by its moment; and the moment that it is, `now`. Epoch seconds."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._planned: list[tuple[float, int, Planned]] = []
        self._serial = count()

    def plan(self, moment: float, what: Planned) -> None:
        """It happens then, after what was planned for the same moment before it."""
        heappush(self._planned, (moment, next(self._serial), what))

    def next_at(self) -> float | None:
        """When the next thing happens; None: nothing is left."""
        return self._planned[0][0] if self._planned else None

    def take(self) -> Planned:
        """The next thing, and it is its moment now."""
        moment, _, what = heappop(self._planned)
        self.now = max(self.now, moment)
        return what
