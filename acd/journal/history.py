"""One contact among all others: its facts with their places in the journal, and what else was so around them.

Cost: by what the contact lived through, never by the journal's size; every question is answered by an index.
Read-only; an engine may be writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, Select, select

from acd.core.facts import AgentMoved, ContactMoved, Decision, Fact
from acd.journal.codec import from_row
from acd.journal.store import Store, open_engine
from acd.journal.tables import facts, runs

_EVERY = (facts.c.run, facts.c.seq, facts.c.kind, facts.c.body)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a fact stands in the journal: the engine that wrote it, and its number. Later facts have greater ones."""

    run: int
    seq: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A fact and its place."""

    place: Place
    fact: Fact


def way(store: Store, contact_id: str) -> list[Kept]:
    """All facts of a contact in the order in which they happened; empty for an unknown one. Raises SQLAlchemyError."""
    query = select(*_EVERY).where(facts.c.contact_id == contact_id).order_by(facts.c.run, facts.c.seq)
    with open_engine(store).connect() as connection:
        return _kept(connection, query)


def decisions_between(store: Store, begin: float, end: float, most: int = 2000) -> list[Kept]:
    """All Decisions of these seconds (`begin <= at <= end`, epoch), in order; at most so many, the last ones."""
    query = (
        select(*_EVERY)
        .where(facts.c.kind == Decision.__name__, facts.c.at >= begin, facts.c.at <= end)
        .order_by(facts.c.at.desc())
        .limit(most)
    )
    with open_engine(store).connect() as connection:
        return sorted(_kept(connection, query), key=lambda one: one.place)


def agent_moves(store: Store, agent_id: str, first: Place, last: Place) -> list[Kept]:
    """The agent's word before `first`, if that engine heard one, and all changes up to `last`, in order."""
    own = select(*_EVERY).where(facts.c.kind == AgentMoved.__name__, facts.c.agent_id == agent_id)
    before = own.where(facts.c.run == first.run, facts.c.seq < first.seq).order_by(facts.c.seq.desc()).limit(1)
    lived = select(runs.c.run).where(runs.c.run >= first.run, runs.c.run <= last.run).order_by(runs.c.run)
    with open_engine(store).connect() as connection:
        found = _kept(connection, before)
        for run in connection.scalars(lived).all():  # one by one, or the index would be read from its beginning
            query = own.where(facts.c.run == run).order_by(facts.c.seq)
            if run == first.run:
                query = query.where(facts.c.seq >= first.seq)
            if run == last.run:
                query = query.where(facts.c.seq <= last.seq)
            found += _kept(connection, query)
    return found


def _kept(connection: Connection, query: Select[tuple[int, int, str, str]]) -> list[Kept]:
    return [Kept(Place(row.run, row.seq), from_row(row.kind, row.body)) for row in connection.execute(query)]


def moves_between(store: Store, begin: float, end: float) -> list[ContactMoved]:
    """All moves of contacts in these seconds (`begin <= at < end`, epoch), in order. Raises SQLAlchemyError."""
    query = select(*_EVERY).where(facts.c.kind == ContactMoved.__name__, facts.c.at >= begin, facts.c.at < end)
    with open_engine(store).connect() as connection:
        kept = sorted(_kept(connection, query), key=lambda one: one.place)
    return [one.fact for one in kept if isinstance(one.fact, ContactMoved)]


def facts_between(store: Store, begin: float, end: float) -> list[list[Fact]]:
    """All facts of these seconds (`begin <= at < end`, epoch), a list for each engine that wrote some, in order."""
    kinds = select(facts.c.kind).distinct()
    with open_engine(store).connect() as connection:
        found = []
        for kind in connection.scalars(kinds).all():  # one by one, by the index of kind and time
            query = select(*_EVERY).where(facts.c.kind == kind, facts.c.at >= begin, facts.c.at < end)
            found += _kept(connection, query)
    found.sort(key=lambda one: one.place)
    return [[one.fact for one in life] for _, life in groupby(found, key=lambda one: one.place.run)]
