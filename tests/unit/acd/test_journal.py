"""The journal: nothing lost while the storage is away, nothing twice, and what was written can be read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from acd.core.facts import AgentMoved, ContactMoved, Decision, Fact, PassedOver, ReservationEnded
from acd.core.states import ContactState, Presence, Work
from acd.journal import SCHEMA
from acd.journal.agents import last_seen_at
from acd.journal.codec import from_row, to_row
from acd.journal.migrate import migrate
from acd.journal.read import figures, latest_contacts, timeline
from acd.journal.store import open_engine
from acd.journal.tables import metadata
from acd.journal.writer import JournalWriter
from dialplan.language import Language
from dialplan.queuerules import Requirement
from tests.unit.until import until

ROOT = Path(__file__).resolve().parents[3]


def moved(contact: str, new: ContactState, at: float = 100.0, **words: object) -> ContactMoved:
    values: dict[str, object] = {
        "at": at, "contact_id": contact, "channel": "voice", "language": Language.KO, "topic": "any", "queue": "general",
        "old": None, "new": new, "agent_id": None, "first_queued_at": at, "waited_s": 0.0, "offered": False,
        "within_threshold": None, "detail": None,
    }  # fmt: skip
    return ContactMoved(**{**values, **words})  # type: ignore[arg-type]


ALL: list[Fact] = [
    moved("c1", ContactState.QUEUED, offered=True),
    Decision(
        101.0, "c1", "1001", 7, "general", Requirement(Language.EN, (("passport", 2),)), "longest_idle", "arrival", 1.5, 2,
        (PassedOver("1002", "longer_idle", "c1"),), "queues.yaml:19",
    ),
    ReservationEnded(103.0, 7, "c1", "1001", "general", "answered", 2.0),
    moved("c1", ContactState.CONNECTED, old=ContactState.RESERVED, agent_id="1001", waited_s=4.0, within_threshold=True),
    AgentMoved(104.0, "1001", "team1", Presence.AVAILABLE, Work.IDLE, Presence.AVAILABLE, Work.CONNECTED, None, 9.0, "c1"),
]  # fmt: skip
OTHERS: list[Fact] = [
    Decision(
        7.0, "1753.1", None, None, "tax", Requirement(None), "longest_idle", "step", 61.5, 0,
        (PassedOver("1001", "busy", "1753.1"),), "queues.yaml:31", 2, "step",
    ),
    Decision(8.0, None, "1001", None, "", None, "", "freed", 0.0, 0, (PassedOver("1001", "skill", "1753.1"),), "agents.yaml:9", 0, "refusal"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    return path


@pytest.fixture
def writer(path: Path) -> Iterator[JournalWriter]:
    writer = JournalWriter(path)
    writer.start()
    yield writer
    writer.stop()


@pytest.mark.parametrize("fact", ALL + OTHERS, ids=lambda fact: type(fact).__name__)
def test_every_fact_comes_back_as_it_was(fact: Fact) -> None:
    row = to_row(fact)
    assert from_row(row["kind"], row["body"]) == fact


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_is_in_it(text: str, number: float) -> None:
    fact = moved(text, ContactState.ABANDONED, at=number, detail=text)
    row = to_row(fact)
    assert from_row(row["kind"], row["body"]) == fact


def test_a_fact_of_a_newer_version_is_read_without_what_is_new() -> None:
    row = to_row(ALL[2])
    body = row["body"].replace("{", '{"invented_later":1,', 1)
    assert from_row(row["kind"], body) == ALL[2]


def test_a_timeline(path: Path, writer: JournalWriter) -> None:
    for fact in ALL:
        writer.put(fact)
    writer.put(moved("c2", ContactState.QUEUED, at=200.0))
    until(lambda: writer.written == 6)
    assert timeline(path, "c1") == ALL
    assert timeline(path, "nobody") == []
    assert [(one.contact_id, one.state, one.agent_id, one.waited_s) for one in latest_contacts(path)] == [
        ("c2", "queued", None, 0.0), ("c1", "connected", "1001", 4.0),
    ]  # fmt: skip
    assert [one.contact_id for one in latest_contacts(path, 1)] == ["c2"]
    assert path.stat().st_mode & 0o077 == 0


def test_figures(path: Path, writer: JournalWriter) -> None:
    outcomes = [
        ("a", ContactState.CONNECTED, {"within_threshold": True, "waited_s": 3.0}),
        ("b", ContactState.CONNECTED, {"within_threshold": False, "waited_s": 30.0}),
        ("c", ContactState.ABANDONED, {"detail": "short"}),
        ("d", ContactState.ABANDONED, {"detail": "queue"}),
        ("e", ContactState.OVERFLOWED, {"detail": "fallback"}),
        ("f", ContactState.CONNECTED, {"within_threshold": None}),  # adopted from the queue: counted by nobody
    ]
    for contact, new, words in outcomes:
        writer.put(moved(contact, ContactState.QUEUED, offered=contact != "f"))
        writer.put(moved(contact, new, old=ContactState.RESERVED, at=150.0, **words))
    until(lambda: writer.written == 12)
    day = figures(path, 0, 1000)
    assert (day.offered, day.answered, day.answered_within) == (5, 2, 1)
    assert (day.abandoned, day.abandoned_short, day.flowed_out) == (2, 1, 1)
    assert day.answer_rate == pytest.approx(2 / 4)
    assert day.service_level_short_excluded == pytest.approx(1 / 4)
    assert figures(path, 0, 120).answered == 0
    assert figures(path, 0, 1000, queue="passport").offered == 0
    assert day.wait_sum_s == 33.0
    assert figures(path, 0, 1000, without_run=writer.run).answered == 0


def test_storage_that_is_away_loses_nothing_and_writes_nothing_twice(path: Path, writer: JournalWriter) -> None:
    for n in range(10):
        writer.put(moved(f"a{n}", ContactState.QUEUED))
    until(lambda: writer.written == 10)
    away = path.with_name("away")
    for suffix in ("", "-wal", "-shm"):
        if Path(f"{path}{suffix}").exists():
            Path(f"{path}{suffix}").rename(f"{away}{suffix}")
    for n in range(500):
        writer.put(moved(f"b{n}", ContactState.QUEUED))
    until(lambda: writer.backlog() == 500 and writer._away_since is not None)
    for suffix in ("", "-wal", "-shm"):
        if Path(f"{away}{suffix}").exists():
            Path(f"{away}{suffix}").rename(f"{path}{suffix}")
    until(lambda: writer.backlog() == 0)
    with sqlite3.connect(path) as connection:
        assert connection.execute("select count(*), count(distinct contact_id) from facts").fetchone() == (510, 510)
    connection.close()
    assert writer.dropped == 0


def test_a_locked_file_is_waited_for(path: Path, writer: JournalWriter) -> None:
    lock = sqlite3.connect(path)
    lock.execute("begin exclusive")
    writer.put(ALL[0])
    until(lambda: writer._away_since is not None)
    lock.rollback()
    lock.close()
    until(lambda: writer.written == 1)


def test_what_is_too_old_is_deleted_a_little_at_a_time(path: Path) -> None:
    now = 1_800_000_000.0
    days_ago = [now - 86_400 * days for days in (400, 40, 31, 29, 0)]
    writer = JournalWriter(path, clock=lambda: now, keep_days=30)
    for n in range(2500):
        writer.put(moved(f"old{n}", ContactState.QUEUED, at=days_ago[n % 3]))
    writer.put(moved("young", ContactState.QUEUED, at=days_ago[3]))
    writer.put(moved("new", ContactState.QUEUED, at=days_ago[4]))
    writer.start()

    def left() -> int:
        with sqlite3.connect(path) as connection:
            return connection.execute("select count(*) from facts").fetchone()[0]

    until(lambda: left() == 2)
    writer.stop()
    assert [one.contact_id for one in latest_contacts(path)] == ["new", "young"]


def test_the_write_ahead_log_does_not_grow_behind_a_reader_who_lets_go(
    path: Path, writer: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.journal.writer.WAL_BYTES_MOST", 100_000)
    monkeypatch.setattr("acd.journal.writer.WAL_LOOK_EVERY_S", 0.0)
    log = path.with_name(path.name + "-wal")
    reader = sqlite3.connect(path)
    reader.execute("begin")
    reader.execute("select count(*) from facts").fetchone()
    for n in range(3000):
        writer.put(moved(f"c{n}", ContactState.QUEUED))
    until(lambda: writer.written == 3000, 20)
    assert log.stat().st_size > 200_000
    reader.close()
    writer.put(moved("one more", ContactState.QUEUED))
    until(lambda: writer.written == 3001 and log.stat().st_size < 200_000, 20)


def test_an_idle_engine_is_seen_alive(path: Path, writer: JournalWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.journal.writer.SEEN_EVERY_S", 0.01)
    first = until_seen(path, 0.0)
    assert until_seen(path, first) > first


def until_seen(path: Path, after: float) -> float:
    until(lambda: (last_seen_at(path) or 0.0) > after)
    return last_seen_at(path) or 0.0


def test_the_backlog_is_bounded(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "never.sqlite", backlog_most=50)
    for n in range(80):
        writer.put(moved(f"c{n}", ContactState.QUEUED))
    assert (writer.backlog(), writer.dropped) == (50, 30)


def test_a_batch_whose_commit_was_not_heard_of_is_there_once(path: Path) -> None:
    writer = JournalWriter(path)
    writer.put(ALL[0])
    writer._gather()
    batch = list(writer._batch)
    writer._write()
    writer._batch = batch  # as if the commit's answer had been lost
    writer._write()
    writer._close()
    assert len(timeline(path, "c1")) == 1


def test_a_fact_that_cannot_be_written_costs_itself_only(path: Path, writer: JournalWriter) -> None:
    writer.put(object())  # type: ignore[arg-type]
    writer.put(ALL[0])
    until(lambda: writer.written == 1)
    assert writer.dropped == 1


def test_what_waits_is_written_at_the_end(path: Path) -> None:
    writer = JournalWriter(path)
    writer.start()
    for n in range(1200):
        writer.put(moved(f"c{n}", ContactState.QUEUED))
    writer.stop()
    assert writer.backlog() == 0
    assert writer.written == 1200


def test_migrating_twice_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    subprocess.run([sys.executable, "-m", "acd.journal.migrate", str(path)], check=True, cwd=ROOT, capture_output=True)
    with sqlite3.connect(path) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [(SCHEMA,)]
    connection.close()
    assert len(before) == path.stat().st_size


def test_the_migration_makes_what_the_tables_say(path: Path) -> None:
    with open_engine(path).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_schema_is_the_newest_migration() -> None:
    folder = ROOT / "acd" / "journal" / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [SCHEMA]


def test_the_engine_never_imports_alembic() -> None:
    code = "import sys, engine.wiring; sys.exit(any(name.split('.')[0] == 'alembic' for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)
