"""Who goes to whom: the two choices, an idle agent's and an arriving contact's (routing.md, "Matching").

Costs O(log n) in contacts and agents (a lane's contacts are a sorted list, whose memmove is below a microsecond for
thousands; its idle agents an order with lazy deletion) times the lanes that one agent listens to, tens for a city.
Changes nothing: the index is `acd.core.lanes`, what is told of others `acd.core.passedover`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from acd.core import passedover
from acd.core.facts import PassedOver
from acd.core.passedover import TOLD, blocked

if TYPE_CHECKING:
    from acd.core.model import Agent, Contact, Entry, Lane, State

KEPT_RANK = 1  # a contact that waits for this agent alone stands in the first rank


class Choice(NamedTuple):
    """Whom to match, among how many, and who was passed over."""

    contact: Contact
    agent: Agent
    candidates: int
    passed_over: tuple[PassedOver, ...]


def choose_contact(state: State, agent: Agent) -> Choice | None:
    """The contact that a freed agent takes, with what a Decision tells of it; None: none of those who wait."""
    best, many = best_contact(agent)
    if best is None:
        return None
    if agent.excluded_by:
        many -= len(_shunning(state, agent))
    passed = passedover.contacts(state, agent, best)
    if len(passed) < TOLD:
        passed += passedover.later(agent, best, TOLD - len(passed))
    return Choice(best[3], agent, many, tuple(passed))


def best_contact(agent: Agent) -> tuple[Entry | None, int]:
    """The least (class, rank, virtual time, id) of all contacts that this agent may take now, and how many they are.

    Those that exclude the agent are never the least, but are counted.
    """
    best: Entry | None = None
    key = (0, 0, 0.0, "")
    many = 0
    shunned, idle = agent.excluded_by, _idle_mates(agent)
    for lane, rank, reserve in agent.ears:
        waiting = lane.waiting
        if waiting and not (reserve and idle <= reserve):
            many += len(waiting)
            entry = waiting[0] if not shunned else _first_open(waiting, shunned)
            if entry is not None:
                mine = (entry[0], rank, entry[1], entry[2])
                if best is None or mine < key:
                    best, key = entry, mine
    if agent.kept:
        many += len(agent.kept)
        entry = agent.kept[0]
        mine = (entry[0], KEPT_RANK, entry[1], entry[2])
        if best is None or mine < key:
            best = entry
    return best, many


def pair_waits(state: State) -> bool:
    """Whether an idle agent could take somebody who waits. Never so after a step: a watch on ourselves (metrics.md)."""
    if not state.queued:
        return False
    return any(best_contact(agent)[0] is not None for agent in state.agents.values() if agent.idle_stamp)


def _idle_mates(agent: Agent) -> int:
    """How many of the agent's group are idle, counting them; 0 where nobody is kept idle."""
    return 0 if agent.group is None else len(agent.group.idle) + (not agent.idle_stamp)


def _first_open(waiting: list[Entry], shunned: set[str]) -> Entry | None:
    return next((entry for entry in waiting if entry[2] not in shunned), None)


def _shunning(state: State, agent: Agent) -> list[Contact]:
    """Waiting contacts that the agent could take but for their exclusion."""
    contacts = (state.contacts[contact_id] for contact_id in agent.excluded_by)
    return [
        contact
        for contact in contacts
        if contact.lane is not None
        and contact.kept_by is None
        and agent.id in contact.lane.agents
        and not blocked(agent, contact.lane)
    ]


def somebody_idle(contact: Contact) -> bool:
    """Whether an idle agent is listed where the contact waits; who, if anybody, may be rung is `choose_agent`'s."""
    if contact.kept_by is not None:
        return contact.kept_by.idle_stamp != 0
    return contact.lane is not None and contact.lane.idle_count > 0


def choose_agent(state: State, contact: Contact) -> Choice | None:
    """The agent that an arriving contact takes: the first idle one by its queue's strategy."""
    lane = contact.lane
    if lane is None or not somebody_idle(contact):
        return None
    if contact.kept_by is not None:
        return Choice(contact, contact.kept_by, 1, ())
    chosen, passed = _first_idle(lane, contact)
    if chosen is None:
        return None
    if len(passed) < TOLD:
        passed += passedover.agents(state, lane, contact, TOLD - len(passed))
    return Choice(contact, chosen, _idle_for(lane, contact), tuple(passed[:TOLD]))


def _first_idle(lane: Lane, contact: Contact) -> tuple[Agent | None, list[PassedOver]]:
    """The first who may be rung, and who was passed over on the way to them and right behind."""
    chosen: Agent | None = None
    passed: list[PassedOver] = []
    excluded = contact.excluded
    for agent in lane.idle:
        if agent.id in excluded:
            code = "excluded"
        elif agent.group is not None and blocked(agent, lane):
            code = "reserved"
        elif chosen is None:
            chosen = agent
            continue
        else:
            code = lane.idle.beaten
        passed.append(PassedOver(agent.id, code, contact.id))
        if chosen is not None and len(passed) >= TOLD:
            break
    return chosen, passed


def _idle_for(lane: Lane, contact: Contact) -> int:
    """How many idle agents of a lane may be rung for this contact."""
    candidates = lane.idle_count
    for agent_id in contact.excluded:
        shunned = lane.agents.get(agent_id)
        if shunned is not None and shunned.idle_stamp:
            candidates -= 1
    for group, reserve in lane.reserving.values():
        if len(group.idle) <= reserve:
            candidates -= sum(one in lane.agents and one not in contact.excluded for one in group.idle)
    return candidates


def refused(state: State, contact: Contact) -> tuple[PassedOver, ...]:
    """Why nobody takes a waiting contact now: the first few agents, each with what keeps them from it."""
    lane = contact.lane
    if lane is None:
        return ()
    if contact.kept_by is None and not lane.idle_count:  # nearly always: all of them are busy
        return tuple(passedover.agents(state, lane, contact, TOLD))
    found: list[PassedOver] = []
    if contact.kept_by is not None:
        found.append(PassedOver(contact.kept_by.id, "busy", contact.id))
    for agent in lane.idle:
        code = "kept"
        if contact.kept_by is None:
            code = "excluded" if agent.id in contact.excluded else "reserved"
        found.append(PassedOver(agent.id, code, contact.id))
        if len(found) == TOLD:
            return tuple(found)
    named = {one.agent_id for one in found}
    others = passedover.agents(state, lane, contact, TOLD)
    return tuple([*found, *(one for one in others if one.agent_id not in named)][:TOLD])
