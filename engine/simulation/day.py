"""One simulated day: the callers of a plan meet the agents on duty in `acd.core.step`, the code that runs live.

A phone is answered the moment it rings. Callers who wait hang up when their patience ends. Those who still wait when
the centre closes are served. Events that fall on one instant come in the order in which they were planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from heapq import heappop, heappush
from math import inf
from random import Random

from acd.core.commands import Assign, Command, Note
from acd.core.events import (
    Channel,
    ContactHungUp,
    ContactOffered,
    Event,
    LegAnswered,
    PresenceAsked,
    TalkEnded,
    TimePassed,
)
from acd.core.facts import AgentMoved, ContactMoved, Fact
from acd.core.figures import occupancy
from acd.core.invariants import check
from acd.core.model import State
from acd.core.snapshot import estimated_wait_s
from acd.core.states import ContactState, Presence, Work
from acd.core.step import new_state, next_deadline, step
from dialplan.decision import priority, route
from dialplan.ruleset import Language, Ruleset
from engine.simulation.estimates import Estimates
from engine.simulation.figures import Figures, Tally, figures_of
from engine.simulation.plan import HOUR_S, Caller, Plan, callers
from engine.simulation.staff import Away, Duty
from engine.simulation.witness import Group, Waiter, Witness, group

_BUSY = (Work.RESERVED, Work.CONNECTED, Work.HOLD, Work.WRAPUP)


class _What(IntEnum):
    """What is planned for a moment."""

    CALL = 0
    TALK_ENDS = 1
    PATIENCE_ENDS = 2
    BREAK = 3
    BACK = 4
    CLOSING = 5
    ESTIMATE_SAID = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """One contact, for those who ask for each: when it came (epoch s), how long it waited, whether it was answered."""

    came_at: float
    waited_s: float
    answered: bool


@dataclass(slots=True)
class Day:
    """What came of it."""

    agents: int
    seed: int
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)  # by queue and hour of the day
    closed: int = 0  # called outside of the opening hours
    not_served: int = 0  # their topic is `none` in their language
    occupancy: float | None = None  # 0-1
    order_inversions: int = 0
    eligible_unmatched_max_s: float = 0.0
    steps: int = 0
    estimates: Estimates = field(default_factory=Estimates)

    @property
    def total(self) -> Figures:
        """All contacts."""
        return figures_of(self.tallies.values())

    def by_queue(self) -> dict[str, Figures]:
        """The queues that were called, in the order of their names."""
        keys = sorted({queue for queue, _ in self.tallies})
        return {key: figures_of(one for (queue, _), one in self.tallies.items() if queue == key) for key in keys}

    def by_hour(self) -> dict[int, Figures]:
        """The hours of the day in which contacts were offered."""
        keys = sorted({hour for _, hour in self.tallies})
        return {key: figures_of(one for (_, hour), one in self.tallies.items() if hour == key) for key in keys}


def simulate(
    ruleset: Ruleset,
    plan: Plan,
    duties: Sequence[Duty],
    seed: int,
    *,
    check_every: int = 0,
    on_contact: Callable[[Seen], None] | None = None,
    on_fact: Callable[[Fact], None] | None = None,
    arrivals: Iterable[Caller] | None = None,
) -> Day:
    """Run the day. `check_every`: hold all invariants of the core after every so many steps (0: never; it is slow).

    `arrivals`: these callers, in order, instead of the plan's. `on_fact` is told every fact as it happens.
    """
    run = _Run(
        ruleset, plan, duties, seed,
        check_every=check_every, on_contact=on_contact, on_fact=on_fact, arrivals=arrivals,
    )  # fmt: skip
    return run.run()


class _Run:
    """The day under way."""

    def __init__(
        self,
        ruleset: Ruleset,
        plan: Plan,
        duties: Sequence[Duty],
        seed: int,
        *,
        check_every: int,
        on_contact: Callable[[Seen], None] | None,
        on_fact: Callable[[Fact], None] | None = None,
        arrivals: Iterable[Caller] | None = None,
    ) -> None:
        queues = ruleset.queues
        if plan.wrapup_s is not None:
            queues = {key: replace(queue, wrapup_s=plan.wrapup_s) for key, queue in queues.items()}
        self._rules, self._plan, self._duties = ruleset, plan, duties
        agents = {duty.rule.id: duty.rule for duty in duties}
        self._state: State = new_state(agents, queues, plan.midnight)
        self._callers: Iterator[Caller] = callers(plan, seed) if arrivals is None else iter(arrivals)
        self._planned: list[tuple[float, int, _What, str, Caller | Away | None]] = []
        self._serial = 0
        self._day = Day(len(duties), seed)
        self._witness = Witness(agents.values())
        self._returning = Random(f"returning {seed}")  # noqa: S311 - a simulation
        self._groups: dict[tuple[Language, str], tuple[ContactOffered, Group] | None] = {}
        self._same: dict[tuple[str, Language, float, int], Group] = {}
        self._known: dict[str, tuple[Waiter, float]] = {}  # contact: as the witness sees it, and how long it talks
        self._away_s: dict[str, float] = {}
        self._waiting = 0
        self._closed = self._gone = False
        self._check_every, self._on_contact, self._on_fact = check_every, on_contact, on_fact

    def run(self) -> Day:
        plan, state, planned = self._plan, self._state, self._planned
        for duty in self._duties:
            self._feed(PresenceAsked(duty.rule.id, Presence.AVAILABLE), plan.midnight + plan.begins_s)
            for away in duty.breaks:
                if plan.begins_s <= away.at_s and away.at_s + away.lasts_s <= plan.ends_s:
                    self._at(away.at_s, _What.BREAK, duty.rule.id, away)
        self._at(plan.ends_s, _What.CLOSING)
        self._next_caller()
        while True:
            due = next_deadline(state)
            moment = planned[0][0] if planned else inf
            if due is not None and due <= moment:
                self._feed(TimePassed(), due)
            elif planned:
                _, _, what, one, more = heappop(planned)
                self._happens(what, one, more, moment)
            else:
                break
            if self._closed and not self._gone and not self._waiting:
                self._all_leave()
        return self._finished()

    def _at(self, second: float, what: _What, one: str = "", more: Caller | Away | None = None) -> None:
        self._serial += 1
        heappush(self._planned, (self._plan.midnight + second, self._serial, what, one, more))

    def _after(self, moment: float, what: _What, one: str) -> None:
        self._serial += 1
        heappush(self._planned, (moment, self._serial, what, one, None))

    def _next_caller(self) -> None:
        caller = next(self._callers, None)
        if caller is not None:
            self._at(caller.at_s, _What.CALL, "", caller)

    def _happens(self, what: _What, one: str, more: Caller | Away | None, now: float) -> None:
        if what is _What.CALL and isinstance(more, Caller):
            self._calls(more, now)
            self._next_caller()
        elif what is _What.TALK_ENDS:
            self._feed(TalkEnded(one), now)
        elif what in (_What.PATIENCE_ENDS, _What.ESTIMATE_SAID):
            known = self._known.get(one)
            if known is not None and one in known[0].group.waiting:
                self._goes_on_waiting(what, one, now, now - known[0].came_at)
        elif what is _What.BREAK and isinstance(more, Away):
            if not self._gone:
                self._away_s[one] = more.lasts_s
                self._feed(PresenceAsked(one, Presence.AWAY, more.reason), now)
        elif what is _What.BACK:
            if not self._gone:
                self._feed(PresenceAsked(one, Presence.AVAILABLE), now)
        elif what is _What.CLOSING:
            self._closed = True
            self._feed(TimePassed(), now)

    def _calls(self, caller: Caller, now: float) -> None:
        if not self._plan.takes(caller.at_s):
            self._day.closed += 1
            return
        key = (caller.language, caller.topic)
        if key not in self._groups:
            self._groups[key] = self._ask_the_rules(*key)
        kind = self._groups[key]
        if kind is None:
            self._day.not_served += 1
            return
        like, group = kind
        self._serial += 1
        contact_id = f"s{self._serial:08d}"
        keeper, until = self._last_agent(like, now)
        self._known[contact_id] = (Waiter(contact_id, group, now, keeper, until), caller.talk_s)
        self._feed(
            ContactOffered(
                contact_id, like.channel, like.language, like.topic, like.queue, like.requirement,
                points=like.points, order_class=like.order_class, sticky_agent=keeper,
            ),
            now,
        )  # fmt: skip
        if contact_id in group.waiting:
            if caller.patience_s < inf:
                self._after(now + caller.patience_s, _What.PATIENCE_ENDS, contact_id)
            self._goes_on_waiting(_What.ESTIMATE_SAID, contact_id, now, 0.0)

    def _goes_on_waiting(self, what: _What, contact_id: str, now: float, waited_s: float) -> None:
        """A caller hangs up, or is told how long it will take, and some time later again."""
        if what is _What.PATIENCE_ENDS:
            self._feed(ContactHungUp(contact_id), now)
            return
        self._feed(TimePassed(), now)
        self._day.estimates.said(contact_id, waited_s, estimated_wait_s(self._state, contact_id))
        every_s = self._state.contacts[contact_id].queue.announce_every_s
        self._after(now + every_s, _What.ESTIMATE_SAID, contact_id)

    def _last_agent(self, like: ContactOffered, now: float) -> tuple[str | None, float]:
        """For some callers the agent whom they talked with last, and until when the queue keeps them for that one."""
        sticky = self._rules.queues[like.queue].sticky
        if sticky is None or self._returning.random() >= self._plan.returning:
            return None, -inf
        speak = [duty.rule.id for duty in self._duties if like.language in duty.rule.languages]
        return (self._returning.choice(speak), now + sticky.wait_s) if speak else (None, -inf)

    def _ask_the_rules(self, language: Language, topic: str) -> tuple[ContactOffered, Group] | None:
        found = route(self._rules, language, topic)
        if found.queue is None:
            return None
        place = priority(self._rules, topic, found.queue)
        key = (found.queue, language, place.points, place.order_class)
        if key not in self._same:
            queue = self._rules.queues[found.queue]
            rules = [duty.rule for duty in self._duties]
            self._same[key] = group(queue, language, place.points, place.order_class, rules)
        like = ContactOffered(
            "", Channel.VOICE, language, topic, found.queue, found.requirement,
            points=place.points, order_class=place.order_class,
        )  # fmt: skip
        return like, self._same[key]

    def _all_leave(self) -> None:
        self._gone = True
        for duty in self._duties:
            self._feed(PresenceAsked(duty.rule.id, Presence.OFFLINE), self._state.now)

    def _feed(self, event: Event, now: float) -> None:
        """One step, and the answers of phones that ring; each is a step at the same instant."""
        rings: list[Assign] = []
        self._one(event, now, rings)
        for ring in rings:
            self._one(LegAnswered(ring.contact_id, ring.agent_id), now, rings)

    def _one(self, event: Event, now: float, rings: list[Assign]) -> None:
        state = self._state
        out: list[Command] = step(state, event, now)
        for command in out:
            kind = type(command)
            if kind is Note:
                fact = command.fact  # type: ignore[union-attr]
                if self._on_fact is not None:
                    self._on_fact(fact)
                if type(fact) is ContactMoved:
                    self._contact_moved(fact, now)
                elif type(fact) is AgentMoved:
                    self._agent_moved(fact, now)
            elif kind is Assign:
                waiter = self._known[command.contact_id][0]  # type: ignore[union-attr]
                self._witness.took(command.agent_id, waiter, now)  # type: ignore[union-attr]
                rings.append(command)  # type: ignore[arg-type]
        self._witness.settled(now)
        self._day.steps += 1
        if self._check_every and self._day.steps % self._check_every == 0:
            check(state)

    def _contact_moved(self, fact: ContactMoved, now: float) -> None:
        new, contact_id = fact.new, fact.contact_id
        waiter, talk_s = self._known[contact_id]
        if new is ContactState.QUEUED:
            self._waiting += 1
            self._witness.came(waiter)
        elif fact.old is ContactState.QUEUED:
            self._waiting -= 1
            self._witness.left(waiter)
        if new is ContactState.CONNECTED:
            self._after(now + talk_s, _What.TALK_ENDS, contact_id)
        elif new is ContactState.WRAPUP:
            return
        elif new in (ContactState.COMPLETED, ContactState.ABANDONED):
            del self._known[contact_id]
            if new is ContactState.COMPLETED:
                return
        if new in (ContactState.CONNECTED, ContactState.ABANDONED):
            self._day.estimates.over(contact_id, fact.waited_s, answered=new is ContactState.CONNECTED)
        if self._on_contact is not None and new in (ContactState.CONNECTED, ContactState.ABANDONED):
            self._on_contact(Seen(waiter.came_at, fact.waited_s, new is ContactState.CONNECTED))
        key = (fact.queue, int((waiter.came_at - self._plan.midnight) // HOUR_S))
        tally = self._day.tallies.get(key)
        if tally is None:
            tally = self._day.tallies[key] = Tally()
        tally.count(fact)

    def _agent_moved(self, fact: AgentMoved, now: float) -> None:
        there = fact.presence is Presence.AVAILABLE
        self._witness.agent(fact.agent_id, now, there=there, idle=there and fact.work is Work.IDLE)
        if fact.presence is Presence.AWAY and fact.old_presence is not Presence.AWAY:
            self._after(now + self._away_s[fact.agent_id], _What.BACK, fact.agent_id)

    def _finished(self) -> Day:
        day, witness = self._day, self._witness
        spent = self._state.spent_s.items()
        busy_s = sum(lasted_s for (_, _, work), lasted_s in spent if work in _BUSY)
        idle_s = sum(s for (_, presence, work), s in spent if work is Work.IDLE and presence is Presence.AVAILABLE)
        day.occupancy = occupancy(busy_s, idle_s)
        day.order_inversions, day.eligible_unmatched_max_s = witness.inversions, witness.unmatched_max_s
        return day
