"""What a caller's or an agent's session may ask of the ACD: the one door between `ivr/` and the dispatcher.

Every method is thread-safe and returns within microseconds; none waits for the PBX. `acd.dispatcher.Dispatcher`
is the implementation; tests of `ivr/` may use a working in-memory twin of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from acd.core.events.contacts import ContactOffered, Departure
from acd.core.facts import SurveyAnswered
from acd.core.handover import Handover
from acd.core.states import Presence
from dialplan.language import Language
from dialplan.queuerules import Requirement


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


class Booking(StrEnum):
    """What became of a wish for a call-back."""

    KEPT = "kept"  # the place in the queue is kept: the caller may hang up
    BOOKED = "booked"  # for the time that was asked for, or for the opening when the centre is closed
    EXISTS = "exists"  # this number has an open call-back already, and keeps that; the caller waits on as before
    NOT_ALLOWED = "not_allowed"  # the number may not be dialled (dialplan.numbers)
    TOO_MANY_FOR_NUMBER = "too_many_for_number"  # today
    TOO_MANY_TODAY = "too_many_today"
    UNAVAILABLE = "unavailable"  # no rule, no line to the outside, no such time, or it cannot be kept safely now


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """A call-back as a caller asked for it: the contact as it would be offered, and the number.

    `number` is as typed or as the carrier gives it. `slot_at` is epoch seconds by `Services.now`; with `--at` the
    local time that was said is that of another clock, so: slot − clock() + now(). None: the place that the caller
    has, or has now.
    """

    contact_id: str
    number: str
    language: Language
    topic: str
    queue: str
    requirement: Requirement
    first_queued_at: float | None = None  # None: it was never in a queue
    waited_s: float = 0.0
    points: float = 0.0
    order_class: int = 1
    slot_at: float | None = None


@dataclass(frozen=True, slots=True)
class OpenCallback:
    """A call-back that is not made yet. `slot_at` (epoch seconds): the time that was booked; None: a place was kept."""

    contact_id: str
    slot_at: float | None
    booked_at: float


class Callbacks(Protocol):
    """The book of call-backs, as sessions see it. `acd.callbacks.book.CallbackBook` is the real one.

    `book` waits for the disk, at most about a second; every other method answers from memory but `may_dial`.
    """

    def offered(self) -> bool:
        """Whether a call-back can be booked at all now: the rules have them, and there is a line to the outside."""

    def book(self, wanted: CallbackWanted) -> Booking:
        """Book it. KEPT and BOOKED are on the disk when this returns, and the contact has left its caller's session.

        After them the session offers and departs nothing any more: the caller's hang-up is no abandon.
        """

    def hold(self, wanted: CallbackWanted) -> None:
        """Remember who waits, in memory only: should the PBX die that has them, they are booked like this."""

    def open_for(self, number: str) -> OpenCallback | None:
        """The open call-back of this number, as typed or as the carrier gives it."""

    def wanted(self, contact_id: str) -> CallbackWanted | None:
        """What was booked, while it is open."""

    def may_dial(self, contact_id: str) -> str | None:
        """The citizen's number, digits only, to be dialled now; None: it must not be. An attempt is on the disk."""

    def dialled(self, contact_id: str, dialstatus: str) -> None:
        """What became of that dialling: the PBX's DIALSTATUS, or REFUSED."""


class NoCallbacks:
    """Where there are none."""

    def offered(self) -> bool:
        """Never."""
        return False

    def book(self, wanted: CallbackWanted) -> Booking:  # noqa: ARG002 - the port's
        """Never."""
        return Booking.UNAVAILABLE

    def hold(self, wanted: CallbackWanted) -> None:
        """Nobody is called back."""

    def open_for(self, number: str) -> OpenCallback | None:  # noqa: ARG002 - the port's
        """Nobody has one."""
        return None

    def wanted(self, contact_id: str) -> CallbackWanted | None:  # noqa: ARG002 - the port's
        """Nothing was."""
        return None

    def may_dial(self, contact_id: str) -> str | None:  # noqa: ARG002 - the port's
        """Nobody."""
        return None

    def dialled(self, contact_id: str, dialstatus: str) -> None:
        """Nothing was."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """One that is under way: for the screen of whoever is asked, before they have answered."""

    contact_id: str
    agent_id: str
    target: str  # an agent's extension, or what is typed for an official
    answered: bool
    handover: Handover | None


class Acd(Protocol):
    """The dispatcher, as sessions see it."""

    def offer(self, offer: ContactOffered, channel: str) -> bool:
        """Begin to wait. `channel` is the caller's channel name, for the wake-up key.

        False: as many callers wait in the queue already as its rule allows. It waits all the same, and an agent who
        comes free takes it, until the session lets it depart.
        """

    def returned(self, contact_id: str) -> float:
        """A caller who was asked out of a queue of the PBX's has a session again.

        By how many seconds the clock that wrote their place in time was ahead of this engine's; else 0.
        """

    def take(self, contact_id: str, reservation_id: int | None = None) -> Assignment | GoToSafetyNet | None:
        """The assignment that waits for this contact, taken by this call; None: go on waiting.

        With `reservation_id`: that one only, for a session that was made for it.
        """

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

    def pbx_in_sight(self, contact_id: str) -> bool:
        """False after 2 s of AMI silence of the caller's PBX: waiting sessions then poll with short reads."""

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

    def consult(self, agent_id: str, target: str, *, after_key: bool = False) -> Answer:
        """The agent speaks with `target` (four digits, judged already), their citizen hears music.

        The PBX asks once more, by `consult_begins`. `after_key`: when the session of the agent's key is over.
        """

    def consult_begins(self, agent_id: str, target: str, leg: str) -> bool:
        """The PBX rings `target` for the agent's citizen over the channel with Uniqueid `leg`; False: no such talk."""

    def calls_official(self, leg: str, target: str) -> None:
        """An agent's phone has dialled an official by itself, on the channel with Uniqueid `leg`."""

    def send_on(self, agent_id: str, target: str) -> Answer:
        """The agent's citizen leaves them at once, for `target`; their new session comes by /transfer."""

    def ring_official(self, contact_id: str, channel: str, official: str) -> None:
        """The contact has left its agent, and its own session rings this official from now on."""

    def write_handover(self, agent_id: str, handover: Handover) -> Answer:
        """What the agent's contact, in a talk or its wrap-up, takes along; the newest counts."""

    def handover_of(self, contact_id: str) -> Handover | None:
        """What was written for whoever has this contact next."""

    def consultations(self) -> tuple[Consultation, ...]:
        """All that are under way."""

    def sent_to_queue(self, contact_id: str, queue: str) -> float | None:
        """An agent sent the contact to a queue, where its session offers it next. Its waiting so far, in seconds."""

    def channel_of(self, contact_id: str) -> str:
        """The caller's channel of a living contact; "" when it is not known."""

    def talk_of(self, agent_id: str) -> Talk | None:
        """The talk that this agent is in; None when they are in none of ours."""

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        """For the record: see `acd.core.facts.TalkNoted`."""

    def surveyed(self, answered: SurveyAnswered) -> None:
        """For the record: a caller was asked for their opinion."""

    def calls(self) -> int:
        """Contacts that are alive now, in whatever state: for the bound on calls."""
