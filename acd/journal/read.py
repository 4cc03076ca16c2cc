"""Reading the journal: one contact's timeline, and the figures of a day. Read-only; an engine may be writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from acd.core import figures as figure_formulas
from acd.core.facts import ContactMoved, Fact
from acd.core.states import ContactState
from acd.journal.codec import from_row
from acd.journal.tables import facts, open_engine


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in an interval, at the outcome (routing.md, Figures). Waits in seconds."""

    offered: int
    answered: int
    answered_within: int
    abandoned: int
    abandoned_short: int
    flowed_out: int
    wait_sum_s: float  # of the answered

    @property
    def answer_rate(self) -> float | None:
        """응대율: A / (O - b_s), of the contacts whose outcome is known. None when there are none."""
        return figure_formulas.answer_rate(self._at_outcome)

    @property
    def service_level_short_excluded(self) -> float | None:
        """서비스레벨, short abandons excluded: A_T / (O - b_s)."""
        return figure_formulas.service_level(self._at_outcome)

    @property
    def _at_outcome(self) -> figure_formulas.Counts:
        return figure_formulas.at_outcome(
            self.answered, self.answered_within, self.abandoned, self.abandoned_short, self.flowed_out
        )


FLOWED_OUT = (ContactState.OVERFLOWED, ContactState.CLOSED, ContactState.CALLBACK_BOOKED, ContactState.FAILED)


def timeline(path: Path, contact_id: str) -> list[Fact]:
    """All facts of a contact in the order in which they happened; empty for an unknown one. Raises OperationalError."""
    engine = open_engine(path)
    query = (
        select(facts.c.kind, facts.c.body).where(facts.c.contact_id == contact_id).order_by(facts.c.run, facts.c.seq)
    )
    with engine.connect() as connection:
        return [from_row(kind, body) for kind, body in connection.execute(query)]


def latest_contacts(path: Path, most: int = 10) -> list[str]:
    """The contacts that were first seen last, the newest first."""
    engine = open_engine(path)
    query = (
        select(facts.c.contact_id, func.min(facts.c.at).label("first"))
        .where(facts.c.kind == "ContactMoved")
        .group_by(facts.c.contact_id)
        .order_by(func.min(facts.c.at).desc())
        .limit(most)
    )
    with engine.connect() as connection:
        return [contact for contact, _ in connection.execute(query)]


def figures(path: Path, begin: float, end: float, queue: str | None = None) -> Figures:
    """The interval's figures, `begin <= at < end` in epoch seconds, of one queue or of all."""
    engine = open_engine(path)
    with engine.connect() as connection:
        return _count(connection, begin, end, queue)


def _count(connection: Connection, begin: float, end: float, queue: str | None) -> Figures:
    query = select(facts.c.kind, facts.c.body).where(
        facts.c.kind == "ContactMoved", facts.c.at >= begin, facts.c.at < end
    )
    if queue is not None:
        query = query.where(facts.c.queue == queue)
    offered = answered = within = abandoned = short = flowed = 0
    waited_s = 0.0
    for kind, body in connection.execute(query):
        fact = from_row(kind, body)
        assert isinstance(fact, ContactMoved)
        offered += fact.offered
        if fact.new is ContactState.CONNECTED and fact.within_threshold is not None:
            answered += 1
            within += fact.within_threshold
            waited_s += fact.waited_s
        elif fact.new is ContactState.ABANDONED:
            abandoned += 1
            short += fact.detail == "short"
        elif fact.new in FLOWED_OUT:
            flowed += 1
    return Figures(offered, answered, within, abandoned, short, flowed, waited_s)
