"""The core under any events in any order, wrong, late and doubled ones too: the invariants hold after every step, the
matches are those of a naive O(contacts x agents) reference, and the facts alone tell a story that the tables allow.

Hypothesis drives short lives and shrinks what fails; `test_long_lives` drives the same machine by seeds for hours."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from acd.core.commands import Assign, Command, HandOver, Note, Unassign
from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CallOutEnded,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
    HoursChanged,
)
from acd.core.events.contacts import (
    Channel,
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    Departure,
    FellIntoNet,
    HandOnAsked,
    HandoverNoted,
    SentOut,
)
from acd.core.events.event import Event, TimePassed
from acd.core.events.found import EndedUnseen, PresenceRestored, RingAdopted, RingEnded, TalkAdopted, WrapupRestored
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.events.rules import RulesChanged
from acd.core.facts import AgentMoved, CallbackNoted, ContactMoved, Decision, ReservationEnded
from acd.core.handover import Handover
from acd.core.invariants import check, may_take
from acd.core.memory import ContactKnown
from acd.core.model import Agent, Contact, State
from acd.core.snapshot import estimated_wait_s, position, snapshot
from acd.core.states import (
    CONTACT_TRANSITIONS,
    FINAL_CONTACT_STATES,
    PRESENCE_TRANSITIONS,
    WORK_TRANSITIONS,
    ContactState,
    Presence,
    Work,
)
from acd.core.step import new_state, next_deadline, step
from dialplan.agentrules import EVERY_QUEUE, AgentRule, Profile, ProfileRow
from dialplan.language import Language
from dialplan.queuerules import CallbackRule, Queue, Relaxation, Requirement, Sticky, Strategy
from dialplan.source import Source

KO, EN = Language.KO, Language.EN
START = 1_800_000_000.0
WAITING = (ContactState.QUEUED, ContactState.RESERVED)


def queue(key: str, skills: dict[str, int], strategy: Strategy, **values) -> Queue:
    times = {"ring_timeout_s": 10.0, "wrapup_s": 30.0, "wrapup_extend_s": 20.0, "rona_exclude_s": 60.0} | values
    return Queue(
        key, {}, tuple(sorted(skills.items())), strategy, 20.0, 5.0, announce_every_s=30.0, max_waiting=100,
        music="default", source=Source("queues.yaml", 7), **times,
    )  # fmt: skip


def agent(agent_id: str, languages: Sequence[Language], profile: Profile = EVERY_QUEUE, **skills: int) -> AgentRule:
    return AgentRule(
        agent_id, agent_id, "team1", frozenset(languages), skills, False, Source("agents.yaml", 3), profile
    )


def steps(*written: tuple[float, dict[str, int], bool]) -> tuple[Relaxation, ...]:
    return tuple(
        Relaxation(after_s, tuple(sorted(skills.items())), interpreter, Source("queues.yaml", 20 + number))
        for number, (after_s, skills, interpreter) in enumerate(written)
    )


RANKED = Profile("ranked", (ProfileRow("tax", rank=1), ProfileRow(None, rank=2)))
HELPING = Profile(
    "helping", (ProfileRow("passport"), ProfileRow("tax", delay_s=8.0), ProfileRow(None, delay_s=20.0, rank=3))
)
KEEPING = Profile("keeping", (ProfileRow("tax"), ProfileRow(None, delay_s=5.0, reserve_idle=1)))


def keyed(*things: Queue | AgentRule) -> dict:
    return {thing.key if isinstance(thing, Queue) else thing.id: thing for thing in things}


GENERAL = queue("general", {}, Strategy.LONGEST_IDLE, sticky=Sticky(7, 12.0))
PASSPORT = queue("passport", {"passport": 2}, Strategy.BEST_SKILL, rona_exclude_s=5.0)
TAX = queue(
    "tax", {"tax": 3}, Strategy.LEAST_OCCUPIED, wrapup_s=0.0, steps=steps((6.0, {"tax": 1}, False), (25.0, {}, True))
)
BOTH = queue(
    "both", {"passport": 1, "tax": 2}, Strategy.BEST_SKILL, wrapup_extend_s=0.0, sticky=Sticky(7, 15.0),
    steps=steps((10.0, {"tax": 1}, False)),
)  # fmt: skip
CALLBACK = CallbackRule(0.0, 2, 5.0, 30.0, 3, 500, 30, 7, Source("queues.yaml", 30))
AGENTS = keyed(
    agent("1001", [KO], passport=5, tax=3),
    agent("1002", [KO], passport=2),
    agent("1003", [KO, EN], tax=5),
    agent("1004", [EN], passport=3, tax=3),
    agent("1005", [KO, EN], passport=3, tax=4),
)
GROUPED = keyed(
    agent("1001", [KO], RANKED, passport=5, tax=3),
    agent("1002", [KO], HELPING, passport=2),
    agent("1003", [KO, EN], KEEPING, tax=5),
    agent("1004", [EN], KEEPING, passport=3, tax=3),
    agent("1005", [KO, EN], KEEPING, passport=3, tax=4),
)
RULES = [
    RulesChanged(AGENTS, keyed(GENERAL, PASSPORT, TAX, BOTH)),
    RulesChanged(
        keyed(agent("1001", [KO], passport=1, tax=5), agent("1003", [EN]), agent("1006", [KO], passport=4)),
        keyed(GENERAL, queue("passport", {"passport": 4}, Strategy.LONGEST_IDLE), TAX),
    ),
    RulesChanged(AGENTS | keyed(agent("1002", [KO, EN], tax=4)), keyed(GENERAL, queue("tax", {}, Strategy.BEST_SKILL))),
    RulesChanged(GROUPED, keyed(GENERAL, PASSPORT, TAX, BOTH)),
]
QUEUES = keyed(GENERAL, PASSPORT, TAX, BOTH)

agent_ids = st.sampled_from(["1001", "1002", "1003", "1004", "1005", "1006", "9999"])
contact_ids = st.sampled_from([f"c{number}" for number in range(8)])
languages = st.sampled_from([KO, EN])
asked = st.sampled_from([Presence.AVAILABLE] * 4 + [Presence.AWAY, Presence.OFFLINE])
reasons = st.sampled_from([None, "lunch", "not_responding", "error"])
reservation_ids = st.sampled_from([None, None, None, 1, 2, 5])


@st.composite
def offers(draw: st.DrawFn) -> ContactOffered:
    one = QUEUES[draw(st.sampled_from(sorted(QUEUES)))]
    language = draw(languages)
    first = draw(st.sampled_from([None, None, None, START - 100.0, START + 1e6]))
    requirement = draw(st.sampled_from([one.requirement(language)] * 3 + [Requirement(language)]))
    return ContactOffered(
        draw(contact_ids), Channel.VOICE, language, "any", one.key, requirement,
        first, draw(st.sampled_from([0.0, 0.0, 7.0, 33.0])), draw(st.sampled_from([0.0, 0.0, 1.0, -0.5])),
        draw(st.booleans()), draw(st.sampled_from([1, 1, 1, 2])), draw(st.sampled_from([None, None, "1001", "1003", "9999"])),
    )  # fmt: skip


@st.composite
def bookings(draw: st.DrawFn) -> CallbackBooked:
    one = QUEUES[draw(st.sampled_from(sorted(QUEUES)))]
    language = draw(languages)
    due_at = draw(st.sampled_from([0.0, START, START + 30.0, START + 4000.0]))
    return CallbackBooked(
        draw(contact_ids), language, "any", one.key, one.requirement(language), START - 50.0, due_at,
        draw(st.sampled_from([None, None, due_at])), draw(st.sampled_from([0.0, 7.0])),
        attempts=draw(st.sampled_from([0, 0, 2])), counted=draw(st.booleans()), restored=draw(st.booleans()),
    )  # fmt: skip


remembered = st.builds(
    ContactKnown, st.sampled_from(["r1", "r2"]), languages, st.just("any"), st.sampled_from(["tax", "gone"]),
    st.sampled_from(sorted(set(ContactState) - FINAL_CONTACT_STATES - {ContactState.CALLBACK_BOOKED})), agent_ids,
    st.just(START - 50.0), st.just(3.0), st.sampled_from([START - 40.0, START + 1e6]),
)  # fmt: skip


any_event = st.one_of(
    offers(),
    offers(),
    bookings(),
    st.builds(CallbackClosed, contact_ids, st.sampled_from(CallbackEnd)),
    st.builds(CallOutEnded, contact_ids, st.sampled_from([1, 2, 5])),
    st.builds(CitizenDialled, contact_ids),
    st.builds(CitizenAnswered, contact_ids, st.one_of(st.none(), agent_ids)),
    st.builds(CitizenFailed, contact_ids, st.sampled_from(CitizenResult)),
    st.builds(HoursChanged, st.sampled_from([None, None, START + 100.0, START + 5000.0, START + 1e6])),
    st.builds(ContactHungUp, contact_ids),
    st.builds(ContactDeparted, contact_ids, st.sampled_from(Departure)),
    st.builds(LegDialled, contact_ids, agent_ids, reservation_ids),
    st.builds(LegRang, contact_ids, agent_ids, reservation_ids),
    st.builds(LegAnswered, contact_ids, agent_ids),
    st.builds(
        LegFailed, contact_ids, agent_ids, st.sampled_from(LegResult), st.sampled_from([None, 0.2, 3.0]), reservation_ids
    ),
    st.builds(HoldChanged, contact_ids, st.booleans()),
    st.builds(TalkEnded, contact_ids),
    st.builds(HandOnAsked, contact_ids, agent_ids),
    st.builds(SentOut, contact_ids),
    st.builds(HandoverNoted, contact_ids, agent_ids, st.just(Handover("any", "asked", ""))),
    st.builds(PresenceAsked, agent_ids, asked, reasons),
    st.builds(PresenceAsked, agent_ids, st.just(Presence.AVAILABLE)),
    st.builds(PresenceRestored, agent_ids, asked, reasons),
    st.builds(WrapupEndAsked, agent_ids),
    st.builds(WrapupExtendAsked, agent_ids),
    st.builds(DeviceChanged, agent_ids, st.booleans(), st.booleans()),
    st.builds(DeviceChanged, agent_ids, st.just(True), st.just(False)),
    st.builds(
        TalkAdopted, contact_ids, agent_ids, languages, st.just("any"), st.sampled_from(["tax", "gone"]),
        st.sampled_from([START - 50.0, START + 1e6]),
    ),
    st.builds(
        TalkAdopted, contact_ids, st.just("7901"), languages, st.just("any"), st.just("tax"), st.just(START),
        official=st.just(True),
    ),
    st.builds(LegAnswered, contact_ids, st.just("7901")),
    st.builds(
        RingAdopted, contact_ids, agent_ids, languages, st.just("any"), st.sampled_from(["tax", "gone"]),
        st.sampled_from([START - 50.0, START + 1e6]), st.booleans(),
    ),
    st.builds(RingEnded, contact_ids, agent_ids),
    st.builds(FellIntoNet, contact_ids),
    st.builds(EndedUnseen, remembered),
    st.builds(
        WrapupRestored, agent_ids, remembered.filter(lambda one: one.state is ContactState.WRAPUP),
        st.sampled_from([START - 10.0, START, START + 1e6]), st.booleans(),
    ),
    st.sampled_from(RULES),
)  # fmt: skip


@dataclass
class Seen:
    """A contact as the facts alone tell it."""

    state: ContactState
    first_queued_at: float
    waited_s: float
    since: float
    offered_to: set[str]


def eligible(state: State, agent: Agent, contact: Contact) -> bool:
    """By the words of routing.md and the rules alone: an idle agent, a waiting contact."""
    return may_take(state, agent, contact)


def order(agent: Agent, contact: Contact) -> tuple[int, int, float, str]:
    """The place of a contact in this agent's order."""
    row = agent.rule.profile.row(contact.queue.key)
    rank = 1 if contact.kept_by is agent or row is None else row.rank
    return (contact.order_class, rank, contact.virtual_time(), contact.id)


def plausible(state: State) -> list[Event]:
    """Events that a centre in this state may well see next, so that the machine gets deep into calls."""
    found: list[Event] = [*RULES]
    agents = sorted(state.agents)
    for number, key in enumerate([*QUEUES, "general", "tax"]):
        if f"c{number}" not in state.contacts:
            one = QUEUES[key]
            language = EN if number % 5 == 3 else KO
            sticky = agents[number % len(agents)] if number % 3 == 0 and agents else None
            offer = ContactOffered(
                f"c{number}", Channel.VOICE, language, "any", key, one.requirement(language),
                order_class=1 + (number == 5), sticky_agent=sticky,
            )  # fmt: skip
            found += [offer] * 3
        elif state.contacts[f"c{number}"].channel is Channel.VOICE:
            found.append(booking(state.contacts[f"c{number}"], state.now))
    found += [HoursChanged(None)] * 3 + [HoursChanged(state.now + 60.0)]
    for contact in state.contacts.values():
        me = contact.id
        if contact.channel is Channel.CALLBACK:
            found += [CallbackClosed(me, CallbackEnd.RANG_IN), *called(contact) * 3]
        match contact.state:
            case ContactState.QUEUED | ContactState.IVR:
                found += [ContactHungUp(me), ContactDeparted(me, Departure.BACK_TO_MENU), again(contact, "tax")]
                found += [FellIntoNet(me)] + [again(contact, contact.queue.key)] * (3 * contact.in_net)
                found += [RingAdopted(me, agent_id, KO, "any", "tax", START, True) for agent_id in agents]
                found += [LegAnswered(me, agents[0]), TalkAdopted(me, agents[-1], KO, "any", "tax", START)]
            case ContactState.RESERVED:
                reservation = contact.reservation
                assert reservation is not None
                pair = (me, reservation.agent.id)
                found += [LegDialled(*pair, reservation.id), LegRang(*pair), LegAnswered(*pair), LegAnswered(*pair)]
                found += [LegFailed(*pair, result, 0.3) for result in LegResult]
                found += [ContactHungUp(me), LegAnswered(me, agents[0]), RingEnded(*pair), FellIntoNet(me)]
            case ContactState.CONNECTED | ContactState.WRAPUP:
                found += [TalkEnded(me), ContactHungUp(me), again(contact, contact.queue.key), again(contact, "tax")]
                found += [HoldChanged(me, contact.hold_since is None), TalkAdopted(me, "1001", KO, "any", "tax", START)]
                found += [SentOut(me), *(HandOnAsked(me, agent_id) for agent_id in agents)]
                found.append(replace(again(contact, "tax"), handed_on_by=contact.agent_id))
    for agent in state.agents.values():
        me = agent.id
        found += [
            DeviceChanged(me, not agent.reachable, False),
            DeviceChanged(me, agent.reachable, not agent.device_busy),
        ]
        if agent.presence is not Presence.AVAILABLE:
            found += [PresenceAsked(me, Presence.AVAILABLE)] * 3
        if agent.work not in (Work.IDLE, Work.OTHER):
            found += [PresenceAsked(me, Presence.AWAY, "lunch"), PresenceAsked(me, Presence.OFFLINE)]
        if agent.work is Work.WRAPUP:
            found += [WrapupEndAsked(me), WrapupExtendAsked(me)]
    return found


def booking(contact: Contact, now: float) -> CallbackBooked:
    """The contact's caller keeps the place and leaves, or is called in a minute."""
    due_at = now + 60.0 * (contact.id in ("c1", "c4"))
    return CallbackBooked(
        contact.id, contact.language, "any", contact.queue.key, contact.requirement, contact.first_queued_at, due_at
    )  # fmt: skip


def called(contact: Contact) -> list[Event]:
    """What the PBX may tell of a call-back that is being made."""
    me, reservation = contact.id, contact.reservation
    if reservation is None:
        return [CallOutEnded(me, contact.call_out or 1), CitizenAnswered(me, "1001")]
    if not reservation.agent_there:
        return [LegAnswered(me, reservation.agent.id), CallOutEnded(me, reservation.id)]
    if not reservation.citizen_dialled:
        return [CitizenDialled(me), CitizenDialled(me), TalkEnded(me)]
    failed = [CitizenFailed(me, CitizenResult.BUSY)] * (1 + 3 * (reservation.citizen_failed is None))
    return [CitizenAnswered(me), *failed, TalkEnded(me), TalkEnded(me), CallOutEnded(me, reservation.id)]


def again(contact: Contact, key: str) -> ContactOffered:
    """The same contact, offered to this queue."""
    one = QUEUES.get(key, TAX)
    return ContactOffered(contact.id, Channel.VOICE, contact.language, "any", key, one.requirement(contact.language))


class CoreMachine(RuleBasedStateMachine):
    """Drives `step` and watches it from outside."""

    crew = AGENTS

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.state: State = new_state(self.crew, QUEUES, START, callback=CALLBACK)
        self.contacts: dict[str, Seen] = {}
        self.agents: dict[str, tuple[Presence, Work]] = {}
        self.last: Event = TimePassed()
        self.quiet = True
        self.matches = self.refusals = self.relaxed = 0
        self.rung: dict[int, tuple[str, str]] = {}  # reservations that a session may act on
        self.assigned: set[int] = set()  # the others are of the PBX's own queue
        self.noted: dict[str, int] = {}  # what became of call-backs
        self.attempts: dict[str, int] = {}  # of those that came with some

    @initialize(count=st.integers(0, 5), waiting=st.lists(offers(), max_size=6))
    def some_are_available(self, count: int, waiting: list[ContactOffered]) -> None:
        for agent_id in sorted(AGENTS)[:count]:
            self.feed(PresenceAsked(agent_id, Presence.AVAILABLE))
        for offer in waiting:
            self.now += 1.0
            self.feed(offer)

    # -- what happens -------------------------------------------------------------------------------------------------

    @rule(event=any_event)
    def anything(self, event: Event) -> None:
        self.feed(event)

    @rule(event=any_event, by=st.sampled_from([0.0, 0.3, 1.5, 7.0, 31.0]))
    def anything_later(self, event: Event, by: float) -> None:
        self.now += by
        self.feed(event)

    @rule()
    def the_same_again(self) -> None:
        if isinstance(self.last, EndedUnseen | WrapupRestored):
            return  # what is over leaves no trace; these are told once in an engine's life
        quiet = self.quiet  # a deadline in the same step may have changed what the event finds
        out = self.feed(self.last)
        assert out == [] or not (quiet and self.quiet), (self.last, out)

    @rule(by=st.sampled_from([0.1, 1.0, 10.0, 61.0, 3600.0]))
    def time_passes(self, by: float) -> None:
        self.now += by
        self.feed(TimePassed())

    @rule()
    def the_next_deadline_comes(self) -> None:
        due = next_deadline(self.state)
        if due is not None:
            self.now = max(self.now, due)
            self.feed(TimePassed())

    @rule()
    def the_clock_falls_back(self) -> None:
        before = self.state.now
        self.feed(TimePassed(), at=self.now - 3600.0)
        assert self.state.now == before

    @rule(data=st.data(), by=st.sampled_from([0.0, 0.0, 0.5, 4.0]))
    def what_could_come_next(self, data: st.DataObject, by: float) -> None:
        self.now += by
        self.feed(data.draw(st.sampled_from(plausible(self.state))))

    # -- what must be true --------------------------------------------------------------------------------------------

    def feed(self, event: Event, at: float | None = None) -> list[Command]:
        due = next_deadline(self.state)
        self.quiet = due is None or due > self.now
        if isinstance(event, CallbackBooked):
            self.attempts[event.contact_id] = event.attempts + 3
        self.shares = {one.id: one.occupancy() for one in self.state.agents.values() if one.idle_stamp}
        if isinstance(event, EndedUnseen | WrapupRestored) and event.contact.contact_id not in self.state.contacts:
            known, began = event.contact, min(event.contact.at, max(self.state.now, self.now))
            self.contacts[known.contact_id] = Seen(known.state, known.first_queued_at, known.waited_s, began, set())
        out = step(self.state, event, self.now if at is None else at)
        self.last = event
        for command in out:
            match command:
                case Note(ContactMoved() as fact):
                    self.contact_moved(fact)
                case Note(AgentMoved() as fact):
                    self.agent_moved(fact)
                case Note(CallbackNoted() as fact):
                    self.noted[fact.what] = self.noted.get(fact.what, 0) + 1
                    assert fact.attempts <= max(3, self.attempts.get(fact.contact_id, 0))
                case Note(ReservationEnded() as fact):
                    self.rung.pop(fact.reservation_id, None)
                case Assign(contact_id, agent_id, number, _, call_back):
                    assert call_back is (self.state.contacts[contact_id].channel is Channel.CALLBACK)
                    for old in [old for old, pair in self.rung.items() if pair == (contact_id, agent_id)]:
                        del self.rung[old]  # retried under a new number
                    assert contact_id not in {pair[0] for pair in self.rung.values()}, "a contact rings twice"
                    assert agent_id not in {pair[1] for pair in self.rung.values()}, "an agent is rung twice"
                    self.rung[number] = (contact_id, agent_id)
                    self.assigned.add(number)
                case Unassign(_, _, number):
                    self.rung.pop(number, None)
                case HandOver(contact_id):
                    assert contact_id not in self.state.contacts
        self.compare([c.fact for c in out if isinstance(c, Note) and isinstance(c.fact, Decision)])
        return out

    def contact_moved(self, fact: ContactMoved) -> None:
        seen = self.contacts.get(fact.contact_id)
        if fact.old is None:
            assert seen is None
            seen = Seen(fact.new, fact.first_queued_at, fact.waited_s, fact.at, set())
            self.contacts[fact.contact_id] = seen
        else:
            assert seen is not None
            assert seen.state is fact.old
            assert fact.new in CONTACT_TRANSITIONS[fact.old]
            assert fact.first_queued_at == seen.first_queued_at, "the waiting time was reset"
            waited = seen.waited_s + (fact.at - seen.since if fact.old in WAITING else 0.0)
            assert abs(fact.waited_s - waited) < 1e-3, "waited is the time QUEUED and RESERVED, and nothing else"
            seen.state, seen.waited_s, seen.since = fact.new, waited, fact.at
        if fact.offered:
            assert fact.queue not in seen.offered_to, "offered twice to one queue"
            seen.offered_to.add(fact.queue)
        if fact.new in FINAL_CONTACT_STATES:
            del self.contacts[fact.contact_id]

    def agent_moved(self, fact: AgentMoved) -> None:
        old = self.agents.get(fact.agent_id, (Presence.OFFLINE, Work.IDLE))
        assert old == (fact.old_presence, fact.old_work)
        assert fact.presence is fact.old_presence or fact.presence in PRESENCE_TRANSITIONS[fact.old_presence]
        assert fact.work is fact.old_work or fact.work in WORK_TRANSITIONS[fact.old_work]
        assert fact.lasted_s >= 0
        self.agents[fact.agent_id] = (fact.presence, fact.work)

    def compare(self, decisions: list[Decision]) -> None:
        """Each match is one that the naive reference makes too, and each refusal is one that it understands."""
        self.refusals += len(decisions)
        refused, decisions = (
            [one for one in decisions if one.outcome != "match"], [one for one in decisions if one.outcome == "match"],
        )  # fmt: skip
        self.refusals -= len(decisions)
        self.matches += len(decisions)
        self.relaxed += sum(one.step > 0 for one in decisions)
        for refusal in refused:
            assert refusal.candidates == 0
            assert len(refusal.passed_over) <= 5
            if refusal.contact_id is None:
                assert refusal.passed_over, "a freed agent found nobody, and nobody waits"
        queued = [contact for contact in self.state.contacts.values() if contact.lane is not None]
        for decision in decisions:
            contact = self.state.contacts[decision.contact_id]
            agent = self.state.agents[decision.agent_id]
            assert contact.reservation is not None
            assert contact.reservation.agent is agent
            assert not contact.in_net, "offered to an agent without a session"
            if decision.trigger == "handed_on":
                continue
            assert len(decision.passed_over) <= 5
            kept = contact.sticky == agent.id
            fits = decision.requirement.met_by(agent.rule.languages, agent.rule.skills)
            assert fits or kept or len(decisions) > 1
            mine = order(agent, contact)
            if kept:
                mine = (mine[0], 1, *mine[2:])
            left = [other for other in queued if eligible(self.state, agent, other)]
            assert all(mine < order(agent, other) for other in left) or len(decisions) > 1, "overtaken"
            if contact.sticky is not None or agent.rule.profile is not EVERY_QUEUE or len(self.profiles()) > 1:
                continue  # whether it was kept, and who was idle in a group, is over by now
            idle = [one for one in self.state.agents.values() if one.offerable() and self.takes(one, contact, decision)]
            if decision.trigger == "freed":
                if contact.queue.strategy is not Strategy.LEAST_OCCUPIED:  # whose shares have moved on by now
                    key = reference_key(contact, {}, decision.requirement)
                    mine_too = key(agent, contact.reservation.idle_since)
                    assert all(mine_too < key(one, one.idle_since) for one in idle), "another came first"
                if len(decisions) == 1:
                    assert decision.candidates == len(left) + 1
                continue
            key = reference_key(contact, self.shares, decision.requirement)
            if agent.id in self.shares:  # else idle only since this step
                mine_too = key(agent, contact.reservation.idle_since)
                assert all(mine_too < key(one, one.idle_since) for one in idle)
            if len(decisions) == 1:
                assert decision.candidates == len(idle) + 1
                told = {
                    passed.agent_id
                    for passed in decision.passed_over
                    if passed.code.startswith(("longer", "better", "less"))
                }
                assert told <= {one.id for one in idle}
                assert len(decision.passed_over) >= min(5, len(idle))

    def takes(self, one: Agent, contact: Contact, decision: Decision) -> bool:
        return decision.requirement.met_by(one.rule.languages, one.rule.skills) and one.id not in contact.excluded

    def profiles(self) -> set[str]:
        return {one.rule.profile.name for one in self.state.agents.values()}

    @invariant()
    def the_invariants_hold(self) -> None:
        check(self.state)
        assert {contact_id: seen.state for contact_id, seen in self.contacts.items()} == {
            contact.id: contact.state for contact in self.state.contacts.values()
        }
        for one in self.state.agents.values():
            assert self.agents.get(one.id, (Presence.OFFLINE, Work.IDLE)) == (one.presence, one.work)
        held = {
            one.reservation.id
            for one in self.state.agents.values()
            if one.reservation and not one.reservation.retry_due
        }
        assert held & self.assigned <= set(self.rung)

    @invariant()
    def positions_are_those_of_a_naive_count(self) -> None:
        on_duty = [one for one in self.state.agents.values() if one.presence not in (Presence.OFFLINE, Presence.AWAY)]

        def takers(contact: Contact) -> set[str]:
            if contact.lane is None:
                return set()
            fits, queue, passed_s = contact.asks().met_by, contact.queue.key, contact.lane.passed_s
            able = [one for one in on_duty if not one.leaving and fits(one.rule.languages, one.rule.skills)]
            return {one.id for one in able if (row := one.rule.profile.row(queue)) and row.delay_s <= passed_s}

        for contact in self.state.contacts.values():
            assert (contact.lane is not None) == (contact.state is ContactState.QUEUED and not contact.in_net)
            if contact.lane is None:
                assert position(self.state, contact.id) is None
                assert estimated_wait_s(self.state, contact.id) is None
                continue
            ahead = 0
            for other in self.state.contacts.values():
                if other.lane is not None and other.order < contact.order:
                    same = (other.queue.key, other.asks()) == (contact.queue.key, contact.asks())
                    if other.kept_by is not None:
                        ahead += other.kept_by.id in takers(contact)
                    else:
                        ahead += same or bool(takers(other) & takers(contact))
            assert position(self.state, contact.id) == ahead + 1
            eta_s = estimated_wait_s(self.state, contact.id)
            known = takers(contact) and self.state.handling.count >= 3
            assert (eta_s is not None) == bool(known)
            wrapups_s, turn_s = 30.0 + 20.0, max(self.state.handling.mean_s, 1.0)
            assert eta_s is None or 0 <= eta_s <= wrapups_s + (ahead + 1) * turn_s + 1e-6

    @invariant()
    def the_snapshot_counts_everybody(self) -> None:
        seen = snapshot(self.state, self.now)
        assert sum(seen.agent_counts.values()) == len(self.state.agents) == len(seen.agents)
        states = [contact.state for contact in self.state.contacts.values()]
        assert sum(line.queued for line in seen.lines) == states.count(ContactState.QUEUED)
        assert sum(line.reserved for line in seen.lines) == states.count(ContactState.RESERVED)
        assert all(value >= 0 for value in seen.agent_seconds.values())


def reference_key(contact: Contact, shares: dict[str, float], asked: Requirement):
    """The order of agents for this contact, by the words of routing.md. `shares`: occupied of today, as they were."""

    def key(agent: Agent, idle_since: float):
        skills = asked.skills
        match contact.queue.strategy:
            case Strategy.LONGEST_IDLE:
                return (idle_since, agent.id)
            case Strategy.BEST_SKILL:
                mean = sum(agent.rule.skills.get(name, 0) for name, _ in skills) / len(skills) if skills else 0
                return (-mean, idle_since, agent.id)
            case Strategy.LEAST_OCCUPIED:
                return (shares.get(agent.id, agent.occupancy()), idle_since, agent.id)

    return key


@pytest.mark.parametrize("seed", range(6))
def test_long_lives(seed: int) -> None:
    rng = random.Random(seed)
    machine = CoreMachine() if seed % 2 else GroupedMachine()
    machine.some_are_available(rng.randrange(6), [])
    for _ in range(2_500):
        roll = rng.random()
        if roll < 0.1:
            machine.the_next_deadline_comes()
        elif roll < 0.15:
            machine.the_same_again()
        else:
            machine.now += rng.choice((0.0, 0.0, 0.0, 0.2, 1.0, 5.0, 20.0))
            likely = plausible(machine.state)
            rules_too = 0 if rng.random() < 0.02 else len(RULES)
            machine.feed(rng.choice(likely[rules_too:]))
        machine.the_invariants_hold()
        machine.positions_are_those_of_a_naive_count()
    assert machine.matches > 100
    assert machine.refusals > 100
    assert machine.relaxed > 5
    assert {"booked", "kept", "rang_in", "on_line"} <= set(machine.noted)
    assert {"busy", "no_answer", "failed"} & set(machine.noted)


class GroupedMachine(CoreMachine):
    """The same with profiles: ranks, delays, reserves."""

    crew = GROUPED


TestCore = CoreMachine.TestCase
TestGrouped = GroupedMachine.TestCase
TestCore.settings = TestGrouped.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
