"""Who answers, and whom they may hand a citizen on to, as frozen data: agents.yaml and directory.yaml, checked.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dialplan.hourrules import Interval
from dialplan.language import Language
from dialplan.source import Source


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """Which contacts of a queue the agents of a profile see, and in which order.

    `rank` is strict: a lower one is served first, equal ranks form one order. `delay_s`: only contacts that have
    waited so long. `reserve_idle`: only while more than so many agents of the profile are idle.
    """

    queue: str | None  # None: every queue that has no row of its own
    rank: int = 1
    delay_s: float = 0.0
    reserve_idle: int = 0
    source: Source = Source("agents.yaml", 1)


@dataclass(frozen=True, slots=True)
class Profile:
    """A routing profile: the queues that a group of agents serves."""

    name: str
    rows: tuple[ProfileRow, ...]
    source: Source = Source("agents.yaml", 1)

    def row(self, queue: str) -> ProfileRow | None:
        """The row for this queue, or None: its agents do not serve it."""
        others: ProfileRow | None = None
        for row in self.rows:
            if row.queue == queue:
                return row
            if row.queue is None:
                others = row
        return others


EVERY_QUEUE = Profile("default", (ProfileRow(None),))  # of agents who name none


@dataclass(frozen=True, slots=True)
class AgentRule:
    """One agent of agents.yaml: staff label, extension (SIP user), team, languages, skill levels 1-5."""

    id: str  # the extension, "1001"
    name: str  # a staff label such as "상담사 07", never a person's name
    team: str
    languages: frozenset[Language]
    skills: dict[str, int]
    supervisor: bool
    source: Source
    profile: Profile = EVERY_QUEUE


@dataclass(frozen=True, slots=True)
class Official:
    """One desk of the city hall (담당자): our phone `id`, or an outside `number`. Never a person's name."""

    id: str  # four digits: what an agent types, and the phone's extension
    department: str
    work: str
    number: str | None  # on the allow-list of dialplan/numbers.py
    hours: tuple[Interval, ...]  # on working days; on days off nobody is there
    blind: bool  # a citizen may be sent there without a word before
    source: Source


@dataclass(frozen=True, slots=True)
class Directory:
    """directory.yaml: whom and what an agent may hand a citizen on to, besides the other agents."""

    officials: dict[str, Official] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)  # what is typed -> the queue
    blind_to_agents: bool = True
