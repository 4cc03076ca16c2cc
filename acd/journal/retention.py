"""What is too old leaves the journal, a little at a time, so that no fact waits long for it.

The file does not become smaller: its free pages take the facts of the next days. Knows the tables, no clock.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, tuple_

from acd.journal.codec import KINDS
from acd.journal.tables import facts, runs

CHUNK = 1000  # rows of a kind in one transaction: some 20 ms


def sweep(connection: Connection, before: float) -> int:
    """Delete up to CHUNK facts of each kind from before `before` (epoch seconds); how many went. 0: it is done."""
    gone = 0
    for kind in KINDS:
        old = (
            select(facts.c.run, facts.c.seq)
            .where(facts.c.kind == kind, facts.c.at < before)
            .order_by(facts.c.at)
            .limit(CHUNK)
        )
        gone += connection.execute(delete(facts).where(tuple_(facts.c.run, facts.c.seq).in_(old))).rowcount
    if not gone:
        connection.execute(delete(runs).where(runs.c.seen_at < before))
    return gone
