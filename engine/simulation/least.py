"""The least number of agents with whom a day holds its target: a bisection over the same callers.

The target is the answer rate and the service level, both. The days that were tried are kept, so that it can be seen how
near the others came. More agents may now and then be worse by a few calls (another one is at lunch); what is named
holds the target, and one agent fewer does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acd.core.figures import ServiceLevel
from engine.simulation import report
from engine.simulation.outcome import Day
from engine.simulation.report import Told, percent, rounded


@dataclass(frozen=True, slots=True)
class Least:
    """`told`: the day with the fewest agents that holds the target; None: none does. `tried`: all of them by agents."""

    target: float  # 0-1
    told: Told | None
    tried: tuple[Told, ...]


def holds(day: Day, target: float) -> bool:
    """Whether answer rate and service level (short_excluded) reach the target (0-1); a day without calls holds any."""
    return all(rate is None or rate >= target for rate in _rates(day))


def _rates(day: Day) -> tuple[float | None, float | None]:
    return day.total.answer_rate, day.total.service_level(ServiceLevel.SHORT_EXCLUDED)


def least(simulated: Callable[[int], Told], target: float, begin: int, most: int) -> Least:
    """Try numbers of agents from `begin` on, `most` at most; `simulated` runs the day with so many."""
    tried: dict[int, Told] = {}

    def enough(agents: int) -> bool:
        tried[agents] = tried.get(agents) or simulated(agents)
        return holds(tried[agents].day, target)

    fails, does = -1, max(1, min(begin, most))
    while not enough(does):
        if does >= most:
            return Least(target, None, _by_agents(tried))
        fails, does = does, min(2 * does, most)
    while does - fails > 1:
        middle = (fails + does) // 2
        fails, does = (fails, middle) if enough(middle) else (middle, does)
    return Least(target, tried[does], _by_agents(tried))


def _by_agents(tried: dict[int, Told]) -> tuple[Told, ...]:
    return tuple(tried[agents] for agents in sorted(tried))


def as_json(found: Least) -> dict[str, object]:
    """That day's object as without `--least`, the number, and each staffing that was tried."""
    tried = []
    for told in found.tried:
        answer_rate, service_level = _rates(told.day)
        tried.append(
            {
                "agents": told.day.agents,
                "holds": holds(told.day, found.target),
                "answer_rate": rounded(answer_rate),
                "service_level": rounded(service_level),
                "occupancy": rounded(told.day.occupancy),
            }
        )
    named = None if found.told is None else found.told.day.agents
    whole = {} if found.told is None else report.as_json(found.told)
    return {**whole, "least_agents": named, "target": found.target, "tried": tried}


def as_text(found: Least) -> str:
    """What was tried, what is the least, and that day's table."""
    lines = ["agents    rate     SL*  occupancy"]
    for told in found.tried:
        rate, level = map(percent, _rates(told.day))
        verdict = "holds" if holds(told.day, found.target) else "falls short"
        lines.append(f"{told.day.agents:>6} {rate:>7} {level:>7} {percent(told.day.occupancy):>10}  {verdict}")
    of = f"{percent(found.target)} answered, and {percent(found.target)} within the queue's threshold"
    if found.told is None:
        return "\n".join(
            [*lines, "", f"no number of agents holds {of}; without --least it shows which queue falls short"]
        )
    lines += ["", f"{found.told.day.agents} agents are the least that hold {of}:", ""]
    return "\n".join([*lines, report.as_text(found.told)])
