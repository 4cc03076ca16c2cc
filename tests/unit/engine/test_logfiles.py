"""Logs are bounded while somebody goes on appending to them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine import logfiles
from engine.logfiles import LogFiles


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "asterisk" / "log").mkdir(parents=True)
    return tmp_path


def test_a_log_that_grows_for_ever_is_bounded_and_loses_only_its_oldest(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfiles, "LOOK_EVERY_S", 0.0)
    path = state / "asterisk" / "log" / "messages.log"
    logs = LogFiles(state, most_bytes=1000, kept=3)
    with path.open("a") as asterisk:  # it holds the file open, as Asterisk and the engine do
        for number in range(1000):
            asterisk.write(f"line {number:04d}\n")
            asterisk.flush()
            logs.look()
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == ["messages.log", "messages.log.1", "messages.log.2", "messages.log.3"]
    assert sum(one.stat().st_size for one in path.parent.iterdir()) < 4 * 1020
    told = "".join((path.parent / name).read_text() for name in [*reversed(names[1:]), names[0]]).splitlines()
    assert told[-1] == "line 0999"
    assert told == [f"line {number:04d}" for number in range(1000 - len(told), 1000)], "nothing is missing in between"
    assert stat.S_IMODE((path.parent / "messages.log.1").stat().st_mode) == 0o600


def test_small_logs_are_left_alone_and_the_engines_is_looked_at_too(state: Path) -> None:
    small, engine = state / "asterisk" / "log" / "security.log", state / "engine.log"
    small.write_text("x" * 1000)
    engine.write_text("x" * 1001)
    logs = LogFiles(state, most_bytes=1000)
    logs.look()
    assert small.stat().st_size == 1000
    assert engine.stat().st_size == 0
    assert (state / "engine.log.1").stat().st_size == 1001
    engine.write_text("x" * 1001)
    logs.look()  # not so soon
    assert engine.stat().st_size == 1001


def test_without_room_for_the_copy_the_old_lines_go(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(logfiles.shutil, "copyfileobj", full)
    path = state / "engine.log"
    path.write_text("x" * 2000)
    LogFiles(state, most_bytes=1000).look()
    assert path.stat().st_size == 0
    assert [one.name for one in state.iterdir() if one.is_file()] == ["engine.log"]


def test_a_log_is_its_owners_only_and_is_written_on(state: Path) -> None:
    path = state / "engine.log"
    before = os.umask(0o022)
    try:
        for line in (b"one\n", b"two\n"):
            with logfiles.open_to_append(path) as log:
                log.write(line)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_last_words(state: Path) -> None:
    path = state / "engine.log"
    assert logfiles.last_words(path) == ""
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    assert logfiles.last_words(path, lines=2) == "line 98\nline 99"
    assert logfiles.last_words(path, most_bytes=10).endswith("line 99")
