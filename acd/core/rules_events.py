"""New rules in a running ACD: agents come and go, requirements are read again. Nobody who waits or talks is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core import lanes, moves
from acd.core.events.rules import RulesChanged
from acd.core.model import Agent, State
from acd.core.states import ContactState, Presence, Work
from dialplan.queuerules import Queue, Strategy
from dialplan.source import Source

if TYPE_CHECKING:
    from acd.core.moves import Out


_BEFORE_A_TALK = frozenset({ContactState.IVR, ContactState.QUEUED, ContactState.RESERVED, ContactState.CALLBACK_BOOKED})


def rules_changed(state: State, event: RulesChanged, out: Out) -> None:
    """Take over agents and queues, build the lanes anew, and match all whom the old rules kept apart."""
    for agent_id in [agent_id for agent_id in state.agents if agent_id not in event.agents]:
        _let_go(state, state.agents[agent_id], out)
    for agent_id, rule in event.agents.items():
        agent = state.agents.get(agent_id)
        if agent is None:
            agent = state.agents[agent_id] = Agent(agent_id, rule, state.now)
            # One who is back keeps what contacts remember of them.
            agent.excluded_by = {one.id for one in state.contacts.values() if agent_id in one.excluded}
            continue
        agent.rule = rule
        if agent.leaving:  # named again before the call was over
            agent.leaving = False
            agent.asked = None
    state.queues = dict(event.queues)
    state.callback = event.callback or state.callback
    _reread(state)
    _move(state, event.moved_to, out)
    _rebuild(state)


def _let_go(state: State, agent: Agent, out: Out) -> None:
    agent.leaving = True
    agent.asked = (Presence.OFFLINE, None)
    if agent.work in (Work.IDLE, Work.OTHER):
        moves.release(state, agent, out)


def _reread(state: State) -> None:
    """Give each contact its queue's new values. One whose queue is gone keeps the old ones until it is answered."""
    for contact in state.contacts.values():
        queue = state.queues.get(contact.queue.key)
        if queue is not None:
            if contact.requirement == contact.queue.requirement(contact.language):
                contact.requirement = queue.requirement(contact.language)
            contact.queue = queue


def _move(state: State, moved_to: dict[str, str], out: Out) -> None:
    """Who waits in a queue that is gone waits in its heir, in the same place. Who talks ends as begun."""
    for contact in state.contacts.values():
        heir = state.queues.get(moved_to.get(contact.queue.key, ""))
        if heir is None or contact.queue.key in state.queues or contact.state not in _BEFORE_A_TALK:
            continue
        waits, in_net, sent_out = contact.state is ContactState.QUEUED, contact.in_net, contact.out
        if waits:
            moves.move_contact(state, contact, ContactState.IVR, out)
        contact.queue, contact.requirement = heir, heir.requirement(contact.language)
        if waits:
            contact.in_net, contact.out = in_net, sent_out
            entered = heir.key in contact.queues_entered
            contact.queues_entered.add(heir.key)
            contact.counts = contact.counts or not entered
            moves.move_contact(state, contact, ContactState.QUEUED, out, offered=not entered)


def _rebuild(state: State) -> None:
    waiting = [contact for contact in state.contacts.values() if contact.lane is not None]
    for contact in waiting:
        lanes.dequeue(state, contact)
    for agent in state.agents.values():
        lanes.unlist(agent)
    lanes.forget(state)
    for contact in waiting:
        lanes.enqueue(state, contact)
    state.relisted = [agent for agent in state.agents.values() if agent.offerable()]


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
