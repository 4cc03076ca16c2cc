"""Who is on duty on a simulated day: the city's agents, or any number of them in its proportions, and their breaks.

Lunch is one hour, in four turns from 11:00; the two breaks of 15 minutes are in turns from 09:30 and from 15:00.
Agents are dealt to the turns in an order that keeps those of one language apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dialplan.agentrules import AgentRule
from dialplan.language import Language

_MINUTE_S = 60.0
_LUNCH_S, _BREAK_S = 60 * _MINUTE_S, 15 * _MINUTE_S
_LUNCHES = tuple(hour * 3600.0 for hour in (11, 12, 13, 14))
_MORNING = tuple(9.5 * 3600 + turn * _BREAK_S for turn in range(6))
_AFTERNOON = tuple(15 * 3600 + turn * _BREAK_S for turn in range(10))


@dataclass(frozen=True, slots=True)
class Away:
    """A break: from when (seconds since midnight), how long, and which reason the agent gives."""

    at_s: float
    lasts_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Duty:
    """An agent's day."""

    rule: AgentRule
    breaks: tuple[Away, ...] = ()


def on_duty(agents: Mapping[str, AgentRule], count: int | None = None) -> list[Duty]:
    """`count` agents (None: all of them), over teams and languages like these, with their breaks in turns.

    More than there are: the same people again under other ids. ValueError when there are none to choose from.
    """
    dealt = sorted(agents.values(), key=_group)
    wanted = len(dealt) if count is None else count
    if wanted and not dealt:
        raise ValueError("the rules have no agents")
    whole, part = divmod(wanted, len(dealt)) if dealt else (0, 0)
    chosen = [_again(rule, copy) for copy in range(whole) for rule in dealt]
    # Every n-th of the sorted ones: each group gives its share.
    chosen += [_again(dealt[int((turn + 0.5) * len(dealt) / part)], whole) for turn in range(part)]
    return [Duty(rule, _breaks(turn)) for turn, rule in enumerate(sorted(chosen, key=_group))]


def without_breaks(agents: Iterable[AgentRule]) -> list[Duty]:
    """These agents, all day, as the Erlang formulas have them."""
    return [Duty(rule) for rule in agents]


def _group(rule: AgentRule) -> tuple[tuple[str, ...], str, str]:
    foreign = sorted(language.value for language in rule.languages if language is not Language.KO)
    return (tuple(foreign), rule.team, rule.id)


def _again(rule: AgentRule, copy: int) -> AgentRule:
    return replace(rule, id=f"{rule.id}-{copy + 1}") if copy else rule


def _breaks(turn: int) -> tuple[Away, ...]:
    return (
        Away(_MORNING[turn % len(_MORNING)], _BREAK_S, "break"),
        Away(_LUNCHES[turn % len(_LUNCHES)], _LUNCH_S, "lunch"),
        Away(_AFTERNOON[turn % len(_AFTERNOON)], _BREAK_S, "break"),
    )
