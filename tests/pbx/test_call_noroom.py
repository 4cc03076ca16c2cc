"""A full queue and the minutes before closing on a real Asterisk: what is said, who is served, what the figures say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from calls import Log, dial_in, logged_in, longest_silence_s, prompts_heard, say_code, wait_quiet
from centre import Centre, wait_for

from engine.phone import Phone

WORDS = (
    "queues.queues.passport.max_waiting=1",
    "queues.queues.city.max_waiting=1",
    "queues.queues.city.when_full={queue: general}",
    "queues.queues.tax.stop_queueing_before_close_s=1800",
    "queues.defaults.wrapup_s=0",
)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = [word for value in WORDS for word in ("--set", value)]
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T18:40", *words) as centre:
        yield centre


@contextmanager
def comes_free(centre: Centre, extension: str) -> Iterator[Phone]:
    """An agent's phone that logs in while somebody waits for it; logged out at the end."""
    with centre.agent(extension) as phone:
        centre.code(phone, "*11")
        yield phone
        say_code(centre, phone, "*13", "offline")


def flowed_out(centre: Centre, queue: str, reason: str) -> float:
    found = re.search(
        rf'^acd_contacts_flowed_out_total{{channel="voice",lang="ko",queue="{queue}",reason="{reason}"}} (\S+)$',
        centre.metrics(),
        re.MULTILINE,
    )
    assert found
    return float(found.group(1))


def test_a_full_queue_is_said_and_the_call_ends(evening: Centre) -> None:
    with evening.citizen("01011110001") as first, evening.citizen("01011110002") as second:
        log = Log(evening)
        dial_in(first, "13")
        log.wait("contact.moved", new="queued")
        began = dial_in(second, "13")
        moved = log.wait("contact.moved", 15, new="overflowed")
        assert (moved["detail"], moved["queue"]) == ("full", "passport")
        second.wait_ended(15, after=began)
        names = ("ko/queue_full", "ko/try_later", "ko/goodbye")
        assert [p.name for p in prompts_heard(evening, second.heard(), *names)] == list(names)
        assert longest_silence_s(second.heard()) <= 1.0
        assert log.wait("call.ended")["outcome"] == "full"
        assert flowed_out(evening, "passport", "full") == 1
        with comes_free(evening, "1001"):  # who waited is served as before
            log.wait("contact.moved", 10, new="connected", queue="passport")
            first.hang_up()
            wait_quiet(evening)


def test_an_agent_who_comes_free_during_the_sentence_answers(evening: Centre) -> None:
    with (
        evening.citizen("01011110001") as first,
        evening.citizen("01011110002") as second,
        logged_in(evening, "1006", "1007") as [one, other],
    ):
        for phone in (one, other):
            evening.code(phone, "*12")
        log = Log(evening)
        dial_in(first, "13")
        log.wait("contact.moved", new="queued")
        dial_in(second, "13")
        log.wait("call.turned_away", why="full")
        evening.code(one, "*11")
        evening.code(other, "*11")
        wait_for(
            lambda: len(log.lines("contact.moved", new="connected")) == 2,
            12,
            lambda: f"not both:\n{evening.said()}",
        )
        assert log.lines("contact.moved", new="overflowed") == []
        first.hang_up()
        second.hang_up()
        wait_quiet(evening)


def test_a_full_queue_leads_to_the_other_and_an_agent_of_that_one_answers(evening: Centre) -> None:
    with evening.citizen("01011110001") as first, evening.citizen("01011110002") as second:
        log = Log(evening)
        dial_in(first, "11")
        log.wait("contact.moved", new="queued", queue="city")
        dial_in(second, "11")
        moved = log.wait("contact.moved", new="queued", queue="general")
        assert (moved["topic"], moved["offered"]) == ("city", True)
        assert flowed_out(evening, "city", "overflow") == 1
        first.hang_up()
        log.wait("contact.moved", new="abandoned")
        with comes_free(evening, "1005"):  # has no skill for city affairs
            connected = log.wait("contact.moved", 10, new="connected")
            assert (connected["contact_id"], connected["agent_id"]) == (moved["contact_id"], "1005")
            second.hang_up()
            wait_quiet(evening)


def test_before_closing_the_next_opening_is_said(evening: Centre) -> None:
    with evening.citizen() as citizen:
        log = Log(evening)
        began = dial_in(citizen, "14")
        citizen.wait_ended(20, after=began)
        names = ("ko/closing_soon", "ko/opens_tomorrow_8", "ko/goodbye")
        assert [p.name for p in prompts_heard(evening, citizen.heard(), *names)] == list(names)
        assert log.wait("contact.moved", new="closed")["detail"] == "closed"
        assert log.wait("call.ended")["outcome"] == "closed"
        assert flowed_out(evening, "tax", "closed") == 1


def test_before_closing_a_free_agent_answers(evening: Centre) -> None:
    with logged_in(evening, "1001"), evening.citizen() as citizen:
        log = Log(evening)
        dial_in(citizen, "14")
        log.wait("contact.moved", 10, new="connected")
        citizen.hang_up()
        wait_quiet(evening)
