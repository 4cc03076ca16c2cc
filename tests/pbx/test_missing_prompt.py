"""Recordings that are missing or broken cost their own words and nothing else: the caller is led on to an agent."""

from __future__ import annotations

import shutil
from pathlib import Path

from calls import Log, logged_in, wait_state
from centre import NUMBER, Centre

OPEN = ("--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0")


def test_a_caller_goes_on_where_recordings_are_missing_or_broken(tmp_path: Path) -> None:
    with Centre.start(tmp_path, *OPEN) as centre:
        sounds = centre.state / "asterisk" / "data" / "sounds"  # a link to what all centres of the checkout share
        shared = sounds.resolve()
        sounds.unlink()
        shutil.copytree(shared, sounds, copy_function=lambda source, target: Path(target).symlink_to(source))
        for broken in sounds.glob("greeting.*"):
            broken.unlink()
            broken.touch()  # it is there, and has nothing in it
        for gone in [*sounds.glob("ko/topic_question.*"), *sounds.glob("ko/goodbye.*")]:
            gone.unlink()
        with logged_in(centre, "1001") as [agent], centre.citizen() as citizen:
            log = Log(centre)
            began = citizen.call(NUMBER)
            agent.wait_talking(25, after=began)
            missing = {line["sound"].removeprefix(f"{sounds}/") for line in log.lines("prompt.missing", level="error")}
            assert missing == {"greeting", "ko/topic_question"}
            assert log.lines("call.hung_up") == []
            log.wait("contact.moved", 5, new="connected", agent_id="1001")
            agent.hang_up()
            citizen.wait_ended(8, after=began)
            assert log.wait("call.ended")["outcome"] == "served"
            wait_state(centre, "1001", "available", "idle")
