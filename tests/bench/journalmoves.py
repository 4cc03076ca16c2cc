"""What contacts did, as the journal has it: read by the benches that judge order and delay by it."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple


class Move(NamedTuple):
    """A contact's; `at` and `queued_at` are epoch seconds, `new` is the state that it came into."""

    at: float
    contact_id: str
    agent_id: str | None
    new: str
    queued_at: float


def moves_since(journal: Path, begin: float) -> list[Move]:
    """In their order."""
    asked = (
        "select at, contact_id, agent_id, new, json_extract(body, '$.first_queued_at') from facts"
        " where kind = 'ContactMoved' and at >= ? order by seq"
    )
    with closing(sqlite3.connect(journal)) as connection:
        return [Move(*line) for line in connection.execute(asked, (begin,))]


def answered_among(moves: Sequence[Move]) -> int:
    """Contacts whom an agent answered."""
    return len({move.contact_id for move in moves if move.new == "connected"})


def ring_delays_s(moves: Sequence[Move], rung: Mapping[str, Sequence[float]]) -> list[float]:
    """Of each ring of an agent's phone, since the agent's latest match; both in epoch seconds."""
    matched: dict[str | None, list[float]] = {}
    for move in moves:
        if move.new == "reserved":
            matched.setdefault(move.agent_id, []).append(move.at)
    delays = []
    for agent, rings in rung.items():
        for ring in rings:
            place = bisect_right(matched.get(agent, []), ring)
            if place:
                delays.append(ring - matched[agent][place - 1])
    return delays


def out_of_order(moves: Sequence[Move]) -> int:
    """Matches while somebody waited who had come before.

    Not counted among those who wait: whoever was rung for in vain. That agent is not offered them again for a while, and so
    rightly takes the next.
    """
    queued: dict[str, float] = {}
    matched: set[str] = set()
    found = 0
    for move in moves:
        if move.new == "queued" and move.contact_id not in matched:
            queued[move.contact_id] = move.queued_at
            continue
        queued.pop(move.contact_id, None)
        if move.new == "reserved":
            matched.add(move.contact_id)
            found += any(at < move.queued_at for at in queued.values())
    return found
