"""Callers who take a call-back on a real Asterisk: offered, number read back or typed, a time chosen, kept, goodbye.

The carrier is an address of this machine: without one no call-back is offered. What is done with the bookings is
test_callback.py's.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import randrange

import pytest
from calls import Log, agents_of, dial_in, longest_silence_s, prompts_heard, wait_quiet
from centre import LATE_S, Centre, ringmaster

from engine.phone import Phone

HOST = f"127.77.{randrange(1, 255)}.{randrange(1, 255)}"
WORDS = (
    f'trunks.carriers=[{{name: fake, addresses: ["{HOST}"]}}]',
    "queues.callback.offer_after_s=2",
    "queues.queues.passport.max_waiting=1",
    "queues.defaults.wrapup_s=0",
)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = [word for value in WORDS for word in ("--set", value)]
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = [word for value in WORDS for word in ("--set", value)]
    with Centre.start(tmp_path_factory.mktemp("night"), "--at", "2026-11-24T22:00", *words) as centre:
        yield centre


def caller(centre: Centre, number: str) -> Phone:
    return centre.citizen(number, address=HOST)


def heard(centre: Centre, phone: Phone, *keys: str, language: str = "ko") -> list[str]:
    names = [f"{language}/{key}" for key in keys]
    return [each.name.partition("/")[2] for each in prompts_heard(centre, phone.heard(), *names)]


def wait_heard(centre: Centre, phone: Phone, key: str, language: str = "ko") -> None:
    """Wait until this sentence has been said to its end."""
    deadline = time.monotonic() + 25 + LATE_S
    while not heard(centre, phone, key, language=language):
        assert time.monotonic() < deadline, f"{key} was not heard:\n{centre.said()}"
        time.sleep(0.3)  # looking for it costs as much as hearing it


def test_an_agent_who_comes_free_wins_while_the_caller_types(centre: Centre) -> None:
    with caller(centre, "01022220002") as citizen, centre.agent("1036") as agent:
        log = Log(centre)
        dial_in(citizen, "30")
        wait_heard(centre, citizen, "callback_offer", "ja")
        citizen.keys("12010", gap_s=0.4)
        centre.code(agent, "*11")
        connected = log.wait("contact.moved", 10, new="connected")
        matched = log.lines("contact.matched")[-1]
        assert connected["agent_id"] == "1036"
        assert matched["contact_id"] == connected["contact_id"]
        assert log.lines("callback.asked") == []
        citizen.hang_up()
        wait_quiet(centre)
        centre.code(agent, "*13")
    assert agents_of(centre)["1036"]["presence"] == "offline"


def at_once(*callers: Callable[[], None]) -> None:
    """These calls side by side: each is minutes of listening, and none meets another."""
    with ThreadPoolExecutor(len(callers)) as pool:
        for done in [pool.submit(one) for one in callers]:
            done.result(110)


def test_callers_book_call_backs(centre: Centre) -> None:
    log = Log(centre)
    at_once(lambda: keeps_the_place(centre, log), lambda: types_a_number(centre, log))
    wait_quiet(centre)
    assert re.search(r'^ivr_calls_total{lang="ko",outcome="callback"} 1.0$', centre.metrics(), re.MULTILINE)
    with sqlite3.connect(centre.state / "callbacks.sqlite") as book:
        tables = [row[0] for row in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        text = str([book.execute(f"SELECT * FROM {table}").fetchall() for table in tables])  # noqa: S608
    assert "0319091234" in text
    assert "15881234" not in text
    assert "0319091234" not in centre.log.read_text()


def keeps_the_place(centre: Centre, log: Log) -> None:
    """1, and 1 again: it is the number that they called with."""
    with caller(centre, "01022220001") as citizen:
        began = dial_in(citizen, "10")
        contact = log.wait("call.began", number="010****0001")["call_id"]
        queued = log.wait("contact.moved", new="queued", contact_id=contact)
        wait_heard(centre, citizen, "callback_book_offer")
        citizen.keys("1")
        wait_heard(centre, citizen, "callback_number_tail")
        citizen.keys("1")
        assert log.wait("callback.asked", contact_id=contact)["result"] == "kept"
        citizen.wait_ended(15, after=began)
        keys = ("callback_offer", "callback_number_lead", "callback_number_tail", "callback_kept", "goodbye")
        assert heard(centre, citizen, *keys) == list(keys)
        assert longest_silence_s(citizen.heard()) <= 1.0
        moved = log.wait("contact.moved", channel="callback", new="queued", contact_id=contact)
        assert moved["first_queued_at"] == queued["first_queued_at"]
        assert log.wait("call.ended", call_id=contact)["outcome"] == "callback"


def types_a_number(centre: Centre, log: Log) -> None:
    """A full queue, a withheld number, and a number that may not be dialled."""
    with caller(centre, "01022220009") as first, caller(centre, "anonymous") as citizen:
        dial_in(first, "23")
        log.wait("contact.moved", new="queued", queue="passport")
        began = dial_in(citizen, "23")
        contact = log.wait("call.turned_away", why="full")["contact_id"]
        wait_heard(centre, citizen, "callback_offer", "en")
        citizen.keys("115881234#", gap_s=0.15)
        wait_heard(centre, citizen, "callback_number_not_allowed", "en")
        citizen.keys("0319091234#", gap_s=0.15)
        wait_heard(centre, citizen, "callback_number_tail", "en")
        citizen.keys("1")
        assert log.wait("callback.asked", contact_id=contact)["result"] == "kept"
        citizen.wait_ended(15, after=began)
        keys = ("queue_full", "callback_number_not_allowed", "callback_number_lead", "callback_kept", "goodbye")
        assert heard(centre, citizen, *keys, language="en") == list(keys)
        first.hang_up()


def test_the_call_command_says_that_only_the_carrier_may_call(centre: Centre) -> None:
    done = ringmaster("call", "--state", str(centre.state))
    assert done.returncode == 2
    assert "carriers of trunks.yaml alone (fake)" in done.stderr


def test_who_rings_again_is_told_and_keeps_it(centre: Centre) -> None:
    """A caller of the test before."""
    with caller(centre, "01022220001") as citizen:
        log = Log(centre)
        began = dial_in(citizen, "10")
        wait_heard(centre, citizen, "callback_open_keep")
        citizen.keys("1")
        moved = log.wait("contact.moved", new="overflowed")
        assert moved["detail"] == "callback"
        citizen.wait_ended(10, after=began)
        assert heard(centre, citizen, "callback_open", "goodbye") == ["callback_open", "goodbye"]
        wait_quiet(centre)


def test_a_caller_who_types_when_the_engine_dies_waits_on_with_the_place(centre: Centre) -> None:
    with caller(centre, "01022220005") as citizen:
        log = Log(centre)
        dial_in(citizen, "20")
        queued = log.wait("contact.moved", new="queued")
        wait_heard(centre, citizen, "callback_offer", "en")
        citizen.keys("12010")
        centre.wait_ready(not_pid=centre.kill_engine())
        back = log.wait("call.began", 15, script="resume")
        again = log.wait("contact.moved", new="queued", contact_id=back["call_id"], old=None, language="en")
        assert again["contact_id"] == queued["contact_id"]
        assert again["first_queued_at"] == pytest.approx(queued["first_queued_at"], abs=0.01)
        assert log.lines("callback.asked") == []
        citizen.hang_up()
        wait_quiet(centre)


def test_closed_hours_book_a_call_for_a_time_and_silence_ends_as_ever(night: Centre) -> None:
    log = Log(night)
    at_once(lambda: books_a_time(night, log), lambda: presses_nothing(night, log))
    wait_quiet(night)
    assert log.lines("contact.moved", new="queued") == []


def books_a_time(night: Centre, log: Log) -> None:
    """25 November, half past seven (closed), half past two."""
    with caller(night, "01022220003") as citizen:
        began = dial_in(citizen, "4")
        contact = log.wait("call.began", number="010****0003")["call_id"]
        wait_heard(night, citizen, "closed_booking", "zh")
        citizen.keys("111250730", gap_s=0.15)
        wait_heard(night, citizen, "callback_time_closed", "zh")
        citizen.keys("1430", gap_s=0.15)
        wait_heard(night, citizen, "callback_time_tail", "zh")
        citizen.keys("1")
        wait_heard(night, citizen, "callback_number_tail", "zh")
        citizen.keys("1")
        assert log.wait("callback.asked", contact_id=contact)["result"] == "booked"
        citizen.wait_ended(15, after=began)
        keys = ("closed", "opens_tomorrow_8", "closed_booking", "weekday_wed", "clock_14", "callback_booked", "goodbye")
        assert heard(night, citizen, *keys, language="zh") == list(keys)
        assert longest_silence_s(citizen.heard()) <= 1.0
        assert log.wait("call.ended", call_id=contact)["outcome"] == "callback"


def presses_nothing(night: Centre, log: Log) -> None:
    with caller(night, "01022220004") as citizen:
        began = dial_in(citizen, "1")
        contact = log.wait("call.began", number="010****0004")["call_id"]
        citizen.wait_ended(25, after=began)
        keys = ("closed", "closed_booking", "goodbye")
        assert heard(night, citizen, *keys) == list(keys)
        assert log.wait("call.ended", call_id=contact)["outcome"] == "closed"
