"""What the PBX says of itself, read whole: at the engine's start, and after each time out of its sight.

`read` asks over AMI and makes a `PbxSnapshot`; `adopt` brings the view in line with it and returns what
the core is to be told. Events that came while the lists were being read are newer than the lists: whatever they
touched is left as they left it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from asterisk.ami import Action

from acd.ami.client import ActionFailed, AmiClient
from acd.ami.legs import Leg
from acd.ami.names import at, belongs
from acd.ami.packets import Packet, variables
from acd.ami.phones import known_contacts
from acd.ami.translate import translate
from acd.ami.view import FALLBACK_PREFIX, OVERFLOW, Chan, QueueCaller, Reread, View
from acd.core.events.contacts import FellIntoNet
from acd.core.events.event import Event
from acd.core.events.found import PresenceRestored, TalkAdopted
from acd.core.states import Presence
from acd.readcallouts import adopt_call_out_leg, adopt_call_outs
from acd.readconsults import adopt_consults, adopt_officials
from acd.seen import ChannelSeen

RM_VARIABLES = "RM_PHASE,RM_CONTACT,RM_LANG,RM_QUEUE,RM_TOPIC,RM_QUEUED_AT,RM_WAITED,RM_OFFICIAL"
CALLED_BACK = "callback"  # a family of keys in the PBX's database
_UP = "6"
_NOT_THERE = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})
_PHONE = re.compile(r"[0-9]{1,12}")
_LATEST = 1e11  # epoch seconds; NaN and infinity are none


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """One member of one fallback queue."""

    queue: str
    interface: str
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PbxSnapshot:
    """Everything that matters, at about one moment."""

    channels: tuple[ChannelSeen, ...]
    members: tuple[MemberSeen, ...]
    entries: tuple[tuple[str, str, str, float], ...]  # queue, channel, Uniqueid, seconds waited there
    devices: dict[str, str]  # "PJSIP/1001" -> state
    called_back: dict[str, float] = field(default_factory=dict)  # contacts whose citizen has answered, and when
    node: str = ""  # whose this is, where there are several
    contacts: tuple[tuple[str, str], ...] = ()  # phones that are registered, and where: asked of several nodes only
    started: str = ""  # when this PBX began, in its own words


def read(client: AmiClient, node: str = "", timeout_s: float = 3.0) -> PbxSnapshot:
    """Ask for everything. Raises AmiAway, ActionFailed."""
    devices = client.ask_list("DeviceStateList", timeout_s)
    status = client.ask_list("Status", timeout_s, Variables=RM_VARIABLES)
    queues = client.ask_list("QueueStatus", timeout_s)
    return PbxSnapshot(
        channels=tuple(_channel(packet, node) for packet in status if packet.name == "Status"),
        members=tuple(
            MemberSeen(
                packet.get("Queue"),
                packet.get("Location") or packet.get("Interface"),
                packet.get("Paused") == "1",
                packet.get("PausedReason"),
            )
            for packet in queues
            if packet.name == "QueueMember"
        ),
        entries=tuple(
            (packet.get("Queue"), at(node, packet.get("Channel")), packet.get("Uniqueid"), _seconds(packet.get("Wait")))
            for packet in queues
            if packet.name == "QueueEntry"
        ),
        devices={packet.get("Device"): packet.get("State") for packet in devices},
        called_back=_called_back(client, timeout_s),
        node=node,
        contacts=_contacts(client, devices, timeout_s) if node else (),
        started=_started(client, timeout_s),
    )


def _contacts(client: AmiClient, devices: Iterable[Packet], timeout_s: float) -> tuple[tuple[str, str], ...]:
    """Where the phones that are there are registered. (PJSIPShowContacts would need the right to restart the PBX.)"""
    there = (one.get("Device").partition("/") for one in devices if one.get("State") not in _NOT_THERE)
    phones = [phone for technology, _, phone in there if technology == "PJSIP" and _PHONE.fullmatch(phone)]
    asked = [client.request(Action("Getvar", {"Variable": f"PJSIP_DIAL_CONTACTS({phone})"})) for phone in phones]
    found = []
    for phone, reply in zip(phones, asked, strict=True):
        with suppress(ActionFailed):  # a carrier's endpoint has none
            first = reply.wait(timeout_s).get("Value").partition("&")[0]
            if uri := first.removeprefix(f"PJSIP/{phone}/"):
                found.append((phone, uri))
    return tuple(found)


def _started(client: AmiClient, timeout_s: float) -> str:
    """So that one that died and is back at once is not taken for the one from before."""
    core = client.ask("CoreStatus", timeout_s)
    return f"{core.get('CoreStartupDate')} {core.get('CoreStartupTime')}"


def _called_back(client: AmiClient, timeout_s: float) -> dict[str, float]:
    """What the PBX's own small database has of call-backs whose end no engine has taken (context callback-answered)."""
    try:
        found = client.ask_list("DBGetTree", timeout_s, Family=CALLED_BACK)
    except ActionFailed:  # nothing is there
        return {}
    rows = [(packet.get("Key"), packet.get("Val")) for packet in found if packet.name == "DBGetTreeResponse"]
    return {key.rpartition("/")[2]: _seconds(value) for key, value in rows}


def _channel(packet: Packet, node: str) -> ChannelSeen:
    return ChannelSeen(
        uniqueid=packet.get("Uniqueid"),
        name=at(node, packet.get("Channel")),
        linkedid=packet.get("Linkedid"),
        state=packet.get("ChannelState"),
        bridge=packet.get("BridgeID"),
        age_s=_seconds(packet.get("Seconds")),
        variables=variables(packet),
    )


def _seconds(text: str) -> float:
    """A time of the PBX's or of a channel variable; 0 where there is none, or none that could be true."""
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < _LATEST else 0.0


def adopt(view: View, snapshot: PbxSnapshot, now: float) -> list[Event]:
    """Bring the view in line. Returns hang-ups that were missed, devices, talks; nothing of presences."""
    reading, node = view.rereads.pop(snapshot.node, Reread()), snapshot.node
    touched = reading.touched
    events: list[Event] = []
    seen = {channel.uniqueid: channel for channel in snapshot.channels}
    for uniqueid in _unseen(view.channels, seen, touched, node):
        # The Hangup was missed.
        events += translate(view, Packet("Hangup", "", {"Uniqueid": uniqueid, "Cause": "16"}), now)
    for contact_id in _unseen(view.callers, seen, touched, node):
        if contact_id not in view.channels:
            events += translate(view, Packet("Hangup", "", {"Uniqueid": contact_id}), now)
    fresh = [channel for channel in snapshot.channels if channel.uniqueid not in touched]
    view.up = {channel.uniqueid for channel in snapshot.channels if channel.state == _UP}
    for channel in fresh:
        view.channels.setdefault(channel.uniqueid, Chan(channel.uniqueid, channel.name, view.agent_of(channel.name)))
        if "RM_PHASE" in channel.variables:
            view.remember_variables(channel.uniqueid, channel.variables)
    adopt_call_outs(view, fresh, snapshot.channels)
    events += _adopt_queue_callers(view, snapshot, reading, now)
    parties = adopt_consults(view, seen)
    events += _adopt_legs(view, [one for one in fresh if one.uniqueid not in parties], seen, reading.answered, now)
    events += adopt_officials(view, seen, now)
    for uniqueid in parties:
        view.channels[uniqueid].ours = False
    for device, state in snapshot.devices.items():
        technology, _, agent = device.partition("/")
        if technology == "PJSIP" and agent in view.agents and agent not in touched:
            view.phones.listed(agent, node, state)
    known_contacts(view.phones, node, (one for one in snapshot.contacts if one[0] not in touched))
    view.forget_devices()
    return [*view.devices(view.agents), *events]


def _unseen(known: Iterable[str], seen: Container[str], touched: Container[str], node: str) -> list[str]:
    """Of this node's Uniqueids, those that are not there any more."""
    return [one for one in known if one not in seen and one not in touched and belongs(one, node)]


def _adopt_queue_callers(view: View, snapshot: PbxSnapshot, reading: Reread, now: float) -> list[Event]:
    """Who waits in the PBX's queues. Returns word of the contacts of ours among them: their sessions are gone."""
    events: list[Event] = []
    waiting = {uniqueid for _, _, uniqueid, _ in snapshot.entries}
    for uniqueid in _unseen(view.queue_callers, waiting, reading.touched, snapshot.node):
        del view.queue_callers[uniqueid]
    for queue, channel, uniqueid, waited_s in snapshot.entries:
        if uniqueid in reading.touched or uniqueid in reading.left_queues:
            continue
        if not (queue.startswith(FALLBACK_PREFIX) or queue == OVERFLOW):
            continue
        queued_at = _seconds(view.variables_of(uniqueid).get("RM_QUEUED_AT", "")) or now - waited_s
        known = view.queue_callers.setdefault(uniqueid, QueueCaller(uniqueid, channel, queue, queued_at))
        known.queued_at = queued_at
        if uniqueid in view.callers:
            events.append(FellIntoNet(view.callers[uniqueid]))
    return events


def _adopt_legs(
    view: View, fresh: Iterable[ChannelSeen], seen: dict[str, ChannelSeen], answered: Container[str], now: float
) -> list[Event]:
    """Agents' channels: which talk with a contact, which ring for one, and which are calls of the agent's own."""
    events: list[Event] = []
    for channel in fresh:
        chan = view.channels[channel.uniqueid]
        if chan.agent_id is None:
            continue
        up = channel.state == _UP or channel.uniqueid in answered
        caller = _caller_of(view, channel, seen)
        leg = view.legs.by_uniqueid.get(channel.uniqueid)
        if caller is None:
            if leg is None:
                chan.ours = False
            continue
        contact_id = caller.variables.get("RM_CONTACT") or caller.uniqueid
        if view.callouts.contact_of(caller.uniqueid) is not None:
            events += adopt_call_out_leg(view, channel, caller, now, up=up)
            continue
        if leg is None:
            of_queue = caller.uniqueid in view.queue_callers or caller.uniqueid not in view.callers
            reservation = None if of_queue else view.legs.expected(contact_id, chan.agent_id)
            begun_at = now - channel.age_s
            leg = Leg(contact_id, chan.agent_id, chan.uniqueid, chan.name, begun_at, reservation, of_queue=of_queue)
            leg.rang = True
            view.adopt_leg(leg)
            waiting = view.queue_callers.get(caller.uniqueid)
            if waiting is not None and not up:
                waiting.ringing.add(channel.uniqueid)
                events.append(view.queue_rings(waiting, chan.agent_id))
            elif of_queue and not up:  # the Dial of a session that is dead, or of the dialplan's own
                queued_at = _seconds(caller.variables.get("RM_QUEUED_AT", "")) or now - caller.age_s
                events.append(view.rings_without_us(caller.uniqueid, caller.name, chan.agent_id, queued_at))
        if up:  # told even if it is no news: the core may have come to believe otherwise
            what = view.attributes(caller.uniqueid)
            since = now - channel.age_s
            waited_since = _seconds(caller.variables.get("RM_QUEUED_AT", "")) or None
            talk = TalkAdopted(contact_id, chan.agent_id, what.language, what.topic, what.queue, since, waited_since)
            events.append(talk)
            leg.answered = True
            view.queue_callers.pop(caller.uniqueid, None)
            view.callers[caller.uniqueid] = contact_id
            view.caller_channel.setdefault(contact_id, caller.name)
    return events


def _caller_of(view: View, channel: ChannelSeen, seen: dict[str, ChannelSeen]) -> ChannelSeen | None:
    """The citizen's channel that this agent's channel belongs to: in the same bridge, or dialled for it."""
    candidates = [one for one in seen.values() if view.agent_of(one.name) is None and "RM_PHASE" in one.variables]
    if channel.bridge:
        for one in candidates:
            if one.bridge == channel.bridge:
                return one
    if channel.linkedid != channel.uniqueid:  # a call that the phone began is its own head
        return next((one for one in candidates if one.uniqueid == channel.linkedid), None)
    return None


def presences(view: View, snapshot: PbxSnapshot, reasons: Iterable[str]) -> list[PresenceRestored]:
    """What the fallback queues say of every agent: in none is OFFLINE, paused in one is AWAY."""
    known_reasons = {*reasons, Presence.NOT_RESPONDING.value, Presence.ERROR.value}
    found: dict[str, tuple[Presence, str | None]] = dict.fromkeys(sorted(view.agents), (Presence.OFFLINE, None))
    for member in snapshot.members:
        agent = member.interface.removeprefix("PJSIP/")
        if agent not in found or not member.queue.startswith(FALLBACK_PREFIX):
            continue
        if member.paused:
            found[agent] = (Presence.AWAY, member.reason if member.reason in known_reasons else None)
        elif found[agent][0] is Presence.OFFLINE:
            found[agent] = (Presence.AVAILABLE, None)
    return [PresenceRestored(agent, presence, reason) for agent, (presence, reason) in found.items()]
