"""The folder of recordings: places, rights, what is too old by an explicit clock, and a disk that is nearly full."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ivr.recordings import HEADER_BYTES, RecordingStore

DAY = 86_400.0
NOW = 1_800_000_000.0


def write(store: RecordingStore, kind: str, contact: str, days_ago: float, size: int = 1000) -> Path:
    store.make(kind)
    path = store.path(kind, contact)
    path.write_bytes(bytes(size))
    os.utime(path, (NOW - days_ago * DAY, NOW - days_ago * DAY))
    return path


def test_each_class_is_deleted_by_its_own_days(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path / "recordings")
    old = write(store, "talk", "pbx1-1.1", 90.1)
    kept = [write(store, "talk", "pbx1-1.2", 89.9), write(store, "comment", "pbx1-1.1", 90.1)]
    gone = list(store.delete_expired({"talk": 90, "comment": 365}, NOW))
    assert [(one.kind, one.contact_id) for one in gone] == [("talk", "pbx1-1.1")]
    assert not old.exists()
    assert all(path.exists() for path in kept)
    later = [one.contact_id for one in store.delete_expired({"talk": 90, "comment": 365}, NOW + 275 * DAY)]
    assert later == ["pbx1-1.1", "pbx1-1.2"]
    assert list(store.delete_expired({"talk": 90}, NOW + 999 * DAY)) == []


def test_a_class_without_a_rule_is_kept_as_long_as_the_longest(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path)
    write(store, "gone", "a", 200)
    assert list(store.delete_expired({"talk": 90, "comment": 365}, NOW)) == []
    assert [one.kind for one in store.delete_expired({"talk": 90}, NOW)] == ["gone"]
    write(store, "gone", "a", 9999)
    assert list(store.delete_expired({}, NOW)) == []  # no rule names any days: nothing is deleted


def test_other_files_are_never_touched(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path)
    write(store, "talk", "a", 100)
    note = tmp_path / "talk" / "README"
    note.write_text("kept")
    os.utime(note, (0, 0))
    assert len(list(store.delete_expired({"talk": 90}, NOW))) == 1
    assert note.exists()


def test_folders_are_the_owners_and_seconds_come_from_the_size(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path / "recordings")
    path = write(store, "talk", "pbx1-1.1", 1, HEADER_BYTES + 32_000)
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert store.sound_s("talk", "pbx1-1.1") == 2.0
    assert store.sound_s("talk", "pbx1-1.2") is None
    found = store.find("pbx1-1.1")
    assert found is not None
    assert (found.kind, found.path) == ("talk", path)
    assert store.find("pbx1-1") is None
    assert store.monitor_name("talk", "pbx1-1.1") == "talk/pbx1-1.1.wav"


def test_the_disk_is_asked_not_by_calls_but_by_a_look(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path / "recordings")
    assert store.has_room
    assert not store.look_at_disk(10_000_000_000)
    assert not store.has_room
    assert store.free_bytes > 0
    assert store.look_at_disk(1)
    assert store.has_room
