"""Which agent a caller talked with last: what a sticky queue asks for (지정상담원).

Knows keyed hashes of numbers, never numbers. Filled from the journal when the engine starts, then by the facts; asked
by the dispatcher, in memory: no call waits for the journal.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import select

from acd.core.facts import ContactMoved, Fact
from acd.core.states import ContactState
from acd.journal.body import text
from acd.journal.store import Store, open_engine
from acd.journal.tables import facts
from dialplan.numbers import normalise

DIGITS_LEAST = 7  # fewer is a withheld number, or an extension
CALLERS_MOST = 200_000

Talk = tuple[float, str, str]  # when (epoch seconds), the caller's hash, the agent


class LastAgents:
    """`receive` is a subscriber's; `last` may be asked by any thread."""

    def __init__(self, secret: str) -> None:
        """`secret` is the installation's: without it a hash tells nothing of a number."""
        self._key = hashlib.sha256(b"last agents:" + secret.encode()).digest()
        self._known: dict[str, tuple[float, str]] = {}

    def caller(self, number: str) -> str | None:
        """The hash that stands for a number; None for a withheld one."""
        digits = normalise(number) or "".join(char for char in number if char in "0123456789")
        if len(digits) < DIGITS_LEAST:
            return None
        return hmac.new(self._key, digits.encode(), hashlib.sha256).hexdigest()[:24]

    def last(self, caller: str | None, since: float) -> str | None:
        """The agent of this caller's last talk, if it was not before `since` (epoch seconds)."""
        at, agent_id = self._known.get(caller or "", (0.0, ""))
        return agent_id if agent_id and at >= since else None

    def receive(self, batch: Iterable[Fact]) -> None:
        """Remember who talks with whom."""
        for fact in batch:
            talks = isinstance(fact, ContactMoved) and fact.new is ContactState.CONNECTED
            if isinstance(fact, ContactMoved) and talks and fact.caller is not None and fact.agent_id is not None:
                self._remember(fact.at, fact.caller, fact.agent_id)

    def begin_with(self, talks: Iterable[Talk]) -> None:
        """What the journal has of before this engine."""
        for talk in talks:
            self._remember(*talk)

    def _remember(self, at: float, caller: str, agent_id: str) -> None:
        known = self._known.pop(caller, (0.0, ""))
        self._known[caller] = max(known, (at, agent_id))
        if len(self._known) > CALLERS_MOST:
            del self._known[next(iter(self._known))]


def talks_since(store: Store, since: float) -> list[Talk]:
    """The latest talk of each caller from `since` on, the oldest first. Raises SQLAlchemyError."""
    caller = text("caller")
    query = (
        select(facts.c.at, caller, facts.c.agent_id)
        .where(facts.c.kind == "ContactMoved", facts.c.at >= since, facts.c.new == ContactState.CONNECTED.value)
        .where(caller.is_not(None), facts.c.agent_id.is_not(None))
        .order_by(facts.c.at.desc())
        .limit(CALLERS_MOST)
    )
    with open_engine(store).connect() as connection:
        talks = [(at, one, agent_id) for at, one, agent_id in reversed(connection.execute(query).all())]
    latest = {one: (at, one, agent_id) for at, one, agent_id in talks}
    return sorted(latest.values())
