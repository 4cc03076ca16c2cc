"""What agents' time went into on a simulated day: by hour, and by the queue whose contacts they had. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from acd.core import figures
from acd.core.facts import AgentMoved, ContactMoved, Fact
from acd.core.states import Presence, Work
from engine.simulation.plan import HOUR_S

_BUSY = (Work.RESERVED, Work.CONNECTED, Work.HOLD, Work.WRAPUP)


class TimeUse:
    """Told every fact of the day, in order."""

    def __init__(self, midnight: float) -> None:
        """`midnight` of the day in Seoul, epoch seconds."""
        self._midnight = midnight
        self._queue_of: dict[str, str] = {}
        self._contact_of: dict[str, str | None] = {}
        self._busy_s: dict[int, float] = {}
        self._idle_s: dict[int, float] = {}
        self._queue_s: dict[str, float] = {}

    def receive(self, fact: Fact) -> None:
        """Count it."""
        if isinstance(fact, ContactMoved):
            self._queue_of[fact.contact_id] = fact.queue
        elif isinstance(fact, AgentMoved):
            contact = self._contact_of.get(fact.agent_id)
            if fact.old_work in _BUSY:
                self._spread(self._busy_s, fact)
                if contact is not None and contact in self._queue_of:
                    queue = self._queue_of[contact]
                    self._queue_s[queue] = self._queue_s.get(queue, 0.0) + fact.lasted_s
            elif fact.old_presence is Presence.AVAILABLE and fact.old_work is Work.IDLE:
                self._spread(self._idle_s, fact)
            if fact.contact_id is not None or fact.work not in _BUSY:
                self._contact_of[fact.agent_id] = fact.contact_id

    def occupancy_by_hour(self) -> dict[int, float | None]:
        """Share (0-1) of agents' time in contacts, in the hours of the day in which anybody was there."""
        hours = sorted({*self._busy_s, *self._idle_s})
        return {hour: figures.occupancy(self._busy_s.get(hour, 0.0), self._idle_s.get(hour, 0.0)) for hour in hours}

    def share_by_queue(self) -> dict[str, float]:
        """Of all time in contacts, the share (0-1) that each queue's took."""
        whole = sum(self._queue_s.values())
        return {queue: spent / whole for queue, spent in sorted(self._queue_s.items())} if whole else {}

    def _spread(self, into: dict[int, float], fact: AgentMoved) -> None:
        for hour, spent_s in _hours(fact.at - fact.lasted_s - self._midnight, fact.at - self._midnight):
            into[hour] = into.get(hour, 0.0) + spent_s


def _hours(begin_s: float, end_s: float) -> Iterator[tuple[int, float]]:
    while begin_s < end_s:
        hour = int(begin_s // HOUR_S)
        until = min(end_s, (hour + 1) * HOUR_S)
        yield hour, until - begin_s
        begin_s = until
