"""What happens on an agent's leg: dialled, rung, answered, failed, held, ended, and what the PBX says after a restart.

Late, doubled, or for something that is gone, each changes nothing and says nothing.
"""

from __future__ import annotations

from acd.core import callback_events, moves, reservations, talks
from acd.core.answers import answer, interrupt
from acd.core.contact_events import detach_from_wrapup
from acd.core.events.contacts import Channel
from acd.core.events.found import RingAdopted, RingEnded, TalkAdopted
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.model import Contact, Reservation, State
from acd.core.moves import Out
from acd.core.rules_events import unknown_queue
from acd.core.states import ContactState, Work


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
    """A talk begins, as the PBX says; of a call-back, the agent is there and the citizen's turn has come."""
    contact = state.contacts.get(event.contact_id)
    if contact is None or contact.state not in (ContactState.QUEUED, ContactState.RESERVED):
        return
    if contact.channel is Channel.CALLBACK:
        callback_events.agent_answered(state, contact, event.agent_id)
    else:
        answer(state, contact, event.agent_id, out)


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
    reservations.fail(state, reservation, event.result, out)


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
    agent = talks.talker(state, contact)
    if agent is not None:
        moves.move_agent(state, agent, out, work=Work.HOLD if event.on_hold else Work.CONNECTED)


def talk_ended(state: State, event: TalkEnded, out: Out) -> None:
    """Wrap-up begins. Of a call-back whose citizen has not answered: the agent's leg is over."""
    contact = state.contacts.get(event.contact_id)
    if contact is None:
        return
    if contact.state is ContactState.CONNECTED:
        talks.end_talk(state, contact, out)
    elif contact.reservation is not None and contact.reservation.agent_there:
        # It may be a very late word on an earlier leg: a session that still has one of this contact lets go.
        callback_events.call_out_over(state, contact.reservation, out, cut=True)


def ring_adopted(state: State, event: RingAdopted, out: Out) -> None:
    """The queue rings: RESERVED both, as if we rang. The contact has its place, should nobody answer.

    An agent who is in something already stays in it; one of the two rings will meet a busy phone.
    """
    contact, agent = state.contacts.get(event.contact_id), state.agents.get(event.agent_id)
    if agent is None or agent.work not in (Work.IDLE, Work.OTHER):
        return
    if contact is None:
        queue = state.queues.get(event.queue) or unknown_queue(event.queue)
        requirement = queue.requirement(event.language)
        since = min(event.first_queued_at, state.now)
        contact = Contact(
            event.contact_id, Channel.VOICE, event.language, event.topic, queue, requirement, 0.0, since, since,
            waited_before_s=state.now - since, counts=True,
        )  # fmt: skip
        contact.queues_entered.add(queue.key)
        contact.in_net = True
        state.contacts[contact.id] = contact
        moves.move_contact(state, contact, ContactState.QUEUED, out, first=True, offered=not event.resumed)
    elif contact.is_called():
        return  # its caller never left the line, and the queue rings for them: /resume or the talk will tell
    elif contact.reservation is not None and contact.reservation.of_queue:
        reservations.queue_gave_up(state, contact.reservation, out)  # it rings somebody else now
    if contact.state is not ContactState.QUEUED:
        return
    reservations.reserve_rung(state, contact, agent, out)


def ring_ended(state: State, event: RingEnded, out: Out) -> None:
    """Nobody answered the queue's ring. Says nothing about a ring of ours for the same pair.

    The agent is kept for a moment: the caller comes back now, and nobody who waits shorter is to be quicker.
    """
    contact = state.contacts.get(event.contact_id)
    reservation = contact.reservation if contact is not None else None
    del out
    if reservation is not None and reservation.of_queue and reservation.agent.id == event.agent_id:
        timer = moves.reservation_timer(event.agent_id)
        due = state.timers.at(timer)
        state.timers.set(timer, min(due or state.now, state.now + state.limits.back_s))


def talk_adopted(state: State, event: TalkAdopted, out: Out) -> None:
    """The PBX has these two in a talk. A contact that is not known is taken in as it is."""
    contact = state.contacts.get(event.contact_id)
    since = min(event.since, state.now)
    if contact is not None and contact.state is ContactState.CONNECTED:
        if contact.agent_id == event.agent_id:
            return
        talks.end_talk(state, contact, out, into=ContactState.QUEUED)
    elif contact is not None and contact.state is ContactState.WRAPUP:
        detach_from_wrapup(state, contact)
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    elif contact is not None and contact.state in (ContactState.IVR, ContactState.CALLBACK_BOOKED):
        moves.move_contact(state, contact, ContactState.QUEUED, out)
    if contact is not None:
        answer(state, contact, event.agent_id, out)
        contact.connected_at = since
        return
    if event.agent_id not in state.agents and not event.official:
        return
    interrupt(state, event.agent_id, out)
    agent = state.agents.get(event.agent_id)  # an agent on their way out of the rules may have left with that
    queue = state.queues.get(event.queue) or unknown_queue(event.queue)
    requirement = queue.requirement(event.language)
    queued_at = min(event.first_queued_at, since) if event.counts and event.first_queued_at is not None else since
    contact = Contact(
        event.contact_id, Channel.VOICE, event.language, event.topic, queue, requirement, 0.0, queued_at, queued_at,
        waited_before_s=since - queued_at,
    )  # fmt: skip
    contact.agent_id, contact.connected_at = event.agent_id, since
    contact.queues_entered.add(queue.key)
    state.contacts[contact.id] = contact
    within = contact.waited_before_s <= queue.service_level_s if event.counts else None
    moves.move_contact(
        state, contact, ContactState.CONNECTED, out, first=True, offered=event.offered, within_threshold=within
    )
    if agent is not None:
        agent.contact, agent.busy_since = contact, since
        moves.move_agent(state, agent, out, work=Work.CONNECTED)
