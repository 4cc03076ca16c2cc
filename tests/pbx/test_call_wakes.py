"""The moment at which an agent becomes free, on a real PBX: whatever the waiting caller does just then."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator

import pytest
from calls import Log, agents_of, dial_in, logged_in, say_code, wait_quiet, wait_state
from centre import SLACK_S, Centre, wait_for

from engine.phone import ESTABLISHED, Phone


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.announce_every_s=1")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


def begin_to_wait(centre: Centre, citizen: Phone) -> tuple[float, str]:
    """A call with everything typed ahead; when it was dialled, and its contact once it is queued."""
    log = Log(centre)
    began = dial_in(citizen, "10")
    return began, str(log.wait("contact.moved", 8, new="queued")["contact_id"])


def test_a_key_at_the_moment_of_the_match_delays_nobody(centre: Centre) -> None:
    """Wake-ups meet reads, announcements and the caller's own keys, A to D among them, within ±150 ms."""
    rng = random.Random(7)
    with (
        logged_in(centre, "1001") as [agent],
        centre.citizen("01011110001") as first,
        centre.citizen("01011110002") as second,
    ):
        begin_to_wait(centre, first)
        agent.wait_talking(5)
        took = []
        for talking, waiting in itertools.islice(itertools.cycle([(first, second), (second, first)]), 12):
            _, contact = begin_to_wait(centre, waiting)
            time.sleep(rng.uniform(0.2, 1.5))
            key, offset_s = rng.choice("5#D1A0"), rng.uniform(-0.15, 0.15)
            presser = threading.Timer(max(0.0, 0.15 + offset_s), waiting.press, (waiting.user, key))
            log = Log(centre)
            presser.start()
            time.sleep(0.15)
            freed = time.monotonic()
            agent.hang_up()
            agent.wait(ESTABLISHED, 3, after=freed)
            took.append(time.monotonic() - freed)
            presser.join()
            assert log.wait("contact.moved", 2, new="connected")["contact_id"] == contact
            talking.hang_up()  # in the midst of the goodbye
            talking.wait_ended(3, after=freed)
        assert max(took) < 1 + SLACK_S, took  # how soon on a quiet machine: bench freed_to_invite
        for citizen in (first, second):
            citizen.hang_up()


def test_a_hang_up_at_the_moment_of_the_match_leaves_nobody_stuck(centre: Centre) -> None:
    rng = random.Random(8)
    with (
        logged_in(centre, "1001") as [agent],
        centre.citizen("01011110001") as first,
        centre.citizen("01011110002") as second,
    ):
        for _ in range(8):
            freed = time.monotonic()
            begin_to_wait(centre, first)
            agent.wait_talking(5, after=freed)
            begin_to_wait(centre, second)
            log = Log(centre)
            gone = threading.Timer(max(0.0, 0.1 + rng.uniform(-0.06, 0.06)), second.hang_up)
            gone.start()
            time.sleep(0.1)
            agent.hang_up()
            gone.join()
            time.sleep(0.2)
            first.hang_up()
            wait_state(centre, "1001", "available", "idle", 5)
            wait_quiet(centre)
            ends = {line["contact_id"]: line["new"] for line in log.lines("contact.moved")}
            assert set(ends.values()) <= {"completed", "abandoned"}, ends


def test_wake_ups_sent_by_a_citizen_gain_nothing(centre: Centre) -> None:
    with centre.citizen("01011110001") as first, centre.citizen("01011110002") as second:
        _, ahead = begin_to_wait(centre, first)
        begin_to_wait(centre, second)
        second.keys("DDDD", gap_s=0.2)
        log = Log(centre)
        with centre.agent("1001", answers=True) as agent:
            code = agent.call("*11")
            wait_for(lambda: agents_of(centre)["1001"]["presence"] == "available", 5, centre.said)
            agent.hang_up()
            agent.wait_ended(5, after=code)
            assert log.wait("contact.moved", 5, new="connected")["contact_id"] == ahead
            first.hang_up()
            wait_for(lambda: len(log.lines("contact.moved", new="connected")) == 2, 3, centre.said)
            second.hang_up()
            wait_quiet(centre)
            say_code(centre, agent, "*13", "offline")
