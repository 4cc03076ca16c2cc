"""Call-backs (예약전화): booked, due, agent first, then the citizen; tried again, closed, bound to opening hours.

A call-back is a contact of channel CALLBACK: it has its id, first_queued_at and place like any other, and nobody is on
the line. The agent is RESERVED until the citizen has answered too. Once the citizen's phone was rung it is an attempt,
whoever ended it, so that nobody is rung over and over. Late, doubled, or for something that is gone, each event
changes nothing and says nothing.
"""

from __future__ import annotations

from acd.core import answers, moves, reservations, talks
from acd.core.commands import Note, Unassign
from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CallOutEnded,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
    HoursChanged,
)
from acd.core.events.contacts import Channel
from acd.core.events.legs import LegResult
from acd.core.facts import CallbackNoted
from acd.core.model import Contact, Reservation, State
from acd.core.moves import Out
from acd.core.rules_events import unknown_queue
from acd.core.states import ContactState

_ON_THE_LINE = frozenset({ContactState.IVR, ContactState.QUEUED, ContactState.RESERVED})


def callback_booked(state: State, event: CallbackBooked, out: Out) -> None:
    """The caller leaves the line and keeps the place; or a new contact is to be called at its time."""
    contact = state.contacts.get(event.contact_id)
    if contact is None:
        first_queued_at = min(event.first_queued_at, max(state.now, event.due_at))
        contact = Contact(
            event.contact_id,
            Channel.CALLBACK,
            event.language,
            event.topic,
            state.queues.get(event.queue) or unknown_queue(event.queue),
            event.requirement,
            event.points,
            first_queued_at,
            order_since=first_queued_at,
            waited_before_s=max(0.0, event.waited_s),
            order_class=event.order_class,
            caller=event.caller,
        )
        contact.attempts, contact.promised = event.attempts, event.counted
        if event.counted:
            contact.queues_entered.add(contact.queue.key)
        state.contacts[contact.id] = contact
        moves.move_contact(state, contact, ContactState.CALLBACK_BOOKED, out, first=True, detail="later")
    elif contact.channel is not Channel.CALLBACK and contact.state in _ON_THE_LINE:
        if contact.reservation is not None:
            reservations.void(state, contact.reservation, out)
        contact.promised = contact.counts or event.counted
        contact.counts = False
        contact.caller = event.caller or contact.caller
        moves.move_contact(state, contact, ContactState.CALLBACK_BOOKED, out, detail="callback")
        contact.channel = Channel.CALLBACK
    else:
        return
    if event.slot_at is not None:
        contact.order_since = event.slot_at
    contact.due_at = event.due_at
    if not event.restored:
        _note(state, contact, out, "booked", due_at=event.due_at)
    due(state, contact, out)


def due(state: State, contact: Contact, out: Out) -> None:
    """QUEUED at its time, or when the centre opens after that; until then it is booked."""
    due_at = max(contact.due_at, state.closed_until or 0.0)
    if due_at > state.now:
        state.timers.set(moves.callback_timer(contact.id), due_at)
        return
    first = contact.queue.key not in contact.queues_entered
    contact.queues_entered.add(contact.queue.key)
    contact.counts = contact.counts or first
    moves.move_contact(state, contact, ContactState.QUEUED, out, offered=first)
    state.unplaced.append((contact, "callback"))


def hours_changed(state: State, event: HoursChanged, out: Out) -> None:
    """At closing time those who wait for an agent wait for the opening; who is being rung is served."""
    state.closed_until = event.closed_until
    for contact in [one for one in state.contacts.values() if one.is_called()]:
        if contact.state is ContactState.QUEUED and state.closed():
            contact.due_at = state.now
            moves.move_contact(state, contact, ContactState.CALLBACK_BOOKED, out, detail="later")
        if contact.state is ContactState.CALLBACK_BOOKED:
            due(state, contact, out)


def agent_answered(state: State, contact: Contact, agent_id: str) -> None:
    """The agent is there; the citizen is rung when the whisper is over."""
    reservation = contact.reservation
    if reservation is None or reservation.agent.id != agent_id or reservation.agent_there:
        return
    reservation.dialled = reservation.agent_there = True
    reservation.rang_at = state.now if reservation.rang_at is None else reservation.rang_at
    state.timers.set(moves.reservation_timer(agent_id), state.now + state.limits.to_citizen_s)


def citizen_dialled(state: State, event: CitizenDialled, out: Out) -> None:
    """An attempt. The agent must have answered by now, whether or not that was told."""
    del out
    contact = _called(state, event.contact_id)
    reservation = contact.reservation if contact is not None else None
    if contact is None or reservation is None or reservation.citizen_dialled:
        return
    agent_answered(state, contact, reservation.agent.id)
    reservation.citizen_dialled = True
    contact.attempts += 1
    ring_s = state.callback.ring_timeout_s + state.limits.citizen_slack_s
    state.timers.set(moves.reservation_timer(reservation.agent.id), state.now + ring_s)


def citizen_answered(state: State, event: CitizenAnswered, out: Out) -> None:
    """CONNECTED, and the promise is kept. Also when the engine had given this call up, or died over it."""
    contact = _called(state, event.contact_id)
    if contact is None:
        return
    agent_id = contact.reservation.agent.id if contact.reservation is not None else event.agent_id
    if agent_id is None:
        return
    if contact.state is ContactState.CALLBACK_BOOKED:
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    answers.answer(state, contact, agent_id, out)


def citizen_failed(state: State, event: CitizenFailed, out: Out) -> None:
    """Remembered until the agent's leg ends: before that the agent hears why, and is not free."""
    del out
    contact = _called(state, event.contact_id)
    if contact is None or contact.reservation is None or contact.reservation.citizen_failed is not None:
        return
    reservation = contact.reservation
    if reservation.agent_there:
        reservation.citizen_failed = event.result
        timer = moves.reservation_timer(reservation.agent.id)
        state.timers.set(timer, state.now + state.limits.citizen_slack_s)


def call_out_over(state: State, reservation: Reservation, out: Out, *, cut: bool = False) -> None:
    """The session that rang agent and citizen has ended without a talk. `cut`: it has not, and is to be ended."""
    contact, agent = reservation.contact, reservation.agent
    if cut:
        out.append(Unassign(contact.id, agent.id, reservation.id))
    if not reservation.citizen_dialled:
        if reservation.agent_there:  # hung up before anybody was rung
            reservations.fail(state, reservation, LegResult.DECLINED, out)
        else:
            reservations.not_taken(state, reservation, out)
        return
    result = reservation.citizen_failed or CitizenResult.NO_ANSWER
    reservations.end_reservation(state, reservation, reservations.CALLER_GONE, out)
    agent.device_busy = False  # it rang for us
    if contact.attempts < state.callback.attempts:
        due_at = reservations.book_again(state, contact, out)
        _note(state, contact, out, result.value, agent_id=agent.id, due_at=due_at)
    else:
        contact.agent_id = None
        _note(state, contact, out, result.value, agent_id=agent.id)
        _note(state, contact, out, "failed")
        detail = "unkept" if contact.promised else "error"
        moves.move_contact(state, contact, ContactState.FAILED, out, detail=detail)
    moves.release(state, agent, out)


def call_out_ended(state: State, event: CallOutEnded, out: Out) -> None:
    """By the session's end, should the agent's leg not have told; or the citizen of a talk of ours is gone."""
    contact = state.contacts.get(event.contact_id)
    if contact is None:
        return
    if contact.state is ContactState.CONNECTED and contact.call_out in (None, event.reservation_id):
        talks.end_talk(state, contact, out)
    elif contact.is_called() and contact.reservation is not None and contact.reservation.id == event.reservation_id:
        call_out_over(state, contact.reservation, out)


def callback_closed(state: State, event: CallbackClosed, out: Out) -> None:
    """Not needed any more; an agent who is being rung for it is let go."""
    contact = _called(state, event.contact_id)
    if contact is None:
        return
    if contact.reservation is not None:
        reservations.void(state, contact.reservation, out)
    _note(state, contact, out, event.why.value)
    again = event.why is CallbackEnd.KEPT and not contact.promised  # nobody was counted as gone for it
    moves.move_contact(state, contact, ContactState.CLOSED, out, detail="later" if again else event.why.value)


def back_on_line(state: State, contact: Contact, out: Out) -> None:
    """Its citizen is on the line, in a session of ours that offers it: a voice contact from now on, in its place."""
    if contact.is_called():
        _note(state, contact, out, "on_line")
        if contact.reservation is not None:
            reservations.void(state, contact.reservation, out)
            contact.agent_id = None
        if contact.state is not ContactState.QUEUED:
            moves.move_contact(state, contact, ContactState.QUEUED, out)
            state.unplaced.append((contact, "arrival"))
        contact.attempts = 0
    contact.channel = Channel.VOICE


def _called(state: State, contact_id: str) -> Contact | None:
    contact = state.contacts.get(contact_id)
    return contact if contact is not None and contact.is_called() else None


def _note(
    state: State, contact: Contact, out: Out, what: str, *, agent_id: str | None = None, due_at: float | None = None
) -> None:
    fact = CallbackNoted(state.now, contact.id, agent_id, contact.queue.key, what, contact.attempts, due_at)
    out.append(Note(fact))
