"""A backup of a running centre, restored into an empty folder, is that centre: secrets, record, who is logged in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calls import dial_in, logged_in, wait_quiet, wait_state
from centre import Centre, ringmaster, wait_for

pytestmark = pytest.mark.pbx


def _contacts(state: Path) -> list[str]:
    return [one["contact_id"] for one in json.loads(ringmaster("show", "--state", str(state), "--json").stdout)]


def test_a_restored_centre_goes_on(tmp_path: Path) -> None:
    file, again = tmp_path / "kept.tar.gz", tmp_path / "again" / "state"
    with (
        Centre.start(tmp_path, "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0") as centre,
        logged_in(centre, "1001") as (agent,),
        centre.citizen() as citizen,
    ):
        agent.wait_talking(15, after=dial_in(citizen, "10"))
        agent.hang_up()
        wait_quiet(centre)
        wait_for(lambda: _contacts(centre.state), 5)
        taken = ringmaster("backup", str(file), "--state", str(centre.state))
        assert taken.returncode == 0, taken.stderr
        known, secret = _contacts(centre.state), centre.accounts["1001"]["sip_secret"]
    back = ringmaster("restore", str(file), "--state", str(again))
    assert back.returncode == 0, back.stderr
    assert _contacts(again) == known
    with Centre.start(again.parent, "--rules", str(again / "rules"), "--at", "2026-11-24T10:00") as centre:
        assert centre.accounts["1001"]["sip_secret"] == secret
        with centre.agent("1001") as agent, centre.citizen() as citizen:
            wait_state(centre, "1001", "available", "idle", 20)  # as the PBX's queues remember it
            agent.wait_talking(15, after=dial_in(citizen, "10"))
        wait_for(lambda: len(_contacts(again)) > len(known), 5)
