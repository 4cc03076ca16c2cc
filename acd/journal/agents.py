"""The agents' day from the journal, by the same fold as the live one (`acd.core.agentday`). Read-only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, func, or_, select

from acd.core.agentday import AgentsDay
from acd.core.figures import AgentFigures
from acd.core.seoul import DAY_S
from acd.core.states import ContactState, Presence, Work
from acd.journal.body import text
from acd.journal.store import Store, open_engine
from acd.journal.tables import facts, runs

_KINDS = ("AgentMoved", "ReservationEnded", "ContactMoved")


def agents_day(store: Store, begin: float, end: float, *, without_run: int | None = None) -> AgentsDay:
    """The day that begins at `begin`, with the facts before `end`; times are epoch seconds. Raises OperationalError.

    What an engine last said of an agent holds until that engine was last seen alive. The latest one may be running, so
    its end is left to the reader; not to one that leaves out its own facts (`without_run`).
    """
    day = AgentsDay(begin)
    with open_engine(store).connect() as connection:
        lived = {one.run: one.seen_at for one in connection.execute(select(runs.c.run, runs.c.seen_at))}
        before: int | None = None
        for run, row in _rows(connection, begin, end, without_run):
            if before is not None and run != before:
                day.engine_ended(max(lived.get(before, 0.0), begin))
            before = run
            _fold(day, row)
        if before is not None and (without_run is not None or before != max(lived, default=before)):
            day.engine_ended(max(lived.get(before, 0.0), begin))
    return day


def agents_hours(store: Store, begin: float, end: float) -> Iterator[dict[str, AgentFigures]]:
    """The figures of the day that begins at `begin` as they stand after each of its hours; the last are the day's.

    `end` is in that day or its end, epoch seconds. Nothing is known of anybody after an engine was last seen alive.
    """
    day, marks = AgentsDay(begin), iter(_marks(begin, end))
    mark = next(marks)
    with open_engine(store).connect() as connection:
        lived = {one.run: one.seen_at for one in connection.execute(select(runs.c.run, runs.c.seen_at))}
        before: int | None = None
        for run, row in _rows(connection, begin, end, None):
            ended_at = None if before is None or run == before else max(lived.get(before, 0.0), begin)
            until = row[1] if ended_at is None else min(ended_at, row[1])
            while mark <= until:
                yield day.figures(mark)
                mark = next(marks)
            if ended_at is not None:
                day.engine_ended(ended_at)
            before = run
            _fold(day, row)
        last_seen = lived.get(before, end) if before is not None else end
    while True:
        if last_seen < mark:
            day.engine_ended(max(last_seen, begin))
        yield day.figures(mark)
        following = next(marks, None)
        if following is None:
            return
        mark = following


def _marks(begin: float, end: float) -> list[float]:
    """The ends of the hours; the last moment of a day is still that day's."""
    hours = [begin + 3600.0 * number for number in range(1, 24) if begin + 3600.0 * number < end]
    return [*hours, math.nextafter(min(end, begin + DAY_S), 0.0)]


def last_seen_at(store: Store) -> float | None:
    """When an engine was last seen alive, in epoch seconds; None: there has been none."""
    with open_engine(store).connect() as connection:
        seen_at: float | None = connection.scalar(select(func.max(runs.c.seen_at)))
        return seen_at


_ROW = (
    facts.c.kind, facts.c.at, facts.c.agent_id, facts.c.contact_id,
    *(text(name) for name in ("presence", "work", "reason", "result")),
)  # fmt: skip


def _fold(day: AgentsDay, row: tuple[Any, ...]) -> None:
    """A row of _ROW: the fact's own fields without making the fact, of which a day has tens of thousands."""
    kind, at, agent_id, contact_id, presence, work, reason, result = row
    if kind == "AgentMoved":
        day.moved(at, agent_id, Presence(presence), Work(work), reason)
    elif kind == "ReservationEnded":
        day.rang(at, agent_id, result)
    elif agent_id is not None:
        day.talked(at, agent_id, contact_id)


def _rows(
    connection: Connection, begin: float, end: float, without_run: int | None
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Of the engine that lived at `begin` each agent's last word before it, then the day's facts; engine by engine."""
    overnight = connection.scalar(
        select(runs.c.run).where(runs.c.began_at < begin, runs.c.seen_at >= begin).order_by(runs.c.run.desc()).limit(1)
    )
    if overnight is not None:
        agents = select(facts.c.agent_id).where(facts.c.kind == "AgentMoved").distinct()
        for agent_id in connection.scalars(agents).all():
            word = (
                select(*_ROW)
                .where(facts.c.kind == "AgentMoved", facts.c.agent_id == agent_id)
                .where(facts.c.run == overnight, facts.c.at < begin)
                .order_by(facts.c.seq.desc())
                .limit(1)
            )
            for row in connection.execute(word):
                yield overnight, row
    query = (
        select(facts.c.run, facts.c.seq, *_ROW)
        .where(facts.c.kind.in_(_KINDS), facts.c.at >= begin, facts.c.at < end)
        .where(or_(facts.c.kind != "ContactMoved", facts.c.new == ContactState.CONNECTED.value))
    )
    if without_run is not None:
        query = query.where(facts.c.run != without_run)
    # Sorted here: told to sort, the database would rather read the whole journal in the order of its key.
    for row in sorted(connection.execute(query).all(), key=itemgetter(0, 1)):
        yield row[0], row[2:]
