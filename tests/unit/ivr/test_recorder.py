"""What the record says of a recording: from the session that begins it, the agent's key, and the facts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from acd.core.facts import ContactMoved, TalkNoted
from acd.core.states import ContactState
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.talkrules import RecordingClass
from ivr.agi import AgiFault
from ivr.recorder import Recorder, Toggled
from ivr.recordings import HEADER_BYTES, RecordingStore
from tests.unit.ivr.house import city

TALK = RecordingClass("talk", 90)
OFFICIAL = next(iter(city().directory.officials))


class Tape:
    def __init__(self) -> None:
        self.answers = True
        self.done: list[tuple[Any, ...]] = []

    def pause(self, channel: str, *, paused: bool) -> bool:
        self.done.append(("pause" if paused else "resume", channel))
        return self.answers

    def stop(self, channel: str) -> bool:
        self.done.append(("stop", channel))
        return self.answers


class Desk:
    def __init__(self, folder: Path, rules: Ruleset | None = None) -> None:
        self.notes: list[tuple[str, ...]] = []
        self.tape = Tape()
        self.store = RecordingStore(folder)
        self.names: list[str] = []
        self.fails: Exception | None = None
        self.recorder = Recorder(
            self.store,
            self.tape,
            lambda: rules or city(),
            lambda *note: self.notes.append(note),
            lambda contact: f"PJSIP/carrier-{contact}",
        )

    def record(self, name: str) -> None:
        if self.fails:
            raise self.fails
        self.names.append(name)
        (self.store.folder / name).write_bytes(bytes(HEADER_BYTES))

    def begin(self, contact: str = "c1") -> bool:
        return self.recorder.begin(contact, TALK, self)

    def sound(self, seconds: float, contact: str = "c1") -> None:
        self.store.path("talk", contact).write_bytes(bytes(HEADER_BYTES + round(seconds * 16_000)))

    def moved(self, new: ContactState, agent: str | None = "1001", talk_s: float = 0.0) -> None:
        fact = ContactMoved(
            1.0, "c1", "voice", Language.KO, "tax", "tax", None, new, agent, 0.0, 0.0, False, None, None, talk_s
        )
        self.recorder.receive([fact])

    def transferred(self, to: str, detail: str) -> None:
        self.recorder.receive([TalkNoted(2.0, "c1", to, "transfer", detail, "1001")])

    def said(self) -> list[str]:
        return [note[3] for note in self.notes]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "recordings")


def test_a_talk_from_its_beginning_to_its_end(desk: Desk) -> None:
    assert desk.begin()
    assert desk.names == ["talk/c1.wav"]
    assert desk.notes == []  # nobody talks yet
    desk.moved(ContactState.CONNECTED)
    desk.sound(60)
    desk.moved(ContactState.WRAPUP, talk_s=63.0)
    desk.moved(ContactState.COMPLETED)
    assert desk.notes == [("c1", "1001", "recording", "started:talk"), ("c1", "1001", "recording", "stopped")]


def test_who_hung_up_before_a_talk_leaves_no_empty_file(desk: Desk) -> None:
    desk.begin()
    desk.moved(ContactState.ABANDONED, agent=None)
    assert desk.notes == []
    assert not desk.store.path("talk", "c1").exists()


def test_the_key_pauses_and_goes_on_and_tells_when_it_could_not(desk: Desk) -> None:
    assert desk.recorder.toggle("c1", "1001") is Toggled.NONE
    desk.begin()
    desk.moved(ContactState.CONNECTED)
    assert desk.recorder.toggle("c1", "1001") is Toggled.PAUSED
    desk.tape.answers = False
    assert desk.recorder.toggle("c1", "1001") is Toggled.UNCHANGED
    desk.tape.answers = True
    assert desk.recorder.toggle("c1", "1001") is Toggled.RESUMED
    assert desk.tape.done == [
        ("pause", "PJSIP/carrier-c1"),
        ("resume", "PJSIP/carrier-c1"),
        ("resume", "PJSIP/carrier-c1"),
    ]
    assert desk.said() == ["started:talk", "paused", "resumed"]


def test_an_engine_that_finds_a_recording_pauses_it_first(desk: Desk) -> None:
    desk.store.make("talk")
    desk.sound(3)
    assert desk.recorder.toggle("c1", "1001") is Toggled.PAUSED
    desk.moved(ContactState.WRAPUP, talk_s=3.0)
    assert desk.said() == ["paused", "stopped"]


def test_the_next_agent_is_not_left_with_the_last_ones_pause(desk: Desk) -> None:
    desk.begin()
    desk.moved(ContactState.CONNECTED)
    desk.recorder.toggle("c1", "1001")
    desk.moved(ContactState.CONNECTED, agent="1002")
    assert desk.tape.done[-1][0] == "resume"
    assert desk.notes[-1] == ("c1", "1002", "recording", "resumed")


def test_an_official_is_not_recorded_unless_the_class_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "one")
    desk.begin()
    desk.moved(ContactState.CONNECTED)
    desk.transferred("1002", "consult:answered")  # a colleague
    desk.transferred(OFFICIAL, "consult:returned")
    assert desk.tape.done == []
    desk.transferred(OFFICIAL, "consult:answered")
    desk.moved(ContactState.WRAPUP, agent=OFFICIAL, talk_s=300.0)
    assert desk.tape.done == [("stop", "PJSIP/carrier-c1")]
    assert desk.said() == ["started:talk", "stopped:official"]
    assert desk.recorder.toggle("c2", "1001") is Toggled.NONE
    kinds = dataclasses.replace(city().recordings, classes={"talk": RecordingClass("talk", 90, officials=True)})
    desk = Desk(tmp_path / "two", dataclasses.replace(city(), recordings=kinds))
    desk.begin()
    desk.moved(ContactState.CONNECTED)
    desk.transferred(OFFICIAL, "consult:answered")
    assert desk.tape.done == []


def test_a_full_disk_and_a_pbx_that_refuses_cost_the_recording_and_never_the_call(desk: Desk) -> None:
    desk.store.has_room = False
    assert not desk.begin()
    desk.store.has_room = True
    desk.fails = AgiFault("no such application")
    assert not desk.begin()
    assert desk.said() == ["skipped", "failed"]
    desk.moved(ContactState.CONNECTED)
    assert len(desk.notes) == 2


@pytest.mark.parametrize(
    ("seconds", "talk_s", "said"), [(0.0, 60.0, "failed"), (10.0, 60.0, "failed"), (2.0, 5.0, "stopped")]
)
def test_a_recording_that_holds_too_little_is_an_alarm(desk: Desk, seconds: float, talk_s: float, said: str) -> None:
    desk.begin()
    desk.moved(ContactState.CONNECTED)
    desk.sound(seconds)
    desk.moved(ContactState.WRAPUP, talk_s=talk_s)
    assert desk.said()[-1] == said


def test_a_file_that_is_gone_is_one_too(desk: Desk) -> None:
    desk.begin()
    desk.moved(ContactState.CONNECTED)
    desk.store.path("talk", "c1").unlink()
    desk.moved(ContactState.WRAPUP, talk_s=3.0)
    assert desk.said()[-1] == "failed"
