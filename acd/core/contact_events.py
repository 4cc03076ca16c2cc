"""What a contact's events do. Late, doubled, or for something that is gone, each changes nothing and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core import moves
from acd.core.events import (
    Channel,
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    Departure,
    HandOnAsked,
    HoldChanged,
    LegAnswered,
    LegDialled,
    LegFailed,
    LegRang,
    LegResult,
    TalkAdopted,
    TalkEnded,
)
from acd.core.matching import Choice
from acd.core.model import TALKING, Agent, Contact, Reservation, State
from acd.core.states import ContactState, Presence, Work
from dialplan.ruleset import Queue, Source, Strategy

if TYPE_CHECKING:
    from acd.core.moves import Out

_DEPARTURES = {
    Departure.BACK_TO_MENU: (ContactState.IVR, None),
    Departure.OVERFLOW: (ContactState.OVERFLOWED, "overflow"),
    Departure.CLOSED: (ContactState.CLOSED, "closed"),
    Departure.FALLBACK: (ContactState.OVERFLOWED, "fallback"),
    Departure.ERROR: (ContactState.FAILED, "error"),
}


def unknown_queue(key: str) -> Queue:
    """A queue with common values, for a contact whose queue the rules lost in the meantime: nobody is dropped."""
    return Queue(
        key=key,
        labels={},
        skills=(),
        strategy=Strategy.LONGEST_IDLE,
        service_level_s=20.0,
        short_abandon_s=5.0,
        ring_timeout_s=10.0,
        wrapup_s=30.0,
        wrapup_extend_s=30.0,
        rona_exclude_s=60.0,
        announce_every_s=30.0,
        max_waiting=100,
        music="default",
        source=Source("queues.yaml", 0),
    )


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
        )
        state.contacts[contact.id] = contact
        _enter(state, contact, event, out, first=True)
        return
    if contact.state is ContactState.RESERVED:
        return
    if contact.state is ContactState.QUEUED:
        if contact.queue.key == queue.key and contact.requirement == event.requirement:
            return
        moves.move_contact(state, contact, ContactState.IVR, out)
    contact.language, contact.topic, contact.points = event.language, event.topic, event.points
    if contact.state is ContactState.IVR:
        contact.queue, contact.requirement = queue, event.requirement
        _enter(state, contact, event, out)
    else:
        _hand_on(state, contact, out, queue, event)


def _enter(state: State, contact: Contact, event: ContactOffered, out: Out, *, first: bool = False) -> None:
    offered = contact.queue.key not in contact.queues_entered and not event.resumed
    contact.queues_entered.add(contact.queue.key)
    contact.counts = contact.counts or offered
    moves.move_contact(state, contact, ContactState.QUEUED, out, first=first, offered=offered)
    state.unplaced.append((contact, "arrival"))


def _hand_on(state: State, contact: Contact, out: Out, queue: Queue, event: ContactOffered) -> None:
    """From a talk or its wrap-up back into a queue. The talk and its wrap-up belong to the queue it came from."""
    if contact.state is ContactState.CONNECTED:
        moves.end_talk(state, contact, out, into=ContactState.QUEUED)
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
    contact.agent_id = None
    contact.order_since = state.now - contact.waited_s(state.now)


def contact_hung_up(state: State, event: ContactHungUp, out: Out) -> None:
    """The caller is gone: abandoned when they waited, the end of the talk when they talked."""
    contact = state.contacts.get(event.contact_id)
    if contact is None or contact.state is ContactState.WRAPUP:
        return
    if contact.state is ContactState.CONNECTED:
        moves.end_talk(state, contact, out)
        return
    kind = "queue"
    if contact.reservation is not None:
        if contact.reservation.rang_at is not None:
            kind = "ringing"
        moves.void(state, contact.reservation, out)
    if contact.waited_s(state.now) < contact.queue.short_abandon_s:
        kind = "short"
    moves.move_contact(state, contact, ContactState.ABANDONED, out, detail=kind)


def contact_departed(state: State, event: ContactDeparted, out: Out) -> None:
    """The session takes the contact away. To the menu, it stays known with its first_queued_at."""
    contact = state.contacts.get(event.contact_id)
    new, detail = _DEPARTURES[event.why]
    if contact is None or contact.state in (ContactState.CONNECTED, ContactState.WRAPUP, new):
        return
    if contact.reservation is not None:
        moves.void(state, contact.reservation, out)
    moves.move_contact(state, contact, new, out, detail=detail)


def _ringing(state: State, event: LegDialled | LegRang | LegFailed) -> Reservation | None:
    """The reservation that a leg's event is about, unless the event is an earlier ring's."""
    contact = state.contacts.get(event.contact_id)
    reservation = contact.reservation if contact is not None else None
    if reservation is None or reservation.agent.id != event.agent_id or reservation.retry_due:
        return None
    return reservation if event.reservation_id in (None, reservation.id) else None


def leg_dialled(state: State, event: LegDialled, out: Out) -> None:
    """From now on the phone has `no_ringing_s` to ring."""
    del out
    reservation = _ringing(state, event)
    if reservation is not None and not reservation.dialled:
        reservation.dialled = True
        if reservation.rang_at is None:
            timer = moves.reservation_timer(reservation.agent.id)
            state.timers.set(timer, state.now + state.limits.no_ringing_s)


def leg_rang(state: State, event: LegRang, out: Out) -> None:
    """The phone lives; Dial's time-out runs, ours a little later."""
    del out
    reservation = _ringing(state, event)
    if reservation is not None and reservation.rang_at is None:
        reservation.rang_at = state.now
        ring_s = reservation.contact.queue.ring_timeout_s + state.limits.ring_slack_s
        state.timers.set(moves.reservation_timer(reservation.agent.id), state.now + ring_s)


def leg_answered(state: State, event: LegAnswered, out: Out) -> None:
    """A talk begins, as the PBX says; whatever else was planned for the contact or the agent is undone."""
    contact = state.contacts.get(event.contact_id)
    if contact is not None and contact.state in (ContactState.QUEUED, ContactState.RESERVED):
        answer(state, contact, event.agent_id, out)


def answer(state: State, contact: Contact, agent_id: str, out: Out) -> None:
    """QUEUED or RESERVED to CONNECTED with this agent."""
    reservation = contact.reservation
    if reservation is not None and reservation.agent.id == agent_id:
        moves.end_reservation(state, reservation, "answered", out)
    else:
        if reservation is not None:
            moves.void(state, reservation, out)
        interrupt(state, agent_id, out)
    moves.connect(state, contact, agent_id, state.agents.get(agent_id), out)


def interrupt(state: State, agent_id: str, out: Out) -> None:
    """End what this agent was thought to be in, because the PBX has them in a talk: a lost event's repair."""
    agent = state.agents.get(agent_id)
    if agent is None:
        return
    if agent.reservation is not None:
        other = agent.reservation.contact
        moves.void(state, agent.reservation, out, result=LegResult.BUSY)
        moves.back_to_queue(state, other, out)
    elif agent.work in TALKING and agent.contact is not None:
        moves.end_talk(state, agent.contact, out)
    if agent.work is Work.WRAPUP:
        moves.end_wrapup(state, agent, out)


def leg_failed(state: State, event: LegFailed, out: Out) -> None:
    """Nobody answered. An early 486 after the agent's own hang-up is the old call's echo: once, it does not count."""
    reservation = _ringing(state, event)
    if reservation is None:
        return
    limits, own = state.limits, event.own_hangup_s
    if event.result is LegResult.BUSY and own is not None and own <= limits.own_hangup_s and not reservation.retried:
        reservation.retried = reservation.retry_due = True
        state.timers.set(moves.reservation_timer(reservation.agent.id), state.now + limits.retry_after_s)
        return
    moves.fail(state, reservation, event.result, out)


def hold_changed(state: State, event: HoldChanged, out: Out) -> None:
    """CONNECTED to HOLD and back; the contact itself stays CONNECTED."""
    contact = state.contacts.get(event.contact_id)
    if contact is None or contact.state is not ContactState.CONNECTED:
        return
    if event.on_hold is (contact.hold_since is not None):
        return
    if event.on_hold:
        contact.hold_since = state.now
    elif contact.hold_since is not None:
        contact.held_s += state.now - contact.hold_since
        contact.hold_since = None
    agent = moves.talker(state, contact)
    if agent is not None:
        moves.move_agent(state, agent, out, work=Work.HOLD if event.on_hold else Work.CONNECTED)


def talk_ended(state: State, event: TalkEnded, out: Out) -> None:
    """Wrap-up begins."""
    contact = state.contacts.get(event.contact_id)
    if contact is not None and contact.state is ContactState.CONNECTED:
        moves.end_talk(state, contact, out)


def talk_adopted(state: State, event: TalkAdopted, out: Out) -> None:
    """The PBX has these two in a talk. A contact that is not known is taken in as it is, and counted by nobody."""
    contact = state.contacts.get(event.contact_id)
    since = min(event.since, state.now)
    if contact is not None and contact.state is ContactState.CONNECTED:
        if contact.agent_id == event.agent_id:
            return
        moves.end_talk(state, contact, out, into=ContactState.QUEUED)
    elif contact is not None and contact.state is ContactState.WRAPUP:
        detach_from_wrapup(state, contact)
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    elif contact is not None and contact.state is ContactState.IVR:
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    if contact is not None:
        answer(state, contact, event.agent_id, out)
        contact.connected_at = since
        return
    agent = state.agents.get(event.agent_id)
    if agent is None:
        return
    interrupt(state, agent.id, out)
    agent = state.agents.get(event.agent_id)  # an agent on their way out of the rules may have left with that
    queue = state.queues.get(event.queue) or unknown_queue(event.queue)
    requirement = queue.requirement(event.language)
    contact = Contact(
        event.contact_id, Channel.VOICE, event.language, event.topic, queue, requirement, 0.0, since, since, 0.0
    )
    contact.agent_id, contact.connected_at = event.agent_id, since
    contact.queues_entered.add(queue.key)
    state.contacts[contact.id] = contact
    moves.move_contact(state, contact, ContactState.CONNECTED, out, first=True)
    if agent is not None:
        agent.contact = contact
        moves.move_agent(state, agent, out, work=Work.CONNECTED)


def hand_on_asked(state: State, event: HandOnAsked, out: Out) -> None:
    """A blind transfer to this agent, or back to the one who made it, if they may be rung."""
    contact, agent = state.contacts.get(event.contact_id), state.agents.get(event.agent_id)
    if contact is None or agent is None or contact.state not in (ContactState.CONNECTED, ContactState.WRAPUP):
        return
    own = agent.contact is contact
    if not (_may_get_back(agent) if own else agent.offerable()):
        return
    if contact.state is ContactState.CONNECTED:
        moves.end_talk(state, contact, out, into=ContactState.QUEUED)
    else:
        detach_from_wrapup(state, contact)
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    if own and agent.work is Work.WRAPUP:
        moves.end_wrapup(state, agent, out)
    contact.excluded.discard(agent.id)
    agent.excluded_by.discard(contact.id)
    state.timers.cancel(moves.exclusion_timer(contact.id, agent.id))
    moves.reserve(state, Choice(contact, agent, 1, ()), "handed_on", out)


def _may_get_back(agent: Agent) -> bool:
    presence = agent.asked[0] if agent.asked is not None else agent.presence
    elsewhere = agent.device_busy and agent.work is Work.WRAPUP
    there = agent.reachable and not agent.leaving and presence not in (Presence.OFFLINE, Presence.ERROR)
    return there and not elsewhere
