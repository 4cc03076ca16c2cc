"""A working twin of the PBX, in memory: callers' channels, agents' phones, Dial, the queues; it speaks in AMI packets.

`Line` is a caller's session as `ivr` runs it: offers, is woken, takes, dials, reports. All of it is real threads
against the real dispatcher; nothing is patched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acd.ami.packets import Packet
from acd.callbacks.book import CallbackBook
from acd.callbacks.store import CallbackStore
from acd.core.events.contacts import Channel, ContactOffered
from acd.core.facts import ContactMoved, Fact
from acd.core.model import Limits
from acd.dispatcher import Dispatcher
from acd.lastagents import LastAgents
from acd.pbx import Membership
from acd.port import Assignment, GoToSafetyNet
from dialplan.language import Language
from dialplan.queuerules import Requirement
from dialplan.ruleset import Ruleset


def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.001)


@dataclass
class Phone:
    """An agent's phone: what it does with a call."""

    answers: bool = True
    rings: bool = True
    status: str = ""  # BUSY, CHANUNAVAIL…: refuses with this
    cause: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)


class Twin:
    """`acd.pbx.Pbx`, and everything behind it. Packets go to `self.to`."""

    def __init__(self) -> None:
        self.to: Callable[[Packet], None] = lambda packet: None
        self.phones: dict[str, Phone] = {}
        self.sessions: dict[str, Line] = {}  # by channel name
        self.hung_up: list[str] = []
        self.memberships: list[Membership] = []
        self.withdrawn: list[tuple[str, str]] = []
        self.qualified: list[str] = []
        self.handed: list[tuple[str, str, str]] = []  # what became of agents' transfers: how, whose channel, to whom
        self.told: list[tuple[str, str, str | None]] = []
        self.called_back: list[tuple[str, int]] = []
        self.call_out: Callable[[str, int], None] = lambda contact, reservation: None
        self.silent_s = 0.0
        self.deaf = False  # events are lost: AMI is away
        self._numbers = iter(range(1, 100_000))
        self._legs: dict[str, Phone] = {}
        self._lock = threading.Lock()

    def event(self, name: str, **headers: str) -> None:
        if not self.deaf:
            self.to(Packet(name, "", headers))

    # -- acd.pbx.Pbx --

    def wake(self, channel: str) -> bool:
        line = self.sessions.get(channel)
        if line is not None and not self.deaf:
            line.press_d()
        return not self.deaf

    def hang_up(self, channel: str) -> bool:
        self.hung_up.append(channel)
        phone = self._legs.get(channel)
        if phone is not None:
            phone.stopped.set()
        return True

    def mirror(self, membership: Membership) -> bool:
        self.memberships.append(membership)
        return True

    def withdraw(self, queue: str, channel: str) -> bool:
        self.withdrawn.append((queue, channel))
        return True

    def consult(self, channel: str, target: str) -> bool:
        self.handed.append(("consult", channel, target))
        return True

    def name_official(self, channel: str, official: str) -> bool:
        self.handed.append(("official", channel, official))
        return True

    def send_on(self, channel: str, target: str) -> bool:
        self.handed.append(("send_on", channel, target))
        return True

    def qualify(self, agent_id: str, node: str) -> bool:
        self.qualified.append(agent_id)
        return True

    def tell(self, agent_id: str, text: str, node: str, uri: str | None = None) -> bool:
        self.told.append((agent_id, text, uri))
        return True

    def call_back(self, contact_id: str, reservation_id: int, node: str) -> bool:
        self.called_back.append((contact_id, reservation_id))
        self.call_out(contact_id, reservation_id)
        return True

    def silence_s(self, node: str = "") -> float:
        return self.silent_s

    def connected(self, node: str = "") -> bool:
        return self.silent_s < 2

    # -- what happens there --

    def register(self, agent: str, phone: Phone | None = None) -> Phone:
        self.phones[agent] = phone or Phone()
        self.event("DeviceStateChange", Device=f"PJSIP/{agent}", State="NOT_INUSE")
        return self.phones[agent]

    def dial(self, line: Line | CallOut, agent: str, timeout_s: float) -> str:
        """Dial, as the session's thread runs it: returns DIALSTATUS when the talk or the try is over."""
        with self._lock:
            number = next(self._numbers)
        phone = self.phones.get(agent)
        if phone is None or phone.status == "CHANUNAVAIL":
            return "CHANUNAVAIL"
        uniqueid, name = f"leg.{number}", f"PJSIP/{agent}-{number:08x}"
        line.leg, line.leg_name = uniqueid, name
        phone.stopped.clear()
        self._legs[name] = phone
        caller = {"Uniqueid": line.contact, "Channel": line.channel, "DestUniqueid": uniqueid, "DestChannel": name}
        leg = {"Uniqueid": uniqueid, "Channel": name, "Linkedid": line.contact}
        self.event("Newchannel", ChannelState="0", **leg)
        self.event("DialBegin", **caller)
        status = "NOANSWER"
        if phone.status:
            status = phone.status
        else:
            if phone.rings:
                self.event("DialState", DialStatus="RINGING", **caller)
                self.event("Newstate", ChannelState="5", **leg)
            if phone.answers and phone.rings:
                status = "ANSWER"
            elif not line.gone.is_set():
                phone.stopped.wait(timeout_s)
                status = "CANCEL" if line.gone.is_set() else "NOANSWER"
        if status != "ANSWER":
            if phone.cause:
                self.event("HangupRequest", Cause=phone.cause, **leg)
            self.event("DialEnd", DialStatus=status, **caller)
            self.event("Hangup", Cause="16", **leg)
            return status
        self.event("Newstate", ChannelState="6", **leg)
        self.event("DialEnd", DialStatus="ANSWER", **caller)
        line.answered()
        phone.stopped.wait(10)
        if line.gone.is_set():
            self.event("Hangup", Cause="16", **leg)
        else:
            self.event("HangupRequest", **leg)
            self.event("Hangup", Cause="16", **leg)
        return "ANSWER"


class Line(threading.Thread):
    """One caller and their session."""

    def __init__(self, centre: Centre, contact: str, language: Language = Language.KO, queue: str = "general") -> None:
        super().__init__(daemon=True)
        self.centre, self.contact, self.language, self.queue = centre, contact, language, queue
        self.channel = f"PJSIP/carrier-{contact}"
        self.woken = threading.Semaphore(0)
        self.gone = threading.Event()
        self.dead = threading.Event()  # the session has ended without a word; the caller lives
        self.deaf_until = 0.0  # monotonic: keys before are lost, as between two AGI commands
        self.looks_every_s = 0.5  # whether or not it was woken
        self.leg = self.leg_name = ""
        self.taken: list[Assignment] = []
        self.outcome = ""
        self.resumed_since: float | None = None
        self.caller: str | None = None  # the hash of the number
        centre.twin.sessions[self.channel] = self

    def answered(self) -> None:
        """Both talk."""

    def press_d(self) -> None:
        if time.monotonic() >= self.deaf_until:
            self.woken.release()

    def run(self) -> None:
        centre = self.centre
        if self.resumed_since is None:
            centre.twin.event("Newchannel", Uniqueid=self.contact, Channel=self.channel, ChannelState="4")
        offer = ContactOffered(
            self.contact,
            Channel.VOICE,
            self.language,
            "any",
            self.queue,
            Requirement(self.language),
            first_queued_at=self.resumed_since,
            resumed=self.resumed_since is not None,
            caller=self.caller,
        )
        centre.dispatcher.offer(offer, self.channel)
        while not self.gone.is_set() and not self.dead.is_set():
            match centre.dispatcher.take(self.contact):
                case Assignment() as assignment:
                    self.taken.append(assignment)
                    status = centre.twin.dial(self, assignment.agent_id, assignment.ring_timeout_s)
                    centre.dispatcher.dial_returned(self.contact, assignment.reservation_id, status)
                    if status == "ANSWER":
                        self.outcome = "served"
                        break
                case GoToSafetyNet():
                    self.outcome = "net"
                    return
                case None:
                    self.woken.acquire(timeout=self.looks_every_s)
        if self.dead.is_set():
            return
        centre.twin.event("Hangup", Uniqueid=self.contact, Channel=self.channel, Cause="16")

    def hang_up(self) -> None:
        """The caller's BYE."""
        self.gone.set()
        self.centre.twin.event("HangupRequest", Uniqueid=self.contact, Channel=self.channel)
        if self.taken:
            self.centre.twin.phones[self.taken[-1].agent_id].stopped.set()
        self.woken.release()


class CallOut(threading.Thread):
    """What a call file leads to: the half that rings the agent, then, when they are there, the way to the citizen.

    `citizen` is what their phone does: ANSWER, BUSY, NOANSWER, or `rings` (until `let_go`).
    """

    def __init__(self, centre: Centre, contact: str, reservation: int) -> None:
        super().__init__(daemon=True)
        self.centre, self.contact_id, self.reservation = centre, contact, reservation
        self.contact = f"session.{reservation}"  # its Uniqueid, as `dial` says it
        self.channel = f"Local/{reservation}-{contact}@callback-{reservation:08x};2"
        self.gone = threading.Event()
        self.citizen_gone = threading.Event()
        self.leg = self.leg_name = ""
        self.number: str | None = None
        self.engine_dead = False
        self.outward = threading.Thread(target=self._to_the_citizen, daemon=True)

    def run(self) -> None:
        centre, twin = self.centre, self.centre.twin
        for half, uniqueid in (("1", f"out.{self.reservation}"), ("2", self.contact)):
            twin.event("Newchannel", Uniqueid=uniqueid, Channel=self.channel[:-1] + half, ChannelState="0")
        assignment = centre.dispatcher.take(self.contact_id, self.reservation)
        if isinstance(assignment, Assignment):
            status = twin.dial(self, assignment.agent_id, assignment.ring_timeout_s)
            if not self.engine_dead:
                centre.dispatcher.dial_returned(self.contact_id, assignment.reservation_id, status)
        self.citizen_gone.set()
        if self.outward.ident is not None:
            self.outward.join(20)
        twin.event("Hangup", Uniqueid=self.contact, Channel=self.channel, Cause="16")

    def answered(self) -> None:
        """The agent is there."""
        self.outward.start()

    def _to_the_citizen(self) -> None:
        centre, twin = self.centre, self.centre.twin
        assert centre.book is not None
        self.number = centre.book.may_dial(self.contact_id)
        if self.number is None:
            return self._let_the_agent_go()
        centre.dialled.append(self.number)
        carrier = f"carrier.{self.reservation}"
        legs = {
            "Uniqueid": f"out.{self.reservation}",
            "DestUniqueid": carrier,
            "DestChannel": "PJSIP/carrier-a-00000009",
        }
        twin.event("DialBegin", **legs)
        status = centre.citizen
        if status == "ANSWER":
            twin.event("Newstate", Uniqueid=carrier, Channel="PJSIP/carrier-a-00000009", ChannelState="6")
            twin.event("DialEnd", DialStatus="ANSWER", **legs)
            self.citizen_gone.wait(10)
        elif status == "rings":
            self.citizen_gone.wait(10)
            status = "CANCEL"
        if not self.engine_dead:
            centre.book.dialled(self.contact_id, status)
        return self._let_the_agent_go()

    def _let_the_agent_go(self) -> None:
        self.gone.set()
        phone = self.centre.twin._legs.get(self.leg_name)
        if phone is not None:
            phone.stopped.set()


class Centre:
    """A dispatcher on the twin."""

    def __init__(self, rules: Ruleset, limits: Limits | None = None, room: Callable[[], int] = lambda: 1000) -> None:
        self.rules = rules
        self.twin = Twin()
        self.facts: list[Fact] = []
        self.failures: list[str] = []
        self.also: Callable[[Fact], None] = lambda fact: None
        self.closed_until: float | None = None
        self.dispatcher = Dispatcher(
            rules,
            self.twin,
            publish=self._publish,
            clock=time.time,
            limits=limits,
            room=room,
            count_failure=self.failures.append,
            closed_until=lambda _: self.closed_until,
        )
        self.twin.to = self.dispatcher.packet
        self.book: CallbackBook | None = None
        self.citizen = "ANSWER"
        self.dialled: list[str] = []
        self.call_outs: list[CallOut] = []
        self.twin.call_out = self._call_out
        self.lines: list[Line] = []

    def _call_out(self, contact: str, reservation: int) -> None:
        self.call_outs.append(CallOut(self, contact, reservation))
        self.call_outs[-1].start()

    def keep_callbacks(self, path: Path, *, restored: bool = False) -> CallbackBook:
        """With a book of call-backs in this file; `restored`: as an engine begins."""
        last_agents = LastAgents("secret")
        self.book = CallbackBook(
            CallbackStore(path), self.dispatcher, rules=lambda: self.rules, clock=time.time, identify=last_agents.caller
        )
        if restored:
            self.book.restore()
        self.book.start()
        return self.book

    def start(self) -> Centre:
        self.dispatcher.start()
        return self

    def stop(self) -> None:
        for line in self.lines:
            line.gone.set()
            line.woken.release()
        for phone in self.twin.phones.values():
            phone.stopped.set()
        for line in self.lines:
            if line.ident is not None:
                line.join(20)
        for call_out in self.call_outs:
            call_out.citizen_gone.set()
            call_out.join(20)
        self.dispatcher.stop()
        if self.book is not None:
            self.book.stop()

    def _publish(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.also(fact)
        if self.book is not None:
            self.book.receive([fact])

    def call(self, contact: str, **words: object) -> Line:
        line = self.line(contact, **words)
        line.start()
        return line

    def line(self, contact: str, **words: object) -> Line:
        line = Line(self, contact, **words)  # type: ignore[arg-type]
        self.lines.append(line)
        return line

    def agent(self, agent: str) -> str:
        """presence/work of an agent."""
        seen = self.dispatcher.snapshot()
        assert seen is not None
        one = next(view for view in seen.agents if view.agent_id == agent)
        return f"{one.presence.value}/{one.work.value}"

    def moves(self, contact: str) -> Sequence[str]:
        """The states that the contact went through."""
        return [fact.new.value for fact in self.facts if isinstance(fact, ContactMoved) and fact.contact_id == contact]
