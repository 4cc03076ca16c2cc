"""Packets about transfers by an agent's own phone (SIP REFER): blind, and attended with Replaces."""

from __future__ import annotations

from acd.ami.legs import Leg
from acd.ami.packets import Packet
from acd.ami.view import View
from acd.core.events import Event, TalkAdopted


def blind_transfer(view: View, packet: Packet) -> list[Event]:
    """The phone has sent its caller away (REFER): they come back to us by the context agent-transfer."""
    leg = view.legs.by_uniqueid.get(packet.get("TransfererUniqueid"))
    if leg is None or not leg.answered or packet.get("Result").lower() != "success":
        return []
    view.legs.end(leg)
    view.transferred[leg.contact_id] = view.now  # the talk ends with the rejoin, or when none comes
    return []


def attended_transfer(view: View, packet: Packet) -> list[Event]:
    """The agent's phone has joined caller and colleague (REFER with Replaces): the colleague's channel is the leg.

    The caller's session stays in its Dial, which returns when the colleague hangs up.
    """
    if packet.get("Result").lower() != "success":
        return []
    ends = (packet.get(f"{end}TransfererUniqueid") for end in ("Orig", "Second"))
    leg = next((one for end in ends if (one := view.legs.by_uniqueid.get(end)) is not None and one.answered), None)
    colleague = view.channels.get(packet.get("TransferTargetUniqueid"))
    if leg is None or colleague is None or colleague.agent_id in (None, leg.agent_id):
        return []
    assert colleague.agent_id is not None
    view.legs.end(leg)
    colleague.ours = True
    new = Leg(leg.contact_id, colleague.agent_id, colleague.uniqueid, colleague.name, view.now, None)
    new.rang = new.answered = True
    view.legs.by_uniqueid[new.uniqueid] = new
    view.handed_over.append((leg.contact_id, leg.agent_id, new.agent_id))
    what = view.attributes(leg.contact_id)
    talk = TalkAdopted(leg.contact_id, new.agent_id, what.language, what.topic, what.queue, view.now)
    return [talk, *view.devices((leg.agent_id, new.agent_id))]
