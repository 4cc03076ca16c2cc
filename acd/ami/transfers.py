"""What packets say of transfers: by an agent's own phone (SIP REFER), after a consultation, to an official.

Whoever has a contact after its agent is a leg as the agent's was: its end is the talk's end. An official's leg bears
what is typed for them in the directory.
"""

from __future__ import annotations

from acd.ami.consults import Consult
from acd.ami.legs import Leg
from acd.ami.packets import Packet
from acd.ami.view import View
from acd.core.events.event import Event
from acd.core.events.found import TalkAdopted
from acd.core.events.legs import TalkEnded


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
    if leg is None or colleague is None:
        return []
    target = colleague.agent_id or view.consults.official_at(colleague.uniqueid)
    if target in (None, leg.agent_id):
        return []
    assert target is not None
    view.legs.end(leg)
    return _joined(view, leg, target, colleague.uniqueid, colleague.name)


def agent_left(view: View, leg: Leg) -> list[Event]:
    """The agent's channel is over. In a consultation that joins citizen and party, or sends the citizen after them."""
    view.consults.wanted.pop(leg.uniqueid, None)
    consult = view.consults.of_contact(leg.contact_id)
    if consult is None or consult.agent_id != leg.agent_id:
        return [TalkEnded(leg.contact_id), *view.still_busy(leg.agent_id)]
    view.consults.over(leg.contact_id)
    if consult.citizen_leaves:
        view.noted.append((leg.contact_id, consult.target, "consult:abandoned", leg.agent_id))
        return [TalkEnded(leg.contact_id), *view.still_busy(leg.agent_id)]
    if consult.answered:
        return _joined(view, leg, consult.target, consult.party, consult.party_name)
    view.transferred[leg.contact_id] = view.now  # it rings still: from here on as a blind transfer
    view.to_send_on.append((leg.contact_id, consult.target))
    return view.still_busy(leg.agent_id)


def _joined(view: View, leg: Leg, target: str, uniqueid: str, name: str) -> list[Event]:
    new = Leg(leg.contact_id, target, uniqueid, name, view.now, None)
    new.rang = new.answered = True
    view.legs.by_uniqueid[uniqueid] = new
    chan = view.channels.get(uniqueid)
    if chan is not None and chan.agent_id is not None:
        chan.ours = True
    view.noted.append((leg.contact_id, target, "consult:answered", leg.agent_id))
    what = view.attributes(leg.contact_id)
    talk = TalkAdopted(leg.contact_id, target, what.language, what.topic, what.queue, view.now)
    return [talk, *view.devices((leg.agent_id, target))]


def channel_gone(view: View, uniqueid: str) -> None:
    """A channel has ended: perhaps the party's, or the Local one of a consultation that led to nothing."""
    view.consults.gone(uniqueid)
    consult = view.consults.of_local(uniqueid)
    if consult is not None:
        _returned(view, consult)


def _returned(view: View, consult: Consult) -> None:
    view.consults.over(consult.contact_id)
    view.noted.append((consult.contact_id, consult.target, "consult:returned", consult.agent_id))


def holds(view: View, leg: Leg, *, on_hold: bool) -> None:
    """Hold and its end on the agent's channel. The end that no hold of the phone's own came before is the PBX's word.

    It has brought agent and citizen together again: nobody came, or the agent pressed the key for it.
    """
    consult = view.consults.of_contact(leg.contact_id)
    if consult is None or consult.agent_id != leg.agent_id:
        return
    if on_hold or consult.phone_holds:
        consult.phone_holds = on_hold
    else:
        _returned(view, consult)


def citizen_left(view: View, contact_id: str) -> list[Event]:
    """The citizen hung up during a consultation. Agent and party may go on talking: that is a call of their own."""
    consult = view.consults.over(contact_id)
    if consult is None:
        return []
    view.noted.append((contact_id, consult.target, "consult:abandoned", consult.agent_id))
    for leg in [one for one in view.legs.by_uniqueid.values() if one.contact_id == contact_id and one.answered]:
        view.legs.end(leg)
        if (chan := view.channels.get(leg.uniqueid)) is not None:
            chan.ours = False
    return view.still_busy(consult.agent_id)


def official_rings(view: View, caller: str, uniqueid: str, name: str) -> None:
    """A citizen's own session rings an official, after a blind transfer."""
    contact_id = view.callers.get(caller, "")
    official = view.to_officials.get(contact_id)
    if official is not None:
        view.legs.by_uniqueid[uniqueid] = Leg(contact_id, official, uniqueid, name, view.now, None)
