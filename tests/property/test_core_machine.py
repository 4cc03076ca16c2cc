"""The core under any events in any order, wrong, late and doubled ones too: the invariants hold after every step, the
matches are those of a naive O(contacts x agents) reference, and the facts alone tell a story that the tables allow.

Hypothesis drives short lives and shrinks what fails; `test_long_lives` drives the same machine by seeds for hours."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from acd.core.commands import Assign, Command, HandOver, Note, Unassign
from acd.core.events.agents import PresenceAsked
from acd.core.events.callbacks import (
    CallbackBooked,
)
from acd.core.events.contacts import (
    Channel,
    ContactOffered,
)
from acd.core.events.event import Event, TimePassed
from acd.core.events.found import EndedUnseen, WrapupRestored
from acd.core.facts import AgentMoved, CallbackNoted, ContactMoved, Decision, ReservationEnded
from acd.core.invariants import check, may_take
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
from dialplan.agentrules import EVERY_QUEUE
from dialplan.queuerules import Requirement, Strategy
from tests.property.core_events import any_event, offers, plausible
from tests.property.core_world import AGENTS, CALLBACK, GROUPED, QUEUES, RULES, START

WAITING = (ContactState.QUEUED, ContactState.RESERVED)


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
