"""A second opinion on the matching, from the events alone: it never looks into the core, and trusts none of its orders.

An *inversion*: an agent took contact B while contact A, for which that agent was eligible and whose virtual time was
earlier, waited in the same class and rank (routing.md, Simulator). *Unmatched*: a contact waits while an agent is
idle who may take it. Contacts of one queue, language, points and class are a group: within one, who called first has
the earliest virtual time and the widest requirement, so the oldest speaks for all. Rows of a profile with
`reserve_idle` are left out: whether they count at a moment is a question of who else is idle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from acd.core.model import POINT_S
from dialplan.ruleset import AgentRule, Language, Queue

_ROUNDING_S = 1e-6  # a deadline computed as a sum may come a rounding early


@dataclass(slots=True, eq=False)
class Group:
    """Contacts that only their time of arrival tells apart."""

    points: float
    order_class: int
    from_s: dict[str, float]  # agent -> after how much waiting they may take such a contact
    rank: dict[str, int]
    steps: list[tuple[float, frozenset[str]]]  # after so much waiting, these agents
    waiting: dict[str, float] = field(default_factory=dict)  # contact -> when it came; in that order


def group(queue: Queue, language: Language, points: float, order_class: int, agents: Iterable[AgentRule]) -> Group:
    """An empty group, with who may take its contacts and when."""
    from_s: dict[str, float] = {}
    rank: dict[str, int] = {}
    levels = ((0.0, queue.requirement(language)), *queue.relaxed(language))
    for agent in agents:
        row = agent.profile.row(queue.key)
        if row is None or row.reserve_idle:
            continue
        for after_s, requirement in levels:
            if requirement.met_by(agent.languages, agent.skills):
                from_s[agent.id] = max(after_s, row.delay_s)
                rank[agent.id] = row.rank
                break
    steps = [
        (after_s, frozenset(one for one, begins_s in from_s.items() if begins_s <= after_s))
        for after_s in sorted(set(from_s.values()))
    ]
    return Group(points, order_class, from_s, rank, steps)


class Witness:
    """Follows who waits and who is idle; counts inversions and the time that a pair stood unmatched."""

    def __init__(self) -> None:
        self.inversions = 0
        self.unmatched_max_s = 0.0
        self._open: dict[Group, None] = {}  # those in which somebody waits
        self._idle: set[str] = set()
        self._since: float | None = None
        self._changed = False

    def came(self, contact_id: str, into: Group, at: float) -> None:
        """The contact waits."""
        into.waiting[contact_id] = at
        self._open[into] = None
        self._changed = True

    def left(self, contact_id: str, group: Group) -> None:
        """It waits no more, for whatever reason."""
        if group.waiting.pop(contact_id, None) is not None and not group.waiting:
            del self._open[group]

    def idle(self, agent_id: str, is_idle: bool) -> None:
        """The agent may be offered contacts, or may not."""
        if is_idle:
            self._idle.add(agent_id)
            self._changed = True
        else:
            self._idle.discard(agent_id)

    def took(self, agent_id: str, group: Group, came_at: float, now: float) -> None:
        """The agent takes a contact that came at `came_at`, and has left its group already."""
        rank, virtual = group.rank.get(agent_id), came_at - POINT_S * group.points
        for other in self._open:
            if other.order_class != group.order_class or other.rank.get(agent_id) != rank or rank is None:
                continue
            first = next(iter(other.waiting.values()))
            waited_s = now - first
            if first - POINT_S * other.points < virtual and waited_s >= other.from_s[agent_id] + _ROUNDING_S:
                self.inversions += 1
                return

    def settled(self, now: float) -> None:
        """A step of the core is over: is there a pair that it left?"""
        if not self._changed and self._since is None and not any(len(group.steps) > 1 for group in self._open):
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
        for group in self._open:
            waited_s = now - next(iter(group.waiting.values())) - _ROUNDING_S
            able: frozenset[str] | None = None
            for after_s, agents in group.steps:
                if after_s > max(waited_s, 0.0):
                    break
                able = agents
            if able and not self._idle.isdisjoint(able):
                return True
        return False
