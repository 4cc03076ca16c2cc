"""What agents' time went into on a simulated day: by hour, and by the queue whose contacts they had. Pure."""

from __future__ import annotations

from acd.core import figures
from acd.core.facts import AgentMoved, ContactMoved, Fact
from acd.core.states import ContactState, Presence, Work
from engine.simulation.plan import HOUR_S

_BUSY = (Work.RESERVED, Work.CONNECTED, Work.HOLD, Work.WRAPUP)
_IDLE, _AVAILABLE, _RESERVED = Work.IDLE, Presence.AVAILABLE, ContactState.RESERVED  # asked millions of times


class TimeUse:
    """Told every fact of the day, in order."""

    def __init__(self, midnight: float) -> None:
        """`midnight` of the day in Seoul, epoch seconds."""
        self._midnight = midnight
        self._serves: dict[str, str] = {}  # by agent: the queue whose contact they have
        self._busy_s: dict[int, float] = {}
        self._idle_s: dict[int, float] = {}
        self._queue_s: dict[str, float] = {}

    def receive(self, fact: Fact) -> None:
        """Count it."""
        if type(fact) is ContactMoved:
            if fact.new is _RESERVED and fact.agent_id is not None:
                self._serves[fact.agent_id] = fact.queue
        elif type(fact) is AgentMoved:
            self._agent_moved(fact)

    def _agent_moved(self, fact: AgentMoved) -> None:
        if fact.old_work in _BUSY:
            self._spread(self._busy_s, fact)
            queue = self._serves.get(fact.agent_id)
            if queue is not None:
                self._queue_s[queue] = self._queue_s.get(queue, 0.0) + fact.lasted_s
        elif fact.old_work is _IDLE and fact.old_presence is _AVAILABLE:
            self._spread(self._idle_s, fact)
        if fact.work not in _BUSY:
            self._serves.pop(fact.agent_id, None)

    def occupancy_by_hour(self) -> dict[int, float | None]:
        """Share (0-1) of agents' time in contacts, in the hours of the day in which anybody was there."""
        hours = sorted({*self._busy_s, *self._idle_s})
        return {hour: figures.occupancy(self._busy_s.get(hour, 0.0), self._idle_s.get(hour, 0.0)) for hour in hours}

    def share_by_queue(self) -> dict[str, float]:
        """Of all time in contacts, the share (0-1) that each queue's took."""
        whole = sum(self._queue_s.values())
        return {queue: spent / whole for queue, spent in sorted(self._queue_s.items())} if whole else {}

    def _spread(self, into: dict[int, float], fact: AgentMoved) -> None:
        """Add the spell that the fact ends to the hours that it lasted in."""
        begin_s, end_s = fact.at - fact.lasted_s - self._midnight, fact.at - self._midnight
        while begin_s < end_s:
            hour = int(begin_s // HOUR_S)
            until_s = min(end_s, (hour + 1) * HOUR_S)
            into[hour] = into.get(hour, 0.0) + (until_s - begin_s)
            begin_s = until_s
