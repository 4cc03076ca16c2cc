"""Recordings of talks, on real phones that each sound their own tone: what is in the file, and what is not."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import time
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from calls import Log, dial_in, logged_in, prompts_heard, say_code, wait_prompt, wait_quiet, wait_state
from centre import SLACK_S, Centre, wait_for
from handovers import ask_for, official
from tones import first_heard_s, heard_by, sounding, tones_in

from acd.core.facts import TalkNoted
from acd.journal.read import timeline
from engine.phone import CLOSED, ESTABLISHED, RATE_HZ, Phone
from engine.settings import default_rules

NOTICE_S = 3.64  # ko/recording_notice


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    shutil.copytree(default_rules(), folder / "rules")
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.recording=talk")
    words += ("--set", "queues.defaults.whisper=false")  # who has waited for ten seconds would be told of
    with Centre.start(folder, "--at", "2026-11-24T10:00", "--rules", str(folder / "rules"), *words) as centre:
        yield centre


@contextmanager
def talk(
    centre: Centre, folder: Path, *, extension: str = "1002", keys: str = "10"
) -> Iterator[tuple[Log, Phone, Phone, str]]:
    """A citizen talks with an agent, and has just been joined: the log, both phones, the contact's id."""
    with sounding(centre, folder, extension) as agent, sounding(centre, folder, "citizen") as citizen:
        say_code(centre, agent, "*11", "available")
        log = Log(centre)
        began = dial_in(citizen, keys)
        agent.wait_talking(8, after=began)
        contact = log.wait("contact.moved", new="connected")["contact_id"]
        wait_for(lambda: heard_by(agent) == {"citizen"}, 8, "they are not joined")
        yield log, citizen, agent, contact
        citizen.hang_up()
        wait_quiet(centre)
        say_code(centre, agent, "*13", "offline")


def recording(centre: Centre, contact: str, kind: str = "talk") -> array[int]:
    """The samples of the contact's recording, once it is closed."""
    path = centre.state / "recordings" / kind / f"{contact}.wav"

    def closed() -> bool:
        with wave.open(str(path)) as file:
            return file.getnframes() > 0

    wait_for(closed, 5, lambda: f"{path} has no sound")
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE_HZ, 2, 1)
        samples = array("h")
        samples.frombytes(file.readframes(file.getnframes()))
        return samples


def noted(centre: Centre, contact: str, what: str, until: str) -> list[str]:
    """What the journal has noted of this contact, once `until` is among it."""

    def details() -> list[str]:
        facts = timeline(centre.settings.database, contact)
        found = [fact.detail for fact in facts if isinstance(fact, TalkNoted) and fact.what == what]
        return found if until in found else []

    found: list[str] = wait_for(details, 5, lambda: f"no {what} {until}: {timeline(centre.settings.database, contact)}")
    return found


def test_both_voices_are_recorded_and_only_the_owner_may_read_them(centre: Centre, tmp_path: Path) -> None:
    with talk(centre, tmp_path) as (_, citizen, agent, contact):
        time.sleep(2)
        agent.hang_up()
        citizen.wait_ended(8)
    samples = recording(centre, contact)
    second = samples[len(samples) // 2 - RATE_HZ // 2 : len(samples) // 2 + RATE_HZ // 2]
    assert tones_in(second) == {"citizen", "1002"}
    assert 2 <= len(samples) / RATE_HZ <= 3 + SLACK_S  # neither ringing nor the notice nor the goodbye is in it
    assert prompts_heard(centre, samples, "ko/recording_notice", "ko/goodbye") == []
    path = centre.state / "recordings" / "talk" / f"{contact}.wav"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert noted(centre, contact, "recording", "stopped") == ["started:talk", "stopped"]


def test_the_notice_is_heard_to_its_end_before_the_agent_whoever_answers_at_once(
    centre: Centre, tmp_path: Path
) -> None:
    with talk(centre, tmp_path) as (log, citizen, agent, _):
        time.sleep(1)
        heard = citizen.heard()
        [notice] = prompts_heard(centre, heard, "ko/recording_notice")
        joined_s = first_heard_s(heard, "1002")
        assert joined_s is not None
        assert NOTICE_S - 0.3 <= joined_s - notice.from_s <= NOTICE_S + SLACK_S
        assert [one.name for one in prompts_heard(centre, agent.heard(), "ko/agent_notice_plays")]
        assert log.lines("contact.moved", new="reserved")[0]["waited_s"] < NOTICE_S / 2  # nobody's match waited for it


def test_who_waits_hears_it_then_and_is_joined_at_once(centre: Centre, tmp_path: Path) -> None:
    with (
        sounding(centre, tmp_path, "1002") as agent,
        sounding(centre, tmp_path, "citizen") as citizen,
    ):
        log = Log(centre)
        dial_in(citizen, "10")
        log.wait("contact.moved", new="queued")
        wait_prompt(centre, citizen, "ko/recording_notice")
        time.sleep(NOTICE_S)
        say_code(centre, agent, "*11", "available", "connected")
        wait_for(lambda: first_heard_s(agent.heard(), "citizen") is not None, 8, "they are not joined")
        joined_s = first_heard_s(agent.heard(), "citizen")
        assert joined_s is not None
        assert joined_s < 1  # less than ten seconds of waiting are not whispered: there is nothing to wait for
        assert len(prompts_heard(centre, citizen.heard(), "ko/recording_notice")) == 1
        citizen.hang_up()
        wait_quiet(centre)
        say_code(centre, agent, "*13", "offline")


def test_a_pause_is_silence_and_only_the_agent_makes_it(centre: Centre, tmp_path: Path) -> None:
    with talk(centre, tmp_path) as (log, citizen, agent, contact):
        citizen.keys("*3")
        time.sleep(1.5)
        agent.keys("*3")
        log.wait("recording.toggled", contact_id=contact, result="paused")
        time.sleep(3)  # while a resident number is said
        assert heard_by(citizen) == {"1002"}  # they go on talking
        agent.keys("*3")
        log.wait("recording.toggled", contact_id=contact, result="resumed")
        names = ("ko/agent_recording_paused", "ko/agent_recording_resumed")
        wait_prompt(centre, agent, names[1])
        wait_for(lambda: heard_by(citizen) == {"1002"} and heard_by(agent) == {"citizen"}, 5, "they do not talk again")
        time.sleep(2)
        assert [one.name for one in prompts_heard(centre, agent.heard(), *names)] == list(names)
        assert prompts_heard(centre, citizen.heard(), *names) == []
    samples = recording(centre, contact)
    halves = [samples[at : at + RATE_HZ // 2] for at in range(0, len(samples), RATE_HZ // 2)]
    silent = [at for at, half in enumerate(halves) if not any(half)]
    assert len(silent) >= 4  # nothing at all, for at least two seconds
    assert silent == list(range(silent[0], silent[-1] + 1))
    assert tones_in(halves[silent[0] - 3]) == {"citizen", "1002"}
    assert tones_in(halves[-3]) == {"citizen", "1002"}
    assert noted(centre, contact, "recording", "stopped") == ["started:talk", "paused", "resumed", "stopped"]


def test_the_engine_dies_in_a_warning_and_talk_and_recording_go_on(centre: Centre, tmp_path: Path) -> None:
    with talk(centre, tmp_path) as (log, citizen, agent, contact):
        agent.keys("*4")
        log.wait("talk.noted", contact_id=contact, detail="warned")
        pid = centre.kill_engine()
        wait_for(lambda: heard_by(citizen) == {"1002"}, 4, "the talk does not go on")
        time.sleep(1.5)
        centre.wait_ready(not_pid=pid)
        wait_state(centre, "1002", "available", "connected")
        again = Log(centre)
        agent.keys("*3")  # the new engine's first one pauses
        again.wait("recording.toggled", contact_id=contact, result="paused")
        time.sleep(2)
        assert citizen.events(CLOSED) == []
    samples = recording(centre, contact)
    seconds = [samples[at : at + RATE_HZ] for at in range(0, len(samples) - RATE_HZ, RATE_HZ)]
    assert any(tones_in(second) == {"citizen", "1002"} for second in seconds)
    assert not any(samples[-RATE_HZ:])


def test_the_safety_net_records_nothing(centre: Centre) -> None:
    with logged_in(centre, "1001", answers=False) as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = dial_in(citizen, "10")
        agent.wait("CALL_INCOMING", 8, after=began)
        contact = log.wait("contact.moved", new="reserved")["contact_id"]
        assert contact
        path = centre.state / "recordings" / "talk" / f"{contact}.wav"
        wait_for(path.exists, 3)
        before = centre.stop_engine()
        agent.hang_up()  # declined: the caller falls into the net's queue, which rings the agent again
        again = agent.wait("CALL_INCOMING", 15, after=time.monotonic())
        agent.accept("1001", again.call_id)
        agent.wait(ESTABLISHED, 5, after=again.at_s)
        time.sleep(2)
        citizen.hang_up()
        centre.wait_ready(not_pid=before)
        assert path.stat().st_size <= 44 if path.exists() else True


def test_what_is_said_with_an_official_is_not_recorded(centre: Centre, tmp_path: Path) -> None:
    with official(centre, "7101") as desk, talk(centre, tmp_path) as (log, citizen, agent, contact):
        began = ask_for(agent, "7101")
        desk.wait_talking(6, after=began)
        agent.hang_up()  # the official has the citizen
        log.wait("talk.noted", contact_id=contact, what="recording", detail="stopped:official")
        path = centre.state / "recordings" / "talk" / f"{contact}.wav"
        time.sleep(0.5)
        size = path.stat().st_size
        time.sleep(2.5)
        assert path.stat().st_size == size
        assert citizen.events(CLOSED) == []
        desk.hang_up()
        citizen.wait_ended(8)
    assert noted(centre, contact, "recording", "stopped:official") == ["started:talk", "stopped:official"]


def test_the_agents_warning_then_the_end(centre: Centre, tmp_path: Path) -> None:
    with talk(centre, tmp_path, extension="1003", keys="20") as (log, citizen, agent, contact):
        citizen.keys("*4*4")
        agent.keys("*4")
        log.wait("talk.noted", contact_id=contact, what="abuse", detail="warned")
        wait_prompt(centre, citizen, "en/abuse_warning")
        assert prompts_heard(centre, agent.heard(), "ko/agent_announcement")
        wait_for(lambda: heard_by(citizen) == {"1003"}, 12, "the talk does not go on")
        wait_for(lambda: heard_by(agent) == {"citizen"}, 4, "the talk does not go on for the agent")
        pressed = time.monotonic()
        agent.keys("*4")
        citizen.wait_ended(12, after=pressed)
        assert prompts_heard(centre, citizen.heard(), "en/abuse_end")
        agent.wait_ended(3, after=pressed)
        log.wait("contact.moved", contact_id=contact, new="completed")
        assert noted(centre, contact, "abuse", "ended") == ["warned", "ended"]
        assert "acd_abuse_terminations_total 1.0" in centre.metrics()


def test_without_room_on_the_disk_calls_go_on_and_it_heals_by_itself(centre: Centre, tmp_path: Path) -> None:
    queues = centre.settings.rules / "queues.yaml"
    rules = queues.read_text(encoding="utf-8")
    log = Log(centre)
    queues.write_text(rules.replace("keep_free_mb: 1000", "keep_free_mb: 9999999"), encoding="utf-8")
    os.kill(centre.engine_pid, signal.SIGHUP)
    log.wait("recordings.disk_low", 10)
    [reserve] = re.findall(r"^ringmaster_recordings_reserve_bytes (\S+)$", centre.metrics(), re.MULTILINE)
    assert float(reserve) == 9_999_999e6
    with talk(centre, tmp_path) as (_, citizen, _, contact):
        wait_for(lambda: heard_by(citizen) == {"1002"}, 5, "they do not talk")
    assert noted(centre, contact, "recording", "skipped") == ["skipped"]
    assert 'acd_recordings_total{result="skipped"} 1.0' in centre.metrics()
    assert not (centre.state / "recordings" / "talk" / f"{contact}.wav").exists()
    queues.write_text(rules, encoding="utf-8")
    os.kill(centre.engine_pid, signal.SIGHUP)
    log.wait("recordings.disk_well", 10)
