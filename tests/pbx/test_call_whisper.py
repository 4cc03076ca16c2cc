"""The agent hears whom they get, with real phones, while the caller goes on hearing music."""

from __future__ import annotations

import time
from array import array

from calls import (
    Log,
    agents_of,
    dial_in,
    logged_in,
    longest_silence_s,
    prompts_heard,
    say_code,
    sleep_until,
    wait_quiet,
)
from centre import Centre, wait_for

from engine import ears
from engine.phone import CLOSED

WORDS = ("ko/agent_language_ja", "ko/agent_topic_passport", "ko/agent_waited_10s")


def said_at_s(centre: Centre, samples: array[int], *words: str) -> list[float]:
    """When these recordings were heard one after the other: each alone is too short to be known again."""
    recordings = ears.prompts_in(centre.settings.sounds)
    in_a_row = array("h", (sample for word in words for sample in recordings[word]))
    return [heard.from_s for heard in ears.Ears(ears.known({"in a row": in_a_row})).hear(samples)]


def test_language_topic_and_waiting_time_before_the_caller_is_joined(open_centre: Centre) -> None:
    with open_centre.agent("1006", answers=True) as agent, open_centre.citizen() as citizen:
        log = Log(open_centre)
        dial_in(citizen, "33")
        log.wait("contact.moved", 10, new="queued", topic="passport", language="ja")
        sleep_until(time.monotonic() + 10.5)
        say_code(open_centre, agent, "*11", "available", "connected")
        log.wait("contact.moved", 8, new="connected", agent_id="1006")
        time.sleep(4.0)
        assert len(said_at_s(open_centre, agent.heard(), *WORDS)) == 1
        assert len(said_at_s(open_centre, agent.heard(), *WORDS[1:])) == 1
        assert said_at_s(open_centre, agent.heard(), "ko/agent_language_zh", "ko/agent_topic_tax") == []
        assert said_at_s(open_centre, citizen.heard(), *WORDS) == []
        assert longest_silence_s(citizen.heard()[: -8000 * 4]) <= 1.0
        citizen.hang_up()
        wait_quiet(open_centre)
        say_code(open_centre, agent, "*13", "offline")


def test_a_caller_who_hangs_up_meanwhile_leaves_nobody_behind(open_centre: Centre) -> None:
    with logged_in(open_centre, "1001") as [agent], open_centre.citizen() as citizen:
        began = dial_in(citizen, "13")
        agent.wait_talking(8, after=began)
        citizen.hang_up()
        agent.wait(CLOSED, 4, after=began)
        wait_quiet(open_centre)
        wait_for(lambda: agents_of(open_centre)["1001"]["work"] == "idle", 3, open_centre.said)


def test_an_agent_who_hangs_up_meanwhile_has_ended_the_talk(open_centre: Centre) -> None:
    with logged_in(open_centre, "1001") as [agent], open_centre.citizen() as citizen:
        log = Log(open_centre)
        began = dial_in(citizen, "13")
        agent.wait_talking(8, after=began)
        agent.hang_up()
        log.wait("contact.moved", 3, new="completed", agent_id="1001")
        citizen.wait_ended(8, after=began)
        assert [p.name for p in prompts_heard(open_centre, citizen.heard(), "ko/goodbye")] == ["ko/goodbye"]
