"""What can happen to the ACD, as frozen data: the inputs of `step(state, event, now)`.

Every event is harmless when it comes late, twice or for something that is gone: `step` then answers with no
command. Times are epoch seconds, durations seconds. Ids: contact = the caller's channel Uniqueid as first seen;
agent = the extension ("1001"); reservation = a number that only grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from acd.core.states import Presence
from dialplan.ruleset import AgentRule, Language, Queue, Requirement


class Channel(StrEnum):
    """How the citizen reached the centre. Voice alone until the written channels come."""

    VOICE = "voice"


class LegResult(StrEnum):
    """How an agent's leg ended without a talk."""

    NO_ANSWER = "no_answer"  # rang until the time-out: RONA
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"  # no RINGING within 1.5 s, or the endpoint has no contact


class Departure(StrEnum):
    """Why a contact leaves the queue without an agent and without hanging up."""

    BACK_TO_MENU = "back_to_menu"
    OVERFLOW = "overflow"
    CLOSED = "closed"
    FALLBACK = "fallback"  # handed to the safety net
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ContactOffered:
    """A caller begins to wait. After a restart the old `first_queued_at` and `waited_s` come with it."""

    contact_id: str
    channel: Channel
    language: Language
    topic: str
    queue: str
    requirement: Requirement
    first_queued_at: float | None = None  # None: now
    waited_s: float = 0.0
    points: float = 0.0
    resumed: bool = False  # True: not counted as offered again


@dataclass(frozen=True, slots=True)
class ContactHungUp:
    """The caller's channel is gone for good."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class ContactDeparted:
    """The session takes the contact out of the queue, or out of its reservation."""

    contact_id: str
    why: Departure


@dataclass(frozen=True, slots=True)
class LegRang:
    """The agent's phone rings (180)."""

    contact_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The agent's phone answered this contact. Also from the fallback queue: then there is no reservation."""

    contact_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class LegFailed:
    """The agent's leg ended without a talk."""

    contact_id: str
    agent_id: str
    result: LegResult
    own_hangup_s: float | None = None  # seconds since this agent's own hang-up; a 486 within 1 s is retried once


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The agent put the caller on hold, or took them back."""

    contact_id: str
    on_hold: bool


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """The talk is over, whoever hung up."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class PresenceAsked:
    """The agent's own word: AVAILABLE, AWAY with a reason, OFFLINE. During a call it takes effect after it."""

    agent_id: str
    presence: Presence
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WrapupEndAsked:
    """The agent ends the wrap-up early."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class WrapupExtendAsked:
    """The agent extends the wrap-up, once."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """The PBX's word about the agent's phone. `busy`: in use or ringing, by whatever call."""

    agent_id: str
    reachable: bool
    busy: bool


@dataclass(frozen=True, slots=True)
class TalkAdopted:
    """After a restart: the PBX says that this agent talks with this caller since `since` (epoch seconds)."""

    contact_id: str
    agent_id: str
    language: Language
    topic: str
    queue: str
    since: float


@dataclass(frozen=True, slots=True)
class PresenceRestored:
    """After a restart: what the fallback queues say of the agent. Never told to the agent, never mirrored back."""

    agent_id: str
    presence: Presence
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """Rules were loaded: the agents and queues that there are from now on."""

    agents: dict[str, AgentRule] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The deadline that `next_deadline` named is here."""


Event = (
    ContactOffered
    | ContactHungUp
    | ContactDeparted
    | LegRang
    | LegAnswered
    | LegFailed
    | HoldChanged
    | TalkEnded
    | PresenceAsked
    | WrapupEndAsked
    | WrapupExtendAsked
    | DeviceChanged
    | TalkAdopted
    | PresenceRestored
    | RulesChanged
    | TimePassed
)
