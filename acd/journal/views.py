"""The journal's SQL views, as SQLAlchemy knows them; migration 0003 makes them, docs/reports.md explains them.

Only columns: `acd.journal.read`, `acd.journal.report` and `web.hour` ask them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Integer, String, column, table

CONTACTS = (
    "offered", "answered", "answered_within", "abandoned", "abandoned_short", "flowed_out", "callbacks_kept",
)  # fmt: skip

contact_moves = table(
    "contact_moves",
    column("run", BigInteger),
    column("at", Float),
    column("day", String),
    column("hour", Integer),
    *(
        column(name, String)
        for name in ("contact_id", "agent_id", "queue", "language", "old", "new", "topic", "channel")
    ),
    *(column(name, Integer) for name in (*CONTACTS, "talked")),
    *(column(name, Float) for name in ("waited_s", "talk_s", "hold_s")),
)
agent_spells = table(
    "agent_spells",
    *(column(name, Integer) for name in ("run", "seq")),
    *(column(name, Float) for name in ("began", "ended")),
    *(column(name, String) for name in ("agent_id", "team", "presence", "work", "next_work", "next_contact_id")),
)
transfers = table(
    "transfers",
    column("run", BigInteger),
    column("at", Float),
    *(column(name, String) for name in ("contact_id", "to_agent", "by_agent", "kind", "result")),
)
