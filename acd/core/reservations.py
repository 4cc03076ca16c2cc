"""Reservations: a pair is tied, rings, and is untied again by whatever happens. An answer is in `acd.core.talks`.

Every way out of RESERVED frees the agent and says what becomes of the contact; a contact that needs another agent
lands in `state.unplaced`, and `acd.core.step` matches it.
"""

from __future__ import annotations

from acd.core import passedover, talks
from acd.core.commands import Assign, HandOver, Note, Notice, Tell, Unassign
from acd.core.estimate import estimate
from acd.core.events.contacts import Channel
from acd.core.events.legs import LegResult
from acd.core.facts import Decision, ReservationEnded
from acd.core.matching import Choice, refused
from acd.core.model import Agent, Contact, Reservation, State
from acd.core.moves import Out, callback_timer, exclude, move_agent, move_contact, release, reservation_timer
from acd.core.states import ContactState, Presence, Work

CALLER_GONE = "caller_gone"


def reserve(state: State, choice: Choice, trigger: str, out: Out) -> None:
    """Tie the pair together, say why, and have the caller's session ring the agent."""
    contact, agent, queue, now = choice.contact, choice.agent, choice.contact.queue, state.now
    state.serial += 1
    reservation = Reservation(state.serial, contact, agent, agent.idle_since)
    out.append(
        Note(
            Decision(
                now,
                contact.id,
                agent.id,
                reservation.id,
                queue.key,
                contact.asks(),
                queue.strategy,
                trigger,
                contact.waited_s(now),
                choice.candidates,
                choice.passed_over,
                rule_of(contact),
                contact.step,
            )
        )
    )
    contact.reservation = agent.reservation = reservation
    contact.agent_id, agent.contact = agent.id, contact
    move_contact(state, contact, ContactState.RESERVED, out)
    move_agent(state, agent, out, work=Work.RESERVED)
    assign(state, reservation, out)


def rule_of(contact: Contact) -> str:
    """file:line of what says who may answer this contact now: its queue, or the last step that it has passed."""
    steps = contact.queue.steps
    return str(steps[contact.step - 1].source if 0 < contact.step <= len(steps) else contact.queue.source)


def refuse(state: State, contact: Contact, trigger: str, out: Out) -> None:
    """Nobody can take a waiting contact now: say so, and at its arrival how long it will be."""
    now, queue = state.now, contact.queue
    if trigger == "arrival" and contact.estimated_s is None:
        more_s = estimate(state, contact)
        contact.estimated_s = None if more_s is None else contact.waited_s(now) + more_s
    out.append(
        Note(
            Decision(
                now,
                contact.id,
                None,
                None,
                queue.key,
                contact.asks(),
                queue.strategy,
                trigger,
                contact.waited_s(now),
                0,
                refused(state, contact),
                rule_of(contact),
                contact.step,
                "step" if trigger == "step" else "refusal",
            )
        )
    )


def refuse_agent(state: State, agent: Agent, out: Out) -> None:
    """Contacts wait, and none of them is for this freed agent: say why."""
    passed = tuple(passedover.contacts(state, agent, None))
    rule = str(agent.rule.source)
    out.append(
        Note(Decision(state.now, None, agent.id, None, "", None, "", "freed", 0.0, 0, passed, rule, 0, "refusal"))
    )


def assign(state: State, reservation: Reservation, out: Out) -> None:
    """Have the session ring the agent, and give it a time to begin."""
    contact, agent = reservation.contact, reservation.agent
    state.timers.set(reservation_timer(agent.id), state.now + state.limits.not_taken_s)
    call_back = contact.channel is Channel.CALLBACK
    out.append(Assign(contact.id, agent.id, reservation.id, contact.queue.ring_timeout_s, call_back))


def reserve_rung(state: State, contact: Contact, agent: Agent, out: Out) -> None:
    """Tie together a pair whose phone the PBX's own queue rings already; its end is the queue's to tell."""
    state.serial += 1
    reservation = Reservation(state.serial, contact, agent, agent.idle_since, dialled=True, of_queue=True)
    reservation.rang_at = state.now
    contact.reservation = agent.reservation = reservation
    contact.agent_id, agent.contact, contact.in_net = agent.id, contact, True
    move_contact(state, contact, ContactState.RESERVED, out)
    move_agent(state, agent, out, work=Work.RESERVED)
    longest_s = max((queue.ring_timeout_s for queue in state.queues.values()), default=0.0)  # the fallback queues' own
    state.timers.set(reservation_timer(agent.id), state.now + longest_s + state.limits.ring_slack_s)


def queue_gave_up(state: State, reservation: Reservation, out: Out) -> None:
    """The PBX's own queue has stopped ringing: the contact waits on, the agent is free to be rung by us."""
    end_reservation(state, reservation, LegResult.NO_ANSWER, out)
    back_to_queue(state, reservation.contact, out)
    release(state, reservation.agent, out)


def retry(state: State, reservation: Reservation, out: Out) -> None:
    """Ring the same agent again under a new number, so that the first leg's second witness is not taken for its end."""
    state.serial += 1
    reservation.id, reservation.dialled, reservation.retry_due = state.serial, False, False
    assign(state, reservation, out)


def end_reservation(state: State, reservation: Reservation, result: str, out: Out) -> None:
    """Untie the pair. The caller of this moves both on."""
    contact, agent, now = reservation.contact, reservation.agent, state.now
    contact.reservation = agent.reservation = None
    agent.contact = None
    state.timers.cancel(reservation_timer(agent.id))
    rang_s = 0.0 if reservation.rang_at is None else now - reservation.rang_at
    out.append(Note(ReservationEnded(now, reservation.id, contact.id, agent.id, contact.queue.key, result, rang_s)))


def void(state: State, reservation: Reservation, out: Out, *, result: str = CALLER_GONE) -> None:
    """The caller is gone or was answered elsewhere: the agent is free in the same step and keeps their place.

    The contact stays RESERVED in name; the caller of this moves it on.
    """
    contact, agent = reservation.contact, reservation.agent
    end_reservation(state, reservation, result, out)
    contact.agent_id = None
    out.append(Unassign(contact.id, agent.id, reservation.id))
    agent.device_busy = False  # it rang for us
    release(state, agent, out)
    if agent.offerable():
        agent.idle_since = reservation.idle_since


def fail(state: State, reservation: Reservation, result: LegResult, out: Out) -> None:
    """Nobody answered: the contact goes back to its place without this agent, the agent as the result says."""
    contact, agent = reservation.contact, reservation.agent
    end_reservation(state, reservation, result, out)
    exclude(state, contact, agent, contact.queue.rona_exclude_s)
    if not _returned(state, contact, out):
        back_to_queue(state, contact, out)
    if result is not LegResult.BUSY:
        agent.device_busy = False  # it rang for us; a busy phone stays busy until the PBX says otherwise
    if result is LegResult.UNREACHABLE:
        agent.reachable = False
        agent.doubt_until = state.now + state.limits.doubt_s
        release(state, agent, out, to_error=True)
        return
    if result is LegResult.NO_ANSWER and agent.presence is Presence.AVAILABLE and agent.asked is None:
        agent.asked = (Presence.NOT_RESPONDING, None)
        out.append(Tell(agent.id, Notice.NOT_RESPONDING))
    release(state, agent, out)


def _returned(state: State, contact: Contact, out: Out) -> bool:
    """After a transfer that nobody answered: back to the agent who made it, once, if they may be rung."""
    agent = state.agents.get(contact.handed_on_by or "")
    contact.handed_on_by = None
    if agent is None or contact.in_net or not may_get_back(agent):
        return False
    if agent.work is Work.WRAPUP and agent.contact is None:
        contact.agent_id = None
        move_contact(state, contact, ContactState.QUEUED, out)
        talks.end_wrapup(state, agent, out)
    elif agent.offerable():
        contact.agent_id = None
        move_contact(state, contact, ContactState.QUEUED, out)
    else:
        return False
    reserve(state, Choice(contact, agent, 1, ()), "handed_on", out)
    return True


def may_get_back(agent: Agent) -> bool:
    """Whether an agent may be rung for the contact that they have just talked with, from their wrap-up too."""
    presence = agent.asked[0] if agent.asked is not None else agent.presence
    elsewhere = agent.device_busy and agent.work is Work.WRAPUP
    there = agent.reachable and not agent.leaving and presence not in (Presence.OFFLINE, Presence.ERROR)
    return there and not elsewhere


def abort(state: State, reservation: Reservation, result: LegResult, out: Out) -> None:
    """The core's own deadline ends the ringing: the leg is to be hung up, the rest is as if it had failed."""
    out.append(Unassign(reservation.contact.id, reservation.agent.id, reservation.id))
    fail(state, reservation, result, out)


def not_taken(state: State, reservation: Reservation, out: Out) -> None:
    """The session never dialled: the agent is free, the contact is tried elsewhere, and given up after a few times."""
    contact, agent, limits = reservation.contact, reservation.agent, state.limits
    void(state, reservation, out)
    contact.not_taken += 1
    if contact.not_taken >= limits.not_taken_times and contact.channel is Channel.CALLBACK:
        contact.not_taken = 0  # the PBX is away: no fault of the citizen's, and nothing is lost
        book_again(state, contact, out)
    elif contact.not_taken >= limits.not_taken_times:
        move_contact(state, contact, ContactState.FAILED, out, detail="error")
        out.append(HandOver(contact.id))
    else:
        exclude(state, contact, agent, limits.not_taken_s)
        back_to_queue(state, contact, out)


def book_again(state: State, contact: Contact, out: Out) -> float:
    """A call-back that could not be made now: its time is later. Returns when, in epoch seconds."""
    contact.due_at = state.now + state.callback.retry_every_s
    due_at = max(contact.due_at, state.closed_until or 0.0)
    contact.agent_id = None
    move_contact(state, contact, ContactState.CALLBACK_BOOKED, out, detail="later")
    state.timers.set(callback_timer(contact.id), due_at)
    return due_at


def back_to_queue(state: State, contact: Contact, out: Out) -> None:
    """RESERVED to QUEUED, with its first_queued_at, to be matched in this step unless its session is gone.

    A call-back for which the centre has closed meanwhile waits for the opening.
    """
    contact.agent_id = None
    if contact.channel is Channel.CALLBACK and state.closed():
        book_again(state, contact, out)
        return
    move_contact(state, contact, ContactState.QUEUED, out)
    if not contact.in_net:
        state.unplaced.append((contact, "returned"))
