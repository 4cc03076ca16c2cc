"""The official figures of any interval, from the journal's views, by queue, language, topic, team, agent, hour or day.

Contacts are counted at their outcome, by the database; agents' time is the fold of `acd.core.agentday`, a day at a
time, so that an engine's death ends what it said of its agents. Read-only; an engine may be writing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select

from acd.core import figures
from acd.core.figures import AgentFigures, ServiceLevel
from acd.core.seoul import DAY_S
from acd.journal.agents import agents_hours, last_seen_at
from acd.journal.store import Store, open_engine
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


_OF_CONTACTS = (By.QUEUE, By.LANGUAGE, By.TOPIC, By.HOUR, By.DAY)
_OF_TIME = frozenset({By.HOUR, By.DAY})
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
    to_officials: int = 0  # of these, to who is no agent
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
        return figures.at_outcome(self)


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


@dataclass(slots=True)
class _Sums:
    """What was counted, once, under all keys that a row may have."""

    contacts: list[tuple[dict[By, str], Row]] = field(default_factory=list)
    agents: list[tuple[dict[By, str], Row]] = field(default_factory=list)
    time: list[tuple[dict[By, str], Row]] = field(default_factory=list)  # agents' time by hour and day


def reports(store: Store, begin: float, end: float, kinds: Sequence[By]) -> list[Report]:
    """The figures of `begin <= at < end`, a report for each of `kinds`; the journal is read once for all of them.

    Both are midnights in Seoul, epoch seconds. Raises SQLAlchemyError.
    """
    seen_at = last_seen_at(store)
    sums = _Sums()
    with open_engine(store).connect() as connection:
        _contacts(connection, begin, end, sums)
        _wrapups(connection, begin, end, sums)
        teams = _teams(connection, begin, end)
        _transfers(connection, begin, end, teams, sums)
    _agents(store, begin, min(end, seen_at or begin), sums)
    for keys, _ in sums.agents:
        keys[By.TEAM] = teams.get(keys[By.AGENT], "-")
    return [_report(begin, end, by, sums, seen_at) for by in kinds]


def _report(begin: float, end: float, by: By, sums: _Sums, seen_at: float | None) -> Report:
    counted = sums.agents if by in OF_AGENTS else [*sums.contacts, *(sums.time if by in _OF_TIME else ())]
    rows: defaultdict[str, Row] = defaultdict(lambda: Row(""))
    for keys, row in counted:
        rows[keys[by]] += row
    found = tuple(replace(rows[key], key=key) for key in sorted(rows))
    total = sum(found, Row("all"))
    if by not in OF_AGENTS | _OF_TIME:
        # Agents' time belongs to no queue, but to the whole.
        total = sum((row for _, row in sums.time), total)
    return Report(begin, end, by, found, total, seen_at)


def _keys_of(named: Mapping[str, Any]) -> dict[By, str]:
    return {by: f"{named[by.value]:02}" if by is By.HOUR else str(named[by.value]) for by in _OF_CONTACTS}


def _contacts(connection: Connection, begin: float, end: float, sums: _Sums) -> None:
    moves = contact_moves.c
    keys = [moves[by.value] for by in _OF_CONTACTS]
    query = (
        select(
            *keys,
            moves.agent_id,
            *(func.sum(moves[name]).label(name) for name in (*CONTACTS, "talk_s", "hold_s")),
            func.sum(moves.talked).label("handled"),
            func.sum(moves.answered * moves.waited_s).label("answered_wait_s"),
        )
        .where(moves.at >= begin, moves.at < end, moves.new.not_in(("reserved", "completed")))
        .group_by(*keys, moves.agent_id)
    )
    for one in connection.execute(query).mappings():
        names = [name.name for name in fields(Row) if name.name in one]
        sums.contacts.append((_keys_of(dict(one)), Row("", **{name: one[name] for name in names})))
        if one["answered"]:
            names = ["answered", "answered_within", "answered_wait_s"]
            sums.agents.append(({By.AGENT: str(one["agent_id"])}, Row("", **{name: one[name] for name in names})))


def _wrapups(connection: Connection, begin: float, end: float, sums: _Sums) -> None:
    """Between a contact's WRAPUP and its COMPLETED. A transferred contact goes on: that wrap-up is the agent's."""
    moves = contact_moves.c
    spans = (
        select(
            *(moves[by.value] for by in _OF_CONTACTS),
            moves.new,
            func.lag(moves.new).over(partition_by=moves.contact_id, order_by=moves.at).label("before"),
            (moves.at - func.lag(moves.at).over(partition_by=moves.contact_id, order_by=moves.at)).label("lasted_s"),
        )
        .where(moves.at >= begin, moves.at < end)
        .subquery()
    )
    keys = [spans.c[by.value] for by in _OF_CONTACTS]
    query = (
        select(*keys, func.sum(spans.c.lasted_s).label("wrapup_s"))
        .where(spans.c.new == "completed", spans.c.before == "wrapup")
        .group_by(*keys)
    )
    for one in connection.execute(query).mappings():
        sums.contacts.append((_keys_of(dict(one)), Row("", wrapup_s=one["wrapup_s"])))


def _transfers(connection: Connection, begin: float, end: float, agents: Collection[str], sums: _Sums) -> None:
    noted, moves = transfers.c, contact_moves.c
    query = select(noted.contact_id, noted.by_agent, noted.to_agent).where(
        noted.at >= begin, noted.at < end, noted.result == "answered"
    )
    found = connection.execute(query).all()
    if not found:
        return
    talks = select(moves.contact_id, *(moves[by.value] for by in _OF_CONTACTS))
    talks = talks.where(moves.at >= begin, moves.at < end, moves.old == "connected").order_by(moves.at)
    talked = {one["contact_id"]: _keys_of(dict(one)) for one in connection.execute(talks).mappings()}
    for contact_id, by_agent, to in found:
        row = Row("", transferred=1, to_officials=to not in agents)
        if contact_id in talked:
            sums.contacts.append((dict(talked[contact_id]), row))
        if by_agent is not None:
            sums.agents.append(({By.AGENT: by_agent}, row))


def _teams(connection: Connection, begin: float, end: float) -> dict[str, str]:
    """The team of each agent, as it was last in the interval."""
    spells = agent_spells.c
    query = select(spells.agent_id, spells.team).where(spells.ended >= begin, spells.ended < end)
    return {one.agent_id: one.team for one in connection.execute(query.order_by(spells.ended))}


def _agents(store: Store, begin: float, end: float, sums: _Sums) -> None:
    """What agents did, day by day."""
    for number in range(math.ceil((end - begin) / DAY_S)):
        since = begin + number * DAY_S
        day = (datetime.fromtimestamp(since, UTC) + timedelta(hours=9)).date().isoformat()
        before: dict[str, AgentFigures] = {}
        for hour, figures_of in enumerate(agents_hours(store, since, min(since + DAY_S, end))):
            for agent_id, did in figures_of.items():
                had = before.get(agent_id, AgentFigures())
                row = Row("", in_contact_s=did.in_contact_s - had.in_contact_s, idle_s=did.idle_s - had.idle_s)
                if row.in_contact_s or row.idle_s:
                    sums.time.append(({By.DAY: day, By.HOUR: f"{hour:02}"}, row))
            before = figures_of
        for agent_id, did in before.items():
            row = Row(
                "", handled=did.answered, talk_s=did.talk_s, hold_s=did.hold_s, wrapup_s=did.wrapup_s,
                in_contact_s=did.in_contact_s, idle_s=did.idle_s, not_answered=did.no_answer,
            )  # fmt: skip
            sums.agents.append(({By.AGENT: agent_id}, row))
