"""From what the PBX says to what happened to contacts and agents: AMI packets in, core events out.

Deterministic and without I/O: the dispatcher calls it with each packet and the time. A channel's key is its
Uniqueid; its name is only a handle for actions (names restart at 0 with Asterisk).

The rules that are not obvious:
* A talk ends with `HangupRequest` on the agent's own channel: that is the phone's BYE, answered already, 0.6 ms
  before `Hangup`. When the caller hangs up, it ends with the `Hangup` of the agent's channel, because only then has
  the agent's phone been told; a new INVITE would meet a phone that still talks.
* Busy is judged by channels, never by device state, which lags behind: an agent's channel that is no leg of a
  contact's makes the device busy. So the end of an own call is never mistaken for a call of the agent's.
* A leg belongs to a reservation from `DialBegin` on (acd/ami/legs.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from acd.ami.legs import Leg, Legs
from acd.ami.packets import Packet
from acd.core.events import (
    ContactHungUp,
    DeviceChanged,
    Event,
    FellIntoNet,
    HoldChanged,
    LegAnswered,
    LegRang,
    RingAdopted,
    RingEnded,
    TalkAdopted,
    TalkEnded,
)
from dialplan.ruleset import Language

_PJSIP = re.compile(r"PJSIP/([A-Za-z0-9_.]+)-[0-9a-f]+\Z")
_UNREACHABLE = frozenset({"UNAVAILABLE", "INVALID"})
FALLBACK_PREFIX, OVERFLOW = "fallback-", "overflow"


@dataclass(slots=True)
class Chan:
    """A live channel. `ours` is None until it is known whose call it is in; only of agents' channels."""

    uniqueid: str
    name: str
    agent_id: str | None
    ours: bool | None = None


@dataclass(slots=True)
class QueueCaller:
    """A caller in one of the PBX's own queues. `ringing`: the legs of the phones that ring for it there.

    `left`: it is not there any more; remembered only until those legs' ends have told whether one of them answered.
    """

    uniqueid: str
    channel: str
    queue: str
    queued_at: float
    ringing: set[str] = field(default_factory=set)
    left: bool = False


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a contact is, read from its channel's RM_ variables or guessed from the queue it waits in."""

    language: Language
    topic: str
    queue: str


class Translator:
    """The PBX as the engine sees it, and the translation. One thread only: the dispatcher's."""

    def __init__(self, guess: Callable[[Mapping[str, str], str], Attributes]) -> None:
        """`guess(variables, queue)` says what a caller is, from the channel's RM_ variables and the PBX's queue."""
        self._guess = guess
        self._variables: dict[str, dict[str, str]] = {}  # Uniqueid -> RM_ variables, as last read
        self.agents: frozenset[str] = frozenset()
        self.channels: dict[str, Chan] = {}
        self.callers: dict[str, str] = {}  # caller's Uniqueid -> contact id
        self.caller_channel: dict[str, str] = {}  # contact id -> channel name
        self.legs = Legs()
        self._now = 0.0
        self.queue_callers: dict[str, QueueCaller] = {}
        self.reachable: dict[str, bool] = {}
        self._said: dict[str, tuple[bool, bool]] = {}  # agent -> (reachable, busy), as last reported
        self.transferred: dict[str, float] = {}  # contact -> when its caller was sent away by REFER, to come back
        self.handed_over: list[tuple[str, str, str]] = []  # contact, from, to: not noted yet
        self.to_hang_up: list[Leg] = []  # legs whose reservation was over before they began
        # Since a re-read began (else None): Uniqueids and agents that changed, unknown legs that were answered, and
        # callers who left the PBX's queues. What is being read may be older than these.
        self.touched: set[str] | None = None
        self.answered: set[str] = set()
        self.left_queues: set[str] = set()
        self._handlers: dict[str, Callable[[Packet], list[Event]]] = {
            "Newchannel": self._new_channel,
            "Newstate": self._new_state,
            "DialBegin": self._dial_begin,
            "DialState": self._dial_state,
            "DialEnd": self._dial_end,
            "HangupRequest": self._hangup_request,
            "SoftHangupRequest": self._soft_hangup,
            "Hangup": self._hangup,
            "Hold": lambda packet: self._hold(packet, on_hold=True),
            "Unhold": lambda packet: self._hold(packet, on_hold=False),
            "DeviceStateChange": self._device_state,
            "ContactStatus": self._contact_status,
            "QueueCallerJoin": self._queue_join,
            "QueueCallerLeave": self._queue_leave,
            "BlindTransfer": self._blind_transfer,
            "AttendedTransfer": self._attended_transfer,
        }

    def translate(self, packet: Packet, now: float) -> list[Event]:
        """What this packet means for contacts and agents; nothing for most packets."""
        handler = self._handlers.get(packet.name)
        self._now = now
        return handler(packet) if handler else []

    def begin_reread(self) -> None:
        """From now on, what events touch is newer than what is read."""
        self.touched, self.answered, self.left_queues = set(), set(), set()

    # -- what the dispatcher tells ----------------------------------------------------------------------------------

    def know_contact(self, contact_id: str, channel: str) -> None:
        """A session offers this contact; its caller's channel is `channel`."""
        self.callers[contact_id] = contact_id
        self.caller_channel[contact_id] = channel
        self.queue_callers.pop(contact_id, None)
        self._left_queues(contact_id)
        self.transferred.pop(contact_id, None)

    def forget_contact(self, contact_id: str) -> None:
        """The contact is over."""
        self.callers.pop(contact_id, None)
        self.caller_channel.pop(contact_id, None)
        self.legs.forget_contact(contact_id)
        self.transferred.pop(contact_id, None)

    def caller_lives(self, contact_id: str) -> bool:
        """Whether the PBX still has the caller's channel, as far as its events told."""
        return contact_id in self.channels

    def attributes(self, uniqueid: str) -> Attributes:
        """What this caller is, as well as it can be known."""
        waiting = self.queue_callers.get(uniqueid)
        return self._guess(self.variables_of(uniqueid), waiting.queue if waiting else "")

    def remember_variables(self, uniqueid: str, variables: Mapping[str, str]) -> None:
        """What a re-read found on the channel."""
        self._variables[uniqueid] = dict(variables)

    def variables_of(self, uniqueid: str) -> Mapping[str, str]:
        """The channel's RM_ variables, as last read; empty when they never were."""
        return self._variables.get(uniqueid, {})

    def has_channel(self, agent_id: str) -> bool:
        """Whether the agent's phone is in any call."""
        return any(chan.agent_id == agent_id for chan in self.channels.values())

    def adopt_leg(self, leg: Leg) -> None:
        """A leg that was there before the engine, or while it looked away."""
        self.legs.by_uniqueid[leg.uniqueid] = leg
        chan = self.channels.get(leg.uniqueid)
        if chan is not None:
            chan.ours = True

    def devices(self, agents: Iterable[str]) -> list[Event]:
        """What changed about these agents' phones since it was last reported."""
        events: list[Event] = []
        busy = {chan.agent_id for chan in self.channels.values() if chan.agent_id and chan.ours is False}
        for agent in agents:
            reachable = self.reachable.get(agent)
            if agent not in self.agents or (reachable is None and agent not in busy):
                continue  # nothing is known of this phone: then nothing is said
            state = (reachable is not False, agent in busy)
            if self._said.get(agent) != state:
                self._said[agent] = state
                events.append(DeviceChanged(agent, reachable=state[0], busy=state[1]))
        return events

    def forget_devices(self) -> None:
        """Report every agent's phone anew at the next occasion: the core was told of new rules."""
        self._said.clear()

    # -- channels ---------------------------------------------------------------------------------------------------

    def agent_of(self, channel: str) -> str | None:
        """The agent whose phone this channel leads to, by the endpoint in its name."""
        match = _PJSIP.match(channel)
        return match.group(1) if match and match.group(1) in self.agents else None

    def _touch(self, key: str | None) -> None:
        if self.touched is not None and key:
            self.touched.add(key)

    def _left_queues(self, uniqueid: str) -> None:
        if self.touched is not None:
            self.left_queues.add(uniqueid)

    def _new_channel(self, packet: Packet) -> list[Event]:
        chan = Chan(packet.get("Uniqueid"), packet.get("Channel"), self.agent_of(packet.get("Channel")))
        self._touch(chan.uniqueid)
        self.channels[chan.uniqueid] = chan
        if chan.agent_id and packet.get("ChannelState") == "4":  # Ring: the phone itself began this call
            chan.ours = False
            self.reachable[chan.agent_id] = True
            return self.devices((chan.agent_id,))
        return []  # Down: a leg towards the phone; DialBegin says whose

    def _new_state(self, packet: Packet) -> list[Event]:
        chan = self.channels.get(packet.get("Uniqueid"))
        leg = self.legs.by_uniqueid.get(packet.get("Uniqueid"))
        if leg is not None and not leg.answered and not leg.of_queue and packet.get("ChannelState") == "6":
            leg.answered = True  # the phone's answer; DialEnd comes after the whisper only
            return [LegAnswered(leg.contact_id, leg.agent_id)]
        if chan is None or chan.agent_id is None or chan.ours is not None:
            return []
        chan.ours = False  # rings or talks, and no DialBegin of a contact's was seen
        return self.devices((chan.agent_id,))

    def _dial_begin(self, packet: Packet) -> list[Event]:
        uniqueid, name = packet.get("DestUniqueid"), packet.get("DestChannel")
        agent = self.agent_of(name)
        if agent is None:
            return []
        self._touch(uniqueid)
        chan = self.channels.setdefault(uniqueid, Chan(uniqueid, name, agent))
        caller = packet.get("Uniqueid")
        waiting = self.queue_callers.get(caller)
        contact_id = self.callers.get(caller)
        if waiting is not None:
            waiting.ringing.add(uniqueid)
            chan.ours = True
            self.legs.by_uniqueid[uniqueid] = Leg(caller, agent, uniqueid, name, self._now, None, of_queue=True)
            return [self.queue_rings(waiting, agent)]
        if contact_id is None:
            chan.ours = False
            return self.devices((agent,))
        chan.ours = True
        leg = self.legs.begin(contact_id, agent, uniqueid, name, self._now)
        if leg.void:
            self.to_hang_up.append(leg)
        return []

    def _dial_state(self, packet: Packet) -> list[Event]:
        leg = self.legs.by_uniqueid.get(packet.get("DestUniqueid"))
        if leg is None or leg.rang or packet.get("DialStatus") != "RINGING":
            return []
        leg.rang = True
        return [] if leg.void or leg.of_queue else [LegRang(leg.contact_id, leg.agent_id, leg.reservation_id)]

    def _dial_end(self, packet: Packet) -> list[Event]:
        leg = self.legs.by_uniqueid.get(packet.get("DestUniqueid"))
        if leg is None and self.touched is not None and packet.get("DialStatus") == "ANSWER":
            self.answered.add(packet.get("DestUniqueid"))  # the list that is being read may still have it ringing
        if leg is None or leg.answered:
            return []
        # A phone that forwards (302) is reported as CANCEL first; where it points to is never followed (Dial's `i`).
        status = "BUSY" if packet.get("Forward") else packet.get("DialStatus")
        waiting = self.queue_callers.get(leg.contact_id) if leg.of_queue else None
        self._rings_no_more(waiting, leg)
        if status == "ANSWER":
            leg.answered = True
            if leg.of_queue:
                return self._adopt_queue_talk(leg)
            return [LegAnswered(leg.contact_id, leg.agent_id)]
        self.legs.end(leg)
        if leg.of_queue:
            return [RingEnded(leg.contact_id, leg.agent_id)]
        if leg.void or leg.reservation_id is None or status in ("CANCEL", "ABORT"):
            return []
        return [self.legs.failure(leg, status, self._now)]

    def _rings_no_more(self, waiting: QueueCaller | None, leg: Leg) -> None:
        if waiting is not None:
            waiting.ringing.discard(leg.uniqueid)
            if waiting.left and not waiting.ringing:
                del self.queue_callers[waiting.uniqueid]

    def queue_rings(self, waiting: QueueCaller, agent_id: str) -> RingAdopted:
        """The queue rings this agent for this caller, who from now on counts as known."""
        return self.rings_without_us(waiting.uniqueid, waiting.channel, agent_id, waiting.queued_at)

    def rings_without_us(self, uniqueid: str, channel: str, agent_id: str, queued_at: float) -> RingAdopted:
        """An agent's phone rings for this caller, and no session of ours made it ring; the caller counts as known."""
        what = self.attributes(uniqueid)
        variables = self.variables_of(uniqueid)
        self.callers[uniqueid] = uniqueid
        self.caller_channel[uniqueid] = channel
        return RingAdopted(
            uniqueid,
            agent_id,
            what.language,
            what.topic,
            what.queue,
            queued_at,
            # One that this engine has sent there has no variables here, and was offered by it.
            resumed=not variables or bool(variables.get("RM_CONTACT")),
        )

    def _adopt_queue_talk(self, leg: Leg) -> list[Event]:
        what = self.attributes(leg.contact_id)
        self.queue_callers.pop(leg.contact_id, None)
        self.callers[leg.contact_id] = leg.contact_id
        return [TalkAdopted(leg.contact_id, leg.agent_id, what.language, what.topic, what.queue, self._now)]

    # -- ends -------------------------------------------------------------------------------------------------------

    def _hangup_request(self, packet: Packet) -> list[Event]:
        uniqueid = packet.get("Uniqueid")
        self._touch(uniqueid)
        leg = self.legs.by_uniqueid.get(uniqueid)
        if leg is not None:
            leg.cause = packet.get("Cause") or leg.cause
            if not leg.answered:
                return []  # DialEnd follows, with the reason
            self.legs.agent_hung_up(leg.agent_id, self._now)
            self.legs.end(leg)
            return [TalkEnded(leg.contact_id), *self._still_busy(leg.agent_id)]
        contact_id = self.callers.get(uniqueid)
        if contact_id is None or self.legs.talking(contact_id):
            return []
        return [ContactHungUp(contact_id)]

    def _soft_hangup(self, packet: Packet) -> list[Event]:
        leg = self.legs.by_uniqueid.get(packet.get("Uniqueid"))
        if leg is not None:
            leg.cause = packet.get("Cause") or leg.cause
        return []

    def _hangup(self, packet: Packet) -> list[Event]:
        uniqueid = packet.get("Uniqueid")
        self._touch(uniqueid)
        chan = self.channels.pop(uniqueid, None)
        self.queue_callers.pop(uniqueid, None)
        self._variables.pop(uniqueid, None)
        events: list[Event] = []
        leg = self.legs.by_uniqueid.get(uniqueid)
        if leg is not None:
            leg.cause = packet.get("Cause") or leg.cause
            self.legs.end(leg)
            if leg.answered:
                events += [TalkEnded(leg.contact_id), *self._still_busy(leg.agent_id)]
            elif leg.of_queue:
                self._rings_no_more(self.queue_callers.get(leg.contact_id), leg)
                events.append(RingEnded(leg.contact_id, leg.agent_id))
            elif not leg.void and leg.reservation_id is not None:  # its DialEnd, which comes first, was lost
                events.append(self.legs.failure(leg, "NOANSWER", self._now))
        contact_id = self.callers.get(uniqueid)
        if contact_id is not None:
            for one in self.legs.unanswered(contact_id):
                self.legs.end(one)
            events.append(ContactHungUp(contact_id))
        if chan is not None and chan.agent_id:
            events += self.devices((chan.agent_id,))
        return events

    def _blind_transfer(self, packet: Packet) -> list[Event]:
        leg = self.legs.by_uniqueid.get(packet.get("TransfererUniqueid"))
        if leg is None or not leg.answered or packet.get("Result").lower() != "success":
            return []
        self.legs.end(leg)
        self.transferred[leg.contact_id] = self._now  # the talk ends with the rejoin, or when none comes
        return []

    def _attended_transfer(self, packet: Packet) -> list[Event]:
        """The agent's phone has joined caller and colleague (REFER with Replaces): the colleague's channel is the leg.

        The caller's session stays in its Dial, which returns when the colleague hangs up.
        """
        if packet.get("Result").lower() != "success":
            return []
        ends = (packet.get(f"{end}TransfererUniqueid") for end in ("Orig", "Second"))
        leg = next((one for end in ends if (one := self.legs.by_uniqueid.get(end)) is not None and one.answered), None)
        colleague = self.channels.get(packet.get("TransferTargetUniqueid"))
        if leg is None or colleague is None or colleague.agent_id in (None, leg.agent_id):
            return []
        assert colleague.agent_id is not None
        self.legs.end(leg)
        colleague.ours = True
        new = Leg(leg.contact_id, colleague.agent_id, colleague.uniqueid, colleague.name, self._now, None)
        new.rang = new.answered = True
        self.legs.by_uniqueid[new.uniqueid] = new
        self.handed_over.append((leg.contact_id, leg.agent_id, new.agent_id))
        what = self.attributes(leg.contact_id)
        talk = TalkAdopted(leg.contact_id, new.agent_id, what.language, what.topic, what.queue, self._now)
        return [talk, *self.devices((leg.agent_id, new.agent_id))]

    def _still_busy(self, agent_id: str) -> list[Event]:
        """The core takes a busy phone for its own call while that lasts: another call is told again after it."""
        if any(chan.agent_id == agent_id and chan.ours is False for chan in self.channels.values()):
            self._said.pop(agent_id, None)
            return self.devices((agent_id,))
        return []

    def _hold(self, packet: Packet, *, on_hold: bool) -> list[Event]:
        leg = self.legs.by_uniqueid.get(packet.get("Uniqueid"))
        return [HoldChanged(leg.contact_id, on_hold=on_hold)] if leg is not None and leg.answered else []

    # -- devices and queues -------------------------------------------------------------------------------------------

    def _device_state(self, packet: Packet) -> list[Event]:
        technology, _, agent = packet.get("Device").partition("/")
        if technology != "PJSIP" or agent not in self.agents or packet.get("State") == "UNKNOWN":
            return []
        self._touch(agent)
        self.reachable[agent] = packet.get("State") not in _UNREACHABLE
        self._said.pop(agent, None)  # a sign of life is told each time: it ends ERROR
        return self.devices((agent,))

    def _contact_status(self, packet: Packet) -> list[Event]:
        agent = packet.get("EndpointName") or packet.get("AOR")
        if agent not in self.agents:
            return []
        status = packet.get("ContactStatus")
        if status in ("Reachable", "NonQualified", "Created", "Updated"):
            self.reachable[agent] = True
        elif status in ("Unreachable", "Unqualified"):
            self.reachable[agent] = False
        else:
            return []  # Removed: another contact may be left, the device state says
        self._touch(agent)
        self._said.pop(agent, None)
        return self.devices((agent,))

    def _queue_join(self, packet: Packet) -> list[Event]:
        queue, uniqueid = packet.get("Queue"), packet.get("Uniqueid")
        if not (queue.startswith(FALLBACK_PREFIX) or queue == OVERFLOW):
            return []
        self._touch(uniqueid)
        self.left_queues.discard(uniqueid)
        self.queue_callers[uniqueid] = QueueCaller(uniqueid, packet.get("Channel"), queue, self._now)
        contact_id = self.callers.get(uniqueid)
        return [FellIntoNet(contact_id)] if contact_id is not None else []

    def _queue_leave(self, packet: Packet) -> list[Event]:
        uniqueid = packet.get("Uniqueid")
        self._left_queues(uniqueid)
        waiting = self.queue_callers.get(uniqueid)
        if waiting is not None and waiting.queue == packet.get("Queue"):
            waiting.left = True
            if not waiting.ringing:
                del self.queue_callers[uniqueid]
        return []
