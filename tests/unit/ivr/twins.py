"""Working twins of what a session may ask: a dispatcher with agents who are free or not, a book of call-backs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from acd.core.events.contacts import ContactOffered, Departure
from acd.core.facts import SurveyAnswered
from acd.core.handover import Handover
from acd.core.states import Presence
from acd.port import Answer, Assignment, Booking, CallbackWanted, Consultation, GoToSafetyNet, OpenCallback, Talk
from dialplan import numbers


@dataclass
class TwinAcd:
    """A dispatcher with agents: those in `free` are assigned at once, in order, to whoever waits first."""

    clock: Callable[[], float]
    free: list[str] = field(default_factory=list)
    free_at: dict[str, float] = field(default_factory=dict)  # an agent becomes free at this moment
    waiting: dict[str, ContactOffered] = field(default_factory=dict)
    pending: dict[str, Assignment] = field(default_factory=dict)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    ahead: int = 0
    full: set[str] = field(default_factory=set)  # queues without room
    eta_s: float | None = None  # unknown
    sight: bool = True
    net: bool = False
    alive: int = 0
    back_s: float = 0.0
    known: dict[str, str] = field(default_factory=dict)  # Uniqueid to contact
    talking: dict[str, str] = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)
    may_rejoin: set[str] = field(default_factory=set)
    answer: Answer = Answer.DONE
    number: itertools.count[int] = field(default_factory=itertools.count)

    def _match(self) -> None:
        for agent, at in list(self.free_at.items()):
            if at <= self.clock():
                self.free.append(agent)
                del self.free_at[agent]
        for contact in list(self.waiting):
            if contact not in self.pending and self.free:
                self.pending[contact] = self._assignment(contact, self.free.pop(0))

    def _assignment(self, contact: str, agent: str) -> Assignment:
        return Assignment(contact, agent, f"PJSIP/{agent}", next(self.number), 10.0)

    def offer(self, offer: ContactOffered, channel: str) -> bool:
        self.log.append(("offer", offer, channel))
        self.waiting[offer.contact_id] = offer
        return offer.queue not in self.full

    def take(self, contact_id: str, reservation_id: int | None = None) -> Assignment | GoToSafetyNet | None:
        if self.net:
            return GoToSafetyNet()
        self._match()
        if contact_id in self.pending:
            self.waiting.pop(contact_id, None)
        return self.pending.pop(contact_id, None)

    def returned(self, contact_id: str) -> float:
        return self.back_s

    def position(self, contact_id: str) -> int | None:
        return self.ahead + 1 if contact_id in self.waiting else None

    def estimated_wait_s(self, contact_id: str) -> float | None:
        return self.eta_s if contact_id in self.waiting else None

    def announcement_due(self, contact_id: str) -> bool:
        self._match()
        return contact_id not in self.pending

    def dial_returned(self, contact_id: str, reservation_id: int, dialstatus: str) -> None:
        self.log.append(("dial_returned", contact_id, reservation_id, dialstatus))
        if dialstatus != "ANSWER":
            offers = [entry[1] for entry in self.log if entry[0] == "offer"]
            if offers:
                self.waiting[contact_id] = offers[-1]

    def depart(self, contact_id: str, why: Departure) -> None:
        self.log.append(("depart", contact_id, why))
        self.waiting.pop(contact_id, None)

    def hung_up(self, contact_id: str) -> None:
        self.log.append(("hung_up", contact_id))
        self.waiting.pop(contact_id, None)

    def pbx_in_sight(self, contact_id: str) -> bool:
        return self.sight

    def ask_presence(self, agent_id: str, presence: Presence, reason: str | None = None) -> Answer:
        self.log.append(("presence", agent_id, presence, reason))
        return self.answer

    def end_wrapup(self, agent_id: str) -> Answer:
        self.log.append(("end_wrapup", agent_id))
        return self.answer

    def extend_wrapup(self, agent_id: str) -> Answer:
        self.log.append(("extend_wrapup", agent_id))
        return self.answer

    def contact_of(self, uniqueid: str) -> str | None:
        return self.known.get(uniqueid)

    def rejoin(self, contact_id: str, channel: str, agent_id: str) -> Assignment | None:
        self.log.append(("rejoin", contact_id, channel, agent_id))
        return self._assignment(contact_id, agent_id) if agent_id in self.may_rejoin else None

    def agent_talking_to(self, contact_id: str) -> str | None:
        return self.talking.get(contact_id)

    def consult(self, agent_id: str, target: str, *, after_key: bool = False) -> Answer:
        self.log.append(("consult", agent_id, target, after_key))
        return self.answer

    def consult_begins(self, agent_id: str, target: str, leg: str) -> bool:
        self.log.append(("consult_begins", agent_id, target, leg))
        return agent_id in self.talks

    def calls_official(self, leg: str, target: str) -> None:
        self.log.append(("calls_official", leg, target))

    def send_on(self, agent_id: str, target: str) -> Answer:
        self.log.append(("send_on", agent_id, target))
        return self.answer

    def ring_official(self, contact_id: str, channel: str, official: str) -> None:
        self.log.append(("ring_official", contact_id, channel, official))

    def write_handover(self, agent_id: str, handover: Handover) -> Answer:
        self.log.append(("write_handover", agent_id, handover))
        return self.answer

    def handover_of(self, contact_id: str) -> Handover | None:
        return None

    def consultations(self) -> tuple[Consultation, ...]:
        return ()

    def sent_to_queue(self, contact_id: str, queue: str) -> float | None:
        self.log.append(("sent_to_queue", contact_id, queue))
        return 7.0

    def talk_of(self, agent_id: str) -> Talk | None:
        return self.talks.get(agent_id)

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        self.log.append(("note", contact_id, agent_id, what, detail, by))

    def channel_of(self, contact_id: str) -> str:
        return "PJSIP/carrier-00000001"

    def surveyed(self, answered: SurveyAnswered) -> None:
        self.log.append(("surveyed", answered))

    def calls(self) -> int:
        return self.alive

    def said(self, kind: str) -> list[tuple[Any, ...]]:
        return [entry[1:] for entry in self.log if entry[0] == kind]


@dataclass
class TwinCallbacks:
    """A book of call-backs in memory: what is booked is open. `answers` are given first, in turn."""

    log: list[tuple[Any, ...]] = field(default_factory=list)
    takes: bool = True
    answers: list[Booking] = field(default_factory=list)
    open: dict[str, CallbackWanted] = field(default_factory=dict)  # by number, digits only
    now: Callable[[], float] = lambda: 0.0
    held: dict[str, CallbackWanted] = field(default_factory=dict)  # by contact
    dialable: set[str] = field(default_factory=set)  # contacts whose citizen may be rung now

    def offered(self) -> bool:
        return self.takes

    def book(self, wanted: CallbackWanted) -> Booking:
        self.log.append(("book", wanted))
        if self.answers:
            return self.answers.pop(0)
        number = numbers.check(wanted.number)
        if not number.allowed:
            return Booking.NOT_ALLOWED
        if number.digits in self.open:
            return Booking.EXISTS
        self.open[number.digits] = replace(wanted, number=number.digits)
        return Booking.KEPT if wanted.slot_at is None else Booking.BOOKED

    def hold(self, wanted: CallbackWanted) -> None:
        self.held[wanted.contact_id] = wanted

    def open_for(self, number: str) -> OpenCallback | None:
        found = self.open.get(numbers.normalise(number) or "")
        return None if found is None else OpenCallback(found.contact_id, found.slot_at, self.now())

    def wanted(self, contact_id: str) -> CallbackWanted | None:
        return next((one for one in self.open.values() if one.contact_id == contact_id), None)

    def may_dial(self, contact_id: str) -> str | None:
        self.log.append(("may_dial", contact_id))
        found = self.wanted(contact_id)
        return found.number if found is not None and contact_id in self.dialable else None

    def dialled(self, contact_id: str, dialstatus: str) -> None:
        self.log.append(("dialled", contact_id, dialstatus))
