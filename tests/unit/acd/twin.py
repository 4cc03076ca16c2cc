"""A working twin of the PBX, in memory: callers' channels, agents' phones, Dial, the queues; it speaks in AMI packets.

Nothing is patched: `sessions` run against it in real threads, beside the real dispatcher.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acd.ami.packets import Packet
from acd.pbx import Membership

if TYPE_CHECKING:
    from tests.unit.acd.sessions import CallOut, Line


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
