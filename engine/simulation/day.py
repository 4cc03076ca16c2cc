"""One simulated day: the callers of a plan meet the agents on duty in `acd.core.step`, the code that runs live.

A phone is answered the moment it rings. Callers who wait hang up when their patience ends. Those who still wait when
the centre closes are served. Events that fall on one instant come in the order in which they were planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from math import inf
from random import Random
from typing import Any

from acd.core.commands import Assign, Note
from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import Channel, ContactHungUp, ContactOffered
from acd.core.events.event import Event, TimePassed
from acd.core.events.legs import LegAnswered, TalkEnded
from acd.core.facts import AgentMoved, ContactMoved, Fact
from acd.core.figures import occupancy
from acd.core.invariants import check
from acd.core.model import State
from acd.core.snapshot import estimated_wait_s
from acd.core.states import ContactState, Presence, Work
from acd.core.step import new_state, next_deadline, step
from dialplan.decision import priority, route
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine.simulation.figures import Tally
from engine.simulation.outcome import Day, Seen
from engine.simulation.plan import HOUR_S, Caller, Plan, callers
from engine.simulation.staff import Away, Duty
from engine.simulation.witness import Group, Waiter, Witness, group

_BUSY = (Work.RESERVED, Work.CONNECTED, Work.HOLD, Work.WRAPUP)


# Asked in each step, and until Python 3.12 an enum finds its member by a call.
_QUEUED, _RESERVED, _CONNECTED = ContactState.QUEUED, ContactState.RESERVED, ContactState.CONNECTED
_WRAPUP, _COMPLETED, _ABANDONED = ContactState.WRAPUP, ContactState.COMPLETED, ContactState.ABANDONED
_IDLE, _AVAILABLE, _AWAY = Work.IDLE, Presence.AVAILABLE, Presence.AWAY

# A moment (epoch seconds), the order of planning, what is to be done then, and with what.
_Planned = tuple[float, int, Callable[[Any, float], None], object]


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
        self._planned: list[_Planned] = []
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
                    self._at(away.at_s, self._goes_away, (duty.rule.id, away))
        self._at(plan.ends_s, self._closes)
        self._next_caller()
        while True:
            due = next_deadline(state)
            moment = planned[0][0] if planned else inf
            if due is not None and due <= moment:
                self._feed(TimePassed(), due)
            elif planned:
                _, _, happens, to = heappop(planned)
                happens(to, moment)
            else:
                break
            if self._closed and not self._gone and not self._waiting:
                self._all_leave()
        return self._finished()

    def _at(self, second: float, happens: Callable[[Any, float], None], to: object = None) -> None:
        self._after(self._plan.midnight + second, happens, to)

    def _after(self, moment: float, happens: Callable[[Any, float], None], to: object) -> None:
        self._serial += 1
        heappush(self._planned, (moment, self._serial, happens, to))

    def _next_caller(self) -> None:
        caller = next(self._callers, None)
        if caller is not None:
            self._at(caller.at_s, self._next_calls, caller)

    def _next_calls(self, caller: Caller, now: float) -> None:
        self._calls(caller, now)
        self._next_caller()

    def _talk_ends(self, contact_id: str, now: float) -> None:
        self._feed(TalkEnded(contact_id), now)

    def _patience_ends(self, contact_id: str, now: float) -> None:
        if self._waiter(contact_id) is not None:
            self._feed(ContactHungUp(contact_id), now)

    def _hears_again(self, contact_id: str, now: float) -> None:
        waiter = self._waiter(contact_id)
        if waiter is not None:
            self._hears_estimate(contact_id, now, now - waiter.came_at)

    def _waiter(self, contact_id: str) -> Waiter | None:
        """The contact, if it still waits."""
        known = self._known.get(contact_id)
        return known[0] if known is not None and contact_id in known[0].group.waiting else None

    def _goes_away(self, who: tuple[str, Away], now: float) -> None:
        if not self._gone:
            agent_id, away = who
            self._away_s[agent_id] = away.lasts_s
            self._feed(PresenceAsked(agent_id, Presence.AWAY, away.reason), now)

    def _is_back(self, agent_id: str, now: float) -> None:
        if not self._gone:
            self._feed(PresenceAsked(agent_id, Presence.AVAILABLE), now)

    def _closes(self, _: None, now: float) -> None:
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
                self._after(now + caller.patience_s, self._patience_ends, contact_id)
            self._hears_estimate(contact_id, now, 0.0)

    def _hears_estimate(self, contact_id: str, now: float, waited_s: float) -> None:
        """A caller is told how long it will take, and some time later again."""
        self._feed(TimePassed(), now)
        self._day.estimates.said(contact_id, waited_s, estimated_wait_s(self._state, contact_id))
        every_s = self._state.contacts[contact_id].queue.announce_every_s
        self._after(now + every_s, self._hears_again, contact_id)

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
        tell = self._on_fact
        for command in step(self._state, event, now):
            if type(command) is Note:
                fact = command.fact
                if tell is not None:
                    tell(fact)
                if type(fact) is ContactMoved:
                    self._contact_moved(fact, now)
                elif type(fact) is AgentMoved:
                    self._agent_moved(fact, now)
            elif type(command) is Assign:
                self._witness.took(command.agent_id, self._known[command.contact_id][0], now)
                rings.append(command)
        self._witness.settled(now)
        self._day.steps += 1
        if self._check_every and self._day.steps % self._check_every == 0:
            check(self._state)

    def _contact_moved(self, fact: ContactMoved, now: float) -> None:
        new, contact_id = fact.new, fact.contact_id
        waiter, talk_s = self._known[contact_id]
        if new is _QUEUED:
            self._waiting += 1
            self._witness.came(waiter)
        elif fact.old is _QUEUED:
            self._waiting -= 1
            self._witness.left(waiter)
        if new is _RESERVED or new is _WRAPUP:
            return
        if new is _CONNECTED:
            self._after(now + talk_s, self._talk_ends, contact_id)
        elif new is _COMPLETED or new is _ABANDONED:
            del self._known[contact_id]
            if new is _COMPLETED:
                return
        if new is _CONNECTED or new is _ABANDONED:
            self._day.estimates.over(contact_id, fact.waited_s, answered=new is _CONNECTED)
            if self._on_contact is not None:
                self._on_contact(Seen(waiter.came_at, fact.waited_s, new is _CONNECTED))
        key = (fact.queue, int((waiter.came_at - self._plan.midnight) // HOUR_S))
        tally = self._day.tallies.get(key)
        if tally is None:
            tally = self._day.tallies[key] = Tally()
        tally.count(fact)

    def _agent_moved(self, fact: AgentMoved, now: float) -> None:
        there, was_there = fact.presence is _AVAILABLE, fact.old_presence is _AVAILABLE
        if there is not was_there or fact.work is _IDLE or fact.old_work is _IDLE:
            self._witness.agent(fact.agent_id, now, there=there, idle=there and fact.work is _IDLE)
        if fact.presence is _AWAY and fact.old_presence is not _AWAY:
            self._after(now + self._away_s[fact.agent_id], self._is_back, fact.agent_id)

    def _finished(self) -> Day:
        day, witness = self._day, self._witness
        spent = self._state.spent_s.items()
        busy_s = sum(lasted_s for (_, _, work), lasted_s in spent if work in _BUSY)
        idle_s = sum(s for (_, presence, work), s in spent if work is Work.IDLE and presence is Presence.AVAILABLE)
        day.occupancy = occupancy(busy_s, idle_s)
        day.order_inversions, day.eligible_unmatched_max_s = witness.inversions, witness.unmatched_max_s
        return day
