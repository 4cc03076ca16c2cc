"""Who goes to whom: the lanes and the two choices, an idle agent's and an arriving contact's.

Costs O(log n) in contacts and agents (a lane's contacts are a sorted list, whose memmove is below a microsecond for
thousands; its idle agents an order with lazy deletion) times the lanes that one agent listens to, tens for a city.
Changes the indices, and no contact's or agent's state; that is `acd.core.moves`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from acd.core.facts import PassedOver
from acd.core.idle import idle_order
from acd.core.model import OFF_DUTY, Agent, Contact, Lane, State
from acd.core.states import Presence

if TYPE_CHECKING:
    from dialplan.ruleset import Queue, Requirement

TOLD = 5  # how many of those passed over a Decision names


class Choice(NamedTuple):
    """Whom to match, among how many, and who was passed over."""

    contact: Contact
    agent: Agent
    candidates: int
    passed_over: tuple[PassedOver, ...]


def lane_of(state: State, queue: Queue, requirement: Requirement) -> Lane:
    """The lane of a queue's requirement, made on its first use (O(agents), once after each change of rules)."""
    key = (queue.key, queue.strategy, requirement)
    lane = state.lanes.get(key)
    if lane is None:
        lane = state.lanes[key] = Lane(queue, requirement, idle_order(queue.strategy, requirement))
        listeners = [agent for agent in state.agents.values() if meets(agent, requirement)]
        for agent in listeners:
            _listen(agent, lane)
        for agent in sorted((agent for agent in listeners if agent.idle_stamp), key=by_idle):
            lane.idle.add(agent)
            lane.idle_count += 1
        state.duty_version += 1
    return lane


def meets(agent: Agent, requirement: Requirement) -> bool:
    """Whether the rules let this agent take such a contact at all."""
    return not agent.leaving and requirement.met_by(agent.rule.languages, agent.rule.skills)


def _listen(agent: Agent, lane: Lane) -> None:
    agent.lanes = (*agent.lanes, lane)
    lane.agents[agent.id] = agent
    if agent.presence not in OFF_DUTY:
        lane.on_duty.add(agent.id)


def set_duty(state: State, agent: Agent, on_duty: bool) -> None:
    """Tell the lanes that an agent went on or off duty."""
    for lane in agent.lanes:
        if on_duty:
            lane.on_duty.add(agent.id)
        else:
            lane.on_duty.discard(agent.id)
    state.duty_version += 1


def by_idle(agent: Agent) -> tuple[float, str]:
    """Longest idle first."""
    return (agent.idle_since, agent.id)


def list_idle(state: State, agent: Agent) -> None:
    """List an agent as idle in every lane they listen to. `idle_since` is set before."""
    state.serial += 1
    agent.idle_stamp = state.serial
    for lane in agent.lanes:
        lane.idle_count += 1
        lane.idle.add(agent)
        lane.idle.trim(lane.idle_count)


def unlist(agent: Agent) -> None:
    """Take an agent out of the idle orders (the entries themselves go when they are met)."""
    if agent.idle_stamp:
        agent.idle_stamp = 0
        for lane in agent.lanes:
            lane.idle_count -= 1


def enqueue(state: State, contact: Contact) -> None:
    """Put a QUEUED contact into its lane, at its place in the order."""
    contact.lane = lane_of(state, contact.queue, contact.requirement)
    contact.order = (contact.virtual_time(), contact.id)
    insort(contact.lane.waiting, (*contact.order, contact))


def dequeue(contact: Contact) -> None:
    """Take a contact out of its lane."""
    if contact.lane is not None:
        waiting = contact.lane.waiting
        del waiting[bisect_left(waiting, contact.order)]
        contact.lane = None


def choose_contact(state: State, agent: Agent) -> Choice | None:
    """The contact that a freed agent takes: the least (virtual time, id) over all their lanes.

    Classes and ranks, when they come, go in front of that key.
    """
    best: tuple[float, str, Contact] | None = None
    candidates = 0
    shunned = agent.excluded_by
    for lane in agent.lanes:
        waiting = lane.waiting
        if waiting:
            candidates += len(waiting)
            entry = waiting[0] if not shunned else _first_open(waiting, shunned)
            if entry is not None and (best is None or entry < best):
                best = entry
    if best is None:
        return None
    passed: list[PassedOver] = []
    if shunned:
        shunning = _shunning(state, agent)
        candidates -= len(shunning)
        passed = [PassedOver(agent.id, "excluded", one.id) for one in shunning if one.order < best[:2]][:TOLD]
    if len(passed) < TOLD:
        _tell_unfit(state, agent, best, passed)
    if len(passed) < TOLD and candidates > 1:
        heads = sorted(lane.waiting[0] for lane in agent.lanes if lane.waiting)
        passed += [PassedOver(agent.id, "earlier", entry[1]) for entry in heads[: TOLD + 1] if entry > best]
    return Choice(best[2], agent, candidates, tuple(passed[:TOLD]))


def _first_open(waiting: list[tuple[float, str, Contact]], shunned: set[str]) -> tuple[float, str, Contact] | None:
    return next((entry for entry in waiting if entry[1] not in shunned), None)


def _shunning(state: State, agent: Agent) -> list[Contact]:
    """Waiting contacts that the agent could take but for their exclusion, in their order."""
    contacts = (state.contacts[contact_id] for contact_id in agent.excluded_by)
    barred = [contact for contact in contacts if contact.lane is not None and agent.id in contact.lane.agents]
    return sorted(barred, key=lambda contact: contact.order)


def _tell_unfit(state: State, agent: Agent, best: tuple[float, str, Contact], passed: list[PassedOver]) -> None:
    """Name contacts that came before the chosen one in lanes that are closed to this agent."""
    agent_id = agent.id
    for lane in state.lanes.values():
        waiting = lane.waiting
        if waiting and agent_id not in lane.agents and waiting[0] < best:
            code = "skill" if lane.requirement.language in agent.rule.languages else "language"
            for entry in waiting[: TOLD - len(passed)]:
                if entry > best:
                    break
                passed.append(PassedOver(agent_id, code, entry[1]))
            if len(passed) == TOLD:
                return


def choose_agent(contact: Contact) -> Choice | None:
    """The agent that an arriving contact takes: the first idle one by its queue's strategy."""
    lane = contact.lane
    if lane is None or not lane.idle_count:
        return None
    chosen: Agent | None = None
    passed: list[PassedOver] = []
    excluded = contact.excluded
    for agent in lane.idle:
        if agent.id in excluded:
            passed.append(PassedOver(agent.id, "excluded", contact.id))
        elif chosen is None:
            chosen = agent
        else:
            passed.append(PassedOver(agent.id, lane.idle.beaten, contact.id))
        if chosen is not None and len(passed) >= TOLD:
            break
    if chosen is None:
        return None
    candidates = lane.idle_count
    for agent_id in excluded:
        shunned = lane.agents.get(agent_id)
        if shunned is not None and shunned.idle_stamp:
            candidates -= 1
    if len(passed) < TOLD:
        passed += _not_idle(lane, contact)
    return Choice(contact, chosen, candidates, tuple(passed[:TOLD]))


def _not_idle(lane: Lane, contact: Contact) -> list[PassedOver]:
    """The first few of the lane's agents who could not be rung at all."""
    return [
        PassedOver(agent.id, "busy" if agent.presence is Presence.AVAILABLE else "not_available", contact.id)
        for agent in islice(lane.agents.values(), 2 * TOLD)
        if not agent.idle_stamp
    ]
