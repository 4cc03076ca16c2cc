"""The journal's disk is full, and its process is killed: nothing acknowledged is lost, nothing is there twice.

The writer runs in a process of its own (journal_child.py). Full is what the kernel says when a file may not grow any
more: the process' limit on the size of its files, which its parent lowers and lifts.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest

from acd.journal.migrate import migrate
from acd.journal.writer import JournalWriter
from tests.unit.acd.test_journal import ALL, ROOT
from tests.unit.until import until

KILLS = 5


class Child:
    """The process, and the last that it said."""

    def __init__(self, path: Path, rate: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.acd.journal_child", str(path), str(rate)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.said: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def wait(self, condition: Callable[[dict[str, float]], bool], within_s: float) -> dict[str, float]:
        """Listen until it says so."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + within_s
        while not (self.said and condition(self.said)):
            assert time.monotonic() < deadline, self.said
            self.said = json.loads(self.process.stdout.readline())
        return self.said

    def kill(self) -> dict[str, float]:
        """-9; the last that it said before."""
        assert self.process.stdout is not None
        if self.process.stdout.closed:
            return self.said
        self.process.kill()
        for line in self.process.stdout.read().splitlines():
            if line.endswith("}"):
                self.said = json.loads(line)
        self.process.stdout.close()
        self.process.wait()
        return self.said

    def limit_files(self, most: int) -> None:
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    return path


def rows(path: Path) -> list[tuple[int, int, int]]:
    """By run: how many, the first and the last number."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        return connection.execute("select count(distinct seq), count(*), max(seq) from facts group by run").fetchall()


def test_a_full_disk_is_told_within_ten_seconds_and_heals_by_itself(path: Path) -> None:
    with Child(path, rate=2000) as child:
        child.wait(lambda said: said["acknowledged"] > 200, 20)
        log = path.with_name(path.name + "-wal")
        child.limit_files(log.stat().st_size + 10_000)
        full_at = time.monotonic()
        child.wait(lambda said: said["away_s"] > 0, 10)
        assert time.monotonic() - full_at <= 10
        stuck = child.wait(lambda said: said["backlog"] > 2000, 10)["acknowledged"]
        assert child.said["dropped"] == 0
        child.limit_files(resource.RLIM_INFINITY)
        child.wait(lambda said: said["away_s"] == 0 and said["acknowledged"] > stuck + 2000, 15)
        last = child.kill()
    ((distinct, there, highest),) = rows(path)
    assert distinct == there == highest, "every one of them, once"
    assert there >= last["acknowledged"] > 2000


def test_nothing_acknowledged_is_lost_by_kills(path: Path) -> None:
    """Each kill at another moment of gathering, writing, committing."""
    acknowledged = []
    for number in range(KILLS):
        with Child(path, rate=3000) as child:
            child.wait(lambda said, least=100 + 170 * number: said["acknowledged"] >= least, 20)
            acknowledged.append(child.kill()["acknowledged"])
    found = rows(path)
    assert len(found) == KILLS
    for (distinct, there, highest), least in zip(found, acknowledged, strict=True):
        assert distinct == there == highest, "no gap, nothing twice"
        assert there >= least


def test_every_point_at_which_a_write_can_fail(path: Path) -> None:
    """The limit at each page of the write-ahead log in turn: the same batch goes through when there is room again."""
    code = f"""
import resource, sys
from pathlib import Path
from sqlalchemy.exc import SQLAlchemyError
from acd.journal.writer import JournalWriter
from tests.unit.acd.test_journal import ALL
path = Path({str(path)!r})
log = path.with_name(path.name + "-wal")
writer, failed = JournalWriter(path), 0
for n in range(60):
    for fact in ALL * 8:
        writer.put(fact)
    writer._gather()
    at = log.stat().st_size if log.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (at + 512 * n, resource.RLIM_INFINITY))
    try:
        writer._write()
    except (SQLAlchemyError, OSError):
        failed += 1
        writer._close()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        writer._write()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer._close()
print(failed, writer.written)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    failed, written = map(int, done.stdout.split())
    assert failed > 10
    assert rows(path) == [(written, written, written)]


def test_a_file_that_is_locked_for_long_costs_nothing_but_memory(path: Path) -> None:
    """Another process holds it for longer than a commit waits: told, and all of it is written afterwards."""
    writer = JournalWriter(path)
    with closing(sqlite3.connect(path)) as lock:
        lock.execute("begin exclusive")
        writer.start()
        for _ in range(500):
            for fact in ALL:
                writer.put(fact)
        until(lambda: writer.away_s() > 0, 10)
        assert (writer.backlog(), writer.dropped) == (2500, 0)
        lock.rollback()
    until(lambda: writer.written == 2500, 15)
    assert writer.away_s() == 0
    writer.stop()
    assert rows(path) == [(2500, 2500, 2500)]
