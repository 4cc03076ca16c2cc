"""The states of contacts and agents, and the only transitions there are.

Theory. A *contact* is one request of a citizen; it has one state at a time and walks forward through the
table below, back only from RESERVED to QUEUED (nobody answered), from QUEUED or RESERVED to IVR (back to the menu)
and from CONNECTED or WRAPUP to QUEUED (handed on: the agent's wrap-up goes on without it). A call-back is
CALLBACK_BOOKED until its time, QUEUED then, RESERVED until the citizen has answered too; when they do not answer, or
closing time comes first, it is CALLBACK_BOOKED again.
An *agent* has two independent words: PRESENCE is what the agent says of themselves (or what a dead phone says
for them), WORK is what the engine has them doing. An agent may be offered a contact exactly when presence is
AVAILABLE, work is IDLE and the phone is reachable. A *reservation* ties one contact to one agent; both are RESERVED
together.

Anything that is not in these tables raises `IllegalTransition`, which names both sides.
"""

from __future__ import annotations

from enum import StrEnum


class ContactState(StrEnum):
    """Where a contact is on its way. The last row of states is final."""

    IVR = "ivr"
    QUEUED = "queued"
    RESERVED = "reserved"
    CONNECTED = "connected"
    WRAPUP = "wrapup"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    OVERFLOWED = "overflowed"
    CLOSED = "closed"
    CALLBACK_BOOKED = "callback_booked"
    FAILED = "failed"


class Presence(StrEnum):
    """The agent's own word, and the two that a phone can say for them."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    AWAY = "away"
    NOT_RESPONDING = "not_responding"
    ERROR = "error"


class Work(StrEnum):
    """The engine's word about an agent. OTHER: the device is in a call that is not ours."""

    IDLE = "idle"
    RESERVED = "reserved"
    CONNECTED = "connected"
    HOLD = "hold"
    WRAPUP = "wrapup"
    OTHER = "other"


_C, _P, _W = ContactState, Presence, Work

CONTACT_TRANSITIONS: dict[ContactState, frozenset[ContactState]] = {
    _C.IVR: frozenset({_C.QUEUED, _C.ABANDONED, _C.CLOSED, _C.CALLBACK_BOOKED, _C.OVERFLOWED, _C.FAILED}),
    _C.QUEUED: frozenset(
        {_C.RESERVED, _C.ABANDONED, _C.OVERFLOWED, _C.CLOSED, _C.CALLBACK_BOOKED, _C.FAILED, _C.IVR, _C.CONNECTED}
    ),  # CONNECTED: the fallback queue answered while the engine was taking the caller back; IVR: back to the menu
    _C.RESERVED: frozenset(
        {_C.CONNECTED, _C.QUEUED, _C.ABANDONED, _C.OVERFLOWED, _C.CLOSED, _C.CALLBACK_BOOKED, _C.FAILED, _C.IVR}
    ),
    _C.CONNECTED: frozenset({_C.WRAPUP, _C.QUEUED, _C.FAILED}),
    _C.WRAPUP: frozenset({_C.COMPLETED, _C.QUEUED}),
    _C.COMPLETED: frozenset(),
    _C.ABANDONED: frozenset(),
    _C.OVERFLOWED: frozenset(),
    _C.CLOSED: frozenset(),
    _C.CALLBACK_BOOKED: frozenset({_C.QUEUED, _C.FAILED, _C.CLOSED}),
    _C.FAILED: frozenset(),
}

PRESENCE_TRANSITIONS: dict[Presence, frozenset[Presence]] = {
    _P.OFFLINE: frozenset({_P.AVAILABLE, _P.AWAY, _P.NOT_RESPONDING, _P.ERROR}),  # the last two: after a restart
    _P.AVAILABLE: frozenset({_P.OFFLINE, _P.AWAY, _P.NOT_RESPONDING, _P.ERROR}),
    _P.AWAY: frozenset({_P.OFFLINE, _P.AVAILABLE, _P.AWAY, _P.ERROR}),  # AWAY to AWAY: another reason
    _P.NOT_RESPONDING: frozenset({_P.OFFLINE, _P.AVAILABLE, _P.AWAY, _P.ERROR}),
    _P.ERROR: frozenset({_P.OFFLINE, _P.AVAILABLE, _P.AWAY, _P.NOT_RESPONDING}),  # back to what it was before
}

WORK_TRANSITIONS: dict[Work, frozenset[Work]] = {
    # After a restart CONNECTED comes from the PBX, WRAPUP from the journal.
    _W.IDLE: frozenset({_W.RESERVED, _W.OTHER, _W.CONNECTED, _W.WRAPUP}),
    _W.RESERVED: frozenset({_W.CONNECTED, _W.IDLE, _W.OTHER}),
    _W.CONNECTED: frozenset({_W.HOLD, _W.WRAPUP}),
    _W.HOLD: frozenset({_W.CONNECTED, _W.WRAPUP}),
    _W.WRAPUP: frozenset({_W.IDLE, _W.OTHER}),
    _W.OTHER: frozenset({_W.IDLE, _W.CONNECTED, _W.RESERVED}),  # RESERVED: the queue's ring, beside a call of their own
}

FINAL_CONTACT_STATES = frozenset(state for state, following in CONTACT_TRANSITIONS.items() if not following)


def agent_state(presence: Presence, work: Work) -> str:
    """The one word for an agent's pair of states: what they work on, else what they say of themselves."""
    return presence.value if work is Work.IDLE else work.value


class IllegalTransition(Exception):
    """A transition outside the tables: a bug of ours, never of a caller's. Names the thing and both states."""

    def __init__(self, what: str, old: StrEnum, new: StrEnum) -> None:
        super().__init__(f"{what}: {type(old).__name__} {old.value} may not become {new.value}")
        self.old, self.new = old, new


def check_contact(contact_id: str, old: ContactState, new: ContactState) -> None:
    """Raise IllegalTransition unless the table allows it."""
    if new not in CONTACT_TRANSITIONS[old]:
        raise IllegalTransition(f"contact {contact_id}", old, new)


def check_presence(agent_id: str, old: Presence, new: Presence) -> None:
    """Raise IllegalTransition unless the table allows it."""
    if new not in PRESENCE_TRANSITIONS[old]:
        raise IllegalTransition(f"agent {agent_id}", old, new)


def check_work(agent_id: str, old: Work, new: Work) -> None:
    """Raise IllegalTransition unless the table allows it."""
    if new not in WORK_TRANSITIONS[old]:
        raise IllegalTransition(f"agent {agent_id}", old, new)
