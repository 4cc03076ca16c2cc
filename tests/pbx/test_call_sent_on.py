"""Citizens who are sent on without a word before, with real phones: to officials and queues, by REFER, *2 and hang-up."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from calls import agents_of, prompts_heard, say_code, wait_quiet, wait_state
from centre import Centre, wait_for
from handovers import ask_for, official, talk

from engine.phone import CLOSED, ESTABLISHED, INCOMING

DUTY, DESK = "7901", "7101"  # blind is allowed to the first alone


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.ring_timeout_s=4")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


def test_a_phone_sends_a_citizen_to_an_official(centre: Centre) -> None:
    with official(centre, DUTY) as desk, talk(centre) as (log, citizen, agent):
        asked = time.monotonic()
        agent.transfer(DUTY)
        agent.wait_ended(4, after=asked)
        desk.wait_talking(8, after=asked)
        log.wait("contact.moved", new="connected", agent_id=DUTY)
        assert log.wait("talk.noted", by="1001", agent_id=DUTY)["detail"] == "blind:answered"
        wait_state(centre, "1001", "available", "idle")
        desk.hang_up()
        citizen.wait_ended(8)
        assert log.wait("contact.moved", new="completed")["agent_id"] == DUTY
        moves = log.lines("contact.moved")
        assert len({line["contact_id"] for line in moves}) == 1
        assert [line["offered"] for line in moves].count(True) == 1
        assert len([line for line in moves if line["within_threshold"] is not None]) == 1
        heard = [p.name for p in prompts_heard(centre, citizen.heard(), "ko/transferring_official", "ko/goodbye")]
        assert heard == ["ko/transferring_official", "ko/goodbye"]


def test_an_official_who_declines_leads_back_to_the_agent(centre: Centre) -> None:
    with official(centre, DUTY, answers=False) as desk, talk(centre) as (log, citizen, agent):
        asked = time.monotonic()
        agent.transfer(DUTY)
        desk.wait(INCOMING, 8, after=asked)
        desk.hang_up()
        agent.wait(INCOMING, 4, after=asked)
        agent.wait(ESTABLISHED, 3, after=asked)
        assert log.wait("talk.noted", by="1001", agent_id="1001")["detail"] == "blind:returned"
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []


def test_a_phone_does_not_send_where_the_rules_do_not_let_it(centre: Centre) -> None:
    with official(centre, DESK) as desk, talk(centre) as (log, citizen, agent):
        asked = time.monotonic()
        agent.transfer(DESK)
        agent.wait(ESTABLISHED, 6, after=asked)
        assert desk.events(INCOMING) == []
        assert log.wait("transfer.asked")["refused"] == "not_blind"
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []


@pytest.mark.parametrize("by_key", [True, False])
def test_a_queue_takes_the_citizen_with_their_place(centre: Centre, by_key: bool) -> None:
    with centre.agent("1032") as other, talk(centre) as (log, citizen, agent):
        asked = time.monotonic()
        if by_key:
            ask_for(agent, "8005")  # tax
        else:
            agent.transfer("8005")
        agent.wait_ended(8, after=asked)
        waits = log.wait("contact.moved", new="queued", queue="tax")
        assert waits["offered"]
        assert waits["waited_s"] < 1  # the talk is no waiting
        wait_state(centre, "1001", "available", "idle")
        # Not back to the one who sent it, who could take it.
        code = other.call("*11")
        wait_for(lambda: agents_of(centre)["1032"]["presence"] == "available", 5, centre.said)
        other.hang_up()
        other.wait(INCOMING, 6, after=code)
        got = log.wait("contact.moved", 8, new="connected", queue="tax")
        assert len({line["contact_id"] for line in log.lines("contact.moved")}) == 1
        assert log.wait("talk.noted", by="1001")["detail"] == "blind:requeued"
        assert got["agent_id"] == "1032"
        citizen.hang_up()
        wait_quiet(centre)
        say_code(centre, other, "*13", "offline")


def test_an_agent_who_hangs_up_while_it_rings_has_sent_the_citizen_on(centre: Centre) -> None:
    with official(centre, DUTY, answers=False) as desk, talk(centre) as (log, citizen, agent):
        began = ask_for(agent, DUTY)
        desk.wait(INCOMING, 6, after=began)
        rang = time.monotonic()
        agent.hang_up()
        desk.answer(6, after=rang)
        log.wait("contact.moved", new="connected", agent_id=DUTY)
        assert citizen.events(CLOSED) == []
        wait_state(centre, "1001", "available", "idle")
        desk.hang_up()
        citizen.wait_ended(8)
        wait_quiet(centre)


def test_a_citizen_who_hangs_up_on_the_way_is_counted_once(centre: Centre) -> None:
    before = centre.metrics()
    with official(centre, DUTY, answers=False) as desk, talk(centre) as (log, citizen, agent):
        asked = time.monotonic()
        agent.transfer(DUTY)
        desk.wait(INCOMING, 8, after=asked)
        citizen.hang_up()
        gone = log.wait("contact.moved", new="abandoned")
        assert gone["detail"] == "handed_on"
        assert log.wait("talk.noted", by="1001")["detail"] == "blind:abandoned"
        wait_quiet(centre)
        name = "acd_contacts_abandoned_total"
        counted = [line for line in centre.metrics().splitlines() if line.startswith(name)]
        assert counted == [line for line in before.splitlines() if line.startswith(name)]
