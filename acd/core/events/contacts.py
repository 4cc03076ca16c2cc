"""What happens to a contact that waits: it comes, leaves, is handed on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.core.handover import Handover
from dialplan.language import Language
from dialplan.queuerules import Requirement


class Channel(StrEnum):
    """How citizen and centre reach each other. CALLBACK: nobody is on the line until the centre has rung them."""

    VOICE = "voice"
    CALLBACK = "callback"


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
