"""What a caller's or an agent's session may ask of the ACD: the one door between `ivr/` and the dispatcher.

Every method is thread-safe and returns within microseconds; none waits for the PBX. `acd.dispatcher.Dispatcher`
is the implementation; tests of `ivr/` may use a working in-memory twin of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from acd.core.events import ContactOffered, Departure
from acd.core.states import Presence


class Answer(StrEnum):
    """What a feature code led to; the prompt that the agent hears follows from it."""

    DONE = "done"
    AFTER_CALL = "after_call"  # taken, and effective when the current call ends
    NOT_APPLICABLE = "not_applicable"  # changes nothing


@dataclass(frozen=True, slots=True)
class Assignment:
    """Ring this agent now."""

    contact_id: str
    agent_id: str
    endpoint: str  # "PJSIP/1001"
    reservation_id: int
    ring_timeout_s: float


@dataclass(frozen=True, slots=True)
class Talk:
    """An agent's talk: the contact, and the agent's channel in it."""

    contact_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class GoToSafetyNet:
    """Leave the queue: the PBX is out of the engine's sight, so the fallback queue takes over."""


class Acd(Protocol):
    """The dispatcher, as sessions see it."""

    def offer(self, offer: ContactOffered, channel: str) -> None:
        """Begin to wait. `channel` is the caller's channel name, for the wake-up key."""

    def take(self, contact_id: str) -> Assignment | GoToSafetyNet | None:
        """The assignment that waits for this contact, taken by this call; None: go on waiting."""

    def position(self, contact_id: str) -> int | None:
        """1-based place in the order in which its agents will take it; None when it does not wait."""

    def estimated_wait_s(self, contact_id: str) -> float | None:
        """How much longer it will wait, in seconds; None: unknown, and then not said."""

    def announcement_due(self, contact_id: str) -> bool:
        """False while a match is pending: then nothing may delay the answer."""

    def dial_returned(self, contact_id: str, reservation_id: int, dialstatus: str) -> None:
        """The session's Dial is over. The AMI events may have said so already: this is the second witness."""

    def depart(self, contact_id: str, why: Departure) -> None:
        """The session takes the contact out of the queue."""

    def hung_up(self, contact_id: str) -> None:
        """The session saw the caller's channel end. (Not for a blind transfer: the channel lives on.)"""

    def pbx_in_sight(self) -> bool:
        """False after 2 s of AMI silence: waiting sessions then poll with short reads."""

    def ask_presence(self, agent_id: str, presence: Presence, reason: str | None = None) -> Answer:
        """A feature code or a desk: available, away with a reason, offline."""

    def end_wrapup(self, agent_id: str) -> Answer:
        """End the wrap-up early."""

    def extend_wrapup(self, agent_id: str) -> Answer:
        """Extend the wrap-up, once."""

    def contact_of(self, uniqueid: str) -> str | None:
        """The contact that the caller's channel with this Uniqueid belongs to, while it lives."""

    def rejoin(self, contact_id: str, channel: str, agent_id: str) -> Assignment | None:
        """A blind transfer by an agent's phone: the contact goes to this agent, if they may be rung; else None."""

    def agent_talking_to(self, contact_id: str) -> str | None:
        """The agent that the contact is or was last connected to."""

    def talk_of(self, agent_id: str) -> Talk | None:
        """The talk that this agent is in; None when they are in none of ours."""

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        """For the record: see `acd.core.facts.TalkNoted`."""

    def calls(self) -> int:
        """Contacts that are alive now, in whatever state: for the bound on calls."""
