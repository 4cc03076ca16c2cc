"""Agents needed in each hour: for all calls together, and at least so many who speak each language. Pure.

Every agent speaks Korean, so the hour's total is that of one pool; a language's own number is what its calls need by
themselves. What one agent fewer would do to the hour is told beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialplan.language import Language
from engine.staffing.erlang import Queueing, agents_for, queueing

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: a share (0-1) answered within a time; and how callers and calls are."""

    share: float = 0.97
    threshold_s: float = 20.0
    short_abandon_s: float = 5.0
    aht_s: float = 210.0
    patience_s: float = 90.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Expected calls of one hour in one language; `aht_s` None: the target's."""

    hour: int
    language: Language
    calls: float
    aht_s: float | None = None


@dataclass(frozen=True, slots=True)
class HourNeed:
    """What one hour takes."""

    hour: int
    calls: float
    whole: Queueing | None  # with the agents that the hour needs; None: nobody calls
    speakers: Mapping[Language, int]  # of them, who speak it

    @property
    def agents(self) -> int:
        """In all; never fewer than the speakers of the foreign languages, each counted once."""
        return self.whole.agents if self.whole is not None else 0

    def with_fewer(self) -> Queueing | None:
        """The same calls and one agent less; None when nobody would be left."""
        if self.whole is None or self.whole.agents <= 1:
            return None
        try:
            whole = self.whole
            return queueing(whole.calls_per_s, whole.aht_s, whole.agents - 1, whole.patience_s)
        except ValueError:
            return None


def needs(forecast: Iterable[Calls], target: Target) -> list[HourNeed]:
    """Hour by hour, in order. ValueError when no number of agents would do."""
    hours: dict[int, list[Calls]] = {}
    for one in forecast:
        hours.setdefault(one.hour, []).append(one)
    return [_hour(hour, some, target) for hour, some in sorted(hours.items())]


def _hour(hour: int, some: list[Calls], target: Target) -> HourNeed:
    calls = math.fsum(one.calls for one in some)
    busy_s = math.fsum(one.calls * (one.aht_s or target.aht_s) for one in some)
    aht_s = busy_s / calls if calls else target.aht_s
    speakers: dict[Language, int] = {}
    for language in Language:
        own = [one for one in some if one.language is language and one.calls > 0]
        if own and language is not Language.KO:
            mine = math.fsum(one.calls for one in own)
            alone = _agents(mine, math.fsum(one.calls * (one.aht_s or target.aht_s) for one in own) / mine, target)
            speakers[language] = alone.agents if alone is not None else 0
    whole = _agents(calls, aht_s, target)
    least = sum(speakers.values())
    if whole is not None and whole.agents < least:
        whole = queueing(whole.calls_per_s, whole.aht_s, least, whole.patience_s)
    if whole is not None:
        speakers = {Language.KO: whole.agents, **speakers}
    return HourNeed(hour, calls, whole, speakers)


def _agents(calls: float, aht_s: float, target: Target) -> Queueing | None:
    return agents_for(
        calls / HOUR_S, aht_s, target=target.share, threshold_s=target.threshold_s, patience_s=target.patience_s,
        short_abandon_s=target.short_abandon_s,
    )  # fmt: skip
