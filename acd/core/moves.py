"""The moves: the only places where a contact's and an agent's state changes, each held against the tables.

A move keeps the indices right and says itself as a fact. Nothing is matched in here: an agent who can be offered a
contact lands in `state.freed`, and `acd.core.step` matches when the event has been dealt with.
"""

from __future__ import annotations

from acd.core import lanes
from acd.core.commands import Command, Mirror, Note
from acd.core.facts import AgentMoved, ContactMoved
from acd.core.model import OFF_DUTY, WAITING, Agent, Contact, State
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

Out = list[Command]

# Asked in each move, and until Python 3.12 an enum finds its member by a call.
_QUEUED, _CONNECTED, _BOOKED = ContactState.QUEUED, ContactState.CONNECTED, ContactState.CALLBACK_BOOKED


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


def callback_timer(contact_id: str) -> tuple[Timer, str, str]:
    """The key of the deadline that a booked call-back has."""
    return (Timer.CALLBACK, contact_id, "")


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
        lanes.dequeue(state, contact)
    contact.state = new
    if old is _BOOKED:
        state.timers.cancel(callback_timer(contact.id))
    if not waits:
        contact.in_net = contact.out = False
    if new is _QUEUED and not contact.in_net:
        lanes.enqueue(state, contact)
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
                contact.estimated_s if new is _CONNECTED else None,
                contact.caller if new is _CONNECTED else None,
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
        lanes.unlist(agent)
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
        if agent.kept and presence is not Presence.AVAILABLE:
            lanes.release_kept(state, agent)
        if (presence in OFF_DUTY) is not (old_presence in OFF_DUTY):
            lanes.set_duty(state, agent, presence not in OFF_DUTY)
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
