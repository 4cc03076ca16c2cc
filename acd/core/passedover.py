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
    heads: list[tuple[Entry, Lane]] = []
    for lane in state.lanes.values():
        waiting = lane.waiting
        if waiting and (best is None or waiting[0] < best):
            heads.append((waiting[0], lane))
    heads.sort()  # no two entries are equal, so lanes and contacts are never compared
    found: list[tuple[Entry, Lane | None]] = []
    for _, lane in heads[:TOLD]:  # the first few contacts stand in the lanes with the first few heads
        for entry in lane.waiting[:TOLD]:
            if best is not None and entry >= best:
                break
            found.append((entry, lane))
    for entry in state.kept[:_LOOKED_AT]:
        if best is not None and entry >= best:
            break
        if entry[3].kept_by is not agent:
            found.append((entry, None))
    found.sort()
    return [PassedOver(agent.id, _why_passed(agent, entry, lane), entry[2]) for entry, lane in found[:TOLD]]


def _why_passed(agent: Agent, entry: Entry, lane: Lane | None) -> str:
    """The code of an earlier contact that waits in this lane, or is kept for somebody."""
    if lane is None:
        return "kept"
    if agent.id not in lane.agents:
        return unfit(agent, lane)
    if blocked(agent, lane):
        return "reserved"
    return "excluded" if entry[2] in agent.excluded_by else "rank"


def later(agent: Agent, best: Entry, most: int) -> list[PassedOver]:
    """The first contacts of the agent's lanes that came after the chosen one."""
    heads = sorted(lane.waiting[0] for lane, _, _ in agent.ears if lane.waiting)
    return [PassedOver(agent.id, "earlier", entry[2]) for entry in heads if entry > best][:most]


def agents(state: State, lane: Lane, contact: Contact, most: int) -> list[PassedOver]:
    """The first few agents who could not be rung for this contact: those of its lane, then others."""
    available, contact_id = Presence.AVAILABLE, contact.id
    not_idle = (agent for agent in islice(lane.agents.values(), _LOOKED_AT) if not agent.idle_stamp)
    found = [
        PassedOver(agent.id, "busy" if agent.presence is available else "not_available", contact_id)
        for agent in islice(not_idle, most)
    ]
    if len(lane.agents) < TOLD:
        found += [
            PassedOver(agent.id, unfit(agent, lane), contact.id)
            for agent in islice(state.agents.values(), _LOOKED_AT)
            if agent.id not in lane.agents
        ]
    return found[:most]
