"""A second opinion on the matching, from the events alone: it never looks into the core, and trusts none of its orders.

An *inversion*: an agent took contact B while contact A, for which that agent was eligible and whose virtual time was
earlier, waited in the same class and rank (routing.md, Simulator). *Unmatched*: a contact waits while an agent is
idle who may take it.

Eligible is what the rules say: the requirement after the steps that A has waited for, a row of the agent's profile
whose delay has passed, more idle agents in the profile than the row reserves, and A not kept for another agent, its
last one. One that is kept stands in the first rank, for that agent alone. An agent of last time who came back while A
waited may or may not have A kept for them: then A is not judged.

Contacts of one queue, language, points and class are a group: within one, who called first has the earliest virtual
time and the widest requirement, so the oldest that is not kept speaks for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from math import inf

from acd.core.model import POINT_S
from dialplan.agentrules import AgentRule
from dialplan.language import Language
from dialplan.queuerules import Queue

_ROUNDING_S = 1e-6  # a deadline computed as a sum may come a rounding early
_KEPT_RANK = 1


@dataclass(frozen=True, slots=True)
class Able:
    """Who may take a group's contacts after some waiting, while more than `reserve` of their profile are idle."""

    after_s: float
    reserve: int
    profile: str
    agents: frozenset[str]


@dataclass(slots=True, eq=False)
class Group:
    """Contacts that only their time of arrival tells apart."""

    points: float
    order_class: int
    from_s: dict[str, float]  # agent -> after how much waiting they may take such a contact
    rank: dict[str, int]
    reserve: dict[str, int]
    able: list[Able]  # by rising `after_s`
    waiting: dict[str, Waiter] = field(default_factory=dict)  # by contact, in the order of arrival


@dataclass(slots=True, eq=False)
class Waiter:
    """A contact. `keeper`: the agent of last time, for whom it may be kept until `kept_until`."""

    id: str
    group: Group
    came_at: float
    keeper: str | None = None
    kept_until: float = -inf

    @property
    def virtual(self) -> float:
        """Virtual time."""
        return self.came_at - POINT_S * self.group.points


class Kept(Enum):
    """Whether a contact is kept for its agent of last time."""

    NO = 0
    YES = 1
    PERHAPS = 2


def group(queue: Queue, language: Language, points: float, order_class: int, agents: Iterable[AgentRule]) -> Group:
    """An empty group, with who may take its contacts and when."""
    from_s: dict[str, float] = {}
    rank: dict[str, int] = {}
    reserve: dict[str, int] = {}
    together: dict[tuple[float, int, str], set[str]] = {}
    levels = ((0.0, queue.requirement(language)), *queue.relaxed(language))
    for agent in agents:
        row = agent.profile.row(queue.key)
        met_s = [after_s for after_s, needs in levels if needs.met_by(agent.languages, agent.skills)]
        if row is None or not met_s:
            continue
        from_s[agent.id], rank[agent.id] = max(met_s[0], row.delay_s), row.rank
        reserve[agent.id] = row.reserve_idle
        kind = (from_s[agent.id], row.reserve_idle, agent.profile.name if row.reserve_idle else "")
        together.setdefault(kind, set()).add(agent.id)
    able = [Able(*kind, frozenset(members)) for kind, members in sorted(together.items())]
    return Group(points, order_class, from_s, rank, reserve, able)


class Witness:
    """Follows who waits and who is idle; counts inversions and the time that a pair stood unmatched."""

    def __init__(self, agents: Iterable[AgentRule]) -> None:
        self.inversions = 0
        self.unmatched_max_s = 0.0
        self._profile = {agent.id: agent.profile.name for agent in agents}
        self._open: dict[Group, None] = {}  # those in which somebody waits
        self._staged = 0  # of these, those that more agents may take after some waiting
        self._keepers: dict[str, dict[str, Waiter]] = {}  # by agent of last time, while somebody waits for them
        self._idle: set[str] = set()
        self._idle_of: Counter[str] = Counter()  # by profile
        self._there_since: dict[str, float] = {}
        self._since: float | None = None
        self._changed = False

    def came(self, waiter: Waiter) -> None:
        """The contact waits."""
        group = waiter.group
        group.waiting[waiter.id] = waiter
        if group not in self._open:
            self._open[group] = None
            self._staged += len(group.able) > 1
        if waiter.keeper is not None:
            self._keepers.setdefault(waiter.keeper, {})[waiter.id] = waiter
        self._changed = True

    def left(self, waiter: Waiter) -> None:
        """It waits no more, for whatever reason."""
        group = waiter.group
        if group.waiting.pop(waiter.id, None) is not None and not group.waiting:
            del self._open[group]
            self._staged -= len(group.able) > 1
        if waiter.keeper is not None and (kept := self._keepers.get(waiter.keeper)) is not None:
            kept.pop(waiter.id, None)
            if not kept:
                del self._keepers[waiter.keeper]

    def agent(self, agent_id: str, now: float, *, there: bool, idle: bool) -> None:
        """The agent is available, in a talk or not; and may be offered contacts, or may not."""
        if not there:
            self._there_since.pop(agent_id, None)
        elif agent_id not in self._there_since:
            self._there_since[agent_id] = now
        if idle is not (agent_id in self._idle):
            self._idle_of[self._profile[agent_id]] += 1 if idle else -1
            (self._idle.add if idle else self._idle.discard)(agent_id)
        self._changed = self._changed or idle or not there

    def took(self, agent_id: str, waiter: Waiter, now: float) -> None:
        """The agent takes a contact that has left its group already."""
        if not self._open:
            return
        mine = waiter.keeper == agent_id and self._kept(waiter, now) is Kept.YES
        rank = _KEPT_RANK if mine else waiter.group.rank.get(agent_id)
        mates = self._idle_of[self._profile[agent_id]] + (agent_id not in self._idle)
        kept_for_me = self._keepers.get(agent_id, {}).values()
        earlier = rank == _KEPT_RANK and any(
            other.group.order_class == waiter.group.order_class
            and other.virtual < waiter.virtual
            and self._kept(other, now) is Kept.YES
            for other in kept_for_me
        )
        if earlier or any(
            other.order_class == waiter.group.order_class
            and other.rank.get(agent_id) == rank
            and mates > other.reserve[agent_id]
            and self._overtaken(other, agent_id, waiter.virtual, now)
            for other in self._open
            if agent_id in other.rank
        ):
            self.inversions += 1

    def _overtaken(self, group: Group, agent_id: str, virtual: float, now: float) -> bool:
        first = self._first(group, now)
        return (
            first is not None
            and first.virtual < virtual
            and now - first.came_at >= group.from_s[agent_id] + _ROUNDING_S
        )

    def _first(self, group: Group, now: float) -> Waiter | None:
        """The oldest contact of a group that is for everybody."""
        for one in group.waiting.values():
            if one.keeper is None or self._kept(one, now) is Kept.NO:
                return one
        return None

    def _kept(self, waiter: Waiter, now: float) -> Kept:
        if waiter.keeper is None or now >= waiter.kept_until + _ROUNDING_S or waiter.keeper not in self._there_since:
            return Kept.NO
        if now >= waiter.kept_until - _ROUNDING_S or self._there_since[waiter.keeper] > waiter.came_at:
            return Kept.PERHAPS
        return Kept.YES

    def settled(self, now: float) -> None:
        """A step of the core is over: is there a pair that it left?"""
        if not self._changed and self._since is None and not self._staged and not self._keepers:
            return
        self._changed = False
        if self._pair(now):
            if self._since is None:
                self._since = now
            self.unmatched_max_s = max(self.unmatched_max_s, now - self._since)
        elif self._since is not None:
            self.unmatched_max_s = max(self.unmatched_max_s, now - self._since)
            self._since = None

    def _pair(self, now: float) -> bool:
        if not self._idle or not self._open:
            return False
        if self._keepers and any(
            agent_id in self._idle and any(self._kept(one, now) is Kept.YES for one in kept.values())
            for agent_id, kept in self._keepers.items()
        ):
            return True
        for one in self._open:
            first = self._first(one, now)
            if first is not None and self._taker(one, now - first.came_at):
                return True
        return False

    def _taker(self, group: Group, waited_s: float) -> bool:
        """Whether somebody is idle who may take a contact of this group that has waited so long."""
        waited_s = max(waited_s - _ROUNDING_S, 0.0)
        return any(
            able.after_s <= waited_s
            and (not able.reserve or self._idle_of[able.profile] > able.reserve)
            and not self._idle.isdisjoint(able.agents)
            for able in group.able
        )
