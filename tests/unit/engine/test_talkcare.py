"""The job that looks after recordings: retention by an explicit clock, the alarm of a full disk, who was asked before."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry

from acd.core.facts import SurveyAnswered, TalkNoted
from acd.talkmetrics import TalkMetrics
from dialplan.language import Language
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.settings import default_rules
from engine.talkcare import DELETE_EVERY_S, TalkCare

DAY = 86_400.0
NOW = 1_800_000_000.0


class Record:
    def __init__(self) -> None:
        self.notes: list[tuple[str, str, str, str]] = []

    def note(self, contact_id: str, agent_id: str, what: str, detail: str, by: str | None = None) -> None:
        self.notes.append((contact_id, agent_id, what, detail))

    def channel_of(self, contact_id: str) -> str:
        return ""


class NoPbx:
    def pause(self, channel: str, *, paused: bool) -> bool:
        return False

    def stop(self, channel: str) -> bool:
        return False


@pytest.fixture
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as caught:
        yield caught


@pytest.fixture
def rules() -> Ruleset:
    return load(default_rules())


class Care:
    def __init__(self, folder: Path, rules: Ruleset) -> None:
        self.rules = rules
        self.registry = CollectorRegistry()
        self.record = Record()
        self.care = TalkCare(
            folder, lambda: self.rules, NoPbx(), self.record, metrics=TalkMetrics(self.registry), clock=lambda: NOW
        )

    def keep(self, days_ago: float, contact: str) -> Path:
        self.care.store.make("talk")
        path = self.care.store.path("talk", contact)
        path.write_bytes(bytes(100))
        os.utime(path, (NOW - days_ago * DAY, NOW - days_ago * DAY))
        return path


@pytest.fixture
def care(tmp_path: Path, rules: Ruleset) -> Care:
    return Care(tmp_path / "recordings", rules)


def test_what_is_too_old_goes_and_the_record_says_so(care: Care) -> None:
    old, young = care.keep(91, "old"), care.keep(89.99, "young")
    care.care.look(NOW)
    assert (old.exists(), young.exists()) == (False, True)
    assert care.record.notes == [("old", "", "recording", "deleted:talk")]
    care.care.look(NOW + DELETE_EVERY_S - 1)
    assert young.exists()  # looked for once an hour
    care.care.look(NOW + DELETE_EVERY_S)
    assert not young.exists()


def test_days_follow_the_rules_that_are_in_force(care: Care) -> None:
    path = care.keep(10, "one")
    care.care.look(NOW)
    classes = {
        name: dataclasses.replace(kind, retention_days=7) for name, kind in care.rules.recordings.classes.items()
    }
    care.rules = dataclasses.replace(care.rules, recordings=dataclasses.replace(care.rules.recordings, classes=classes))
    care.care.look(NOW + DELETE_EVERY_S)
    assert not path.exists()


def test_a_disk_that_fills_is_told_once_and_heals_by_itself(care: Care, logs: list[MutableMapping[str, Any]]) -> None:
    whole = care.rules.recordings
    for keep_free_mb in (10_000_000, 10_000_000, 1, 1):
        care.rules = dataclasses.replace(care.rules, recordings=dataclasses.replace(whole, keep_free_mb=keep_free_mb))
        care.care.look(NOW)
        assert care.care.store.has_room is (keep_free_mb == 1)
        reserve = care.registry.get_sample_value("ringmaster_recordings_reserve_bytes")
        assert reserve == keep_free_mb * 1_000_000
    told = [line["event"] for line in logs if str(line["event"]).startswith("recordings.disk")]
    assert told == ["recordings.disk_low", "recordings.disk_well"]
    assert (care.registry.get_sample_value("ringmaster_recordings_free_bytes") or 0) > 0


def test_a_folder_that_cannot_be_looked_at_is_told_and_tried_again(
    tmp_path: Path, rules: Ruleset, logs: list[MutableMapping[str, Any]]
) -> None:
    (tmp_path / "recordings").write_text("a file")
    care = Care(tmp_path / "recordings", rules)
    care.care.look(NOW)
    assert [line["event"] for line in logs] == ["recordings.disk_unknown"]


def test_facts_reach_marks_memory_and_counters(care: Care) -> None:
    answered = SurveyAnswered(NOW, "c1", "1001", "tax", "tax", Language.KO, "neutral", False, "hash")
    handed_on = TalkNoted(NOW, "c2", "1002", "transfer", "consult:answered", "1001")
    care.care.receive([answered, handed_on])
    assert care.care.surveyed.since("hash", NOW)
    assert not care.care.surveyed.since("hash", NOW + 1)
    assert not care.care.surveyed.since("other", 0.0)
    assert care.care.marks.handed_on("c2")
    assert not care.care.marks.handed_on("c1")
