"""The last hour for the wallboard's plot, from the journal: contacts by outcome, five minutes a bar.

From the event store rather than added up here, so that it is right from the first look on and after any restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from acd.journal.body import whole
from acd.journal.store import Store, open_engine
from acd.journal.views import contact_moves

BARS = 12
BAR_S = 300


@dataclass(frozen=True, slots=True)
class LastHour:
    """Bars from the oldest to the one that is still growing; `begins_at` is the first one's, epoch seconds."""

    begins_at: float
    within: tuple[int, ...]  # answered within the threshold of their queue
    late: tuple[int, ...]  # answered, not within it
    lost: tuple[int, ...]  # hung up (not at once), or flowed out

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        counts = {"within": self.within, "late": self.late, "lost": self.lost}
        return {"begins_at": self.begins_at, "bar_s": BAR_S, **counts}


def read(database: Store, now: float) -> LastHour:
    """The hour up to `now`, its bars at whole five minutes. Raises SQLAlchemyError; also for a journal before 0003."""
    begins_at = (now // BAR_S - (BARS - 1)) * BAR_S
    moves = contact_moves.c
    bar = whole((moves.at - begins_at) / BAR_S).label("bar")
    lost = moves.abandoned - moves.abandoned_short + moves.flowed_out
    query = (
        select(
            bar,
            func.sum(moves.answered_within),
            func.sum(moves.answered - moves.answered_within),
            func.sum(lost),
        )
        .where(moves.at >= begins_at)
        .group_by(bar)
    )
    columns: list[list[int]] = [[0] * BARS for _ in range(3)]
    with open_engine(database).connect() as connection:
        for index, *counts in connection.execute(query):
            for counted, number in zip(columns, counts, strict=True):
                counted[min(max(int(index), 0), BARS - 1)] += int(number)
    within, late, lost_counts = (tuple(counted) for counted in columns)
    return LastHour(begins_at, within, late, lost_counts)
