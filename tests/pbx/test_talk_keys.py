"""The keys that act in a talk, on real phones: the agent's do, the citizen's never, and none does harm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from calls import Log, dial_in, logged_in, prompts_heard, wait_joined, wait_state
from centre import Centre, wait_for

from engine.phone import CLOSED, Phone


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=0")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


@contextmanager
def talk(centre: Centre) -> Iterator[tuple[Log, Phone, Phone]]:
    with logged_in(centre, "1001") as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = dial_in(citizen, "10")
        agent.wait_talking(8, after=began)
        log.wait("contact.moved", new="connected")
        wait_joined(centre)
        yield log, citizen, agent
        citizen.hang_up()


def test_the_agents_keys_reach_the_engine_and_the_citizens_do_not(centre: Centre) -> None:
    with talk(centre) as (log, citizen, agent):
        citizen.keys("*2*3*4")
        agent.keys("*3")
        pressed = log.wait("talkkey.pressed")
        time.sleep(1.5)  # a feature of the citizen's would have had its second by now
        [only] = log.lines("talkkey.pressed")
        assert (only["agent"], only["key"]) == ("1001", "3")
        assert pressed["contact_id"] == log.lines("contact.moved", new="connected")[0]["contact_id"]
        assert citizen.events(CLOSED) == []
        wait_state(centre, "1001", "available", "connected")


def test_without_the_engine_a_key_does_no_harm(centre: Centre) -> None:
    with talk(centre) as (_, citizen, agent):
        pid = centre.kill_engine()
        agent.keys("*3*2*4")
        centre.wait_ready(not_pid=pid)
        wait_for(lambda: len(centre.channels()) == 2, 3, lambda: f"channels: {centre.channels()}")
        assert citizen.events(CLOSED) == []
        wait_state(centre, "1001", "available", "connected")
        log = Log(centre)

        def heeded() -> bool:
            """The PBX may still be at the key before, which it has found nobody for."""
            agent.keys("*4")
            deadline = time.monotonic() + 3
            while not log.lines("talkkey.pressed", key="4", agent="1001"):
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
            return True

        wait_for(heeded, 10, "of the new engine's it is a key again")
        assert prompts_heard(centre, citizen.heard(), "ko/agent_not_applicable") == []
