"""Three teams' shifts that cover what the hours need: the fewest agents, lunches and breaks taken into account. Pure.

The first shift begins with the day, the last ends with it, the second lies between. Lunch is an hour in four turns from
11:00 (as the simulation has it), so a quarter of a team, rounded up, is away in each of these hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialplan.language import Language
from engine.staffing.need import HourNeed

SHIFT_HOURS = 9  # eight of work and lunch
LUNCH_HOURS = (11, 12, 13, 14)
BREAKS_SHARE = 0.5 / 8  # two breaks of 15 minutes in eight hours


@dataclass(frozen=True, slots=True)
class Shift:
    """One team's hours of the day, from `begins` up to `ends`, and its agents: in all, and who speak each language."""

    begins: int
    ends: int
    agents: int = 0
    speakers: Mapping[Language, int] = field(default_factory=dict)

    def holds(self, hour: int) -> bool:
        """Whether the team is on duty in this hour."""
        return self.begins <= hour < self.ends


def spans(first: int, last: int) -> list[Shift]:
    """Three shifts for a day with calls from hour `first` up to, not including, `last`."""
    length = min(SHIFT_HOURS, last - first)
    middle = first + (last - first - length + 1) // 2
    return [Shift(begin, begin + length) for begin in (first, middle, last - length)]


def cover(needed: Sequence[HourNeed]) -> list[Shift]:
    """The fewest agents in three shifts that meet every hour; no shifts when nobody calls."""
    hours = [one for one in needed if one.agents]
    if not hours:
        return []
    teams = spans(hours[0].hour, hours[-1].hour + 1)
    speakers = {
        language: _fewest(teams, {one.hour: one.speakers.get(language, 0) for one in hours}, breaks=False)
        for language in Language
        if language is not Language.KO and any(one.speakers.get(language) for one in hours)
    }
    least = [sum(counts[team] for counts in speakers.values()) for team in range(len(teams))]
    agents = _fewest(teams, {one.hour: one.agents for one in hours}, breaks=True, least=least)
    return [
        Shift(team.begins, team.ends, agents[i], {language: counts[i] for language, counts in speakers.items()})
        for i, team in enumerate(teams)
    ]


def on_duty_in(shifts: Sequence[Shift], hour: int) -> float:
    """Agents who can take calls in this hour: on duty, less those at lunch, less the time of breaks."""
    return sum(present(shift.agents, hour, breaks=True) for shift in shifts if shift.holds(hour))


def present(agents: int, hour: int, *, breaks: bool) -> float:
    """How many of a team of so many are there."""
    there = agents - math.ceil(agents / len(LUNCH_HOURS)) if hour in LUNCH_HOURS else agents
    return there * (1 - BREAKS_SHARE) if breaks else there


def _fewest(
    teams: Sequence[Shift], needed: Mapping[int, int], *, breaks: bool, least: Sequence[int] = (0, 0, 0)
) -> list[int]:
    """Numbers for the teams: the smallest sum, then the most even. Grows the first and last, the middle fills up."""
    most = 2 * max(needed.values(), default=0) + 4
    best: tuple[int, int, list[int]] | None = None
    for first in range(least[0], most + 1):
        for last in range(least[2], most + 1):
            if best is not None and first + last >= best[0]:
                break
            middle = _fill(teams, needed, first, last, least[1], most, breaks)
            if middle is None:
                continue
            counts = [first, middle, last]
            key = (sum(counts), max(counts) - min(counts))
            if best is None or key < best[:2]:
                best = (*key, counts)
    assert best is not None, "twice the highest need in each team covers every hour"
    return best[2]


def _fill(  # noqa: PLR0917 - of one search
    teams: Sequence[Shift], needed: Mapping[int, int], first: int, last: int, least: int, most: int, breaks: bool
) -> int | None:
    """The smallest middle team with which every hour is met; None: an hour is not its own to help."""
    middle = least
    for hour, need in needed.items():
        while True:
            there = sum(
                present(count, hour, breaks=breaks)
                for team, count in zip(teams, (first, middle, last), strict=True)
                if team.holds(hour)
            )
            if there >= need - 1e-9:
                break
            if not teams[1].holds(hour) or middle >= most:
                return None
            middle += 1
    return middle
