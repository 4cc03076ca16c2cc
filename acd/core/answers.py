"""An agent's phone has answered and both talk: whatever else was planned for the contact or the agent is undone."""

from __future__ import annotations

from acd.core import reservations, talks
from acd.core.commands import Note
from acd.core.events.contacts import Channel
from acd.core.events.legs import LegResult
from acd.core.facts import CallbackNoted
from acd.core.model import TALKING, Contact, State
from acd.core.moves import Out
from acd.core.states import Work


def answer(state: State, contact: Contact, agent_id: str, out: Out) -> None:
    """QUEUED or RESERVED to CONNECTED with this agent."""
    reservation = contact.reservation
    if reservation is not None and reservation.agent.id == agent_id:
        reservations.end_reservation(state, reservation, "answered", out)
    else:
        if reservation is not None:
            reservations.void(state, reservation, out)
        interrupt(state, agent_id, out)
    contact.call_out = None if reservation is None else reservation.id
    talks.connect(state, contact, agent_id, state.agents.get(agent_id), out)
    if contact.channel is Channel.CALLBACK:
        out.append(
            Note(CallbackNoted(state.now, contact.id, agent_id, contact.queue.key, "kept", max(1, contact.attempts)))
        )


def interrupt(state: State, agent_id: str, out: Out) -> None:
    """End what this agent was thought to be in, because the PBX has them in a talk: a lost event's repair."""
    agent = state.agents.get(agent_id)
    if agent is None:
        return
    if agent.reservation is not None:
        other = agent.reservation.contact
        reservations.void(state, agent.reservation, out, result=LegResult.BUSY)
        reservations.back_to_queue(state, other, out)
    elif agent.work in TALKING and agent.contact is not None:
        talks.end_talk(state, agent.contact, out)
    if agent.work is Work.WRAPUP:
        talks.end_wrapup(state, agent, out)
