"""The planned day played: the rules, their agents' skills and the live core, with the shifts' people. Pure.

The formulas take all agents for one pool; skills and languages make pools of their own, which is why the play may need
more people. Who works is taken from the rules' agents in their proportions, speakers of each language first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from acd.core.figures import ServiceLevel
from dialplan.agentrules import AgentRule
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine.simulation.day import simulate
from engine.simulation.outcome import Day
from engine.simulation.plan import HOUR_S, Plan
from engine.simulation.staff import Away, Duty, on_duty
from engine.staffing.shifts import Shift

_OFF = "off"  # outside of the shift


@dataclass(frozen=True, slots=True)
class Played:
    """One played day."""

    agents: int
    day: Day

    @property
    def service_level(self) -> float | None:
        """`short_excluded`, 0-1."""
        return self.day.total.service_level(ServiceLevel.SHORT_EXCLUDED)


def play(ruleset: Ruleset, plan: Plan, shifts: Sequence[Shift], seed: int) -> Played:
    """The plan's callers meet the people of these shifts."""
    duties = [
        duty
        for shift, rules in zip(shifts, _people(ruleset, shifts), strict=True)
        for duty in _team(plan, shift, rules)
    ]
    return Played(len(duties), simulate(ruleset, plan, duties, seed))


def grown(shifts: Sequence[Shift], more: int) -> list[Shift]:
    """The same shifts with so many agents more (or fewer), in turns."""
    changed = list(shifts)
    order = sorted(range(len(changed)), key=lambda i: -changed[i].agents)
    for _, i in zip(range(abs(more)), cycle(order), strict=False):
        changed[i] = replace(changed[i], agents=max(0, changed[i].agents + (1 if more > 0 else -1)))
    return changed


def until_reached(
    ruleset: Ruleset, plan: Plan, shifts: Sequence[Shift], seed: int, *, target: float, most_more: int = 12
) -> tuple[int, Played]:
    """How many agents more it takes until the played day reaches the target; the last try when it never does."""
    for more in range(most_more + 1):
        played = play(ruleset, plan, grown(shifts, more), seed)
        if (played.service_level or 0.0) >= target:
            break
    return more, played


def _people(ruleset: Ruleset, shifts: Sequence[Shift]) -> list[list[AgentRule]]:
    """Each team's agents: first its speakers of each language, then the others, as the city's proportions have them."""
    whole = sum(shift.agents for shift in shifts)
    pool = [duty.rule for duty in on_duty(ruleset.agents, max(whole, len(ruleset.agents)))]
    foreign = {language: [one for one in pool if language in one.languages] for language in Language}
    taken: set[str] = set()
    teams: list[list[AgentRule]] = []
    for shift in shifts:
        team: list[AgentRule] = []
        for language, count in shift.speakers.items():
            free = [one for one in foreign[language] if one.id not in taken][:count]
            taken.update(one.id for one in free)
            team += free
        teams.append(team)
    for i, shift in enumerate(shifts):
        free = [one for one in pool if one.id not in taken]
        wanted = max(0, shift.agents - len(teams[i]))
        chosen = [free[int(n * len(free) / wanted)] for n in range(wanted)] if 0 < wanted <= len(free) else []
        taken.update(one.id for one in chosen)
        teams[i] = [*teams[i], *chosen]
    return teams


def _team(plan: Plan, shift: Shift, rules: Sequence[AgentRule]) -> list[Duty]:
    """On duty from the shift's begin to its end; lunch and breaks in turns, those that lie in the shift."""
    begins_s, ends_s = shift.begins * HOUR_S, shift.ends * HOUR_S
    off = []
    if begins_s > plan.begins_s:
        off.append(Away(plan.begins_s, begins_s - plan.begins_s, _OFF))
    if ends_s < plan.ends_s:
        off.append(Away(ends_s, plan.ends_s - ends_s, _OFF))
    usual = on_duty({rule.id: rule for rule in rules}) if rules else []
    return [
        Duty(
            duty.rule,
            (*off, *(one for one in duty.breaks if begins_s <= one.at_s and one.at_s + one.lasts_s <= ends_s)),
        )
        for duty in usual
    ]
