"""Whatever order AMI's events come in, doubled, late or missing: no illegal transition, no invariant broken.

Random callers and agents make the true sequence of events that Asterisk would send; then a seed drops, doubles and
delays some of them. The translation and the core are driven by what is left.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from acd.ami.packets import Packet
from acd.ami.translate import translate
from acd.ami.view import Attributes, View
from acd.core import invariants
from acd.core.commands import Assign, Command, Unassign
from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import Channel, ContactOffered
from acd.core.events.event import Event, TimePassed
from acd.core.states import Presence
from acd.core.step import new_state, next_deadline, step
from acd.reconcile import PbxSnapshot, adopt
from acd.seen import ChannelSeen
from dialplan.language import Language
from dialplan.loader import load
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset

AGENTS = ("1001", "1002", "1003")


@cache
def city() -> Ruleset:
    return load(Path(__file__).resolve().parents[2] / "dialplan" / "rules")


class World:
    """The core and the translation, as the dispatcher joins them, on a clock of our own."""

    def __init__(self, rules: Ruleset, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 1_000_000.0
        self.state = new_state({one: rules.agents[one] for one in AGENTS}, rules.queues, now=self.now)
        self.view = View(lambda variables, queue: Attributes(Language.KO, "any", "general"))
        self.view.agents = frozenset(AGENTS)
        self.assigned: dict[str, Assign] = {}
        self.held: list[Packet] = []  # late events
        self.number = 0
        self.talks: dict[str, tuple[str, str]] = {}  # caller -> (leg, its channel)
        self.callers: list[str] = []

    # -- the dispatcher's part --

    def feed(self, event: Event) -> None:
        for command in step(self.state, event, self.now):
            self.carry_out(command)
        invariants.check(self.state)

    def carry_out(self, command: Command) -> None:
        if isinstance(command, Assign):
            self.assigned[command.contact_id] = command
        elif isinstance(command, Unassign):
            self.assigned.pop(command.contact_id, None)
            self.view.legs.void(command.contact_id, command.reservation_id)

    def packet(self, name: str, **headers: str) -> None:
        packet = Packet(name, "", headers)
        fate = self.random.random()
        if fate < 0.04:
            return
        if fate < 0.10:
            self.held.append(packet)
            return
        for _ in range(2 if fate > 0.94 else 1):
            for event in translate(self.view, packet, self.now):
                self.feed(event)
        self.view.to_hang_up.clear()

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        while (deadline := next_deadline(self.state)) is not None and deadline <= self.now:
            self.feed(TimePassed())
        self.random.shuffle(self.held)
        while self.held and self.random.random() < 0.7:
            for event in translate(self.view, self.held.pop(), self.now):
                self.feed(event)

    # -- the world's part --

    def do(self) -> None:
        self.random.choice(
            [self.arrive, self.arrive, self.dial, self.dial, self.dial, self.end_talk, self.hang_up, self.code, self.own_call,
             lambda: self.pass_time(self.random.choice((0.05, 1.0, 12.0, 40.0))), self.reread]
        )()  # fmt: skip

    def arrive(self) -> None:
        self.number += 1
        caller, channel = f"c.{self.number}", f"PJSIP/carrier-{self.number:08x}"
        self.callers.append(caller)
        self.packet("Newchannel", Uniqueid=caller, Channel=channel, ChannelState="4")
        self.view.know_contact(caller, channel)
        self.feed(ContactOffered(caller, Channel.VOICE, Language.KO, "any", "general", Requirement(Language.KO)))

    def dial(self) -> None:
        """A session takes its assignment and dials; the phone does one of the things that phones do."""
        if not self.assigned:
            return
        contact, assign = self.assigned.popitem()
        if contact not in self.callers:
            return  # its session ended with the caller
        self.number += 1
        leg, name = f"l.{self.number}", f"PJSIP/{assign.agent_id}-{self.number:08x}"
        both = {"Uniqueid": contact, "DestUniqueid": leg, "DestChannel": name}
        own = {"Uniqueid": leg, "Channel": name, "Linkedid": contact}
        self.view.legs.expect(contact, assign.agent_id, assign.reservation_id)
        self.packet("Newchannel", ChannelState="0", **own)
        self.packet("DialBegin", **both)
        kind = self.random.choice(("answer", "answer", "answer", "ring", "dead", "busy", "declined"))
        if kind in ("answer", "ring", "declined"):
            self.packet("DialState", DialStatus="RINGING", **both)
            self.packet("Newstate", ChannelState="5", **own)
        if kind == "answer":
            self.packet("DialEnd", DialStatus="ANSWER", **both)
            self.talks[contact] = (leg, name)
            return
        self.pass_time({"ring": 10.0, "dead": 2.0}.get(kind, 0.2))
        status = {"busy": "BUSY"}.get(kind, "NOANSWER")
        if kind == "declined":
            self.packet("HangupRequest", Cause="21", **own)
        self.packet("DialEnd", DialStatus=status, **both)
        self.packet("Hangup", Cause="16", **own)
        for event in self.view.legs.dial_returned(contact, assign.agent_id, assign.reservation_id, status, self.now):
            self.feed(event)

    def end_talk(self) -> None:
        if self.talks:
            contact, (leg, name) = self.talks.popitem()
            self.packet("HangupRequest", Uniqueid=leg, Channel=name)
            self.packet("Hangup", Uniqueid=leg, Channel=name, Cause="16")
            self.packet("Hangup", Uniqueid=contact, Cause="16")
            self.callers.remove(contact)

    def hang_up(self) -> None:
        if self.callers:
            contact = self.callers.pop(self.random.randrange(len(self.callers)))
            self.packet("HangupRequest", Uniqueid=contact)
            if contact in self.talks:
                leg, name = self.talks.pop(contact)
                self.packet("Hangup", Uniqueid=leg, Channel=name, Cause="16")
            self.packet("Hangup", Uniqueid=contact, Cause="16")

    def code(self) -> None:
        agent = self.random.choice(AGENTS)
        self.packet(
            "DeviceStateChange",
            Device=f"PJSIP/{agent}",
            State=self.random.choice(("NOT_INUSE", "NOT_INUSE", "UNAVAILABLE")),
        )
        self.feed(
            PresenceAsked(
                agent, self.random.choice((Presence.AVAILABLE, Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE))
            )
        )

    def own_call(self) -> None:
        self.number += 1
        agent = self.random.choice(AGENTS)
        own = {"Uniqueid": f"o.{self.number}", "Channel": f"PJSIP/{agent}-{self.number:08x}"}
        self.packet("Newchannel", ChannelState="4", **own)
        if self.random.random() < 0.8:
            self.packet("Hangup", **own)

    def reread(self) -> None:
        """What is true now, read whole: after it nothing that was missed is left."""
        self.held.clear()
        channels = [
            ChannelSeen(one, f"PJSIP/carrier-{one[2:]}", one, "6", f"b{one}", 5.0, {"RM_PHASE": "waiting"})
            for one in self.callers
        ]
        channels += [
            ChannelSeen(leg, name, contact, "6", f"b{contact}", 3.0, {}) for contact, (leg, name) in self.talks.items()
        ]
        self.view.begin_reread()
        seen = PbxSnapshot(tuple(channels), (), (), {f"PJSIP/{agent}": "NOT_INUSE" for agent in AGENTS})
        for event in adopt(self.view, seen, self.now):
            self.feed(event)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_order_of_events_breaks_the_core(seed: int) -> None:
    world = World(city(), seed)
    for _ in range(80):
        world.do()
    # The truth at the end, read whole: everybody is where the PBX says.
    world.reread()
    world.pass_time(120.0)
    for agent in world.state.agents.values():
        talking = any(name.startswith(f"PJSIP/{agent.id}-") for _, name in world.talks.values())
        assert (agent.work.value in ("connected", "hold")) == talking, f"{agent.id} is {agent.work}"
    for contact in world.state.contacts:
        assert contact in world.callers or world.state.contacts[contact].state.value == "wrapup"
