"""The PBX as the engine sees it now: channels, who calls, whose legs there are, who waits in the PBX's own queues.

Changed by `acd.ami.translate` with each packet and by `acd.reconcile` after a reading; the dispatcher's thread only.
A channel's key is its Uniqueid; its name is only a handle for actions (names restart at 0 with Asterisk).
Deterministic and without I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from acd.ami.callouts import CallOuts
from acd.ami.consults import Consults
from acd.ami.legs import Leg, Legs
from acd.ami.names import parted
from acd.ami.phones import Phones
from acd.ami.recent import Recent
from acd.core.events.agents import DeviceChanged
from acd.core.events.event import Event
from acd.core.events.found import RingAdopted
from dialplan.language import Language

_PJSIP = re.compile(r"(?:[a-z0-9]+:)?PJSIP/([A-Za-z0-9_.]+)-[0-9a-f]+\Z")
FALLBACK_PREFIX, OVERFLOW = "fallback-", "overflow"
GONE_REMEMBERED = 1000


@dataclass(slots=True)
class Chan:
    """A live channel. `ours` is None until it is known whose call it is in; only of agents' channels.

    `rang` and `up` are remembered for a DialBegin that comes after them: a leg whose answer went before would be ended
    as one that never rang, and a talk with it.
    """

    uniqueid: str
    name: str
    agent_id: str | None
    ours: bool | None = None
    rang: bool = False
    up: bool = False


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


@dataclass(slots=True)
class Reread:
    """Since a re-read began: what is being read may be older than these."""

    touched: set[str] = field(default_factory=set)  # Uniqueids, and agents by their phones
    answered: set[str] = field(default_factory=set)  # unknown legs that were answered
    left_queues: set[str] = field(default_factory=set)  # callers who left the PBX's queues


class View:
    """All of it. Mutable, and nobody's but the dispatcher's thread's."""

    def __init__(self, guess: Callable[[Mapping[str, str], str], Attributes]) -> None:
        """`guess(variables, queue)` says what a caller is, from the channel's RM_ variables and the PBX's queue."""
        self._guess = guess
        self._variables: dict[str, dict[str, str]] = {}  # Uniqueid -> RM_ variables, as last read
        self.agents: frozenset[str] = frozenset()
        self.channels: dict[str, Chan] = {}
        self._gone: Recent[str] = Recent(GONE_REMEMBERED)  # Uniqueids of channels that have ended
        self.callers: dict[str, str] = {}  # caller's Uniqueid -> contact id
        self.caller_channel: dict[str, str] = {}  # contact id -> channel name
        self.legs = Legs()
        self.callouts = CallOuts()
        self.now = 0.0  # the time of the packet that is being read
        self.queue_callers: dict[str, QueueCaller] = {}
        self.phones = Phones()
        self.said: dict[str, tuple[bool, bool]] = {}  # agent -> (reachable, busy), as last reported
        # Agent, and node and address of the phone that gets no calls any more: not told yet.
        self.replaced: list[tuple[str, str, str]] = []
        self.transferred: dict[str, float] = {}  # contact -> when its caller was sent away by REFER, to come back
        self.consults = Consults()
        self.to_officials: dict[str, str] = {}  # contact -> the official whom its own session rings, or who has it
        # For the writer to do after this packet: transfers to be noted (contact, to, kind:result, by), consultations to
        # begin (agent's channel, target), callers to be sent on (contact, target).
        self.noted: list[tuple[str, str, str, str]] = []
        self.to_consult: list[tuple[str, str]] = []
        self.to_send_on: list[tuple[str, str]] = []
        self.to_hang_up: list[Leg] = []  # legs whose reservation was over before they began
        self.to_end: list[str] = []  # names of call-backs' sessions that were another engine's
        self.up: set[str] = set()  # Uniqueids that were answered when the PBX was read last
        self.rereads: dict[str, Reread] = {}  # node -> what is newer than the reading of it that is under way

    def begin_reread(self, node: str = "") -> None:
        """From now on, what events touch is newer than what is read of this node."""
        self.rereads[node] = Reread()

    def know_contact(self, contact_id: str, channel: str) -> None:
        """A session offers this contact; its caller's channel is `channel`."""
        self.callers[contact_id] = contact_id
        self.caller_channel[contact_id] = channel
        self.queue_callers.pop(contact_id, None)
        self.left_queue(contact_id)
        self.transferred.pop(contact_id, None)

    def detach_caller(self, contact_id: str) -> None:
        """Its caller leaves the line and it lives on: what becomes of that channel is no news any more."""
        self.callers.pop(contact_id, None)
        self.caller_channel.pop(contact_id, None)
        self.transferred.pop(contact_id, None)

    def forget_contact(self, contact_id: str) -> None:
        """The contact is over."""
        self.callers.pop(contact_id, None)
        self.caller_channel.pop(contact_id, None)
        self.legs.forget_contact(contact_id)
        self.transferred.pop(contact_id, None)
        self.consults.over(contact_id)
        self.to_officials.pop(contact_id, None)

    def channel(self, uniqueid: str, name: str) -> Chan:
        """The channel, which is new if no event has told of it; one that has ended already stays so."""
        chan = self.channels.get(uniqueid) or Chan(uniqueid, name, self.agent_of(name))
        if not self.has_ended(uniqueid):
            self.channels[uniqueid] = chan
        return chan

    def channel_gone(self, uniqueid: str) -> Chan | None:
        """It has ended: what comes of it now is late."""
        self._gone.add(uniqueid)
        return self.channels.pop(uniqueid, None)

    def has_ended(self, uniqueid: str) -> bool:
        """Whether this channel ended lately."""
        return uniqueid in self._gone

    def caller_lives(self, contact_id: str) -> bool:
        """Whether the PBX still has the caller's channel, as far as its events told."""
        return contact_id in self.channels

    def node_of_caller(self, contact_id: str) -> str:
        """The node that has the contact's caller; "" where there is one node, or nobody on the line."""
        return parted(self.caller_channel.get(contact_id, ""))[0]

    def attributes(self, uniqueid: str) -> Attributes:
        """What this caller is, as well as it can be known."""
        waiting = self.queue_callers.get(uniqueid)
        return self._guess(self.variables_of(uniqueid), waiting.queue if waiting else "")

    def remember_variables(self, uniqueid: str, variables: Mapping[str, str]) -> None:
        """What a re-read found on the channel."""
        self._variables[uniqueid] = dict(variables)

    def forget_variables(self, uniqueid: str) -> None:
        """The channel is gone."""
        self._variables.pop(uniqueid, None)

    def variables_of(self, uniqueid: str) -> Mapping[str, str]:
        """The channel's RM_ variables, as last read; empty when they never were."""
        return self._variables.get(uniqueid, {})

    def agent_of(self, channel: str) -> str | None:
        """The agent whose phone this channel leads to, by the endpoint in its name."""
        match = _PJSIP.match(channel)
        return match.group(1) if match and match.group(1) in self.agents else None

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
            reachable = self.phones.reachable.get(agent)
            if agent not in self.agents or (reachable is None and agent not in busy):
                continue  # nothing is known of this phone: then nothing is said
            state = (reachable is not False, agent in busy)
            if self.said.get(agent) != state:
                self.said[agent] = state
                events.append(DeviceChanged(agent, reachable=state[0], busy=state[1]))
        return events

    def still_busy(self, agent_id: str) -> list[Event]:
        """The core takes a busy phone for its own call while that lasts: another call is told again after it."""
        if any(chan.agent_id == agent_id and chan.ours is False for chan in self.channels.values()):
            self.said.pop(agent_id, None)
            return self.devices((agent_id,))
        return []

    def forget_devices(self) -> None:
        """Report every agent's phone anew at the next occasion: the core was told of new rules."""
        self.said.clear()

    def touch(self, key: str | None) -> None:
        """An event is about this Uniqueid or agent: newer than what is being read."""
        if key:
            for reading in self.rereads.values():
                reading.touched.add(key)

    def left_queue(self, uniqueid: str) -> None:
        """A caller has left the PBX's queues, or was never there."""
        for reading in self.rereads.values():
            reading.left_queues.add(uniqueid)

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

    def rings_no_more(self, waiting: QueueCaller | None, leg: Leg) -> None:
        """A ring of the queue's is over; a caller who had left it meanwhile is forgotten with the last of them."""
        if waiting is not None:
            waiting.ringing.discard(leg.uniqueid)
            if waiting.left and not waiting.ringing:
                del self.queue_callers[waiting.uniqueid]
