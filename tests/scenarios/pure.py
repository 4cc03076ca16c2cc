"""Plays a scenario on the pure engine: `dialplan.dialogue`, `acd.core` and a clock of our own. Invariants at every step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from acd.core.commands import Assign, Mirror, Note, Unassign
from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.contacts import Channel, ContactDeparted, ContactHungUp, ContactOffered, Departure, HandOnAsked
from acd.core.events.event import Event, TimePassed
from acd.core.events.legs import HoldChanged, TalkEnded
from acd.core.facts import ContactMoved
from acd.core.invariants import check
from acd.core.snapshot import has_room
from acd.core.states import ContactState, Presence
from acd.core.step import new_state, next_deadline, step
from dialplan import overflow
from dialplan.decision import priority
from dialplan.dialogue import Asking, Dialogue, begin, begin_in, press
from dialplan.loader import load
from dialplan.overflow import NoRoom, TurnedAway
from dialplan.queuerules import OverflowKind
from dialplan.ruleset import Ruleset
from tests.scenarios import bookings, phones, restarts
from tests.scenarios.model import Call, Deed, Phone, Scenario

SEOUL = ZoneInfo("Asia/Seoul")
RULES = Path(__file__).resolve().parents[2] / "dialplan" / "rules"
GREETING_S, SILENT_QUESTION_S, KEY_S, SENTENCE_S = 13.0, 8.0, 0.3, 6.0


@cache
def rules(overrides: tuple[str, ...]) -> Ruleset:
    return load(RULES, overrides)


@dataclass
class Line:
    """A caller on the line."""

    call: Call
    heard: list[str] = field(default_factory=list)
    rung: list[str] = field(default_factory=list)
    facts: list[ContactMoved] = field(default_factory=list)
    outcome: str | None = None
    offer: ContactOffered | None = None
    first_queued_at: float | None = None
    waited_s: float = 0.0
    queued_at: float | None = None
    gone: bool = False
    in_net: bool = False
    language: Any = None
    offered: bool = False  # a call-back
    tries: int = 0  # of ringing them back


class Play:
    """One scenario, from its beginning to `until_s`."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.rules = rules(tuple(scenario.set))
        self.at = scenario.at.replace(tzinfo=SEOUL)
        self.now = self.start = self.at.timestamp()
        self.alive = True
        self.phones: dict[str, Phone] = {}
        self.lines = {call.id: Line(call) for call in scenario.calls}
        self.rings: dict[int, Assign] = {}  # a new engine counts from one again: the Assign itself tells them apart
        self.talks: dict[str, tuple[str, float]] = {}
        self.mirrored: dict[str, tuple[Presence, str | None]] = {}
        self.echoed: set[str] = set()
        self.planned: list[tuple[float, int, Any]] = []
        self.serial = count()
        self.state = new_state(self.rules.agents, self.rules.queues, self.start - 1000, callback=self.rules.callback)

    def run(self) -> None:
        scenario = self.scenario
        for number, phone in enumerate(scenario.phones()):
            self.phones[phone.id] = phone
            if phone.logged_in:
                self.now = self.start - 100 + number
                self.feed(PresenceAsked(phone.id, Presence.AVAILABLE))
        self.now = self.start
        for call in scenario.calls:
            self.later(call.at_s, lambda call=call: self.dials_in(self.lines[call.id], begin(self.rules), call.keys))
            if call.hangs_up_s is not None:
                self.later(call.hangs_up_s, lambda call=call: self.hangs_up(self.lines[call.id]))
        for deed in scenario.deeds:
            self.later(deed.at_s, lambda deed=deed: self.does(deed))
        until = self.start + scenario.until_s
        while True:
            due = next_deadline(self.state) if self.alive else None
            moment = self.planned[0][0] if self.planned else until
            if due is not None and due <= min(moment, until):
                self.now = max(self.now, due)
                self.feed(TimePassed())
            elif self.planned and moment <= until:
                self.now = moment
                heappop(self.planned)[2]()
            else:
                break

    # --- callers

    def later(self, second: float, what: Any) -> None:
        self.after(self.start + second - self.now, what)

    def after(self, seconds: float, what: Any) -> None:
        heappush(self.planned, (self.now + seconds, next(self.serial), what))

    def clock(self, ahead_s: float) -> datetime:
        return self.at + timedelta(seconds=self.now - self.start + ahead_s)

    def dials_in(self, line: Line, dialogue: Dialogue, keys: str) -> None:
        """Through the menus; what takes time is silence."""
        line.heard += dialogue.say
        takes_s = 0.0
        left = list(keys)
        while dialogue.asking is not Asking.DONE:
            key = left.pop(0) if left else None
            silent_s = GREETING_S if dialogue.asking is Asking.LANGUAGE else SILENT_QUESTION_S
            takes_s += silent_s if key is None else KEY_S
            dialogue = press(self.rules, dialogue, key, self.clock(takes_s))
            line.heard += dialogue.say
        line.outcome = dialogue.route.outcome.value if dialogue.route else "closed"
        line.language = dialogue.language
        found = dialogue.route
        if found is None or found.queue is None:
            return
        place = priority(self.rules, found.topic, found.queue, line.call.number)
        line.offer = ContactOffered(
            line.call.id, Channel.VOICE, found.language, found.topic, found.queue, found.requirement,
            points=place.points, order_class=place.order_class,
        )  # fmt: skip
        self.after(takes_s, lambda: self.waits(line))

    def waits(self, line: Line) -> None:
        if line.gone or line.offer is None:
            return
        offer = line.offer
        new = line.first_queued_at is None
        if line.first_queued_at is None:
            line.first_queued_at = self.now
        room = has_room(self.state, offer.queue)
        self.feed(
            ContactOffered(
                offer.contact_id, offer.channel, offer.language, offer.topic, offer.queue, offer.requirement,
                line.first_queued_at, line.waited_s, offer.points, order_class=offer.order_class,
                sticky_agent=self.agent_of_last_time(line),
            )
        )  # fmt: skip
        if new and self.rules.callback is not None:
            self.after(self.rules.callback.offer_after_s, lambda: self.queued(line) and bookings.offer(self, line))
        if new and self.queued(line):
            soon = overflow.closing_soon(self.rules, self.rules.queues[offer.queue], self.clock(0))
            if soon or not room:
                self.turned_away(line, offer, NoRoom.CLOSING if soon else NoRoom.FULL)

    def agent_of_last_time(self, line: Line) -> str | None:
        """Whom this number talked with last, if the queue's rule asks for it."""
        if line.offer is None or self.rules.queues[line.offer.queue].sticky is None or line.call.number is None:
            return None
        talks = [
            (fact.at, fact.agent_id)
            for other in self.lines.values()
            for fact in other.facts
            if other.call.number == line.call.number and fact.new is ContactState.CONNECTED
        ]
        return max(talks)[1] if talks else None

    def queued(self, line: Line) -> bool:
        contact = self.state.contacts.get(line.call.id) if self.alive else None
        return contact is not None and contact.state is ContactState.QUEUED

    def turned_away(self, line: Line, offer: ContactOffered, why: NoRoom) -> None:
        """Nobody was free at once: to another queue, or a sentence, and an agent may still come free during it."""
        queue = self.rules.queues[offer.queue]
        turn = overflow.turned_away(self.rules, offer.language, offer.topic, queue, why=why, now=self.clock(0))
        line.heard.remove(queue.entry_prompt)  # who is turned away is not told that they are being connected
        if turn.route is None:
            line.heard += turn.say
            line.outcome = "full" if why is NoRoom.FULL else "closed"
            if turn.kind is OverflowKind.CALLBACK:
                bookings.offer(self, line)
            self.after(SENTENCE_S, lambda: self.sent_away(line, turn))
            return
        line.heard += turn.heard(self.rules)
        self.feed(ContactDeparted(line.call.id, Departure.OVERFLOW))
        line.offer = replace(offer, queue=turn.route.queue or "", requirement=turn.route.requirement)
        line.first_queued_at = None
        self.waits(line)

    def sent_away(self, line: Line, turn: TurnedAway) -> None:
        if not self.queued(line) or line.outcome == "callback":
            return
        line.heard += (*turn.last, self.rules.goodbye_prompt)
        self.feed(ContactDeparted(line.call.id, Departure.FULL if turn.why is NoRoom.FULL else Departure.CLOSED))

    def hangs_up(self, line: Line) -> None:
        line.gone = True
        if line.call.id in self.talks:
            self.ends(line.call.id)
        elif line.facts:
            self.feed(ContactHungUp(line.call.id))

    def ends(self, contact_id: str) -> None:
        if self.talks.pop(contact_id, None) is not None:
            self.lines[contact_id].gone = True
            self.feed(TalkEnded(contact_id))
            self.feed(ContactHungUp(contact_id))

    # --- deeds

    def does(self, deed: Deed) -> None:
        agent, caller = deed.agent or "", deed.caller or ""
        match deed.what:
            case "available":
                self.feed(PresenceAsked(agent, Presence.AVAILABLE))
            case "away" | "lunch":
                self.feed(PresenceAsked(agent, Presence.AWAY, "lunch" if deed.what == "lunch" else "other"))
            case "offline":
                self.feed(PresenceAsked(agent, Presence.OFFLINE))
            case "end_wrapup":
                self.feed(WrapupEndAsked(agent))
            case "extend_wrapup":
                self.feed(WrapupExtendAsked(agent))
            case "own_call" | "own_call_ends":
                self.feed(DeviceChanged(agent, reachable=True, busy=deed.what == "own_call"))
            case "unplug" | "plug":
                self.feed(DeviceChanged(agent, reachable=deed.what == "plug", busy=False))
            case "hang_up" if caller:
                self.hangs_up(self.lines[caller])
            case "hang_up":
                self.ends(next(one for one, (talker, _) in self.talks.items() if talker == agent))
            case "hold" | "unhold":
                self.feed(HoldChanged(caller, deed.what == "hold"))
            case "pass_to":
                self.talks.pop(caller)
                self.feed(HandOnAsked(caller, deed.to or ""))
            case "press":
                self.presses(self.lines[caller], deed.keys)
            case "kill_engine":
                restarts.engine_dies(self)
            case "engine_returns":
                restarts.engine_returns(self)
            case "engine_restarts":
                restarts.engine_dies(self)
                restarts.engine_returns(self)
            case _:
                raise AssertionError(deed.what)

    def presses(self, line: Line, keys: str) -> None:
        """`*` while waiting: back to the first menu, the time kept; the other keys are for it. Else: a call-back."""
        if not keys.startswith("*"):
            bookings.book(self, line, keys)
            return
        contact = self.state.contacts[line.call.id]
        line.waited_s = contact.waited_s(self.now)
        self.feed(ContactDeparted(line.call.id, Departure.BACK_TO_MENU))
        self.dials_in(line, begin_in(self.rules, line.language, self.clock(0)), keys[1:])

    # --- the core

    def feed(self, event: Event) -> None:
        if not self.alive:
            if isinstance(event, ContactOffered):
                self.lines[event.contact_id].in_net = True
            return
        for command in step(self.state, event, self.now):
            match command:
                case Assign():
                    self.rings[command.reservation_id] = command
                    self.after(0.0, lambda ring=command: phones.rings_now(self, ring))
                case Unassign():
                    self.rings.pop(command.reservation_id, None)
                case Mirror():
                    self.mirrored[command.agent_id] = (command.presence, command.reason)
                case Note(ContactMoved() as fact):
                    self.lines[fact.contact_id].facts.append(fact)
                case _:
                    pass
        check(self.state)
