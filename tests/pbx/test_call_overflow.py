"""More calls than the centre takes: a sentence, a place in order, and the way back in when there is room."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from calls import Log, dial_in, logged_in, longest_silence_s, prompts_heard, wait_quiet
from centre import Centre, wait_for

SENTENCES = tuple(f"{language}/lines_busy" for language in ("ko", "en", "ja", "zh"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "trunks.max_calls=1", "--set", "queues.defaults.wrapup_s=0")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


def test_callers_above_the_bound_wait_in_order_and_come_in_when_there_is_room(small: Centre) -> None:
    with (
        small.citizen("01011110001") as first,
        small.citizen("01011110002") as second,
        small.citizen("01011110003") as third,
    ):
        log = Log(small)
        dial_in(first, "10")
        log.wait("contact.moved", new="queued")
        began_second = dial_in(second)
        wait_for(lambda: small.waiting_in("overflow") == 1, 12, lambda: small.console("queue show overflow"))
        dial_in(third)
        wait_for(lambda: small.waiting_in("overflow") == 2, 12, lambda: small.console("queue show overflow"))
        wait_for(lambda: second.heard_s() > 22, 40, "no sound")  # the queue was entered anew twice: the music went on
        heard = second.heard()
        assert [p.name for p in prompts_heard(small, heard, *SENTENCES)] == list(SENTENCES)
        assert longest_silence_s(heard) <= 1.0
        first.hang_up()
        wait_for(lambda: small.waiting_in("overflow") == 1, 10, small.said)
        greeted = lambda: [p for p in prompts_heard(small, second.heard(), "greeting") if p.name == "greeting"]  # noqa: E731
        wait_for(greeted, 6, "the caller who waited longest was not greeted")
        with logged_in(small, "1003") as [agent]:
            second.keys("20")
            agent.wait_talking(8, after=began_second)
            line = log.wait("contact.moved", new="connected", language="en")
            queued = [
                moved for moved in log.lines("contact.moved", new="queued") if moved["contact_id"] == line["contact_id"]
            ]
            assert queued[0]["first_queued_at"] < time.time() - 3  # since the sentence, not since the menu
            second.hang_up()
            third.hang_up()
        wait_quiet(small)
