"""What a contact's events do. Late, doubled, or for something that is gone, each changes nothing and says nothing.

What happens on an agent's leg is in `acd.core.leg_events`.
"""

from __future__ import annotations

from acd.core import callback_events, lanes, moves, reservations, talks
from acd.core.commands import Note
from acd.core.events.contacts import (
    Channel,
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    Departure,
    FellIntoNet,
    HandOnAsked,
    HandoverNoted,
    SentOut,
)
from acd.core.facts import HandoverWritten
from acd.core.matching import Choice
from acd.core.model import WAITING, Agent, Contact, State
from acd.core.moves import Out
from acd.core.rules_events import unknown_queue
from acd.core.states import ContactState, Work
from dialplan.queuerules import Queue

_DEPARTURES = {
    Departure.BACK_TO_MENU: (ContactState.IVR, None),
    Departure.OVERFLOW: (ContactState.OVERFLOWED, "overflow"),
    Departure.FULL: (ContactState.OVERFLOWED, "full"),
    Departure.CLOSED: (ContactState.CLOSED, "closed"),
    Departure.CALLBACK: (ContactState.OVERFLOWED, "callback"),
    Departure.FALLBACK: (ContactState.OVERFLOWED, "fallback"),
    Departure.PBX_LOST: (ContactState.FAILED, "pbx_lost"),
    Departure.ERROR: (ContactState.FAILED, "error"),
}


def contact_offered(state: State, event: ContactOffered, out: Out) -> None:
    """A new contact, one that is back from the menu, one that is handed on, or one that changes its queue."""
    contact = state.contacts.get(event.contact_id)
    queue = state.queues.get(event.queue) or unknown_queue(event.queue)
    if contact is None:
        first_queued_at = state.now if event.first_queued_at is None else min(event.first_queued_at, state.now)
        contact = Contact(
            event.contact_id,
            event.channel,
            event.language,
            event.topic,
            queue,
            event.requirement,
            event.points,
            first_queued_at,
            order_since=first_queued_at,
            waited_before_s=max(0.0, event.waited_s),
            counts=event.resumed,
            order_class=event.order_class,
            sticky=event.sticky_agent,
            caller=event.caller,
        )
        state.contacts[contact.id] = contact
        _enter(state, contact, event, out, first=True)
        return
    if contact.channel is Channel.CALLBACK:
        callback_events.back_on_line(state, contact, out)
    back = contact.in_net
    if back:
        _leave_net(state, contact, out)
    if contact.state is ContactState.RESERVED:
        return
    if contact.state is ContactState.QUEUED:
        if contact.queue.key == queue.key and contact.requirement == event.requirement:
            if back:
                lanes.enqueue(state, contact)
                state.unplaced.append((contact, "arrival"))
            return
        moves.move_contact(state, contact, ContactState.IVR, out)
    contact.language, contact.topic, contact.points = event.language, event.topic, event.points
    contact.order_class, contact.sticky = event.order_class, event.sticky_agent
    if contact.state is ContactState.IVR:
        contact.queue, contact.requirement = queue, event.requirement
        _enter(state, contact, event, out)
    else:
        _hand_on(state, contact, out, queue, event)
        if (agent := state.agents.get(event.handed_on_by or "")) is not None:
            moves.exclude(state, contact, agent, queue.rona_exclude_s)


def _leave_net(state: State, contact: Contact, out: Out) -> None:
    """`/resume` has connected: the queue has let go of the caller, and so of whomever it rang, told or not yet."""
    if contact.reservation is not None:
        reservations.queue_gave_up(state, contact.reservation, out)
    contact.in_net = contact.out = False


def fell_into_net(state: State, event: FellIntoNet, out: Out) -> None:
    """The contact keeps its place and its waiting time, and no agent is held for it."""
    contact = state.contacts.get(event.contact_id)
    if contact is None:
        return
    contact.out = False
    if contact.in_net or contact.state not in (*WAITING, ContactState.IVR) or contact.is_called():
        return
    if contact.reservation is not None:
        reservations.void(state, contact.reservation, out)
    contact.in_net = True
    if contact.state is ContactState.QUEUED:
        lanes.dequeue(state, contact)
    else:
        moves.move_contact(state, contact, ContactState.QUEUED, out)


def _enter(state: State, contact: Contact, event: ContactOffered, out: Out, *, first: bool = False) -> None:
    offered = contact.queue.key not in contact.queues_entered and not event.resumed
    contact.queues_entered.add(contact.queue.key)
    contact.counts = contact.counts or offered
    moves.move_contact(state, contact, ContactState.QUEUED, out, first=first, offered=offered)
    state.unplaced.append((contact, "arrival"))


def _hand_on(state: State, contact: Contact, out: Out, queue: Queue, event: ContactOffered) -> None:
    """From a talk or its wrap-up back into a queue. The talk and its wrap-up belong to the queue it came from."""
    if contact.state is ContactState.CONNECTED:
        talks.end_talk(state, contact, out, into=ContactState.QUEUED)
    else:
        detach_from_wrapup(state, contact)
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    if contact.queue.key != queue.key or contact.requirement != event.requirement:
        moves.move_contact(state, contact, ContactState.IVR, out)
        contact.queue, contact.requirement = queue, event.requirement
        _enter(state, contact, event, out)
    else:
        state.unplaced.append((contact, "arrival"))


def detach_from_wrapup(state: State, contact: Contact) -> None:
    """The contact goes on while its agent's wrap-up runs on; its place is that of its waiting time alone."""
    agent = state.agents.get(contact.agent_id or "")
    if agent is not None and agent.contact is contact:
        agent.contact = None
    contact.agent_id, contact.channel = None, Channel.VOICE  # one that was called back is on the line now
    contact.order_since = state.now - contact.waited_s(state.now)


def contact_hung_up(state: State, event: ContactHungUp, out: Out) -> None:
    """The caller is gone: abandoned when they waited, the end of the talk when they talked."""
    contact = state.contacts.get(event.contact_id)
    if contact is None or contact.state is ContactState.WRAPUP or contact.is_called():
        return
    if contact.state is ContactState.CONNECTED:
        talks.end_talk(state, contact, out)
        return
    kind = "queue"
    if contact.reservation is not None:
        if contact.reservation.rang_at is not None:
            kind = "ringing"
        reservations.void(state, contact.reservation, out)
    if contact.waited_s(state.now) < contact.queue.short_abandon_s:
        kind = "short"
    state.patience.observe(contact.waited_s(state.now), gave_up=True)
    if not contact.counts:  # answered, and handed on after it: the queue's figures have its outcome already
        kind = "handed_on"
    moves.move_contact(state, contact, ContactState.ABANDONED, out, detail=kind)


def contact_departed(state: State, event: ContactDeparted, out: Out) -> None:
    """The session takes the contact away. To the menu, it stays known with its first_queued_at."""
    contact = state.contacts.get(event.contact_id)
    new, detail = _DEPARTURES[event.why]
    if contact is None or contact.state in (ContactState.CONNECTED, ContactState.WRAPUP, new) or contact.is_called():
        return
    if contact.reservation is not None:
        reservations.void(state, contact.reservation, out)
    moves.move_contact(state, contact, new, out, detail=detail)


def sent_out(state: State, event: SentOut, out: Out) -> None:
    """A blind transfer to an official: out of the talk, and in nobody's lane while they are rung."""
    contact = state.contacts.get(event.contact_id)
    if contact is None or contact.state not in (ContactState.CONNECTED, ContactState.WRAPUP):
        return
    contact.in_net = contact.out = True
    if contact.state is ContactState.CONNECTED:
        talks.end_talk(state, contact, out, into=ContactState.QUEUED)
    else:
        detach_from_wrapup(state, contact)
        moves.move_contact(state, contact, ContactState.QUEUED, out)


def handover_noted(state: State, event: HandoverNoted, out: Out) -> None:
    """It rides on from here, and into the record."""
    contact, written = state.contacts.get(event.contact_id), event.handover
    if contact is None or contact.agent_id != event.agent_id or contact.handover == written:
        return
    contact.handover, contact.topic = written, written.topic
    out.append(
        Note(HandoverWritten(state.now, contact.id, event.agent_id, written.topic, written.asked, written.notes))
    )


def _back_from_outside(state: State, contact: Contact, agent: Agent, out: Out) -> None:
    """The official did not answer: back to the agent, from the wrap-up of that talk too."""
    if not reservations.may_get_back(agent):
        return
    if agent.work is Work.WRAPUP and agent.contact is None:
        talks.end_wrapup(state, agent, out)
    elif not agent.offerable():
        return
    contact.in_net = contact.out = False
    reservations.reserve(state, Choice(contact, agent, 1, ()), "handed_on", out)


def hand_on_asked(state: State, event: HandOnAsked, out: Out) -> None:
    """A blind transfer to this agent, or back to the one who made it, if they may be rung."""
    contact, agent = state.contacts.get(event.contact_id), state.agents.get(event.agent_id)
    if contact is None or agent is None:
        return
    if contact.state is ContactState.QUEUED and contact.out:
        _back_from_outside(state, contact, agent, out)
        return
    if contact.state not in (ContactState.CONNECTED, ContactState.WRAPUP):
        return
    own, by = agent.contact is contact, contact.agent_id
    if not (reservations.may_get_back(agent) if own else agent.offerable()):
        return
    if contact.state is ContactState.CONNECTED:
        talks.end_talk(state, contact, out, into=ContactState.QUEUED)
    else:
        detach_from_wrapup(state, contact)
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    if own and agent.work is Work.WRAPUP:
        talks.end_wrapup(state, agent, out)
    contact.excluded.discard(agent.id)
    agent.excluded_by.discard(contact.id)
    state.timers.cancel(moves.exclusion_timer(contact.id, agent.id))
    contact.handed_on_by = None if own else by
    reservations.reserve(state, Choice(contact, agent, 1, ()), "handed_on", out)
