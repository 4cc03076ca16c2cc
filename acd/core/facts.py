"""Every state change as one frozen event: what journal, metrics, log and desks subscribe to.

A fact carries all that its subscribers need, so that none of them keeps state of the ACD's. Phone numbers are
in none of them. `at` is epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.records import quick
from acd.core.states import ContactState, Presence, Work
from dialplan.ruleset import Language, Requirement


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
    detail: str | None  # abandoned: short, queue, ringing; overflowed: overflow, closed, full, fallback, error
    talk_s: float = 0.0  # set when CONNECTED ends: talk without hold
    hold_s: float = 0.0  # set when CONNECTED ends


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

    Trigger arrival: another agent for this contact: excluded, longer_idle, better_skill or less_occupied (the chosen
    one is), busy, not_available. Trigger freed: another contact for this agent: excluded, language, skill (it
    waited longer, but the agent may not take it), earlier (the chosen one came earlier).
    """

    agent_id: str
    code: str
    contact_id: str


@quick
@dataclass(frozen=True, slots=True)
class Decision:
    """Why this contact went to this agent. The sentence is made when it is read (`acd.explain`)."""

    at: float
    contact_id: str
    agent_id: str
    reservation_id: int
    queue: str
    requirement: Requirement
    strategy: str
    trigger: str  # freed: the agent came to waiting contacts; the contact came to idle agents: arrival, returned
    # (nobody answered), exclusion_ended; handed_on: an agent transferred it
    waited_s: float
    candidates: int  # idle eligible agents, or waiting contacts the agent could take
    passed_over: tuple[PassedOver, ...]  # the first five
    rule: str  # file:line of the queue


Fact = ContactMoved | ReservationEnded | AgentMoved | Decision
