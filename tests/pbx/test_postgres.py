"""A centre whose journal is in PostgreSQL: calls are recorded there, and go on while it is away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calls import dial_in, logged_in, wait_quiet
from centre import Centre, ringmaster, wait_for

from tests.postgres import PostgresServer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(180)]


def test_calls_are_recorded_there_and_go_on_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresServer() as server:
        monkeypatch.setenv("RINGMASTER_DATABASE", server.store.url)
        short = ("--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0")
        with (
            Centre.start(tmp_path, *short) as centre,
            logged_in(centre, "1001") as (agent,),
            centre.citizen() as citizen,
        ):

            def contacts() -> list[dict[str, str]]:
                return json.loads(ringmaster("show", "--state", str(centre.state), "--json").stdout)

            def call() -> None:
                agent.wait_talking(15, after=dial_in(citizen, "10"))
                agent.hang_up()
                wait_quiet(centre)

            call()
            wait_for(lambda: [one["state"] for one in contacts()] == ["completed"], 10)
            server.stop()
            call()  # nobody notices
            assert "does not answer" in ringmaster("doctor", "--state", str(centre.state)).stdout
            server.start()
            wait_for(lambda: [one["state"] for one in contacts()] == ["completed", "completed"], 20, centre.said)
        assert not (centre.state / "journal.sqlite").exists()
