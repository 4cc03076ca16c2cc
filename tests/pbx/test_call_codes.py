"""Agents' feature codes on real phones: they act before they speak, and the PBX hangs up within three seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from calls import Log, agents_of, dial_in, logged_in, prompts_heard, say_code, wait_state
from centre import SLACK_S, Centre, wait_for

from engine.phone import Phone


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=60")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


@pytest.fixture(scope="module")
def agent(centre: Centre) -> Iterator[Phone]:
    with centre.agent("1001", answers=True) as phone:
        yield phone


@pytest.mark.parametrize(
    ("code", "presence", "reason", "prompt"),
    [
        ("*11", "available", None, "agent_available"),
        ("*121", "away", "lunch", "agent_away"),
        ("*125", "away", "other", "agent_away"),
        ("*13", "offline", None, "agent_logged_out"),
    ],
)
def test_a_code_acts_then_confirms_and_ends_within_three_seconds(
    centre: Centre, agent: Phone, code: str, presence: str, reason: str | None, prompt: str
) -> None:
    began = agent.call(code)
    wait_for(lambda: agents_of(centre)["1001"]["presence"] == presence, 2, centre.said)
    ended = agent.wait_ended(5, after=began)
    assert ended.at_s - began <= 3 + SLACK_S
    assert agents_of(centre)["1001"]["reason"] == reason
    assert [p.name for p in prompts_heard(centre, agent.heard(), f"ko/{prompt}")] == [f"ko/{prompt}"]


def test_away_asks_why_and_takes_one_key(centre: Centre, agent: Phone) -> None:
    say_code(centre, agent, "*11", "available")
    began = agent.call("*12")
    wait_for(lambda: agents_of(centre)["1001"]["presence"] == "away", 2, centre.said)
    agent.wait_talking(3, after=began)
    time.sleep(0.4)
    agent.keys("4")
    wait_for(lambda: agents_of(centre)["1001"]["reason"] == "meeting", 2, centre.said)
    assert agent.wait_ended(5, after=began).at_s - began <= 3 + SLACK_S


def test_a_code_acts_when_it_is_hung_up_at_once(centre: Centre, agent: Phone) -> None:
    began = agent.call("*11")
    agent.wait_talking(3, after=began)
    agent.hang_up()
    wait_for(lambda: agents_of(centre)["1001"]["presence"] == "available", 3, centre.said)
    wait_state(centre, "1001", "available", "idle")


@pytest.mark.parametrize("code", ["*14", "*15"])
def test_what_does_not_apply_changes_nothing_and_says_so(centre: Centre, agent: Phone, code: str) -> None:
    before = agents_of(centre)["1001"]
    began = agent.call(code)
    assert agent.wait_ended(5, after=began).at_s - began <= 3 + SLACK_S
    heard = prompts_heard(centre, agent.heard(), "ko/agent_not_applicable")
    assert [p.name for p in heard] == ["ko/agent_not_applicable"]
    assert agents_of(centre)["1001"]["presence"] == before["presence"]


def test_wrap_up_is_extended_and_ended_by_code(centre: Centre, agent: Phone) -> None:
    log = Log(centre)
    say_code(centre, agent, "*11", "available")
    with centre.citizen() as citizen:
        began = dial_in(citizen, "10")
        agent.wait_talking(5, after=began)
        log.wait("contact.moved", new="connected")
        citizen.hang_up()
        agent.wait_ended(5, after=began)
    wait_state(centre, "1001", "available", "wrapup")
    began = agent.call("*15")
    agent.wait_ended(5, after=began)
    assert [p.name for p in prompts_heard(centre, agent.heard(), "ko/agent_wrapup_extended")]
    wait_state(centre, "1001", "available", "wrapup")
    began = agent.call("*14")
    agent.wait_ended(5, after=began)
    wait_state(centre, "1001", "available", "idle")
    say_code(centre, agent, "*13", "offline")


def test_away_during_a_call_comes_after_it(centre: Centre) -> None:
    with logged_in(centre, "1002") as [agent], centre.citizen() as citizen:
        began = dial_in(citizen, "10")
        agent.wait_talking(5, after=began)
        code = agent.call("*123")  # a second line of the same phone
        agent.wait_ended(6, after=code)
        wait_state(centre, "1002", "available", "connected")
        citizen.hang_up()
        wait_for(lambda: agents_of(centre)["1002"]["presence"] == "away", 5, centre.said)


def test_who_is_no_agent_reaches_no_code(centre: Centre) -> None:
    with centre.citizen() as citizen:
        began = citizen.call("*11")
        citizen.wait_ended(5, after=began)
        assert citizen.events("CALL_ESTABLISHED", after=began) == []
