"""The events that must have happened, from the facts that they left. Pure.

A fact tells what came of an event, and when; facts of one instant come from one step. Told again are: contacts that
begin to wait, hang up or leave; rings that are answered or not; talks that end; agents' own words, phones and wrap-ups.
What the core does by itself (matches, timers, what follows from an answer) is not told: the core is to do it again.

Left out, and counted: contacts that were under way when the facts begin, call-backs, and those that the safety net
had. An agent who has such a contact is busy meanwhile, as with a call that is not ours. Not in any fact, and so not
told: priority by the caller's number, and the agent of last time of a caller who was not answered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby

from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.contacts import Channel, ContactDeparted, ContactHungUp, ContactOffered, Departure, HandOnAsked
from acd.core.events.event import Event
from acd.core.events.found import PresenceRestored
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.facts import AgentMoved, CallbackNoted, ContactMoved, Decision, Fact, ReservationEnded, TalkNoted
from acd.core.states import ContactState, Presence, Work
from dialplan.decision import priority, route
from dialplan.ruleset import Ruleset

_ROUNDING_S = 0.5  # a wrap-up that lasted this much less than the usual was ended by the agent
_ASKED = frozenset({Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE})
_IN_CALL = frozenset({Work.RESERVED, Work.CONNECTED, Work.HOLD})
_DEPARTURES = {
    "overflow": Departure.OVERFLOW,
    "closed": Departure.CLOSED,
    "error": Departure.ERROR,
    "pbx_lost": Departure.PBX_LOST,
}


class _Turn(IntEnum):
    """The order of events of one instant."""

    WORD = 0  # an agent's, that holds after the call
    OFFER = 1
    LEG = 2
    END = 3
    AGENT = 4


@dataclass(slots=True)
class Left:
    """What was left out, by reason."""

    contacts: dict[str, str] = field(default_factory=dict)  # contact: under_way, callback, net

    def counts(self) -> dict[str, int]:
        """How many for each reason."""
        return dict(Counter(self.contacts.values()))


@dataclass(frozen=True, slots=True)
class Told:
    """Events in order, at epoch seconds; every recorded match among the contacts that were not left out."""

    events: tuple[tuple[float, Event], ...]
    decisions: tuple[Decision, ...]
    left: Left


def events_of(facts: Sequence[Fact], rules: Ruleset, talked: dict[str, str] | None = None) -> Told:
    """From the facts of one engine's life, in order. Queues and requirements are the present rules'.

    `talked`: callers' hashes with the agent of their last talk before; what these facts add is written into it.
    """
    left = _left_out(facts)
    derived = _Derived(facts, rules, left, {} if talked is None else talked)
    found: list[tuple[float, int, int, Event]] = []
    for at, group in groupby(facts, key=lambda fact: fact.at):
        found += [
            (when, turn, len(found) + i, event) for i, (when, turn, event) in enumerate(derived.of(at, list(group)))
        ]
    found.sort(key=lambda one: one[:3])
    decisions = tuple(
        fact
        for fact in facts
        if isinstance(fact, Decision) and fact.outcome == "match" and fact.contact_id not in left.contacts
    )
    return Told(tuple((when, event) for when, _, _, event in found), decisions, left)


def _left_out(facts: Sequence[Fact]) -> Left:
    left = Left()
    moves = [fact for fact in facts if isinstance(fact, ContactMoved)]
    matched = {(f.contact_id, f.at) for f in facts if isinstance(f, Decision) and f.outcome == "match"}
    answered = {(f.contact_id, f.at) for f in facts if isinstance(f, ReservationEnded) and f.result == "answered"}
    for fact in facts:
        if isinstance(fact, CallbackNoted):
            left.contacts[fact.contact_id] = "callback"
    seen: set[str] = set()
    for move in moves:
        key = (move.contact_id, move.at)
        if move.channel != Channel.VOICE or move.new is ContactState.CALLBACK_BOOKED:
            left.contacts[move.contact_id] = "callback"
        elif move.contact_id not in seen and move.old is not None:
            left.contacts.setdefault(move.contact_id, "under_way")
        elif _by_the_net(move, key in matched, key in answered):
            left.contacts.setdefault(move.contact_id, "net")
        seen.add(move.contact_id)
    return left


def _by_the_net(move: ContactMoved, matched: bool, answered: bool) -> bool:
    """Whether the PBX's own queue did this: it rings without a match, connects without a ring of ours."""
    return (
        move.detail == "fallback"
        or (move.new is ContactState.RESERVED and not matched)
        or (move.new is ContactState.CONNECTED and not answered)
    )


class _Derived:
    """What one instant's facts tell; remembers who is in which call."""

    def __init__(self, facts: Sequence[Fact], rules: Ruleset, left: Left, talked: dict[str, str]) -> None:
        self._rules, self._left = rules, left.contacts
        self._ends = _ring_ends(facts)
        self._usual_s = _usual_wrapups(facts)
        self._queue_of: dict[str, str] = {}
        self._wrapping: dict[str, str] = {}  # agent: the queue of the talk that is wrapped up
        self._talked = talked
        self._callers = {f.contact_id: f.caller for f in facts if isinstance(f, ContactMoved) and f.caller is not None}
        self._seen: set[str] = set()
        self._extended: set[str] = set()
        self._elsewhere: set[str] = set()  # agents with a contact that is left out

    def of(self, at: float, group: list[Fact]) -> Iterator[tuple[float, _Turn, Event]]:
        """When, in which turn, what."""
        for fact in group:
            match fact:
                case ContactMoved() if fact.contact_id not in self._left:
                    yield from self._contact(fact, group)
                case Decision(outcome="match") if (
                    fact.contact_id not in self._left and fact.contact_id and fact.agent_id
                ):
                    yield from self._ring(fact)
                case ReservationEnded() if fact.contact_id not in self._left:
                    yield from self._ring_ended(fact)
                case AgentMoved():
                    yield from self._agent(fact, group)
                case TalkNoted(what="wrapup"):
                    self._extended.add(fact.agent_id)
                    yield at, _Turn.AGENT, WrapupExtendAsked(fact.agent_id)

    def _contact(self, fact: ContactMoved, group: list[Fact]) -> Iterator[tuple[float, _Turn, Event]]:
        contact, at = fact.contact_id, fact.at
        self._queue_of[contact] = fact.queue
        match fact.old, fact.new:
            case None | ContactState.IVR, ContactState.QUEUED:
                yield at, _Turn.OFFER, self._offer(fact)
            case _, ContactState.ABANDONED:
                yield at, _Turn.END, ContactHungUp(contact)
            case ContactState.QUEUED | ContactState.RESERVED, ContactState.IVR:
                yield at, _Turn.END, ContactDeparted(contact, Departure.BACK_TO_MENU)
            case _, ContactState.OVERFLOWED | ContactState.CLOSED | ContactState.FAILED:
                yield at, _Turn.END, ContactDeparted(contact, _DEPARTURES.get(fact.detail or "", Departure.ERROR))
            case _, ContactState.CONNECTED:
                if fact.caller is not None and fact.agent_id is not None:
                    self._talked[fact.caller] = fact.agent_id
            case ContactState.CONNECTED, ContactState.WRAPUP:
                yield at, _Turn.END, TalkEnded(contact)
            case ContactState.CONNECTED | ContactState.WRAPUP, ContactState.QUEUED:
                handed = next((d for d in group if isinstance(d, Decision) and d.contact_id == contact), None)
                if handed is not None and handed.trigger == "handed_on" and handed.agent_id is not None:
                    yield at, _Turn.END, HandOnAsked(contact, handed.agent_id)
                else:
                    yield at, _Turn.END, self._offer(fact)

    def _offer(self, fact: ContactMoved) -> ContactOffered:
        topic = fact.topic if fact.topic in self._rules.topics else self._rules.any_topic
        found = route(self._rules, fact.language, topic)
        queue = found.queue or fact.queue
        place = priority(self._rules, topic, queue) if queue in self._rules.queues else None
        sticky = self._talked.get(self._callers.get(fact.contact_id) or "")
        rule = self._rules.queues.get(queue)
        return ContactOffered(
            fact.contact_id, Channel.VOICE, fact.language, fact.topic, queue, found.requirement,
            first_queued_at=fact.first_queued_at, waited_s=fact.waited_s,
            points=place.points if place else 0.0, order_class=place.order_class if place else 1,
            resumed=fact.old is None and not fact.offered,
            sticky_agent=sticky if rule is not None and rule.sticky is not None else None,
            caller=self._callers.get(fact.contact_id),
        )  # fmt: skip

    def _ring(self, fact: Decision) -> Iterator[tuple[float, _Turn, Event]]:
        contact, agent = str(fact.contact_id), str(fact.agent_id)
        yield fact.at, _Turn.LEG, LegDialled(contact, agent)
        ended = self._ends.get(fact.reservation_id)
        if ended is not None and ended.rang_s > 0:
            yield max(fact.at, ended.at - ended.rang_s), _Turn.LEG, LegRang(contact, agent)

    def _ring_ended(self, fact: ReservationEnded) -> Iterator[tuple[float, _Turn, Event]]:
        if fact.result == "answered":
            yield fact.at, _Turn.LEG, LegAnswered(fact.contact_id, fact.agent_id)
        elif fact.result in set(LegResult):
            yield fact.at, _Turn.LEG, LegFailed(fact.contact_id, fact.agent_id, LegResult(fact.result))

    def _agent(self, fact: AgentMoved, group: list[Fact]) -> Iterator[tuple[float, _Turn, Event]]:
        agent, at = fact.agent_id, fact.at
        if agent not in self._seen:
            self._seen.add(agent)
            if fact.old_presence is not Presence.OFFLINE:
                yield at, _Turn.WORD, PresenceRestored(agent, fact.old_presence)
        if (fact.contact_id is not None and fact.contact_id in self._left) or agent in self._elsewhere:
            busy = fact.work is not Work.IDLE
            (self._elsewhere.add if busy else self._elsewhere.discard)(agent)
            yield at, _Turn.AGENT, DeviceChanged(agent, reachable=True, busy=busy)
            if fact.presence is not fact.old_presence:
                yield from self._word(fact, group)
            return
        if fact.presence is not fact.old_presence or (fact.presence is Presence.AWAY and fact.work is fact.old_work):
            yield from self._word(fact, group)
        if fact.work is not fact.old_work:
            yield from self._work(fact)

    def _work(self, fact: AgentMoved) -> Iterator[tuple[float, _Turn, Event]]:
        agent, at = fact.agent_id, fact.at
        match fact.old_work, fact.work:
            case (Work.CONNECTED, Work.HOLD) | (Work.HOLD, Work.CONNECTED):
                yield at, _Turn.AGENT, HoldChanged(str(fact.contact_id), on_hold=fact.work is Work.HOLD)
            case Work.OTHER, Work.IDLE:
                yield at, _Turn.AGENT, DeviceChanged(agent, reachable=True, busy=False)
            case _, Work.WRAPUP:
                self._wrapping[agent] = self._queue_of.get(fact.contact_id or "", "")
            case before, Work.IDLE | Work.OTHER:
                if fact.work is Work.OTHER:
                    yield at, _Turn.AGENT, DeviceChanged(agent, reachable=True, busy=True)
                if before is not Work.WRAPUP:
                    return
                usual_s = self._usual_s.get(self._wrapping.pop(agent, ""), fact.lasted_s)
                early = fact.lasted_s < usual_s - _ROUNDING_S and agent not in self._extended
                self._extended.discard(agent)
                if early and fact.presence is fact.old_presence:
                    yield at, _Turn.AGENT, WrapupEndAsked(agent)

    def _word(self, fact: AgentMoved, group: list[Fact]) -> Iterator[tuple[float, _Turn, Event]]:
        """The agent's own, or their phone's; NOT_RESPONDING, and ERROR from a ring, follow from the ring itself."""
        agent, at = fact.agent_id, fact.at
        if fact.presence in _ASKED:
            if fact.old_presence is Presence.ERROR:
                yield at, _Turn.WORD, DeviceChanged(agent, reachable=True, busy=False)
            turn = _Turn.WORD if fact.old_work in _IN_CALL else _Turn.AGENT
            yield at, turn, PresenceAsked(agent, fact.presence, fact.reason)
        elif fact.presence is Presence.ERROR:
            rung = any(isinstance(one, ReservationEnded) and one.agent_id == agent for one in group)
            if not rung:
                yield at, _Turn.AGENT, PresenceRestored(agent, Presence.AWAY, Presence.ERROR.value)


def _ring_ends(facts: Iterable[Fact]) -> dict[int | None, ReservationEnded]:
    return {fact.reservation_id: fact for fact in facts if isinstance(fact, ReservationEnded)}


def _usual_wrapups(facts: Sequence[Fact]) -> dict[str, float]:
    """How long a wrap-up lasted in each queue when the timer ended it: the most frequent length, in tenths."""
    queue_of: dict[str, str] = {}
    wrapping: dict[str, str] = {}
    lengths: defaultdict[str, Counter[float]] = defaultdict(Counter)
    for fact in facts:
        if isinstance(fact, ContactMoved):
            queue_of[fact.contact_id] = fact.queue
        elif isinstance(fact, AgentMoved):
            if fact.work is Work.WRAPUP and fact.contact_id is not None:
                wrapping[fact.agent_id] = queue_of.get(fact.contact_id, "")
            elif fact.old_work is Work.WRAPUP and fact.agent_id in wrapping:
                lengths[wrapping.pop(fact.agent_id)][round(fact.lasted_s, 1)] += 1
    return {queue: max(seen, key=lambda length: (seen[length], length)) for queue, seen in lengths.items()}
