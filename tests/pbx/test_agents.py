"""Agents on a real PBX with real phones: what a phone, an engine or a colleague's registration does to them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from calls import agents_of, dial_in, logged_in, wait_quiet, wait_state
from centre import Centre

from tests.bench.sip_ua import Loop


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("agents")
    with Centre.start(folder, "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=20") as centre:
        yield centre


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    loop = Loop()
    loop.start()
    yield loop
    loop.stop()


def test_a_wrapup_goes_on_over_a_kill(centre: Centre) -> None:
    with logged_in(centre, "1001") as (agent,), centre.citizen() as citizen:
        dial_in(citizen, "10")
        wait_state(centre, "1001", "available", "connected", 10)
        citizen.hang_up()
        wait_state(centre, "1001", "available", "wrapup")
        began = time.monotonic()
        time.sleep(0.5)  # the journal has it by then: it gathers for 50 ms
        killed = centre.kill_engine()
        centre.wait_ready(20, not_pid=killed)
        wait_state(centre, "1001", "available", "wrapup")
        centre.code(agent, "*15")  # extended, once
        assert agents_of(centre)["1001"]["work"] == "wrapup"
        centre.code(agent, "*14")
        wait_state(centre, "1001", "available", "idle")
        assert time.monotonic() - began < 20
        wait_quiet(centre)
