"""Consultation with real phones: by *2 and by AMI Atxfer, to an official, a colleague and a queue."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from asterisk.ami import Action
from calls import longest_silence_s, prompts_heard, wait_quiet, wait_state
from centre import SLACK_S, Centre, wait_for
from handovers import ask_for, official, talk
from witness import Witness

from engine.phone import CLOSED, INCOMING

OFFICIAL = "7101"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.ring_timeout_s=4")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


def test_an_official_is_spoken_with_and_then_has_the_citizen(centre: Centre) -> None:
    with official(centre, OFFICIAL) as desk, talk(centre) as (log, citizen, agent):
        began = ask_for(agent, OFFICIAL)
        desk.wait_talking(6, after=began)
        wait_state(centre, "1001", "available", "hold")
        time.sleep(1.0)
        assert longest_silence_s(citizen.heard()) <= 1.0  # music
        agent.hang_up()
        moved = log.wait("contact.moved", new="connected", agent_id=OFFICIAL)
        wait_state(centre, "1001", "available", "idle")
        time.sleep(1.0)
        assert citizen.events(CLOSED) == []
        assert desk.events(CLOSED) == []
        assert len(centre.channels()) == 2, centre.channels()
        desk.hang_up()
        citizen.wait_ended(8)
        over = log.wait("contact.moved", new="completed")
        assert over["contact_id"] == moved["contact_id"] == log.lines("contact.moved")[0]["contact_id"]
        end = next(line for line in log.lines("contact.moved", old="connected") if line["agent_id"] == OFFICIAL)
        assert 0.8 <= end["talk_s"] <= 4 + SLACK_S
        assert len([line for line in log.lines("contact.moved") if line["offered"]]) == 1
        assert len([line for line in log.lines("contact.moved") if line["within_threshold"] is not None]) == 1
        assert log.wait("talk.noted", what="transfer", by="1001", agent_id=OFFICIAL)["detail"] == "consult:answered"
        assert [p.name for p in prompts_heard(centre, citizen.heard(), "ko/goodbye")] == ["ko/goodbye"]


def test_who_does_not_come_is_told_and_the_agent_is_back(centre: Centre) -> None:
    with official(centre, OFFICIAL, answers=False) as desk, talk(centre) as (log, citizen, agent):
        began = ask_for(agent, OFFICIAL)
        desk.wait(INCOMING, 6, after=began)
        desk.hang_up()  # declines
        log.wait("talk.noted", 6, detail="consult:returned", by="1001", agent_id=OFFICIAL)
        wait_state(centre, "1001", "available", "connected")
        heard = [
            p.name for p in prompts_heard(centre, agent.heard(), "ko/agent_consult_number", "ko/agent_target_busy")
        ]
        assert heard == ["ko/agent_consult_number", "ko/agent_target_busy"]
        assert prompts_heard(centre, citizen.heard(), "ko/agent_target_busy") == []
        time.sleep(1.5)  # the PBX's own low tone, which says that agent and citizen are back with each other
        began = ask_for(agent, OFFICIAL)
        desk.wait(INCOMING, 6, after=began)
        agent.keys("*2")  # and back again
        desk.wait(CLOSED, 5, after=began)
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []


def test_what_is_in_no_directory_is_refused(centre: Centre) -> None:
    with talk(centre) as (log, citizen, agent):
        ask_for(agent, "0109")
        log.wait("talkkey.pressed", 6, said="agent_transfer_refused")
        time.sleep(2.2)
        heard = [p.name for p in prompts_heard(centre, agent.heard(), "ko/agent_transfer_refused")]
        assert heard == ["ko/agent_transfer_refused"]
        assert len(centre.channels()) == 2, centre.channels()
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []


def by_ami(centre: Centre, ami: Witness, target: str) -> float:
    """As a desk does it; the moment at which it was asked."""
    channel = next(name for name in centre.channels() if name.startswith("PJSIP/1001-"))
    began = time.monotonic()
    ami.send(Action("Atxfer", {"Channel": channel, "Context": "consult", "Exten": target}))
    return began


def test_a_colleague_by_ami_as_a_desk_asks_for_it(centre: Centre) -> None:
    with centre.agent("1005", answers=True) as colleague, talk(centre) as (log, citizen, agent), Witness(centre) as ami:
        began = by_ami(centre, ami, "1005")
        colleague.wait_talking(5, after=began)
        wait_state(centre, "1005", "offline", "other")
        agent.hang_up()
        log.wait("contact.moved", new="connected", agent_id="1005")
        wait_state(centre, "1005", "offline", "connected")
        time.sleep(0.5)
        assert citizen.events(CLOSED) == []
        colleague.hang_up()
        citizen.wait_ended(8)
        assert log.wait("contact.moved", new="completed")["agent_id"] == "1005"
        wait_state(centre, "1005", "offline", "idle")


def test_an_official_by_ami_and_what_is_none(centre: Centre) -> None:
    with official(centre, OFFICIAL) as desk, talk(centre) as (log, citizen, agent), Witness(centre) as ami:
        began = by_ami(centre, ami, "9999")  # judged by the session that would ring it
        log.wait("consult.ended", said="agent_transfer_refused")
        agent_back = wait_for(lambda: log.lines("agent.moved", old_work="hold", work="connected"), 6, centre.said)
        assert agent_back
        time.sleep(1.5)
        began = by_ami(centre, ami, OFFICIAL)
        desk.wait_talking(5, after=began)
        agent.hang_up()
        log.wait("contact.moved", new="connected", agent_id=OFFICIAL)
        desk.hang_up()
        citizen.wait_ended(8)


def test_a_queue_by_ami(centre: Centre) -> None:
    with talk(centre) as (log, citizen, agent), Witness(centre) as ami:
        began = by_ami(centre, ami, "8005")
        agent.wait_ended(8, after=began)
        assert log.wait("contact.moved", new="queued", queue="tax")["offered"]
        wait_state(centre, "1001", "available", "idle")
        wait_for(lambda: len(centre.channels()) == 1, 5, lambda: str(centre.channels()))
        assert citizen.events(CLOSED) == []


def test_twenty_seconds_without_an_answer(centre: Centre) -> None:
    with official(centre, OFFICIAL, answers=False) as desk, talk(centre) as (log, citizen, agent):
        began = ask_for(agent, OFFICIAL)
        rang = desk.wait(INCOMING, 6, after=began)
        ended = desk.wait(CLOSED, 25, after=began)
        assert 18 <= ended.at_s - rang.at_s <= 21 + SLACK_S
        log.wait("talk.noted", 6, detail="consult:returned", by="1001", agent_id=OFFICIAL)
        wait_state(centre, "1001", "available", "connected")
        heard = [p.name for p in prompts_heard(centre, agent.heard(), "ko/agent_target_no_answer")]
        assert heard == ["ko/agent_target_no_answer"]
        assert longest_silence_s(citizen.heard()) <= 1.0
        assert citizen.events(CLOSED) == []


def test_the_citizen_hangs_up_meanwhile(centre: Centre) -> None:
    """Agent and official may finish: no call is offered to the agent before they have."""
    with official(centre, OFFICIAL) as desk, talk(centre) as (log, citizen, agent):
        began = ask_for(agent, OFFICIAL)
        desk.wait_talking(6, after=began)
        citizen.hang_up()
        log.wait("contact.moved", new="completed")
        assert log.wait("talk.noted", what="transfer")["detail"] == "consult:abandoned"
        wait_state(centre, "1001", "available", "other")
        assert desk.events(CLOSED) == []
        agent.hang_up()
        wait_quiet(centre)
        wait_state(centre, "1001", "available", "idle")
