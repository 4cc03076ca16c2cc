"""What happens to a call-back, and to the citizen who is rung for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialplan.language import Language
from dialplan.queuerules import Requirement


class CitizenResult(StrEnum):
    """Why the citizen of a call-back, who was rung, is not talked with."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NO_LINE = "no_line"  # no carrier took it, or the PBX refused the number


class CallbackEnd(StrEnum):
    """Why a call-back is no longer needed."""

    RANG_IN = "rang_in"  # the citizen called, and was answered
    KEPT = "kept"  # made to its end by the PBX while no engine lived
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class CallbackBooked:
    """A contact is to be called back: one that waits (it keeps its place and leaves the line), or a new one.

    Only what is on the disk already is told: it is due at `due_at`, or now. After a restart the whole call-back comes
    with its `attempts`.
    """

    contact_id: str
    language: Language
    topic: str
    queue: str
    requirement: Requirement
    first_queued_at: float
    due_at: float
    slot_at: float | None = None  # booked for this time, which is then its place in the order
    waited_s: float = 0.0
    points: float = 0.0
    order_class: int = 1
    caller: str | None = None  # a keyed hash of the number; never the number
    attempts: int = 0  # of ringing the citizen, so far
    counted: bool = False  # True: its waiting on the line was counted as offered, so its end is a promise kept or not
    restored: bool = False  # True: booked before this engine


@dataclass(frozen=True, slots=True)
class CallOutEnded:
    """The session that rang an agent and then the citizen for a call-back has ended, as the PBX says."""

    contact_id: str
    reservation_id: int


@dataclass(frozen=True, slots=True)
class CallbackClosed:
    """The call-back is not needed any more."""

    contact_id: str
    why: CallbackEnd


@dataclass(frozen=True, slots=True)
class CitizenDialled:
    """The agent has answered, and the citizen's phone is being rung: an attempt, whatever comes of it."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class CitizenAnswered:
    """The citizen of a call-back has answered; `agent_id` is on the line with them, None where that is not known."""

    contact_id: str
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class CitizenFailed:
    """The citizen was rung and is not reached. The agent is free when their own leg ends (TalkEnded)."""

    contact_id: str
    result: CitizenResult


@dataclass(frozen=True, slots=True)
class HoursChanged:
    """Citizens may be called from `closed_until` on (epoch seconds); None: now. Tell it anew whenever it changes."""

    closed_until: float | None
