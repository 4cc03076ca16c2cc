"""How calls end or fail on a real Asterisk: hang-ups at every step, nobody answers, busy, declined, dead phones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from calls import Log, agents_of, dial_in, logged_in, longest_silence_s, say_code, wait_quiet, wait_state
from centre import SLACK_S, Centre

from engine.phone import INCOMING, Phone


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Open, without wrap-up, and with a ring time-out of 5 s."""
    folder: Path = tmp_path_factory.mktemp("centre")
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.ring_timeout_s=5")
    with Centre.start(folder, "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


def waiting_call(citizen: Phone, keys: str = "10") -> float:
    """Call and press keys into the greeting; the moment at which it was dialled."""
    return dial_in(citizen, keys)


@pytest.mark.parametrize("keys", ["", "1"])
def test_hanging_up_in_the_menus(centre: Centre, keys: str) -> None:
    with centre.citizen() as citizen:
        log = Log(centre)
        dial_in(citizen, keys)
        time.sleep(0.5)
        citizen.hang_up()
        wait_quiet(centre, 3)
        assert log.wait("call.ended")["outcome"] == "abandoned"
        assert log.lines("contact.moved") == []


def test_hanging_up_while_waiting(centre: Centre) -> None:
    with centre.citizen() as citizen:
        log = Log(centre)
        waiting_call(citizen)
        log.wait("contact.moved", new="queued")
        citizen.hang_up()
        log.wait("contact.moved", 2, new="abandoned")
        wait_quiet(centre, 3)
        assert len(log.lines("contact.moved", new="abandoned")) == 1


def test_hanging_up_while_the_agent_is_rung(centre: Centre) -> None:
    with logged_in(centre, "1001", answers=False) as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = waiting_call(citizen)
        agent.wait(INCOMING, 5, after=began)
        wait_state(centre, "1001", "available", "reserved")
        citizen.hang_up()
        agent.wait_ended(3, after=began)
        log.wait("contact.moved", 2, new="abandoned")
        wait_state(centre, "1001", "available", "idle", 2)


def test_hanging_up_in_the_talk(centre: Centre) -> None:
    with logged_in(centre, "1001") as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = waiting_call(citizen)
        agent.wait_talking(5, after=began)
        log.wait("contact.moved", new="connected")
        citizen.hang_up()
        agent.wait_ended(3, after=began)
        log.wait("contact.moved", 2, new="completed")
        assert log.lines("contact.moved", new="abandoned") == []
        wait_state(centre, "1001", "available", "idle", 2)


def test_nobody_answers_and_the_next_agent_is_rung(centre: Centre) -> None:
    with (
        logged_in(centre, "1001", answers=False) as [silent],
        logged_in(centre, "1002") as [answering],
        centre.citizen() as citizen,
    ):
        log = Log(centre)
        began = waiting_call(citizen)
        rang = silent.wait(INCOMING, 5, after=began)
        answered = answering.wait_talking(8, after=began)
        assert 4 < answered.at_s - rang.at_s < 6 + SLACK_S
        wait_state(centre, "1001", "not_responding", "idle")
        heard = citizen.heard()
        assert longest_silence_s(heard) <= 1.0
        log.wait("reservation.ended", result="answered")
        assert [line["result"] for line in log.lines("reservation.ended")] == ["no_answer", "answered"]
        assert len([line for line in log.lines("contact.moved") if line["offered"]]) == 1
        citizen.hang_up()
        wait_quiet(centre)
        say_code(centre, silent, "*11", "available")


def test_an_agent_who_declines_is_not_rung_for_the_same_caller_again(centre: Centre) -> None:
    with (
        logged_in(centre, "1001", answers=False) as [declining],
        logged_in(centre, "1002") as [answering],
        centre.citizen() as citizen,
    ):
        began = waiting_call(citizen)
        declining.wait(INCOMING, 5, after=began)
        time.sleep(1.2)  # a 486 within a second of the agent's own hang-up would be tried once more
        declining.hang_up()
        answering.wait_talking(3, after=began)
        assert agents_of(centre)["1001"]["presence"] == "available"
        assert len(declining.events(INCOMING, after=began)) == 1
        citizen.hang_up()


def test_an_agent_in_a_call_of_their_own_is_not_offered_any(centre: Centre) -> None:
    with logged_in(centre, "1001", "1002") as [first, second], centre.citizen() as citizen:
        say_code(centre, second, "*13", "offline")
        talk = first.call("1002")
        second.wait_talking(5, after=talk)
        wait_state(centre, "1001", "available", "other")
        log = Log(centre)
        began = waiting_call(citizen)
        log.wait("contact.moved", new="queued")
        time.sleep(1)
        assert first.events(INCOMING, after=began) == []
        second.hang_up()
        first.wait_talking(3, after=began)  # free again: rung at once
        citizen.hang_up()


def test_a_dead_phone_costs_a_second_and_a_half(centre: Centre) -> None:
    with (
        logged_in(centre, "1001") as [dead],
        logged_in(centre, "1002") as [alive],
        centre.citizen() as citizen,
    ):
        dead.kill()
        log = Log(centre)
        began = waiting_call(citizen)
        alive.wait_talking(6, after=began)
        queued = log.lines("contact.moved", new="queued")[0]["timestamp"]
        given_up = log.lines("reservation.ended", result="unreachable")[0]["timestamp"]
        assert 1 < _seconds(given_up) - _seconds(queued) < 2 + SLACK_S
        assert agents_of(centre)["1001"]["presence"] == "error"
        citizen.hang_up()


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
