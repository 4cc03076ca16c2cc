"""The official figures of any interval, from the journal's views, by queue, language, topic, team, agent, hour or day.

Contacts are counted at their outcome, by the database; agents' time is the fold of `acd.core.agentday`, a day at a
time, so that an engine's death ends what it said of its agents. Read-only; an engine may be writing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, func, select
from sqlalchemy.sql import column

from acd.core import figures
from acd.core.figures import AgentFigures, ServiceLevel
from acd.core.seoul import DAY_S
from acd.journal.agents import agents_day, last_seen_at
from acd.journal.tables import open_engine
from acd.journal.views import CONTACTS, agent_spells, contact_moves, transfers


class By(StrEnum):
    """What a row of a report stands for."""

    QUEUE = "queue"
    LANGUAGE = "language"
    TOPIC = "topic"
    TEAM = "team"
    AGENT = "agent"
    HOUR = "hour"
    DAY = "day"


OF_AGENTS = frozenset({By.TEAM, By.AGENT})  # their rows have no offered contacts: those are offered to queues


@dataclass(frozen=True, slots=True)
class Row:
    """The sums of one row; seconds and counts. What has no meaning in a row (an agent's abandoned callers) is 0."""

    key: str
    offered: int = 0
    answered: int = 0
    answered_within: int = 0
    abandoned: int = 0  # short ones included
    abandoned_short: int = 0
    flowed_out: int = 0
    callbacks_kept: int = 0
    transferred: int = 0  # to somebody who answered
    answered_wait_s: float = 0.0
    handled: int = 0  # what AHT is a mean over: talks, or an agent's contacts
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrapup_s: float = 0.0
    in_contact_s: float = 0.0  # agents' time; 0 in rows by queue, language and topic, for agents serve many
    idle_s: float = 0.0
    not_answered: int = 0  # rings that ran out (RONA), in rows of agents

    def __add__(self, other: Row) -> Row:
        sums = {one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)[1:]}
        return Row(self.key, **sums)

    @property
    def lost(self) -> int:
        """Not answered: hung up (not at once), or flowed out and not called back."""
        return self.abandoned - self.abandoned_short + self.flowed_out - self.callbacks_kept

    @property
    def answer_rate(self) -> float | None:
        """0-1; None: nothing to count over."""
        return figures.answer_rate(self._counts)

    def service_level(self, variant: ServiceLevel) -> float | None:
        """0-1; None: nothing to count over."""
        return figures.service_level(self._counts, variant)

    @property
    def asa_s(self) -> float | None:
        """Mean wait of the answered."""
        return figures.mean_s(self.answered_wait_s, self.answered)

    @property
    def aht_s(self) -> float | None:
        """Talk, hold and wrap-up of a contact."""
        return figures.mean_s(self.talk_s + self.hold_s + self.wrapup_s, self.handled)

    @property
    def occupancy(self) -> float | None:
        """0-1; None where agents' time is nobody's."""
        return figures.occupancy(self.in_contact_s, self.idle_s)

    @property
    def _counts(self) -> figures.Counts:
        return figures.at_outcome(
            self.answered, self.answered_within, self.abandoned, self.abandoned_short, self.flowed_out,
            callbacks_kept=self.callbacks_kept,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Rows in the order of their keys, and their sum. Times are epoch seconds; `seen_at`: the journal's newest word."""

    begin: float
    end: float
    by: By
    rows: tuple[Row, ...]
    total: Row
    seen_at: float | None

    @property
    def is_whole(self) -> bool:
        """Whether the interval was over when the journal was last written."""
        return self.seen_at is not None and self.seen_at >= self.end


def report(path: Path, begin: float, end: float, by: By) -> Report:
    """The figures of `begin <= at < end`; both are midnights in Seoul. Raises SQLAlchemyError."""
    seen_at = last_seen_at(path)
    rows: defaultdict[str, Row] = defaultdict(lambda: Row(""))
    with open_engine(path).connect() as connection:
        teams = _teams(connection, begin, end) if by is By.TEAM else {}
        for row in _contacts(connection, begin, end, by):
            _add(rows, teams, row)
        if by not in OF_AGENTS:
            for row in _wrapups(connection, begin, end, by):
                _add(rows, teams, row)
        for row in _transfers(connection, begin, end, by):
            _add(rows, teams, row)
    for row in _agents(path, begin, end, by, seen_at):
        _add(rows, teams, row)
    found = tuple(replace(rows[key], key=key) for key in sorted(rows))
    total = sum(found, Row("all"))
    if by not in OF_AGENTS | {By.HOUR, By.DAY}:
        # Agents' time belongs to no queue, but to the whole.
        total = sum(_agents(path, begin, end, By.DAY, seen_at), total)
    return Report(begin, end, by, found, total, seen_at)


def _add(rows: defaultdict[str, Row], teams: Mapping[str, str], row: Row) -> None:
    key = teams.get(row.key, row.key) if teams else row.key
    rows[key] += row


def _key(by: By) -> ColumnElement[str]:
    named = {By.TEAM: "agent_id", By.AGENT: "agent_id"}.get(by, by.value)
    return contact_moves.c[named]


def _day(at: float) -> str:
    return (datetime.fromtimestamp(at, UTC) + timedelta(hours=9)).date().isoformat()


def _label(by: By, key: object) -> str:
    return f"{key:02}" if by is By.HOUR else str(key)


def _teams(connection: Connection, begin: float, end: float) -> dict[str, str]:
    """The team of each agent, as it was last in the interval."""
    spells = agent_spells.c
    query = select(spells.agent_id, spells.team).where(spells.ended >= begin, spells.began < end).order_by(spells.ended)
    return dict(connection.execute(query).tuples().all())


def _contacts(connection: Connection, begin: float, end: float, by: By) -> Iterator[Row]:
    moves, key = contact_moves.c, _key(by)
    names = ("answered", "answered_within") if by in OF_AGENTS else CONTACTS
    sums = [func.sum(moves[name]).label(name) for name in names]
    times = [] if by in OF_AGENTS else [
        func.sum(moves.talked).label("handled"), func.sum(moves.talk_s).label("talk_s"),
        func.sum(moves.hold_s).label("hold_s"),
    ]  # fmt: skip
    wait = func.sum(moves.answered * moves.waited_s).label("answered_wait_s")
    query = select(key.label("key"), *sums, *times, wait).where(moves.at >= begin, moves.at < end).group_by(key)
    if by in OF_AGENTS:
        query = query.where(moves.answered == 1, key.is_not(None))
    for found in connection.execute(query).mappings():
        values = dict(found)
        yield Row(_label(by, values.pop("key")), **values)


def _wrapups(connection: Connection, begin: float, end: float, by: By) -> Iterator[Row]:
    """Between a contact's WRAPUP and its COMPLETED. A transferred contact goes on: that wrap-up is the agent's."""
    moves = contact_moves.c
    before = func.lag(column("new")).over(partition_by=moves.contact_id, order_by=moves.at)
    began = func.lag(moves.at).over(partition_by=moves.contact_id, order_by=moves.at)
    spans = (
        select(_key(by).label("key"), column("new"), before.label("before"), (moves.at - began).label("lasted_s"))
        .select_from(contact_moves)
        .where(moves.at >= begin, moves.at < end)
        .subquery()
    )
    query = (
        select(spans.c.key, func.sum(spans.c.lasted_s))
        .where(and_(spans.c.new == "completed", spans.c.before == "wrapup"))
        .group_by(spans.c.key)
    )
    for key, lasted_s in connection.execute(query):
        yield Row(_label(by, key), wrapup_s=lasted_s)


def _transfers(connection: Connection, begin: float, end: float, by: By) -> Iterator[Row]:
    noted = transfers.c
    query = select(noted.at, noted.contact_id, noted.by_agent).where(
        noted.at >= begin, noted.at < end, noted.result == "answered"
    )
    found = connection.execute(query).all()
    keys: dict[str, object] = {}
    if found and by not in OF_AGENTS:
        moves = contact_moves.c
        talks = select(moves.contact_id, _key(by)).where(moves.at >= begin, moves.at < end, moves.talked == 1)
        keys = dict(connection.execute(talks.order_by(moves.at)).tuples().all())
    for at, contact_id, by_agent in found:
        if by is By.HOUR:
            key: object = int((at - begin) % DAY_S // 3600)
        else:
            key = by_agent if by in OF_AGENTS else keys.get(contact_id)
        if key is not None:
            yield Row(_label(by, key), transferred=1)


def _agents(path: Path, begin: float, end: float, by: By, seen_at: float | None) -> Iterable[Row]:
    """What agents did, as rows by agent (team's keys are agents too), hour or day; nothing for the others."""
    if by not in OF_AGENTS | {By.HOUR, By.DAY} or seen_at is None:
        return
    step_s = 3600.0 if by is By.HOUR else DAY_S
    for number in range(math.ceil((min(end, seen_at) - begin) / step_s)):
        since = begin + number * step_s
        until = min(since + step_s, end)
        day = agents_day(path, since, until)
        if seen_at < until:
            day.engine_ended(seen_at)
        for agent_id, did in day.figures(math.nextafter(until, 0.0)).items():
            if by in OF_AGENTS:
                yield _agent_row(agent_id, did)
            else:
                key = f"{int((since - begin) % DAY_S // 3600):02}" if by is By.HOUR else _day(since)
                yield Row(key, in_contact_s=did.in_contact_s, idle_s=did.idle_s)


def _agent_row(agent_id: str, did: AgentFigures) -> Row:
    return Row(
        agent_id, handled=did.answered, talk_s=did.talk_s, hold_s=did.hold_s, wrapup_s=did.wrapup_s,
        in_contact_s=did.in_contact_s, idle_s=did.idle_s, not_answered=did.no_answer,
    )  # fmt: skip
