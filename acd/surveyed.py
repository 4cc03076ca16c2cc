"""Which callers were asked for their opinion, and when: nobody is asked again too soon.

Knows keyed hashes of numbers, never numbers. Filled from the journal when the engine starts, then by the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from acd.core.facts import Fact, SurveyAnswered
from acd.journal.codec import from_row
from acd.journal.store import Store, open_engine
from acd.journal.tables import facts

CALLERS_MOST = 200_000


class Surveyed:
    """`receive` is a subscriber's; `since` may be asked by any thread."""

    def __init__(self) -> None:
        self._asked_at: dict[str, float] = {}

    def since(self, caller: str, since: float) -> bool:
        """Whether this caller was asked at or after `since` (epoch seconds)."""
        asked_at = self._asked_at.get(caller)
        return asked_at is not None and asked_at >= since

    def receive(self, batch: Iterable[Fact]) -> None:
        """Remember who was asked, whether they answered or not."""
        for fact in batch:
            if isinstance(fact, SurveyAnswered) and fact.caller is not None:
                known = self._asked_at.pop(fact.caller, fact.at)
                self._asked_at[fact.caller] = max(known, fact.at)
                if len(self._asked_at) > CALLERS_MOST:
                    del self._asked_at[next(iter(self._asked_at))]


def surveys_since(store: Store, since: float) -> Sequence[Fact]:
    """The journal's surveys from `since` on, in their order. Raises OperationalError when it can't be read."""
    query = (
        select(facts.c.kind, facts.c.body)
        .where(facts.c.kind == SurveyAnswered.__name__, facts.c.at >= since)
        .order_by(facts.c.at)
    )
    with open_engine(store).connect() as connection:
        return [from_row(kind, body) for kind, body in connection.execute(query)]
