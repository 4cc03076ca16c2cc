"""A backup holds what a start does not make anew, and only a whole one that this version can read is brought back."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from pathlib import Path

import pytest

from acd.journal import SCHEMA
from engine import backup


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    for name, text in {
        "secrets.json": '{"ami": "x"}',
        "ready.json": "{}",
        "engine.log": "a line",
        "rules/hours.yaml": "zone: Asia/Seoul",
        "recordings/one.wav": "sound",
        "asterisk/etc/pjsip.conf": "made anew",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with sqlite3.connect(folder / "journal.sqlite") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('0001')")
    return folder


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_there_and_back(state: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(state / "journal.sqlite")
    writer.execute("CREATE TABLE facts (n INTEGER)")
    writer.execute("INSERT INTO facts VALUES (7)")
    writer.commit()  # in the write-ahead log: the file itself does not have it yet
    file = tmp_path / "kept.tar.gz"
    taken = backup.take(state, file)
    writer.close()
    assert file.stat().st_mode & 0o077 == 0
    again = tmp_path / "again"
    assert backup.bring_back(file, again, newest_schema=SCHEMA) == taken
    assert _files(again) == {"secrets.json", "rules/hours.yaml", "recordings/one.wav", "journal.sqlite"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in again.rglob("*"))
    with sqlite3.connect(again / "journal.sqlite") as database:
        assert database.execute("SELECT n FROM facts").fetchone() == (7,)


def test_recordings_may_stay(state: Path, tmp_path: Path) -> None:
    taken = backup.take(state, tmp_path / "kept.tar.gz", recordings=False)
    assert not [name for name in taken.files if name.startswith("recordings")]


def test_nothing_is_overwritten(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar.gz"
    backup.take(state, file)
    with pytest.raises(backup.BackupError, match="there already"):
        backup.take(state, file)
    with pytest.raises(backup.BackupError, match="not empty"):
        backup.bring_back(file, state, newest_schema="9999")


def test_a_place_that_is_not_there_is_named(state: Path, tmp_path: Path) -> None:
    with pytest.raises(backup.BackupError, match=f"no folder {tmp_path}/nowhere;"):
        backup.take(state, tmp_path / "nowhere" / "one.tar.gz")
    with pytest.raises(backup.BackupError, match=f"no file {tmp_path}/none.tar.gz"):
        backup.bring_back(tmp_path / "none.tar.gz", tmp_path / "back", newest_schema="0001")
    assert not (tmp_path / "back").exists()


def test_a_state_that_was_never_used_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(backup.BackupError, match="ever started"):
        backup.take(tmp_path / "none", tmp_path / "kept.tar.gz")


def test_a_newer_journal_is_refused_and_the_folder_left_as_it_was(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar.gz"
    backup.take(state, file)
    with pytest.raises(backup.BackupError, match="schema 0001, and this version knows up to 0000"):
        backup.bring_back(file, tmp_path / "again", newest_schema="0000")
    assert list(tmp_path.glob("*again*")) == []


@pytest.mark.parametrize("cut_at", [0, 10, 200, -40])
def test_a_damaged_one_is_refused(state: Path, tmp_path: Path, cut_at: int) -> None:
    file = tmp_path / "kept.tar.gz"
    backup.take(state, file)
    file.write_bytes(file.read_bytes()[:cut_at])
    with pytest.raises(backup.BackupError, match="damaged"):
        backup.bring_back(file, tmp_path / "again", newest_schema="9999")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("name", "sha256", "why"),
    [
        ("../outside", "0" * 64, "outside"),
        ("/etc/outside", "0" * 64, "outside"),
        ("one", "0" * 64, "not what was packed"),
    ],
)
def test_a_forged_one_is_refused(tmp_path: Path, name: str, sha256: str, why: str) -> None:
    file = tmp_path / "forged.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        listed = {"format": 1, "taken_at": 0, "schema": None, "files": {name: sha256}}
        for member, text in ((backup.CONTENTS, json.dumps(listed).encode()), (name, b"evil")):
            info = tarfile.TarInfo(member)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    with pytest.raises(backup.BackupError, match=why):
        backup.bring_back(file, tmp_path / "again", newest_schema="9999")
    assert not (tmp_path / "outside").exists()
