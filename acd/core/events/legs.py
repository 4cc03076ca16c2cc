"""What happens on an agent's leg, from its ring to its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LegResult(StrEnum):
    """How an agent's leg ended without a talk."""

    NO_ANSWER = "no_answer"  # rang until the time-out: RONA
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"  # no RINGING within 1.5 s, or the endpoint has no contact


@dataclass(frozen=True, slots=True)
class LegDialled:
    """The session has sent Dial: the agent's phone must ring within `Limits.no_ringing_s` from now on."""

    contact_id: str
    agent_id: str
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True)
class LegRang:
    """The agent's phone rings (180)."""

    contact_id: str
    agent_id: str
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The agent's phone answered this contact. Also from the fallback queue: then there is no reservation.

    What the PBX has bridged is the truth: an answer wins over whatever the core had decided in between. For a contact
    that the core does not know (it waited in the fallback queue), use TalkAdopted.
    """

    contact_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class LegFailed:
    """The agent's leg ended without a talk."""

    contact_id: str
    agent_id: str
    result: LegResult
    own_hangup_s: float | None = None  # seconds since this agent's own hang-up; a 486 within 1 s is retried once
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The agent put the caller on hold, or took them back."""

    contact_id: str
    on_hold: bool


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """The talk is over, whoever hung up."""

    contact_id: str
