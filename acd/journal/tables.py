"""The schema of the event store, as SQLAlchemy tables; alembic's migrations make it so."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Engine, Float, Index, Integer, MetaData, String, Table, Text, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    # The engine's start in nanoseconds and a number that grows: a batch that is written twice is there once.
    Column("run", Integer, primary_key=True),
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
Index("facts_agent", facts.c.agent_id, sqlite_where=facts.c.kind == "AgentMoved")

# Every engine that wrote. What its last facts say held until `seen_at`.
runs = Table(
    "runs",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("began_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)

WAL_BYTES_MOST = 64 << 20


def open_engine(path: Path, *, write: bool = False, create: bool = False) -> Engine:
    """An SQLAlchemy engine on the file, which is made only with `create`: a lost one is not replaced by nothing."""
    mode = "rwc" if create else "rw" if write else "ro"
    engine = create_engine(
        f"sqlite:///file:{path}?mode={mode}&uri=true",
        poolclass=StaticPool if write else NullPool,
        connect_args={"timeout": 2.0, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        if write or create:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")  # a commit is on the disk when it returns
            cursor.execute(f"PRAGMA journal_size_limit={WAL_BYTES_MOST}")
        cursor.close()

    return engine
