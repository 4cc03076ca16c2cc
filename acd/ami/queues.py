"""Packets about the PBX's own queues and about phones: who waits there, and which phones can be reached."""

from __future__ import annotations

from acd.ami.names import NODE
from acd.ami.packets import Packet
from acd.ami.view import FALLBACK_PREFIX, OVERFLOW, QueueCaller, View
from acd.core.events.contacts import FellIntoNet
from acd.core.events.event import Event

_NEW = frozenset({"Created", "NonQualified"})  # a contact begins as not asked yet


def queue_join(view: View, packet: Packet) -> list[Event]:
    """A caller waits in the PBX's own queue: the session that had them, if any, is gone."""
    queue, uniqueid = packet.get("Queue"), packet.get("Uniqueid")
    if not (queue.startswith(FALLBACK_PREFIX) or queue == OVERFLOW):
        return []
    view.touch(uniqueid)
    for reading in view.rereads.values():
        reading.left_queues.discard(uniqueid)
    view.queue_callers[uniqueid] = QueueCaller(uniqueid, packet.get("Channel"), queue, view.now)
    contact_id = view.callers.get(uniqueid)
    return [FellIntoNet(contact_id)] if contact_id is not None else []


def queue_leave(view: View, packet: Packet) -> list[Event]:
    """A caller has left the PBX's queue, by an answer, by a withdrawal or by hanging up."""
    uniqueid = packet.get("Uniqueid")
    view.left_queue(uniqueid)
    waiting = view.queue_callers.get(uniqueid)
    if waiting is not None and waiting.queue == packet.get("Queue"):
        waiting.left = True
        if not waiting.ringing:
            del view.queue_callers[uniqueid]
    return []


def device_state(view: View, packet: Packet) -> list[Event]:
    """The device state of an agent's phone: only whether it can be reached (busy is judged by channels)."""
    technology, _, agent = packet.get("Device").partition("/")
    if technology != "PJSIP" or agent not in view.agents or packet.get("State") == "UNKNOWN":
        return []
    if not view.phones.state(agent, packet.get(NODE), packet.get("State")):
        return []
    view.touch(agent)
    view.said.pop(agent, None)  # a sign of life is told each time: it ends ERROR
    return view.devices((agent,))


def contact_status(view: View, packet: Packet) -> list[Event]:
    """A phone's registration: answered or missed OPTIONS, new, renewed.

    An extension has one phone, the one that registered last: the PBX removes the one before it, right after.
    """
    agent, node = packet.get("EndpointName") or packet.get("AOR"), packet.get(NODE)
    if not agent:
        return []
    status, uri = packet.get("ContactStatus"), packet.get("URI")
    if status == "Removed":
        if view.phones.removed(agent, node, uri) and agent in view.agents:
            view.replaced.append((agent, node, uri))
        return []  # another contact may be left: the device state says
    if status in _NEW and agent in view.agents and (before := view.phones.left_behind(agent, node, uri)):
        view.replaced.append((agent, *before))
    if not view.phones.registered(agent, node, uri, anew=status in _NEW) or agent not in view.agents:
        return []
    if status in ("Reachable", "NonQualified", "Created", "Updated"):
        view.phones.answered(agent, node, there=True)
    elif status in ("Unreachable", "Unqualified"):
        view.phones.answered(agent, node, there=False)
    else:
        return []
    view.touch(agent)
    view.said.pop(agent, None)
    return view.devices((agent,))
