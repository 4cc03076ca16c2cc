"""A journal of a million facts, written in bulk: the days of a busy centre, the last of them today.

The facts are what the engine's own codec makes of real ones, so every reader reads them as it reads its own. The keys are
in their order and the indexes are made last, which is why it takes seconds where living engines would take a month.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from acd.core.facts import AgentMoved, ContactMoved, Decision, Fact, PassedOver, ReservationEnded
from acd.core.seoul import DAY_S, midnight
from acd.core.states import ContactState, Presence, Work
from acd.journal.codec import to_row
from acd.journal.migrate import migrate
from dialplan.language import Language
from dialplan.queuerules import Requirement

AGENTS = tuple(str(1001 + n) for n in range(43))
CONTACTS_A_DAY = 2200
FACTS_A_CONTACT = 12
_C, _AV = ContactState, Presence.AVAILABLE
_AT = 424242.5  # stands for a time in a pattern
_NEED = Requirement(Language.KO, (("passport", 2),))
_PASSED = (PassedOver("1002", "longer_idle", ""), PassedOver("1003", "skill", ""))


def fill(path: Path, count: int, now: float, *, today_only: bool = False) -> int:
    """Make the journal at `path`, with at least `count` facts before `now`; how many there are."""
    migrate(path)
    days = 1 if today_only else -(-count // (CONTACTS_A_DAY * FACTS_A_CONTACT))
    contacts = -(-count // (days * FACTS_A_CONTACT))
    with closing(sqlite3.connect(path)) as connection:
        indexes = connection.execute("select name, sql from sqlite_master where type = 'index' and sql is not null")
        kept = indexes.fetchall()
        for name, _ in kept:
            connection.execute(f"drop index {name}")
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        written = 0
        for day in range(days):
            begin = midnight(now) - (days - 1 - day) * DAY_S
            end = min(begin + DAY_S, now) - 60.0
            run = int(begin * 1e9) + 1
            rows = ({"run": run, "seq": seq, **row} for seq, row in enumerate(_day(begin, end, contacts), 1))
            written += connection.executemany(
                "insert into facts values (:run, :seq, :at, :kind, :contact_id, :agent_id, :queue, :language, :old, :new, :body)",
                rows,
            ).rowcount  # fmt: skip
            connection.execute("insert into runs values (?, ?, ?)", (run, begin, end))
            connection.commit()
        for _, sql in kept:
            connection.execute(sql)
        connection.commit()
        connection.execute("pragma journal_mode = wal")
    return written


def _day(begin: float, end: float, contacts: int) -> Iterator[dict[str, Any]]:
    """Rows without their keys. A body is made once for each kind and agent, and its times and ids are put in."""
    rng = random.Random(int(begin))
    step = (end - begin) / contacts
    agents = itertools.cycle(AGENTS)
    patterns = {agent: [_Pattern(fact) for fact in contact_facts(agent)] for agent in AGENTS}
    for number in range(contacts):
        at = begin + number * step
        contact_id = f"{int(at)}.{number}"
        caller = f"{rng.getrandbits(96):024x}"
        for place, pattern in enumerate(patterns[next(agents)]):
            yield pattern.row(at + place * step / FACTS_A_CONTACT, contact_id, caller)


class _Pattern:
    """One fact as a row, with holes."""

    def __init__(self, fact: Fact) -> None:
        self._row = to_row(fact)
        self._body = self._row["body"]

    def row(self, at: float, contact_id: str, caller: str) -> dict[str, Any]:
        body = self._body.replace(repr(_AT), repr(at)).replace("@contact", contact_id).replace("@caller", caller)
        named = None if self._row["contact_id"] is None else contact_id
        return {**self._row, "at": at, "contact_id": named, "body": body}


def contact_facts(agent: str, at: float = _AT, one: str = "@contact", caller: str = "@caller") -> list[Fact]:
    """What is said of one contact from its queue to its end, all at `at` (epoch seconds)."""

    def contact(old: ContactState | None, new: ContactState, **words: Any) -> ContactMoved:
        values: dict[str, Any] = {"offered": old is None, "within_threshold": None, "detail": None, **words}
        who = agent if new is not _C.QUEUED else None
        return ContactMoved(at, one, "voice", Language.KO, "passport", "passport", old, new, who, at, 4.0, **values)

    def moved(old: Work, new: Work) -> AgentMoved:
        return AgentMoved(at, agent, "team1", _AV, old, _AV, new, None, 30.0, one)

    return [
        contact(None, _C.QUEUED),
        Decision(at, one, None, None, "passport", _NEED, "longest_idle", "arrival", 0.0, 0, _PASSED, "queues.yaml:1"),
        Decision(at, one, agent, 1, "passport", _NEED, "longest_idle", "freed", 4.0, 2, _PASSED, "queues.yaml:1"),
        contact(_C.QUEUED, _C.RESERVED),
        moved(Work.IDLE, Work.RESERVED),
        ReservationEnded(at, 1, one, agent, "passport", "answered", 2.0),
        contact(_C.RESERVED, _C.CONNECTED, within_threshold=True, caller=caller),
        moved(Work.RESERVED, Work.CONNECTED),
        contact(_C.CONNECTED, _C.WRAPUP, talk_s=180.0, hold_s=10.0),
        moved(Work.CONNECTED, Work.WRAPUP),
        contact(_C.WRAPUP, _C.COMPLETED),
        moved(Work.WRAPUP, Work.IDLE),
    ]


if __name__ == "__main__":
    import sys

    begun = time.monotonic()
    made = fill(Path(sys.argv[1]), int(sys.argv[2]), time.time(), today_only="--today" in sys.argv)
    print(f"{made} facts in {time.monotonic() - begun:.1f} s")
