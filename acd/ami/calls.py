"""Packets about channels and calls: what they say of a contact's legs, their rings, answers, holds and ends.

The rules that are not obvious:
* A talk ends with `HangupRequest` on the agent's own channel: that is the phone's BYE, answered already, 0.6 ms
  before `Hangup`. When the caller hangs up, it ends with the `Hangup` of the agent's channel, because only then has
  the agent's phone been told; a new INVITE would meet a phone that still talks.
* Busy is judged by channels, never by device state, which lags behind: an agent's channel that is no leg of a
  contact's makes the device busy. So the end of an own call is never mistaken for a call of the agent's.
* A leg belongs to a reservation from `DialBegin` on (acd/ami/legs.py).
"""

from __future__ import annotations

from acd.ami import transfers
from acd.ami.legs import Leg
from acd.ami.names import NODE
from acd.ami.packets import Packet
from acd.ami.view import View
from acd.core.events.callbacks import CallOutEnded, CitizenAnswered
from acd.core.events.contacts import ContactHungUp
from acd.core.events.event import Event
from acd.core.events.found import RingEnded, TalkAdopted
from acd.core.events.legs import HoldChanged, LegAnswered, LegRang

_UP = "6"


def new_channel(view: View, packet: Packet) -> list[Event]:
    """A phone that dials by itself is busy with that; whose a leg towards a phone is, DialBegin says."""
    chan = view.channel(packet.get("Uniqueid"), packet.get("Channel"))
    view.touch(chan.uniqueid)
    if (contact_id := view.callouts.seen(chan.uniqueid, chan.name)) is not None:
        view.callers[chan.uniqueid] = contact_id
        view.caller_channel[contact_id] = chan.name  # the citizen's side, to whoever hands them on
    if chan.agent_id and packet.get("ChannelState") == "4":  # Ring: the phone itself began this call
        chan.ours = False
        view.phones.seen(chan.agent_id, packet.get(NODE))
        return view.devices((chan.agent_id,))
    return []  # Down: a leg towards the phone; DialBegin says whose


def new_state(view: View, packet: Packet) -> list[Event]:
    """The phone has answered. An agent's channel that rings or talks and is no leg of ours is a call of its own."""
    uniqueid, name = packet.get("Uniqueid"), packet.get("Channel")
    chan = view.channels.get(uniqueid)
    if packet.get("ChannelState") == _UP:
        view.consults.is_up(uniqueid)
        if view.agent_of(name) is not None:
            chan = view.channel(uniqueid, name)
            chan.up = True
        leg = view.legs.by_uniqueid.get(uniqueid)
        if leg is not None and not leg.answered and not leg.of_queue:
            return _answered(view, leg)  # the phone's answer; DialEnd comes after the whisper only
        if answered := citizen_answered(view, uniqueid):
            return answered
    if chan is None or chan.agent_id is None or chan.ours is not None:
        return []
    chan.ours = False  # rings or talks, and no DialBegin of a contact's was seen
    return view.devices((chan.agent_id,))


def dial_begin(view: View, packet: Packet) -> list[Event]:
    """The PBX rings an agent's phone, for one of our contacts, for its own queue, or for somebody else."""
    uniqueid, name, caller = packet.get("DestUniqueid"), packet.get("DestChannel"), packet.get("Uniqueid")
    view.consults.rings(caller, uniqueid, name)
    agent = view.agent_of(name)
    if agent is None:
        view.callouts.citizen_rung(packet.get("Uniqueid"), uniqueid)
        transfers.official_rings(view, caller, uniqueid, name)
        return []
    view.touch(uniqueid)
    if view.has_ended(uniqueid):
        return []  # no end of it would follow; what came of it the session's Dial says, or the queue's next ring
    chan = view.channel(uniqueid, name)
    waiting = view.queue_callers.get(caller)
    contact_id = view.callers.get(caller)
    if waiting is not None:
        waiting.ringing.add(uniqueid)
        chan.ours = True
        leg = view.legs.by_uniqueid[uniqueid] = Leg(caller, agent, uniqueid, name, view.now, None, of_queue=True)
        rings: list[Event] = [view.queue_rings(waiting, agent)]
        return [*rings, *_answered(view, leg)] if chan.up else rings
    if contact_id is None:
        chan.ours = False
        return view.devices((agent,))
    taken_for_own, chan.ours = chan.ours is False, True
    leg = view.legs.begin(contact_id, agent, uniqueid, name, view.now)
    if leg.void:
        view.to_hang_up.append(leg)
        return []
    events = view.devices((agent,)) if taken_for_own else []
    if chan.rang:
        events += _rang(leg)
    return [*events, *_answered(view, leg)] if chan.up else events


def dial_state(view: View, packet: Packet) -> list[Event]:
    """The phone rings (180)."""
    if packet.get("DialStatus") != "RINGING":
        return []
    leg = view.legs.by_uniqueid.get(packet.get("DestUniqueid"))
    if leg is None and view.agent_of(packet.get("DestChannel")) is not None:
        view.channel(packet.get("DestUniqueid"), packet.get("DestChannel")).rang = True
    return [] if leg is None or leg.rang else _rang(leg)


def _rang(leg: Leg) -> list[Event]:
    leg.rang = True
    return [] if leg.void or leg.of_queue else [LegRang(leg.contact_id, leg.agent_id, leg.reservation_id)]


def _answered(view: View, leg: Leg) -> list[Event]:
    leg.answered = True
    if not leg.of_queue:
        return [LegAnswered(leg.contact_id, leg.agent_id)]
    view.rings_no_more(view.queue_callers.get(leg.contact_id), leg)
    return _adopt_queue_talk(view, leg)


def dial_end(view: View, packet: Packet) -> list[Event]:
    """The ring is over: answered, or why not."""
    leg = view.legs.by_uniqueid.get(packet.get("DestUniqueid"))
    if leg is None and packet.get("DialStatus") == "ANSWER":
        for reading in view.rereads.values():
            reading.answered.add(packet.get("DestUniqueid"))  # the list that is being read may still have it ringing
        if view.agent_of(packet.get("DestChannel")) is not None:
            view.channel(packet.get("DestUniqueid"), packet.get("DestChannel")).up = True
    if leg is None or leg.answered:
        answered = packet.get("DialStatus") == "ANSWER"
        return citizen_answered(view, packet.get("DestUniqueid")) if answered else []
    # A phone that forwards (302) is reported as CANCEL first; where it points to is never followed (Dial's `i`).
    status = "BUSY" if packet.get("Forward") else packet.get("DialStatus")
    if status == "ANSWER":
        return _answered(view, leg)
    view.rings_no_more(view.queue_callers.get(leg.contact_id) if leg.of_queue else None, leg)
    view.legs.end(leg)
    if leg.of_queue:
        return [RingEnded(leg.contact_id, leg.agent_id)]
    if leg.void or leg.reservation_id is None or status in ("CANCEL", "ABORT"):
        return []
    return [view.legs.failure(leg, status, view.now)]


def citizen_answered(view: View, uniqueid: str) -> list[Event]:
    """The citizen of a call-back has answered, if that is whose channel this is. Told once."""
    contact_id = view.callouts.citizen_answered(uniqueid)
    if contact_id is None:
        return []
    agents = [leg.agent_id for leg in view.legs.by_uniqueid.values() if leg.contact_id == contact_id and leg.answered]
    return [CitizenAnswered(contact_id, agents[0] if agents else None)]


def _adopt_queue_talk(view: View, leg: Leg) -> list[Event]:
    what = view.attributes(leg.contact_id)
    view.queue_callers.pop(leg.contact_id, None)
    view.callers[leg.contact_id] = leg.contact_id
    return [TalkAdopted(leg.contact_id, leg.agent_id, what.language, what.topic, what.queue, view.now)]


def hangup_request(view: View, packet: Packet) -> list[Event]:
    """The phone's BYE, or the caller's: the first news of an end."""
    uniqueid = packet.get("Uniqueid")
    view.touch(uniqueid)
    leg = view.legs.by_uniqueid.get(uniqueid)
    if leg is not None:
        leg.cause = packet.get("Cause") or leg.cause
        if not leg.answered:
            return []  # DialEnd follows, with the reason
        view.legs.agent_hung_up(leg.agent_id, view.now)
        view.legs.end(leg)
        return transfers.agent_left(view, leg)
    contact_id = view.callers.get(uniqueid)
    if contact_id is None or view.legs.talking(contact_id):
        if contact_id is not None and (consult := view.consults.of_contact(contact_id)) is not None:
            consult.citizen_leaves = True
        return []
    return [ContactHungUp(contact_id)]


def soft_hangup(view: View, packet: Packet) -> list[Event]:
    """The PBX ends a channel: its cause tells how the leg is judged."""
    leg = view.legs.by_uniqueid.get(packet.get("Uniqueid"))
    if leg is not None:
        leg.cause = packet.get("Cause") or leg.cause
    return []


def hangup(view: View, packet: Packet) -> list[Event]:
    """The channel is gone: the last news of it, and the only one when the others were lost."""
    uniqueid = packet.get("Uniqueid")
    view.touch(uniqueid)
    chan = view.channel_gone(uniqueid)
    view.queue_callers.pop(uniqueid, None)
    view.forget_variables(uniqueid)
    events: list[Event] = []
    leg = view.legs.by_uniqueid.get(uniqueid)
    if leg is not None:
        leg.cause = packet.get("Cause") or leg.cause
        view.legs.end(leg)
        if leg.answered:
            events += transfers.agent_left(view, leg)
        elif leg.of_queue:
            view.rings_no_more(view.queue_callers.get(leg.contact_id), leg)
            events.append(RingEnded(leg.contact_id, leg.agent_id))
        elif not leg.void and leg.reservation_id is not None:  # its DialEnd, which comes first, was lost
            events.append(view.legs.failure(leg, "NOANSWER", view.now))
    transfers.channel_gone(view, uniqueid)
    contact_id = view.callers.get(uniqueid)
    over = view.callouts.gone(uniqueid)
    if over is not None:
        del view.callers[uniqueid]
        events.append(CallOutEnded(over.contact_id, over.reservation_id))
    if contact_id is not None and not view.callouts.of_contact(contact_id):
        for one in view.legs.unanswered(contact_id):
            view.legs.end(one)
        events += [ContactHungUp(contact_id), *transfers.citizen_left(view, contact_id)]
    if chan is not None and chan.agent_id:
        events += view.devices((chan.agent_id,))
    return events


def hold(view: View, packet: Packet, *, on_hold: bool) -> list[Event]:
    """The agent's phone put the caller on hold, or took them back."""
    leg = view.legs.by_uniqueid.get(packet.get("Uniqueid"))
    if leg is None or not leg.answered:
        return []
    transfers.holds(view, leg, on_hold=on_hold)
    if not on_hold and (target := view.consults.wanted.pop(leg.uniqueid, None)) is not None:
        view.to_consult.append((leg.name, target))  # the session of the agent's key is over: nobody eats digits now
    return [HoldChanged(leg.contact_id, on_hold=on_hold)]
