"""Who was passed over, and why: the part of a Decision that is only told. Reads, chooses nothing.

Costs a look at the heads of the lanes, or at a few of a lane's agents; never all contacts or all agents.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from acd.core.facts import PassedOver
from acd.core.states import Presence
from dialplan import eligibility

if TYPE_CHECKING:
    from acd.core.model import Agent, Contact, Entry, Lane, State

TOLD = 5  # how many of those passed over a Decision names
_LOOKED_AT = 2 * TOLD


def unfit(agent: Agent, lane: Lane) -> str:
    """The code of what keeps an agent out of a lane that they don't listen to."""
    return eligibility.unfit(agent.rule, lane.queue.key, lane.requirement) or "delayed"


def blocked(agent: Agent, lane: Lane) -> bool:
    """Whether the agent is one of the idle ones whom their group keeps for other queues than this lane's."""
    if agent.group is None:
        return False
    reserving = lane.reserving.get(agent.group.name)
    return reserving is not None and len(agent.group.idle) + (not agent.idle_stamp) <= reserving[1]


def contacts(state: State, agent: Agent, best: Entry | None) -> list[PassedOver]:
    """Contacts that came before the chosen one and were not for this agent, in their order; all when none is chosen."""
    found: list[tuple[Entry, str]] = []
    agent_id, shunned = agent.id, agent.excluded_by
    for lane in state.lanes.values():
        waiting = lane.waiting
        if not waiting or (best is not None and waiting[0] >= best):
            continue
        if agent_id not in lane.agents:
            code = unfit(agent, lane)
        elif blocked(agent, lane):
            code = "reserved"
        else:
            code = "rank"
        for entry in waiting[:TOLD]:
            if best is not None and entry >= best:
                break
            found.append((entry, "excluded" if entry[2] in shunned and code == "rank" else code))
    found += [
        ((*contact.order, contact), "kept")
        for contact in islice(state.kept.values(), _LOOKED_AT)
        if contact.kept_by is not agent and (best is None or contact.order < best[:3])
    ]
    found.sort(key=_by_entry)
    return [PassedOver(agent_id, code, entry[2]) for entry, code in found[:TOLD]]


def _by_entry(one: tuple[Entry, str]) -> Entry:
    return one[0]


def later(agent: Agent, best: Entry, most: int) -> list[PassedOver]:
    """The first contacts of the agent's lanes that came after the chosen one."""
    heads = sorted(lane.waiting[0] for lane, _, _ in agent.ears if lane.waiting)
    return [PassedOver(agent.id, "earlier", entry[2]) for entry in heads if entry > best][:most]


def agents(state: State, lane: Lane, contact: Contact) -> list[PassedOver]:
    """The first few agents who could not be rung for this contact: those of its lane, then others."""
    found = [
        PassedOver(agent.id, "busy" if agent.presence is Presence.AVAILABLE else "not_available", contact.id)
        for agent in islice(lane.agents.values(), _LOOKED_AT)
        if not agent.idle_stamp
    ]
    if len(lane.agents) < TOLD:
        found += [
            PassedOver(agent.id, unfit(agent, lane), contact.id)
            for agent in islice(state.agents.values(), _LOOKED_AT)
            if agent.id not in lane.agents
        ]
    return found
