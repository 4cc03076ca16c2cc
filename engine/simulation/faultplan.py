"""What a simulation with faults has planned: words about callers and agents, and the legs that ring (`faults`)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from acd.core.events.legs import LegResult


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
