"""Every state change as one frozen event: what journal, metrics, log and desks subscribe to.

A fact carries all that its subscribers need, so that none of them keeps state of the ACD's. Phone numbers are
in none of them. `at` is epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.records import quick
from acd.core.states import ContactState, Presence, Work
from dialplan.language import Language
from dialplan.queuerules import Requirement


@quick
@dataclass(frozen=True, slots=True)
class ContactMoved:
    """A contact changed its state. `old` is None when it is first seen."""

    at: float
    contact_id: str
    channel: str
    language: Language
    topic: str
    queue: str
    old: ContactState | None
    new: ContactState
    agent_id: str | None
    first_queued_at: float
    waited_s: float  # QUEUED and RESERVED time so far
    offered: bool  # True exactly once per queue that the contact enters
    within_threshold: bool | None  # set when it is answered
    # abandoned: short, queue, ringing, handed_on (after a talk, and so counted as answered only);
    # overflowed: overflow, closed, full, fallback, error; of call-backs: later, unkept, rang_in, withdrawn;
    # failed: error, pbx_lost (with the Asterisk that had its caller), unkept;
    # kept: connected or closed, that keeps a promise to call back
    detail: str | None
    talk_s: float = 0.0  # set when CONNECTED ends: talk without hold
    hold_s: float = 0.0  # set when CONNECTED ends
    estimated_s: float | None = None  # set when it is answered: the whole wait as it was estimated in the beginning
    caller: str | None = None  # set when it is answered: a keyed hash of the caller's number


# Of call-backs: what leaves no queue (it is called later), or was counted when its caller left the line. Of contacts
# that were handed on: hung up then, which their answer before it has been counted for.
NOT_COUNTED = ("later", "unkept", "rang_in", "withdrawn", "kept", "handed_on")


@quick
@dataclass(frozen=True, slots=True)
class ReservationEnded:
    """How a reservation ended: answered, no_answer, busy, declined, unreachable, caller_gone.

    caller_gone: hung up, taken away by the session, answered elsewhere, or the session never dialled.
    """

    at: float
    reservation_id: int
    contact_id: str
    agent_id: str
    queue: str
    result: str
    rang_s: float


@quick
@dataclass(frozen=True, slots=True)
class AgentMoved:
    """An agent changed presence or work. `lasted_s` is how long the old pair of states lasted."""

    at: float
    agent_id: str
    team: str
    old_presence: Presence
    old_work: Work
    presence: Presence
    work: Work
    reason: str | None
    lasted_s: float
    contact_id: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class PassedOver:
    """One pair that was not chosen, and why.

    Trigger freed: another contact for this agent. It came before the chosen one, but: excluded (they did not answer
    it a moment ago), language, skill, not_served (not in the agent's profile), delayed (in it, but only later),
    reserved (the agent is kept idle for other queues), kept (it waits for its agent of last time), rank (the profile
    serves the chosen one first); or: earlier (the chosen one came earlier).
    Any other trigger: another agent for this contact: excluded, reserved, longer_idle, better_skill or less_occupied
    (the chosen one is), busy, not_available, language, skill, not_served, delayed, kept (idle, but it waits for its
    agent of last time).
    """

    agent_id: str
    code: str
    contact_id: str


@quick
@dataclass(frozen=True, slots=True)
class Decision:
    """Why this contact went to this agent, or to nobody. The sentence is made when it is read (`acd.explain`).

    `outcome` match: both ids and the reservation's are set. refusal: a contact found no agent (no `agent_id`), or a
    freed agent found no contact though some wait (no `contact_id`, no requirement). step: a relaxation step came due,
    and still nobody could take the contact.
    """

    at: float
    contact_id: str | None
    agent_id: str | None
    reservation_id: int | None
    queue: str
    requirement: Requirement | None  # as relaxed by then
    strategy: str
    trigger: str  # freed: the agent came to waiting contacts; the contact came to idle agents: arrival, returned
    # (nobody answered), exclusion_ended, step, delay_ended, sticky_ended, callback (it is due); handed_on: an agent
    # transferred it
    waited_s: float
    candidates: int  # idle eligible agents, or waiting contacts the agent could take
    passed_over: tuple[PassedOver, ...]  # the first five
    rule: str  # file:line of the queue, or of its step; of the agent where there is no contact
    step: int = 0  # relaxation steps passed
    outcome: str = "match"


@quick
@dataclass(frozen=True, slots=True)
class TalkNoted:
    """Something that was done in a talk or to it and changes no state: for the record, and for audits.

    what `supervision`: by the supervisor `by`, detail listen, whisper or barge, the same with `_ended`, or with
    `_refused` for a wrong PIN, and for a talk at another node than the supervisor's phone.
    what `wrapup`: by the agent, detail extended.
    what `transfer`: by the agent `by` to `agent_id`, which for an official is what is typed for them (directory.yaml),
    as in the ContactMoved facts of that talk; detail is kind:result, the kind blind or consult, the result answered,
    returned (to the agent who transferred), requeued or abandoned.
    what `recording`: started:CLASS, paused, resumed, stopped, stopped:official, stopped:elsewhere (sent on),
    skipped (no room on the disk), failed, not_resumed, not_stopped (the PBX did not answer), deleted:CLASS (its days
    are over; no agent).
    what `abuse`: warned, ended. what `pbx`: died, with the caller, whose number is kept for a call-back (no agent).
    """

    at: float
    contact_id: str
    agent_id: str
    what: str
    detail: str
    by: str | None


@quick
@dataclass(frozen=True, slots=True)
class HandoverWritten:
    """What an agent wrote down for whoever has the contact next (`acd.core.handover`). Agents' words: never logged."""

    at: float
    contact_id: str
    agent_id: str
    topic: str
    asked: str
    notes: str


@quick
@dataclass(frozen=True, slots=True)
class CallbackNoted:
    """What became of a call-back.

    what: booked; kept (the citizen answered); busy, no_answer, no_line (an attempt that failed: `due_at` is the next
    one, None with the last, after which it is failed); failed; rang_in, withdrawn (closed), on_line (the caller never
    left the line).
    """

    at: float
    contact_id: str
    agent_id: str | None
    queue: str
    what: str
    attempts: int  # so far
    due_at: float | None = None


@quick
@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """A caller was asked for their opinion of the talk with `agent_id`. `score` None: they gave none."""

    at: float
    contact_id: str
    agent_id: str
    queue: str
    topic: str
    language: Language
    score: str | None  # very_satisfied, satisfied, neutral, dissatisfied
    comment: bool  # a spoken comment is kept as the contact's recording of the survey's class
    caller: str | None = None  # a keyed hash of the caller's number


Fact = (
    TalkNoted
    | ContactMoved
    | ReservationEnded
    | AgentMoved
    | Decision
    | CallbackNoted
    | SurveyAnswered
    | HandoverWritten
)
