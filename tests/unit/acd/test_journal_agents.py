"""The agents' day from the journal: over engines that were killed, over midnight, and with the live one's own left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from acd.core.facts import Fact
from acd.journal.agents import agents_day, last_seen_at
from acd.journal.migrate import migrate
from acd.journal.store import open_engine
from acd.journal.tables import runs
from acd.journal.writer import JournalWriter
from tests.unit.acd.core.test_agentday import A_MORNING, AV, DAY, NINE, moved
from tests.unit.until import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    return path


def engine_that_said(path: Path, facts: list[Fact], *, from_at: float, seen_at: float) -> int:
    """One engine's whole life; its number."""
    times = iter([from_at])
    writer = JournalWriter(path, clock=lambda: next(times, seen_at))
    writer.start()
    for fact in facts:
        writer.put(fact)
    until(lambda: writer.written == len(facts))
    writer.stop()
    with open_engine(path, write=True).begin() as connection:
        connection.execute(update(runs).where(runs.c.run == writer.run).values(began_at=from_at, seen_at=seen_at))
    return writer.run


def day(path: Path, now: float, **words: int):
    return agents_day(path, DAY, DAY + 86_400, **words).figures(now)


def test_it_is_the_fold_of_the_facts(path: Path) -> None:
    engine_that_said(path, list(A_MORNING), from_at=NINE, seen_at=NINE + 2000)
    mine = day(path, NINE + 2000)["1001"]
    assert (mine.answered, mine.talk_s, mine.away_s, mine.no_answer) == (1, 160.0, {"break": 100.0, "lunch": 600.0}, 1)
    assert last_seen_at(path) == NINE + 2000


def test_an_engine_that_was_killed_is_believed_until_it_was_last_seen(path: Path) -> None:
    engine_that_said(path, [moved(NINE, AV)], from_at=NINE, seen_at=NINE + 60)
    assert day(path, NINE + 100)["1001"].idle_s == 100.0  # it may be running still
    second = engine_that_said(path, [], from_at=NINE + 200, seen_at=NINE + 300)
    assert day(path, NINE + 300)["1001"].idle_s == 60.0  # a newer one has come, and has said nothing of 1001
    assert day(path, NINE + 300, without_run=second)["1001"].idle_s == 60.0
    engine_that_said(path, [moved(NINE + 401, AV)], from_at=NINE + 400, seen_at=NINE + 450)
    assert day(path, NINE + 450)["1001"].idle_s == 60.0 + 49.0


def test_an_agent_who_was_logged_in_at_midnight(path: Path) -> None:
    evening = [moved(DAY - 9000, AV), moved(DAY - 8000, AV)]
    engine_that_said(path, evening, from_at=DAY - 10_000, seen_at=DAY + 500)
    assert day(path, DAY + 400)["1001"].idle_s == 400.0


def test_an_engine_of_yesterday_says_nothing_of_today(path: Path) -> None:
    engine_that_said(path, [moved(DAY - 9000, AV)], from_at=DAY - 10_000, seen_at=DAY - 500)
    engine_that_said(path, [moved(NINE, AV)], from_at=NINE, seen_at=NINE + 10)
    assert day(path, NINE + 10)["1001"].idle_s == 10.0


def test_an_engine_leaves_its_own_facts_out(path: Path) -> None:
    run = engine_that_said(path, list(A_MORNING), from_at=NINE, seen_at=NINE + 2000)
    assert day(path, NINE + 2000, without_run=run) == {}
