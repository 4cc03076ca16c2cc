"""The moves: each changes contacts and agents together, keeps the indices right, and says so as facts and commands.

Every change of a state goes through `move_contact` or `move_agent`, which hold it against the tables. Nothing is
matched in here: an agent who can be offered a contact lands in `state.freed`, a contact that needs one in
`state.unplaced`, and `acd.core.step` matches both when the event has been dealt with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core import matching
from acd.core.commands import Assign, Command, HandOver, Mirror, Note, Notice, Tell, Unassign
from acd.core.events import LegResult
from acd.core.facts import AgentMoved, ContactMoved, Decision, ReservationEnded
from acd.core.model import OFF_DUTY, TALKING, WAITING, Agent, Contact, Reservation, State
from acd.core.states import (
    FINAL_CONTACT_STATES,
    ContactState,
    Presence,
    Work,
    check_contact,
    check_presence,
    check_work,
)
from acd.core.timers import Timer

if TYPE_CHECKING:
    from acd.core.matching import Choice

Out = list[Command]
CALLER_GONE = "caller_gone"


def reservation_timer(agent_id: str) -> tuple[Timer, str, str]:
    """The key of the deadline that a RESERVED agent has."""
    return (Timer.RESERVATION, agent_id, "")


def wrapup_timer(agent_id: str) -> tuple[Timer, str, str]:
    """The key of the deadline that an agent in WRAPUP has."""
    return (Timer.WRAPUP, agent_id, "")


def grace_timer(agent_id: str) -> tuple[Timer, str, str]:
    """The key of the deadline that an agent on duty has whose phone is gone."""
    return (Timer.GRACE, agent_id, "")


def exclusion_timer(contact_id: str, agent_id: str) -> tuple[Timer, str, str]:
    """The key of the deadline of an exclusion."""
    return (Timer.EXCLUSION, contact_id, agent_id)


# --- one thing moves -------------------------------------------------------------------------------------------------


def move_contact(
    state: State,
    contact: Contact,
    new: ContactState,
    out: Out,
    *,
    first: bool = False,
    offered: bool = False,
    within_threshold: bool | None = None,
    detail: str | None = None,
    talk_s: float = 0.0,
    hold_s: float = 0.0,
) -> None:
    """Change a contact's state; a final state takes it out of the ACD. `first`: it has not been seen before."""
    now, old = state.now, contact.state
    if not first:
        check_contact(contact.id, old, new)
    waits = new in WAITING
    if waits and contact.waiting_since is None:
        contact.waiting_since = now
    elif not waits and contact.waiting_since is not None:
        contact.waited_before_s = contact.waited_s(now)
        contact.waiting_since = None
    if contact.lane is not None:
        matching.dequeue(contact)
    contact.state = new
    if new is ContactState.QUEUED:
        matching.enqueue(state, contact)
    elif new in FINAL_CONTACT_STATES:
        for agent_id in contact.excluded:
            lift_exclusion(state, contact.id, agent_id)
            state.timers.cancel(exclusion_timer(contact.id, agent_id))
        del state.contacts[contact.id]
    out.append(
        Note(
            ContactMoved(
                now,
                contact.id,
                contact.channel,
                contact.language,
                contact.topic,
                contact.queue.key,
                None if first else old,
                new,
                contact.agent_id,
                contact.first_queued_at,
                contact.waited_s(now),
                offered,
                within_threshold,
                detail,
                talk_s,
                hold_s,
            )
        )
    )


def move_agent(
    state: State,
    agent: Agent,
    out: Out,
    *,
    work: Work | None = None,
    presence: Presence | None = None,
    reason: str | None = None,
    mirrored: bool = True,
) -> None:
    """Change an agent's work, presence, or both in one fact. `reason` goes with `presence`."""
    now = state.now
    old_presence, old_work, old_reason = agent.presence, agent.work, agent.reason
    if work is None or work is old_work:
        work = old_work
    else:
        check_work(agent.id, old_work, work)
    if presence is None or (presence is old_presence and reason == old_reason):
        presence, reason = old_presence, old_reason
    else:
        check_presence(agent.id, old_presence, presence)
    if work is old_work and presence is old_presence and reason == old_reason:
        return
    lasted_s = now - agent.since
    agent.account(now)
    spell = (agent.rule.team, old_presence, old_work)
    state.spent_s[spell] = state.spent_s.get(spell, 0.0) + lasted_s
    agent.presence, agent.work, agent.reason, agent.since = presence, work, reason, now
    if agent.idle_stamp:
        matching.unlist(agent)
    out.append(
        Note(
            AgentMoved(
                now,
                agent.id,
                agent.rule.team,
                old_presence,
                old_work,
                presence,
                work,
                reason,
                lasted_s,
                None if agent.contact is None else agent.contact.id,
            )
        )
    )
    if presence is not old_presence or reason != old_reason:
        if (presence in OFF_DUTY) is not (old_presence in OFF_DUTY):
            matching.set_duty(state, agent, presence not in OFF_DUTY)
        if mirrored:
            mirror = mirror_of(agent, presence, reason)
            if mirror != mirror_of(agent, old_presence, old_reason):
                out.append(mirror)
        watch_phone(state, agent)
    free(state, agent)


def mirror_of(agent: Agent, presence: Presence, reason: str | None) -> Mirror:
    """What the fallback queues are told of such a presence."""
    if presence is Presence.ERROR and agent.before_error[0] is Presence.AWAY:
        presence, reason = agent.before_error
    if presence in (Presence.NOT_RESPONDING, Presence.ERROR):
        return Mirror(agent.id, Presence.AWAY, presence.value)
    return Mirror(agent.id, presence, reason)


def watch_phone(state: State, agent: Agent) -> None:
    """Keep the grace deadline exactly while an agent on duty has no reachable phone and is not in ERROR yet."""
    key = grace_timer(agent.id)
    if agent.reachable or agent.presence in (Presence.OFFLINE, Presence.ERROR):
        state.timers.cancel(key)
    elif state.timers.at(key) is None:
        state.timers.set(key, state.now + state.limits.grace_s)


def free(state: State, agent: Agent) -> None:
    """Have the agent matched at the end of this step, if they can be offered a contact and are not listed already."""
    if not agent.idle_stamp and agent.offerable():
        agent.idle_since = state.now
        state.freed.append(agent)


def lift_exclusion(state: State, contact_id: str, agent_id: str) -> None:
    """Forget on the agent's side that a contact excludes them."""
    agent = state.agents.get(agent_id)
    if agent is not None:
        agent.excluded_by.discard(contact_id)


def exclude(state: State, contact: Contact, agent: Agent, for_s: float) -> None:
    """Keep this agent from this contact for a while; the end is a deadline that matches again."""
    if for_s > 0:
        contact.excluded.add(agent.id)
        agent.excluded_by.add(contact.id)
        state.timers.set(exclusion_timer(contact.id, agent.id), state.now + for_s)


# --- reservations ----------------------------------------------------------------------------------------------------


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
                contact.requirement,
                queue.strategy,
                trigger,
                contact.waited_s(now),
                choice.candidates,
                choice.passed_over,
                str(queue.source),
            )
        )
    )
    contact.reservation = agent.reservation = reservation
    contact.agent_id, agent.contact = agent.id, contact
    move_contact(state, contact, ContactState.RESERVED, out)
    move_agent(state, agent, out, work=Work.RESERVED)
    assign(state, reservation, out)


def assign(state: State, reservation: Reservation, out: Out) -> None:
    """Have the session ring the agent, and give it a time to begin."""
    contact, agent = reservation.contact, reservation.agent
    state.timers.set(reservation_timer(agent.id), state.now + state.limits.not_taken_s)
    out.append(Assign(contact.id, agent.id, reservation.id, contact.queue.ring_timeout_s))


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


def abort(state: State, reservation: Reservation, result: LegResult, out: Out) -> None:
    """The core's own deadline ends the ringing: the leg is to be hung up, the rest is as if it had failed."""
    out.append(Unassign(reservation.contact.id, reservation.agent.id, reservation.id))
    fail(state, reservation, result, out)


def not_taken(state: State, reservation: Reservation, out: Out) -> None:
    """The session never dialled: the agent is free, the contact is tried elsewhere, and given up after a few times."""
    contact, agent, limits = reservation.contact, reservation.agent, state.limits
    void(state, reservation, out)
    contact.not_taken += 1
    if contact.not_taken >= limits.not_taken_times:
        move_contact(state, contact, ContactState.FAILED, out, detail="error")
        out.append(HandOver(contact.id))
    else:
        exclude(state, contact, agent, limits.not_taken_s)
        back_to_queue(state, contact, out)


def back_to_queue(state: State, contact: Contact, out: Out) -> None:
    """RESERVED to QUEUED, with its first_queued_at, to be matched in this step."""
    contact.agent_id = None
    move_contact(state, contact, ContactState.QUEUED, out)
    state.unplaced.append((contact, "returned"))


# --- talks and wrap-ups ----------------------------------------------------------------------------------------------


def connect(state: State, contact: Contact, agent_id: str, agent: Agent | None, out: Out) -> None:
    """The contact talks with the agent. Neither holds a reservation any more; the agent may be one we do not know."""
    within = None
    if contact.counts:
        within = contact.waited_s(state.now) <= contact.queue.service_level_s
        contact.counts = False
    contact.agent_id = agent_id
    contact.connected_at, contact.hold_since, contact.held_s, contact.not_taken = state.now, None, 0.0, 0
    move_contact(state, contact, ContactState.CONNECTED, out, within_threshold=within)
    if agent is not None:
        agent.contact = contact
        move_agent(state, agent, out, work=Work.CONNECTED)


def talker(state: State, contact: Contact) -> Agent | None:
    """The agent that a CONNECTED contact talks with, unless it is one we do not know."""
    agent = state.agents.get(contact.agent_id) if contact.agent_id is not None else None
    return agent if agent is not None and agent.contact is contact and agent.work in TALKING else None


def end_talk(state: State, contact: Contact, out: Out, *, into: ContactState = ContactState.WRAPUP) -> None:
    """CONNECTED to WRAPUP, or to QUEUED when the contact is handed on; the agent begins the wrap-up in either case."""
    now, agent = state.now, talker(state, contact)
    hold_s = contact.held_s + (now - contact.hold_since if contact.hold_since is not None else 0.0)
    talk_s = max(0.0, now - contact.connected_at - hold_s)
    if into is ContactState.QUEUED:
        contact.order_since = now - contact.waited_s(now)
        move_contact(state, contact, into, out, talk_s=talk_s, hold_s=hold_s)
        contact.agent_id = None
    else:
        move_contact(state, contact, into, out, talk_s=talk_s, hold_s=hold_s)
        if agent is None:
            move_contact(state, contact, ContactState.COMPLETED, out)
    if agent is not None:
        begin_wrapup(state, agent, contact, out)


def begin_wrapup(state: State, agent: Agent, contact: Contact, out: Out) -> None:
    """The engine's own wrap-up timer; what the agent asked for during the call takes effect now."""
    queue = contact.queue
    agent.device_busy = False  # the call that ended was ours
    agent.wrapup_extend_s = queue.wrapup_extend_s
    presence, reason = agent.asked or (agent.presence, agent.reason)
    agent.asked = None
    move_agent(state, agent, out, work=Work.WRAPUP, presence=presence, reason=reason)
    if contact.state is not ContactState.WRAPUP:
        agent.contact = None
    if queue.wrapup_s > 0:
        state.timers.set(wrapup_timer(agent.id), state.now + queue.wrapup_s)
    else:
        end_wrapup(state, agent, out)


def end_wrapup(
    state: State, agent: Agent, out: Out, *, presence: Presence | None = None, reason: str | None = None
) -> None:
    """WRAPUP to IDLE (or OTHER), and the contact is COMPLETED. `presence`: what the agent has just asked for."""
    contact, agent.contact = agent.contact, None
    state.timers.cancel(wrapup_timer(agent.id))
    if contact is not None:
        move_contact(state, contact, ContactState.COMPLETED, out)
    if presence is not None:
        agent.asked = (presence, reason)
    release(state, agent, out)


def release(state: State, agent: Agent, out: Out, *, to_error: bool = False) -> None:
    """End of RESERVED or WRAPUP: IDLE, or OTHER when the phone is in a call of its own; takes what was asked for."""
    presence, reason = agent.asked or (agent.presence, agent.reason)
    agent.asked = None
    if to_error and presence not in (Presence.OFFLINE, Presence.ERROR):
        agent.before_error = (presence, reason)
        presence, reason = Presence.ERROR, None
    work = Work.OTHER if agent.device_busy and not agent.leaving else Work.IDLE
    move_agent(state, agent, out, work=work, presence=presence, reason=reason)
    if agent.leaving:
        drop(state, agent)


def drop(state: State, agent: Agent) -> None:
    """An agent whom the rules no longer name, and who is in no call of ours, is gone. No lane knows a leaving agent."""
    state.timers.cancel(grace_timer(agent.id))
    del state.agents[agent.id]
