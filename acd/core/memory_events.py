"""What a new engine makes of what the old one left: wrap-ups run on, contacts that are gone get an end in the record.

The PBX has the word on who waits, rings and talks (`acd.core.leg_events`); this is about what it cannot know.
"""

from __future__ import annotations

from acd.core import moves
from acd.core.events.contacts import Channel
from acd.core.events.found import EndedUnseen, WrapupRestored
from acd.core.memory import ContactKnown
from acd.core.model import WAITING, Agent, Contact, State
from acd.core.moves import Out
from acd.core.rules_events import unknown_queue
from acd.core.states import ContactState, Work


def wrapup_restored(state: State, event: WrapupRestored, out: Out) -> None:
    """The rest of a wrap-up. One whose time is over, or whose agent is in something else by now, has ended."""
    if event.contact.contact_id in state.contacts:
        return
    contact, agent = _taken_in(state, event.contact), state.agents.get(event.agent_id)
    queue = contact.queue
    since = min(event.since, state.now)
    ends_at = since + queue.wrapup_s + (queue.wrapup_extend_s if event.extended else 0.0)
    if agent is None or ends_at <= state.now or not _begin(state, contact, agent, ends_at, out):
        moves.move_contact(state, contact, ContactState.COMPLETED, out)
        return
    agent.busy_since = since - event.contact.handled_s
    agent.wrapup_extend_s = 0.0 if event.extended else queue.wrapup_extend_s


def ended_unseen(state: State, event: EndedUnseen, out: Out) -> None:
    """The contact is gone, and nobody saw how: who waited was left to the safety net, a talk ended some time ago."""
    known = event.contact
    if known.contact_id in state.contacts:
        return
    contact = _taken_in(state, known)
    if known.state in WAITING or known.state is ContactState.IVR:
        contact.waiting_since = min(known.at, state.now) if known.state in WAITING else None
        moves.move_contact(state, contact, ContactState.OVERFLOWED, out, detail="fallback")
        return
    if known.state is ContactState.CONNECTED:
        contact.connected_at = min(known.at, state.now)
        talk_s = state.now - contact.connected_at
        moves.move_contact(state, contact, ContactState.WRAPUP, out, talk_s=talk_s)
        agent = state.agents.get(known.agent_id or "")
        if agent is not None and _begin(state, contact, agent, state.now + contact.queue.wrapup_s, out):
            agent.busy_since = contact.connected_at
            agent.wrapup_extend_s = contact.queue.wrapup_extend_s
            return
    moves.move_contact(state, contact, ContactState.COMPLETED, out)


def _taken_in(state: State, known: ContactKnown) -> Contact:
    """The contact as it was, without a fact: it is known already."""
    queue = state.queues.get(known.queue) or unknown_queue(known.queue)
    contact = Contact(
        known.contact_id,
        Channel(known.channel),
        known.language,
        known.topic,
        queue,
        queue.requirement(known.language),
        0.0,
        known.first_queued_at,
        known.first_queued_at,
        known.waited_s,
        state=known.state,
    )
    contact.agent_id = known.agent_id
    contact.queues_entered.add(queue.key)
    state.contacts[contact.id] = contact
    return contact


def _begin(state: State, contact: Contact, agent: Agent, ends_at: float, out: Out) -> bool:
    """The agent wraps this contact up until `ends_at`; False when they can't, or there is no time for it."""
    if agent.work is not Work.IDLE or agent.leaving or ends_at <= state.now:
        return False
    contact.agent_id, agent.contact = agent.id, contact
    moves.move_agent(state, agent, out, work=Work.WRAPUP)
    state.wrapping[agent.id] = agent
    state.timers.set(moves.wrapup_timer(agent.id), ends_at)
    return True
