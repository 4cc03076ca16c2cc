"""The notice before a recorded talk: heard to its end, by whoever is joined, and in nobody's way."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from acd.port import Talk
from dialplan.decision import route
from dialplan.language import Language
from dialplan.talkrules import RecordingClass
from ivr import recording
from ivr.recorder import Recorder
from ivr.recordings import RecordingStore
from ivr.remembered import Wanted
from ivr.session import Call, Outcome
from ivr.waiting import wait_and_talk
from tests.unit.ivr.house import House, city

NOTICE_S = 3.5
QUEUES = {key: dataclasses.replace(queue, recording="talk") for key, queue in city().queues.items()}
RECORDED = dataclasses.replace(city(), queues=QUEUES)


class Tape:
    """A PBX that does what it is asked."""

    def pause(self, channel: str, *, paused: bool) -> bool:
        return bool(channel)

    def stop(self, channel: str) -> bool:
        return bool(channel)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(rules=RECORDED)
    recorder = Recorder(RecordingStore(tmp_path), Tape(), lambda: house.rules, house.acd.note, house.acd.channel_of)
    house.services = dataclasses.replace(house.services, recorder=recorder, length_s=lambda _, __: NOTICE_S)
    return house


def wait(house: House, call: Call, language: Language = Language.KO) -> Outcome | None:
    call.language = language
    found = route(house.rules, language, "passport")
    queue = house.rules.queues[found.queue or ""]
    return wait_and_talk(call, Wanted(queue, "passport", found.requirement, found.say, house.epoch))


def test_who_is_matched_at_once_hears_it_while_the_phone_rings(house: House) -> None:
    house.acd.free = ["1001"]
    call = house.call()
    assert wait(house, call, Language.EN) is Outcome.SERVED
    assert house.channel.heard[:3] == ["music:default", "record:talk/rm-1.1.wav", "dial:PJSIP/1001"]
    assert house.channel.dial_options == ["gitm(notice-en)U(whisper)"]
    until = float(house.channel.variables["__RM_NOTICE_UNTIL"])
    assert NOTICE_S <= until - house.epoch <= NOTICE_S + 0.5
    assert house.channel.variables["RM_RECORDING"] == "talk"
    assert call.notice_heard


def test_even_a_call_that_needs_no_whisper_waits_for_it(house: House) -> None:
    house.acd.free = ["1001"]
    call = house.call()
    queue = dataclasses.replace(house.rules.queues["general"], whisper=False)
    assert recording.before_dial(call, queue).gated
    assert wait(house, call) is Outcome.SERVED


def test_who_waits_hears_it_first_and_then_no_more(house: House) -> None:
    house.acd.ahead = 2
    house.acd.free_at = {"1001": 40.0}
    assert wait(house, house.call()) is Outcome.SERVED
    said = [sound for sound in house.channel.heard if sound.startswith("ko/")]
    assert said[0] == "ko/recording_notice"
    assert said.count("ko/recording_notice") == 1
    assert house.channel.dial_options == ["gitm(default)U(whisper)"]
    assert house.channel.variables["__RM_NOTICE_UNTIL"] == "0"


def test_cut_short_by_a_match_it_is_heard_again_in_the_dial(house: House) -> None:
    house.acd.ahead = 1
    house.acd.free_at = {"1001": 1.0}
    house.channel.press(1.0, "D")  # the dispatcher wakes them in the middle of the sentence
    wait(house, house.call())
    assert house.channel.cut == ["ko/recording_notice"]
    assert house.channel.dial_options == ["gitm(notice-ko)U(whisper)"]


def test_a_phone_that_rings_too_short_has_not_let_it_be_heard(house: House) -> None:
    house.acd.free = ["1001", "1002"]
    house.channel.dials = ["BUSY", "ANSWER"]
    house.channel.ring_s = 1.0
    wait(house, house.call())
    assert house.channel.dial_options[0] == "gitm(notice-ko)U(whisper)"
    assert house.channel.dial_options[1] == "gitm(notice-ko)U(whisper)"
    assert [sound for sound in house.channel.heard if sound.startswith("record:")] == ["record:talk/rm-1.1.wav"]


def test_a_phone_that_rang_for_long_has(house: House) -> None:
    house.acd.free = ["1001", "1002"]
    house.channel.dials = ["NOANSWER", "ANSWER"]
    house.channel.ring_s = 10.0
    wait(house, house.call())
    assert house.channel.dial_options[1] == "gitm(default)U(whisper)"


def test_a_queue_that_is_off_has_neither_notice_nor_recording(house: House) -> None:
    house.rules = city()
    house.acd.free = ["1001"]
    wait(house, house.call())
    assert house.channel.heard[:2] == ["music:default", "dial:PJSIP/1001"]
    assert "RM_RECORDING" not in house.channel.variables


def test_on_a_full_disk_the_call_goes_on_and_nobody_is_told_what_is_not_so(house: House) -> None:
    assert house.services.recorder is not None
    house.services.recorder.store.has_room = False
    house.acd.free = ["1001"]
    assert wait(house, house.call()) is Outcome.SERVED
    assert house.channel.dial_options == ["gitm(default)U(whisper)"]
    assert house.acd.said("note") == [("rm-1.1", "", "recording", "skipped", None)]


def test_a_session_that_follows_knows_what_was_heard_and_what_is_recorded(house: House) -> None:
    call = house.call()
    recording.remembered(call)
    assert (call.notice_heard, call.recorded) == (False, False)
    house.channel.variables |= {"RM_NOTICE_UNTIL": "0", "RM_RECORDING": "talk"}
    recording.remembered(call)
    assert (call.notice_heard, call.recorded) == (True, True)
    house.channel.variables["RM_NOTICE_UNTIL"] = f"{house.epoch + 60:.3f}"
    recording.remembered(call)
    assert not call.notice_heard


def test_sent_on_to_an_official_the_recording_ends_before_they_are_rung(house: House) -> None:
    call = house.call()
    recording.before_dial(call, house.rules.queues["tax"])
    house.channel.variables["RM_RECORDING"] = "talk"
    recording.before_official(call)
    assert house.channel.heard[-1] == "stop_recording"
    assert house.channel.variables["RM_RECORDING"] == ""
    assert house.acd.said("note") == [("rm-1.1", "", "recording", "stopped:elsewhere", None)]
    with_them = dataclasses.replace(
        house.rules.recordings, classes={"talk": RecordingClass("talk", 90, officials=True)}
    )
    house.rules = dataclasses.replace(house.rules, recordings=with_them)
    call = house.call()
    recording.before_dial(call, house.rules.queues["tax"])
    house.channel.variables["RM_RECORDING"] = "talk"
    recording.before_official(call)
    assert house.channel.heard[-1].startswith("record:")


def test_the_agents_key_says_what_came_of_it(house: House) -> None:
    channel = house.call().channel
    talk = Talk("rm-1.1", "PJSIP/1001-00000002")
    assert recording.pause_key(house.services, channel, "1001", talk) == "agent_recording_none"
    call = house.call()
    recording.before_dial(call, house.rules.queues["tax"])
    assert recording.pause_key(house.services, channel, "1001", talk) == "agent_recording_paused"
    assert recording.pause_key(house.services, channel, "1001", talk) == "agent_recording_resumed"
    nobody = dataclasses.replace(house.services, recorder=None)
    assert recording.pause_key(nobody, channel, "1001", talk) == "agent_recording_none"
