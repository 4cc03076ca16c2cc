"""The engine is killed while a citizen is being handed on: a row of docs/engine-life.md each, with real phones."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from calls import Log, agents_of, prompts_heard, wait_state
from centre import Centre, wait_for
from handovers import ask_for, official, talk

from engine.phone import CLOSED

DESK = "7101"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=0")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


def kill(centre: Centre) -> Log:
    """kill -9, and wait for the next engine to have read the PBX; its log from then on."""
    log = Log(centre)
    pid = centre.kill_engine()
    centre.wait_ready(not_pid=pid)
    log.wait("pbx.read")
    return log


def test_killed_in_a_consultation_the_next_engine_takes_it_over(centre: Centre) -> None:
    with official(centre, DESK) as desk, talk(centre) as (_, citizen, agent):
        began = ask_for(agent, DESK)
        desk.wait_talking(6, after=began)
        log = kill(centre)
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []
        assert desk.events(CLOSED) == []
        agent.hang_up()
        log.wait("contact.moved", new="connected", agent_id=DESK)
        assert log.wait("talk.noted", by="1001", agent_id=DESK)["detail"] == "consult:answered"
        wait_state(centre, "1001", "available", "idle")
        time.sleep(0.5)
        assert citizen.events(CLOSED) == []
        desk.hang_up()
        citizen.wait_ended(8)
        assert log.wait("contact.moved", new="completed")["agent_id"] == DESK
        assert "RM_OFFICIAL" not in centre.console("dialplan show globals")
        heard = [p.name for p in prompts_heard(centre, citizen.heard(), "ko/served_goodbye")]
        assert heard == ["ko/served_goodbye"]  # the session is gone; whoever has talked is not queued again


def test_killed_while_the_official_talks_the_talk_goes_on_and_is_on_the_record(centre: Centre) -> None:
    with official(centre, DESK) as desk, talk(centre) as (before, citizen, agent):
        began = ask_for(agent, DESK)
        desk.wait_talking(6, after=began)
        agent.hang_up()
        contact = before.wait("contact.moved", new="connected", agent_id=DESK)["contact_id"]
        time.sleep(0.5)
        log = kill(centre)
        assert log.wait("contact.moved", new="connected", agent_id=DESK)["contact_id"] == contact
        assert agents_of(centre)["1001"]["work"] == "idle"
        assert citizen.events(CLOSED) == []
        citizen.hang_up()
        wait_for(lambda: desk.events(CLOSED), 4, centre.said)
        over = log.wait("contact.moved", new="completed")
        assert (over["contact_id"], over["agent_id"]) == (contact, DESK)


def test_killed_while_the_colleague_is_rung_nobody_is_taken_for_the_citizens_agent(centre: Centre) -> None:
    with centre.agent("1005", answers=False) as colleague, talk(centre) as (_, citizen, agent):
        began = ask_for(agent, "1005")
        colleague.wait("CALL_INCOMING", 6, after=began)
        log = kill(centre)
        wait_state(centre, "1001", "available", "connected")
        assert agents_of(centre)["1005"]["work"] == "other"
        colleague.hang_up()
        log.wait("talk.noted", detail="consult:returned", by="1001")
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []
        assert {line["agent_id"] for line in log.lines("contact.moved", new="connected")} == {"1001"}
