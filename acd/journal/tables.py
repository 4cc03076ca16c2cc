"""The schema of the event store, as SQLAlchemy tables; alembic's migrations make it so."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    # The engine's start in nanoseconds and a number that grows: a batch that is written twice is there once.
    Column("run", BigInteger, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Float, nullable=False),  # epoch seconds
    Column("kind", String(32), nullable=False),
    Column("contact_id", String(64)),
    Column("agent_id", String(32)),
    Column("queue", String(64)),
    Column("language", String(2)),
    Column("old", String(24)),
    Column("new", String(24)),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("facts_contact", facts.c.contact_id)
Index("facts_kind_at", facts.c.kind, facts.c.at)
# With the key behind it, as in every index of SQLite's: an agent's last word is one look.
# (For PostgreSQL migration 0002 says the same; here it would load that dialect into every engine.)
Index("facts_agent", facts.c.agent_id, sqlite_where=facts.c.kind == "AgentMoved")

# Every engine that wrote. What its last facts say held until `seen_at`.
runs = Table(
    "runs",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("began_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)
