"""What can happen to the ACD, as frozen data: the inputs of `step(state, event, now)`.

Every event is harmless when it comes late, twice or for something that is gone: `step` then answers with no command.
Times are epoch seconds, durations seconds. Ids: contact = the caller's channel Uniqueid as first seen; agent = the
extension ("1001"); reservation = a number that only grows. `reservation_id`, where an event has one, tells the
witness of an earlier ring from that of this one: give it when it is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from acd.core.handover import Handover
from acd.core.memory import ContactKnown
from acd.core.states import Presence
from dialplan.ruleset import AgentRule, CallbackRule, Language, Queue, Requirement


class Channel(StrEnum):
    """How citizen and centre reach each other. CALLBACK: nobody is on the line until the centre has rung them."""

    VOICE = "voice"
    CALLBACK = "callback"


class LegResult(StrEnum):
    """How an agent's leg ended without a talk."""

    NO_ANSWER = "no_answer"  # rang until the time-out: RONA
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"  # no RINGING within 1.5 s, or the endpoint has no contact


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


class Departure(StrEnum):
    """Why a contact leaves the queue without an agent and without hanging up."""

    BACK_TO_MENU = "back_to_menu"
    OVERFLOW = "overflow"  # to another queue, by rule
    FULL = "full"
    CLOSED = "closed"  # closing is near
    CALLBACK = "callback"  # the caller has an open call-back, and keeps that
    FALLBACK = "fallback"  # handed to the safety net
    PBX_LOST = "pbx_lost"  # with the Asterisk that had its caller
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
    order_class: int = 1  # served before all higher ones
    sticky_agent: str | None = None  # whom the caller talked with last, if the queue's rule asks for it
    caller: str | None = None  # a keyed hash of the caller's number; never the number
    handed_on_by: str | None = None  # the agent who sent it to this queue, and is not to get it back at once


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
class FellIntoNet:
    """The PBX has this waiting caller in its own queue: the session is gone.

    The contact is offered to no agent of ours until `/resume` connects and offers it again (ContactOffered); what the
    queue does with it comes as RingAdopted, TalkAdopted, or ContactHungUp.
    """

    contact_id: str


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


@dataclass(frozen=True, slots=True)
class SentOut:
    """A blind transfer to somebody who is no agent: the contact has left its agent and is matched with nobody.

    It waits, offered to no agent, until LegAnswered says that the other has it, HandOnAsked or ContactOffered brings it
    back, or it hangs up.
    """

    contact_id: str


@dataclass(frozen=True, slots=True)
class HandoverNoted:
    """The agent who talks with this contact, or wraps it up, has written down what the next one is to know."""

    contact_id: str
    agent_id: str
    handover: Handover


@dataclass(frozen=True, slots=True)
class HandOnAsked:
    """A blind transfer: the contact is to ring this agent, who may be the one it talked to.

    Answered by an Assign, or by nothing when that agent may not be rung: then ask for another one, or offer the
    contact again (ContactOffered), which puts it back into its queue.
    """

    contact_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class PresenceAsked:
    """The agent's own word: AVAILABLE, AWAY with a reason, OFFLINE. During a call it takes effect after it.

    It is also a sign of life: AVAILABLE ends ERROR and NOT_RESPONDING.
    """

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
    """The PBX's word about the agent's phone. `busy`: in use or ringing, by whatever call.

    `busy` while the agent is RESERVED or talks is taken for our own call, and forgotten with its end: a phone that
    is still in a call of its own then must be reported once more. While the agent is in ERROR, repeat `reachable` at
    every sign of life (registration, answered OPTIONS): that is what ends it.
    """

    agent_id: str
    reachable: bool
    busy: bool


@dataclass(frozen=True, slots=True)
class RingAdopted:
    """The safety net's queue rings this agent for this caller, of whom the engine may know nothing yet.

    The caller is in the net from then on, as FellIntoNet says.
    """

    contact_id: str
    agent_id: str
    language: Language
    topic: str
    queue: str
    first_queued_at: float
    resumed: bool  # True: an engine has counted it as offered


@dataclass(frozen=True, slots=True)
class RingEnded:
    """The queue has stopped ringing this agent for this caller, without an answer."""

    contact_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class TalkAdopted:
    """After a restart: the PBX says that this agent talks with this caller since `since` (epoch seconds).

    A contact that the core does not know counts as answered with `counts`: no engine has seen its answer;
    `first_queued_at` is then when it began to wait. `offered`: no engine has seen it wait either.
    """

    contact_id: str
    agent_id: str
    language: Language
    topic: str
    queue: str
    since: float
    first_queued_at: float | None = None
    official: bool = False  # they are an official of the directory, and nobody's agent
    counts: bool = False
    offered: bool = False


@dataclass(frozen=True, slots=True)
class PresenceRestored:
    """After a restart: what the fallback queues say of the agent. Never told to the agent, never mirrored back.

    AWAY with the reasons `not_responding` and `error` (see Mirror) brings those presences back.
    """

    agent_id: str
    presence: Presence
    reason: str | None = None


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


@dataclass(frozen=True, slots=True)
class WrapupRestored:
    """After a restart: this agent was wrapping up this contact since `since`; the rest goes on. Told once."""

    agent_id: str
    contact: ContactKnown
    since: float
    extended: bool


@dataclass(frozen=True, slots=True)
class EndedUnseen:
    """After a restart: a contact was not over by the journal, and the PBX knows nothing of it any more. Told once."""

    contact: ContactKnown


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """Rules were loaded: the agents and queues that there are from now on.

    `moved_to`: queues that are gone, each with the one that takes those who wait in it. `callback` None: those that
    are open are kept as before.
    """

    agents: dict[str, AgentRule] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    moved_to: dict[str, str] = field(default_factory=dict)
    callback: CallbackRule | None = None


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The deadline that `next_deadline` named is here. (Every step also sees to what is due at its `now`.)"""


Event = (
    ContactOffered
    | ContactHungUp
    | ContactDeparted
    | FellIntoNet
    | LegDialled
    | LegRang
    | LegAnswered
    | LegFailed
    | HoldChanged
    | TalkEnded
    | SentOut
    | HandoverNoted
    | HandOnAsked
    | PresenceAsked
    | WrapupEndAsked
    | WrapupExtendAsked
    | DeviceChanged
    | RingAdopted
    | RingEnded
    | TalkAdopted
    | PresenceRestored
    | CallbackBooked
    | CallbackClosed
    | CallOutEnded
    | CitizenDialled
    | CitizenAnswered
    | CitizenFailed
    | HoursChanged
    | WrapupRestored
    | EndedUnseen
    | RulesChanged
    | TimePassed
)
