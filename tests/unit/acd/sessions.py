"""Sessions as `ivr` runs them, each a thread: a caller who is offered, woken, dialled for; a call-back's two halves."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from acd.core.events.contacts import Channel, ContactOffered
from acd.port import Assignment, GoToSafetyNet
from dialplan.language import Language
from dialplan.queuerules import Requirement

if TYPE_CHECKING:
    from tests.unit.acd.twincentre import Centre


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
