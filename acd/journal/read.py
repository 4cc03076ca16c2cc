"""Reading the journal: one contact's timeline, and the figures of a day. Read-only; an engine may be writing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from acd.core import figures as figure_formulas
from acd.core.facts import ContactMoved, Fact, TalkNoted
from acd.core.states import ContactState
from acd.journal.codec import from_row
from acd.journal.store import Store, open_engine
from acd.journal.tables import facts
from acd.journal.views import CONTACTS, agent_spells, contact_moves, transfers


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
    callbacks_kept: int = 0  # called back as promised, of those that flowed out
    transferred: int = 0  # to someone who answered
    to_officials: int = 0  # of these, to who is no agent

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
        return figure_formulas.at_outcome(self)


FLOWED_OUT = (ContactState.OVERFLOWED, ContactState.CLOSED, ContactState.CALLBACK_BOOKED, ContactState.FAILED)


def is_transfer(fact: TalkNoted) -> bool:
    """Whether this is a transfer that somebody answered."""
    return fact.what == "transfer" and fact.detail.endswith(":answered")


def timeline(store: Store, contact_id: str) -> list[Fact]:
    """All facts of a contact in the order in which they happened; empty for an unknown one. Raises OperationalError."""
    engine = open_engine(store)
    query = (
        select(facts.c.kind, facts.c.body).where(facts.c.contact_id == contact_id).order_by(facts.c.run, facts.c.seq)
    )
    with engine.connect() as connection:
        return [from_row(kind, body) for kind, body in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact in a list: what it wanted, and how it stands by now. Times epoch seconds, waits seconds."""

    contact_id: str
    first_at: float
    language: str
    topic: str
    queue: str
    state: str  # its last one
    detail: str | None
    agent_id: str | None  # who talked with it last
    waited_s: float


def latest_contacts(store: Store, most: int = 10) -> list[ContactLine]:
    """The contacts that were first seen last, the newest first. Cost: by `most`, not by the journal's size."""
    engine = open_engine(store)
    first_seen = (
        select(facts.c.contact_id)
        .where(facts.c.kind == "ContactMoved", facts.c.old.is_(None))
        .order_by(facts.c.at.desc())
        .limit(3 * most)  # one that came back to another engine was seen first by both
    )
    with engine.connect() as connection:
        ids = list(dict.fromkeys(connection.scalars(first_seen)))[:most]
        found = [_line(moves) for one in ids if (moves := _moves(connection, one))]
    return sorted(found, key=lambda line: line.first_at, reverse=True)


def _moves(connection: Connection, contact_id: str) -> list[ContactMoved]:
    # By the contact alone: told the kind too, the database would read all of that kind.
    query = (
        select(facts.c.kind, facts.c.body).where(facts.c.contact_id == contact_id).order_by(facts.c.run, facts.c.seq)
    )
    read = (from_row(kind, body) for kind, body in connection.execute(query))
    return [fact for fact in read if isinstance(fact, ContactMoved)]


def _line(moves: list[ContactMoved]) -> ContactLine:
    first, last = moves[0], moves[-1]
    talks = [one.agent_id for one in moves if one.new is ContactState.CONNECTED]
    detail = next((one.detail for one in reversed(moves) if one.detail), None)
    return ContactLine(
        first.contact_id, first.at, last.language, last.topic, last.queue, last.new, detail,
        talks[-1] if talks else None, max(one.waited_s for one in moves),
    )  # fmt: skip


def figures(
    store: Store, begin: float, end: float, queue: str | None = None, *, without_run: int | None = None
) -> Figures:
    """The interval's figures, `begin <= at < end` in epoch seconds, of one queue or of all; counted by the database.

    Transfers are the centre's, of no queue.
    """
    moves = contact_moves.c
    sums = [func.coalesce(func.sum(moves[name]), 0).label(name) for name in CONTACTS]
    waited_s = func.coalesce(func.sum(moves.answered * moves.waited_s), 0.0).label("wait_sum_s")
    query = select(*sums, waited_s).where(moves.at >= begin, moves.at < end)
    if queue is not None:
        query = query.where(moves.queue == queue)
    if without_run is not None:
        query = query.where(moves.run != without_run)
    with open_engine(store).connect() as connection:
        counted = connection.execute(query).mappings().one()
        if queue is not None:
            return Figures(**counted)
        handed_on = _handed_on(connection, begin, end, without_run)
        return Figures(**counted, transferred=len(handed_on), to_officials=handed_on.count(False))


def _handed_on(connection: Connection, begin: float, end: float, without_run: int | None) -> list[bool]:
    """For each transfer that was answered, whether an agent answered: whoever did is one by then, or an official."""
    noted, spells = transfers.c, agent_spells.c
    query = select(noted.to_agent).where(noted.at >= begin, noted.at < end, noted.result == "answered")
    if without_run is not None:
        query = query.where(noted.run != without_run)
    to = connection.scalars(query).all()
    if not to:
        return []
    known = select(spells.agent_id).where(spells.ended >= begin, spells.ended < end).distinct()
    agents = set(connection.scalars(known))
    return [one in agents for one in to]
