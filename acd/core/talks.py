"""Talks and what follows them: CONNECTED, hold, wrap-up by the engine's own timer, and the end of both."""

from __future__ import annotations

from acd.core.events.contacts import Channel
from acd.core.history import Waits
from acd.core.model import TALKING, Agent, Contact, State
from acd.core.moves import Out, move_agent, move_contact, release, wrapup_timer
from acd.core.states import ContactState, Presence, Work


def connect(state: State, contact: Contact, agent_id: str, agent: Agent | None, out: Out) -> None:
    """The contact talks with the agent. Neither holds a reservation any more; the agent may be one we do not know."""
    within = None
    if contact.counts:
        within = contact.waited_s(state.now) <= contact.queue.service_level_s
        contact.counts = False
    contact.agent_id, contact.handed_on_by = agent_id, None
    if contact.channel is Channel.VOICE:
        state.patience.observe(contact.waited_s(state.now), gave_up=False)
    contact.connected_at, contact.hold_since, contact.held_s, contact.not_taken = state.now, None, 0.0, 0
    if contact.estimated_s is not None:
        waits = state.waits.setdefault(contact.language, Waits())
        waits.observe(contact.waited_s(state.now))
    kept, contact.promised = "kept" if contact.promised else None, False
    move_contact(state, contact, ContactState.CONNECTED, out, within_threshold=within, detail=kept)
    contact.estimated_s = contact.sticky = None
    if agent is not None:
        agent.contact, agent.busy_since = contact, state.now
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
        contact.agent_id, contact.channel = None, Channel.VOICE  # one that was called back is on the line now
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
    state.wrapping[agent.id] = agent
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
    state.wrapping.pop(agent.id, None)
    state.handling.observe(state.now - agent.busy_since)
    if contact is not None:
        move_contact(state, contact, ContactState.COMPLETED, out)
    if presence is not None:
        agent.asked = (presence, reason)
    release(state, agent, out)
