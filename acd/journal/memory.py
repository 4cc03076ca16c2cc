"""What the last engine left unfinished, from the journal: read once when an engine starts. Read-only, and bounded."""

from __future__ import annotations

from sqlalchemy import Connection, select

from acd.core.facts import AgentMoved, ContactMoved
from acd.core.memory import ContactKnown, Memory, WrapupKnown
from acd.core.states import FINAL_CONTACT_STATES, ContactState, Work
from acd.journal.codec import from_row
from acd.journal.store import Store, open_engine
from acd.journal.tables import facts, runs

LONGEST_S = 4 * 3600.0  # no contact lasts longer
EXTENDED = "extended"  # the detail of the TalkNoted about a wrap-up


def remember(store: Store, own_run: int) -> Memory:
    """The state in which the engine before `own_run` ended. Raises OperationalError, ValueError."""
    with open_engine(store).connect() as connection:
        query = select(runs.c.run, runs.c.seen_at).where(runs.c.run != own_run).order_by(runs.c.run.desc()).limit(1)
        last = connection.execute(query).one_or_none()
        if last is None:
            return Memory()
        since = last.seen_at - LONGEST_S
        return Memory(_open_contacts(connection, own_run, since), tuple(_wrapups(connection, last.run, since)))


def _open_contacts(connection: Connection, own_run: int, since: float) -> dict[str, ContactKnown]:
    query = (
        select(facts.c.run, facts.c.seq, facts.c.contact_id, facts.c.new)
        .where(facts.c.kind == "ContactMoved", facts.c.at >= since, facts.c.run != own_run)
        .order_by(facts.c.at, facts.c.run, facts.c.seq)
    )
    rows = connection.execute(query).all()
    latest = {one.contact_id: one for one in rows}
    answered = {one.contact_id for one in rows if one.new == ContactState.CONNECTED.value}
    final = {state.value for state in FINAL_CONTACT_STATES}
    found = {}
    for one in latest.values():
        if one.new in final or one.new == ContactState.CALLBACK_BOOKED.value:
            continue
        row = select(facts.c.kind, facts.c.body).where(facts.c.run == one.run, facts.c.seq == one.seq)
        fact = from_row(*connection.execute(row).one())
        assert isinstance(fact, ContactMoved)
        found[fact.contact_id] = ContactKnown(
            fact.contact_id,
            fact.language,
            fact.topic,
            fact.queue,
            fact.new,
            fact.agent_id,
            fact.first_queued_at,
            fact.waited_s,
            fact.at,
            fact.channel,
            fact.talk_s + fact.hold_s,
            fact.contact_id in answered,
        )
    return found


def _wrapups(connection: Connection, run: int, since: float) -> list[WrapupKnown]:
    found = []
    agents = select(facts.c.agent_id).where(facts.c.kind == "AgentMoved").distinct()
    for agent_id in connection.scalars(agents).all():
        word = (
            select(facts.c.kind, facts.c.body)
            .where(facts.c.kind == "AgentMoved", facts.c.agent_id == agent_id)
            .order_by(facts.c.run.desc(), facts.c.seq.desc())
            .limit(1)
        )
        fact = from_row(*connection.execute(word).one())
        assert isinstance(fact, AgentMoved)
        if fact.work is not Work.WRAPUP or fact.at < since or fact.contact_id is None:
            continue
        noted = select(facts.c.body).where(
            facts.c.kind == "TalkNoted", facts.c.at >= fact.at, facts.c.run == run, facts.c.agent_id == agent_id
        )
        extended = any(f'"detail":"{EXTENDED}"' in body for body in connection.scalars(noted))
        found.append(WrapupKnown(agent_id, fact.contact_id, fact.at, extended))
    return found
