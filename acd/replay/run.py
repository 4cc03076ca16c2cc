"""A past day happens again to a fresh core, under the present rules, until a match differs from the record. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from acd.core.commands import Note
from acd.core.events.event import Event, TimePassed
from acd.core.facts import Decision, Fact
from acd.core.model import State
from acd.core.step import new_state, next_deadline, step
from acd.replay.events import Left, events_of
from dialplan.ruleset import Ruleset

LATE_S = 0.25  # a live engine sees to a deadline some milliseconds late: then the next fact's time is the true one


@dataclass(frozen=True, slots=True)
class Differs:
    """The first match that is not as it was. One side is None when there was a match on the other side only."""

    recorded: Decision | None
    replayed: Decision | None


@dataclass(slots=True)
class Outcome:
    """How far it went."""

    matches: int = 0  # that were the same
    recorded: int = 0
    events: int = 0
    left: Left = field(default_factory=Left)
    differs: Differs | None = None


def replay(facts: Sequence[Fact], rules: Ruleset, talked: dict[str, str] | None = None) -> Outcome:
    """The facts of one engine's life, in order. Stops at the first difference: after it the two are different days.

    `talked`: see `events_of`.
    """
    told = events_of(facts, rules, talked)
    outcome = Outcome(recorded=len(told.decisions), events=len(told.events), left=told.left)
    if not facts:
        return outcome
    state = new_state(rules.agents, rules.queues, min(facts[0].at, told.events[0][0] if told.events else facts[0].at))
    ahead = list(reversed(told.decisions))
    moments = _moments(facts, told.events)
    for at, event in moments:
        while (due := next_deadline(state)) is not None and due + LATE_S <= at:
            if (found := _step(state, TimePassed(), due, ahead, outcome)) is not None:
                outcome.differs = found
                return outcome
        if (found := _step(state, event, at, ahead, outcome)) is not None:
            outcome.differs = found
            return outcome
    if ahead:
        outcome.differs = Differs(ahead[-1], None)
    return outcome


def _moments(facts: Sequence[Fact], events: Sequence[tuple[float, Event]]) -> list[tuple[float, Event]]:
    """The events, and between them the moments at which a timer did something: then time passes."""
    busy = {at for at, _ in events}
    timers = [(at, TimePassed()) for at in sorted({fact.at for fact in facts} - busy)]
    return sorted([*events, *timers], key=lambda one: one[0])


def _step(state: State, event: Event, now: float, ahead: list[Decision], outcome: Outcome) -> Differs | None:
    matches = [
        command.fact
        for command in step(state, event, now)
        if isinstance(command, Note) and isinstance(command.fact, Decision) and command.fact.outcome == "match"
    ]
    for mine in matches:
        recorded = ahead[-1] if ahead else None
        if recorded is None or not same(recorded, mine):
            return Differs(_of_contact(ahead, mine) or recorded, mine)
        ahead.pop()
        outcome.matches += 1
    if ahead and ahead[-1].at < now - LATE_S:
        return Differs(ahead[-1], None)
    return None


def _of_contact(ahead: Sequence[Decision], mine: Decision) -> Decision | None:
    """What was recorded about the same contact, among the next few."""
    return next((one for one in reversed(ahead[-20:]) if one.contact_id == mine.contact_id), None)


def same(one: Decision, other: Decision) -> bool:
    """Whether it is the same match: who goes to whom, from which queue, by which requirement."""
    return (one.contact_id, one.agent_id, one.queue, one.requirement, one.step) == (
        other.contact_id, other.agent_id, other.queue, other.requirement, other.step,
    )  # fmt: skip
