"""A citizen's call on a real Asterisk with real phones: greeting, language, topic, agent, goodbye."""

from __future__ import annotations

import time

import pytest
from calls import (
    Log,
    dial_in,
    logged_in,
    longest_silence_s,
    prompts_heard,
    sleep_until,
    wait_heeded,
    wait_prompt,
    wait_quiet,
    wait_state,
)
from centre import NUMBER, SLACK_S, Centre

from engine import ears
from engine.phone import INCOMING


def test_a_caller_who_presses_nothing(open_centre: Centre) -> None:
    """Greeting of 13 s, one question of at most 8 s, any Korean agent; never more than 1 s without sound."""
    with logged_in(open_centre, "1001") as [agent], open_centre.citizen() as citizen:
        log = Log(open_centre)
        began = citizen.call(NUMBER)
        answered = citizen.wait_talking(5, after=began)
        rang = agent.wait(INCOMING, 25, after=began)
        agent.wait_talking(5, after=rang.at_s)
        heard = citizen.heard()
        assert longest_silence_s(heard) <= 1.0
        found = {
            prompt.name: prompt.from_s for prompt in prompts_heard(open_centre, heard, "greeting", "ko/topic_question")
        }
        assert found["ko/topic_question"] - found["greeting"] == pytest.approx(13.0, abs=0.5)
        assert found["greeting"] < 0.7
        assert rang.at_s - answered.at_s <= 13 + 8 + SLACK_S
        time.sleep(0.5)
        agent.hang_up()
        citizen.wait_ended(5, after=began)
        moved = log.lines("contact.moved", new="connected")
        assert [(line["language"], line["topic"], line["agent_id"]) for line in moved] == [("ko", "any", "1001")]
        assert log.wait("call.ended")["outcome"] == "served"
        names = [prompt.name for prompt in prompts_heard(open_centre, citizen.heard(), "ko/goodbye")]
        assert names == ["ko/goodbye"]
        wait_state(open_centre, "1001", "available", "idle")


@pytest.mark.parametrize(
    ("key", "language", "extension"),
    [("1", "ko", "1001"), ("2", "en", "1003"), ("3", "ja", "1006"), ("4", "zh", "1012")],
)
def test_each_language_has_its_key_its_question_and_its_agents(
    open_centre: Centre, key: str, language: str, extension: str
) -> None:
    others = ["1002"] if extension != "1002" else []  # a Korean-only agent who is idle longer
    with logged_in(open_centre, *others, extension) as phones, open_centre.citizen() as citizen:
        log = Log(open_centre)
        if language == "ko":
            open_centre.code(phones[0], "*13")
        began = citizen.call(NUMBER)
        citizen.wait_talking(5, after=began)
        wait_heeded(log, citizen.user)
        citizen.keys(key)
        wait_prompt(open_centre, citizen, f"{language}/topic_question")
        citizen.keys("0")
        phones[-1].wait_talking(8, after=began)
        assert not phones[0].events(INCOMING, after=began) or extension == phones[0].user
        assert log.wait("contact.moved", new="connected")["language"] == language
        assert longest_silence_s(citizen.heard()) <= 1.0
        assert [p.name for p in prompts_heard(open_centre, citizen.heard(), f"{language}/topic_question")]
        citizen.hang_up()


def test_a_key_just_after_the_greeting_is_the_language(open_centre: Centre) -> None:
    with open_centre.citizen() as citizen:
        log = Log(open_centre)
        began = citizen.call(NUMBER)
        answered = citizen.wait_talking(5, after=began)
        sleep_until(answered.at_s + 14.2)  # it lasts 13 s, and a key up to 2 s after it is the language
        citizen.keys("2")
        line = log.wait("call.chose", 3, menu="language", choice="2")
        assert line
        wait_prompt(open_centre, citizen, "en/topic_question")
        citizen.hang_up()
        wait_quiet(open_centre)


def test_keys_typed_ahead_over_all_menus(open_centre: Centre) -> None:
    with logged_in(open_centre, "1002") as [agent], open_centre.citizen() as citizen:  # water: 4
        log = Log(open_centre)
        began = dial_in(citizen, "192")
        agent.wait_talking(5, after=began)
        assert log.wait("contact.moved", new="connected")["topic"] == "water"
        assert time.monotonic() - began < 4 + SLACK_S  # the greeting alone is longer
        citizen.hang_up()
        wait_state(open_centre, "1002", "available", "idle")


def test_wrong_keys_are_asked_again(open_centre: Centre) -> None:
    again = "language_again"  # `wrong_key` begins with the same words: ears take it for this one
    with open_centre.citizen() as citizen:
        log = Log(open_centre)
        began = citizen.call(NUMBER)
        citizen.wait_talking(5, after=began)
        wait_heeded(log, citizen.user)
        for key, then in (("7", again), ("7", again), ("7", "ko/topic_question"), ("6", again)):
            asked = citizen.heard_s()
            citizen.keys(key)
            wait_prompt(open_centre, citizen, then, after_s=asked)
        citizen.keys("7")
        log.wait("contact.moved", 3, new="queued")
        assert [line["choice"] for line in log.lines("call.chose")] == ["wrong"] * 5
        assert log.lines("contact.moved", new="queued")[0]["topic"] == "any"
        names = [p.name for p in prompts_heard(open_centre, citizen.heard(), again, "ko/topic_question")]
        assert names == [again, again, "ko/topic_question", again]
        citizen.hang_up()
        wait_quiet(open_centre)


def test_back_and_repeat(open_centre: Centre) -> None:
    with open_centre.citizen() as citizen:
        log = Log(open_centre)
        dial_in(citizen, "1")
        question, more = "ko/topic_question", "ko/topic_more"
        asked = 0.0
        for heard, key in ((question, "#"), (question, "9"), (more, "*"), (question, "3")):
            wait_prompt(open_centre, citizen, heard, after_s=asked)
            asked = citizen.heard_s()
            citizen.keys(key)
        log.wait("contact.moved", 3, new="queued", topic="passport")
        names = [p.name for p in prompts_heard(open_centre, citizen.heard(), question, more)]
        assert names == [question, question, more, question]
        time.sleep(0.5)
        citizen.keys("*")  # while waiting: back to the menu
        asked = citizen.heard_s()
        log.wait("contact.moved", 3, new="ivr")
        wait_prompt(open_centre, citizen, question, after_s=asked)
        citizen.keys("2")
        log.wait("contact.moved", 3, new="queued", topic="vehicle")
        citizen.hang_up()
        log.wait("contact.moved", 3, new="abandoned")


def test_position_is_said_and_the_music_comes_back(open_centre: Centre) -> None:
    with open_centre.citizen("01011110001") as first, open_centre.citizen("01011110002") as second:
        for citizen in (first, second):
            dial_in(citizen, "10")
        wait_prompt(open_centre, second, "ko/position_2", 15)
        time.sleep(4)  # its other half, and music again
        heard = second.heard()
        names = [p.name for p in prompts_heard(open_centre, heard, "ko/position_1", "ko/position_2")]
        assert names == ["ko/position_2"]
        frames = ears.loudness(heard)
        assert ears.longest_silence_s(frames) <= 1.0
        assert ears.sound_s(frames[-100:]) > 0.5  # the music
        for citizen in (first, second):
            citizen.hang_up()
        wait_quiet(open_centre)
