"""The journal in a real PostgreSQL: the same answers as from SQLite, nothing lost and nothing twice while it is away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from acd.core.states import ContactState
from acd.journal import history
from acd.journal.agents import agents_day, last_seen_at
from acd.journal.memory import remember
from acd.journal.migrate import migrate
from acd.journal.read import figures, latest_contacts, timeline
from acd.journal.report import By, reports
from acd.journal.store import Postgres, Store, open_engine
from acd.journal.writer import JournalWriter
from acd.lastagents import talks_since
from acd.surveyed import surveys_since
from dialplan.loader import load
from engine.settings import default_rules
from tests.postgres import PostgresServer
from tests.unit.acd.test_journal import moved
from tests.unit.engine.pastday import past_day, write
from tests.unit.until import until
from web import hour

NINE = 1_795_478_400.0  # 2026-11-24 09:00 in Seoul
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def _rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with open_engine(store).connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_every_question_has_the_same_answer_as_in_sqlite(server: PostgresServer, tmp_path: Path) -> None:
    day = past_day(load(default_rules()), begin=NINE, calls=150, hours=2, agents=12)
    file = tmp_path / "journal.sqlite"
    stores: tuple[Store, Store] = (server.store, file)
    for store in stores:
        write(store, day.facts, run=1_795_000_000_000_000_000, began_at=NINE, seen_at=NINE + 9000)
    contact = day.facts[len(day.facts) // 2].contact_id or ""
    questions = (
        lambda store: figures(store, NINE, NINE + 9000),
        lambda store: figures(store, NINE, NINE + 9000, "general", without_run=5),
        lambda store: timeline(store, contact),
        lambda store: latest_contacts(store, 20),
        lambda store: agents_day(store, NINE, NINE + 9000).figures(NINE + 9000),
        last_seen_at,
        lambda store: history.way(store, contact),
        lambda store: history.moves_between(store, NINE, NINE + 900),
        lambda store: talks_since(store, NINE),
        lambda store: hour.read(store, NINE + 5000),
        lambda store: reports(store, NINE - 9 * 3600, NINE + 15 * 3600, list(By)),
        lambda store: surveys_since(store, NINE),
        lambda store: history.facts_between(store, NINE, NINE + 900),
        lambda store: remember(store, 5),
        *(
            (lambda store, view=view: _rows(store, f"SELECT * FROM {view} ORDER BY 1, 2, 3, 4"))  # noqa: S608 - ours
            for view in ("day_figures", "agent_spells", "transfers", "contact_moves")
        ),
    )
    for number, ask in enumerate(questions):
        here, there = (ask(store) for store in stores)
        assert here == there, f"question {number}"
    assert figures(server.store, NINE, NINE + 9000).answered > 100


def test_a_database_that_is_away_loses_nothing_and_writes_nothing_twice(server: PostgresServer) -> None:
    migrate(server.store)
    writer = JournalWriter(server.store)
    writer.start()
    try:
        for number in range(200):
            if number in {50, 120}:
                until(lambda: writer.backlog() == 0)
                server.stop(signal.SIGKILL if number == 50 else signal.SIGINT)
            if number in {80, 150}:
                until(lambda: writer.away_s() > 0, 20)
                server.start()
            writer.put(moved(f"pg.{number}", ContactState.QUEUED, at=100.0 + number))
        until(lambda: writer.backlog() == 0, 30)
        assert writer.dropped == 0
    finally:
        writer.stop()
    ours = f"SELECT count(*), count(DISTINCT contact_id) FROM facts WHERE run = {writer.run}"  # noqa: S608 - a number
    assert _rows(server.store, ours) == [(200, 200)]


def test_a_database_that_hangs_is_told_as_one_that_is_away(server: PostgresServer) -> None:
    """Its kernel goes on acknowledging, so no connection breaks: the write just does not return."""
    migrate(server.store)
    writer = JournalWriter(server.store)
    writer.start()
    try:
        writer.put(moved("hung.1", ContactState.QUEUED, at=100.0))
        until(lambda: writer.written == 1, 20)
        pids = server.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            writer.put(moved("hung.2", ContactState.QUEUED, at=101.0))
            until(lambda: writer.away_s() > 0, 20)
            assert writer.written == 1
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)
        until(lambda: writer.written == 2, 30)
        until(lambda: writer.away_s() == 0, 20)
    finally:
        writer.stop()
    ours = f"SELECT count(*), count(DISTINCT contact_id) FROM facts WHERE run = {writer.run}"  # noqa: S608 - a number
    assert _rows(server.store, ours) == [(2, 2)]


def test_a_reader_cannot_write(server: PostgresServer) -> None:
    migrate(server.store)
    with open_engine(server.store).connect() as connection, pytest.raises(Exception, match="read-only"):
        connection.execute(text("DELETE FROM facts"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("mysql://a@b/c", "mysql is not known"),
        ("postgresql://me:secret@host/db", "password"),
        ("postgresql://me@host", "names no database"),
        ("nonsense", "no address"),
    ],
)
def test_a_wrong_address_is_told_in_words(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as told:
        Postgres.of(address)
    assert "secret" not in str(told.value)
