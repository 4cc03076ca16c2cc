"""The order in which idle agents are offered contacts: one small class per strategy (routing.md, Matching 2).

Each keeps the idle eligible agents of one lane in the order in which a contact should take them. An agent who stops
being idle is not searched for: the entry's stamp no longer matches and the entry is dropped when it is met, or when
such entries outnumber the live ones. May not change an agent.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Protocol

from dialplan.queuerules import Requirement, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.core.model import Agent

_SLACK = 64  # stale entries tolerated beyond the live ones before an order is rebuilt
_A_FEW = 4  # stale entries dropped from the front each time, so that a rebuild, which takes its time, is rare


class IdleOrder(Protocol):
    """Idle agents of one lane, best first."""

    beaten: str  # PassedOver code of the agents who come after the chosen one

    def add(self, agent: Agent, live: int) -> None:
        """Enter an agent who has just become idle and has a fresh `idle_stamp`; `live` are idle, with them.

        Drops stale entries when they outnumber the live ones.
        """

    def __iter__(self) -> Iterator[Agent]:
        """The agents who are still idle, best first. Lazy: the first few cost O(log n)."""


class LongestIdle:
    """Least `idle_since`, then id. Agents become idle in the order of time, so nearly every entry is appended."""

    __slots__ = ("_entries", "beaten")

    def __init__(self) -> None:
        self.beaten = "longer_idle"
        self._entries: deque[tuple[float, str, int, Agent]] = deque()

    def add(self, agent: Agent, live: int) -> None:
        """See IdleOrder."""
        entries = self._entries
        if entries and entries[0][3].idle_stamp != entries[0][2]:
            self._drop_a_few()
        if len(entries) > 2 * live + _SLACK:
            entries = self._entries = deque(one for one in entries if one[3].idle_stamp == one[2])
        entry = (agent.idle_since, agent.id, agent.idle_stamp, agent)
        if not entries or entries[-1] < entry:
            entries.append(entry)
        elif entry < entries[0]:  # the caller hung up while the phone rang: the agent has their old place again
            entries.appendleft(entry)
        else:
            insort(entries, entry)

    def _drop_a_few(self) -> None:
        entries, few = self._entries, _A_FEW
        while few and entries and entries[0][3].idle_stamp != entries[0][2]:
            entries.popleft()
            few -= 1

    def __iter__(self) -> Iterator[Agent]:
        entries = self._entries
        while entries and entries[0][3].idle_stamp != entries[0][2]:
            entries.popleft()
        for entry in entries:
            if entry[3].idle_stamp == entry[2]:
                yield entry[3]


class BestSkill:
    """Highest mean level over the required skills, then longest idle. Few means exist, each has its own order."""

    __slots__ = ("_by_level", "_requirement", "beaten")

    def __init__(self, requirement: Requirement) -> None:
        self.beaten = "better_skill"
        self._requirement = requirement
        self._by_level: dict[float, LongestIdle] = {}  # keys in falling order

    def add(self, agent: Agent, live: int) -> None:
        """See IdleOrder."""
        level = mean_level(agent, self._requirement)
        order = self._by_level.get(level)
        if order is None:
            order = self._by_level[level] = LongestIdle()
            self._by_level = dict(sorted(self._by_level.items(), reverse=True))
        order.add(agent, live)

    def __iter__(self) -> Iterator[Agent]:
        for order in self._by_level.values():
            yield from order


class LeastOccupied:
    """Least share of today's time on duty spent in contacts, as it was when the agent became idle; then longest idle.

    Measured at that moment the order of idle agents is fixed, so a heap holds it.
    """

    __slots__ = ("_heap", "beaten")

    def __init__(self) -> None:
        self.beaten = "less_occupied"
        self._heap: list[tuple[float, float, str, int, Agent]] = []

    def add(self, agent: Agent, live: int) -> None:
        """See IdleOrder."""
        heap = self._heap
        for _ in range(_A_FEW):
            if not heap or heap[0][4].idle_stamp == heap[0][3]:
                break
            heappop(heap)
        if len(heap) > 2 * live + _SLACK:
            heap = self._heap = [one for one in heap if one[4].idle_stamp == one[3]]
            heapify(heap)
        heappush(heap, (agent.occupancy(), agent.idle_since, agent.id, agent.idle_stamp, agent))

    def __iter__(self) -> Iterator[Agent]:
        heap = self._heap
        while heap and heap[0][4].idle_stamp != heap[0][3]:
            heappop(heap)
        front = [(heap[0], 0)] if heap else []  # walks the heap in order without taking it apart
        while front:
            entry, index = heappop(front)
            if entry[4].idle_stamp == entry[3]:
                yield entry[4]
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(heap):
                    heappush(front, (heap[child], child))


def mean_level(agent: Agent, requirement: Requirement) -> float:
    """The agent's mean level (1-5) over the required skills; 0 when none is required."""
    levels, total = agent.rule.skills, 0
    for name, _ in requirement.skills:
        total += levels.get(name, 0)
    return total / len(requirement.skills) if total else 0.0


def idle_order(strategy: Strategy, requirement: Requirement) -> IdleOrder:
    """An empty order for a lane whose queue has this strategy."""
    match strategy:
        case Strategy.LONGEST_IDLE:
            return LongestIdle()
        case Strategy.BEST_SKILL:
            return BestSkill(requirement)
        case Strategy.LEAST_OCCUPIED:
            return LeastOccupied()
