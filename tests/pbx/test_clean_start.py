"""Asterisk's own log: a clean start, a call, a reload and a second start say nothing that an operator must read.

What it may say when the engine is killed is listed here with its reason; anything else is a fault of the configuration.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from pathlib import Path

from calls import Log, dial_in, logged_in
from centre import NUMBER, Centre, wait_for

from engine.settings import default_rules

WITHOUT_THE_ENGINE = (
    # A call that comes in while there is none: the dialplan goes on to the safety net.
    r"res_agi\.c: Connecting to '127\.0\.0\.1:\d+' failed for url 'agi://127\.0\.0\.1:\d+/\w+': Connection refused",
    r"res_agi\.c: Couldn't connect to any host\.  FastAGI failed\.",
    # A caller waited for a key when the engine's socket closed.
    r"channel\.c: The FD we were waiting for has something waiting\. Waitfordigit returning numeric 1",
)


def complaints(centre: Centre, allowed: tuple[str, ...] = ()) -> list[str]:
    """The lines of its logs that say ERROR, WARNING or that a setting is invalid, but for those that are explained."""
    log = centre.state / "asterisk" / "log"
    lines = [
        line for name in ("messages.log", "console") for line in (log / name).read_text(errors="replace").splitlines()
    ]
    bad = [line for line in lines if re.search(r"ERROR|WARNING|[Ii]nvalid|[Dd]eprecat|[Uu]nable to", line)]
    return [line for line in bad if not any(re.search(one, line) for one in allowed)]


def a_call(centre: Centre) -> None:
    """Answered, talked, hung up by the agent; with the sounds, music and codes that it needs."""
    with logged_in(centre, "1001") as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = dial_in(citizen, "1")
        time.sleep(0.5)
        citizen.keys("0")
        agent.wait_talking(15, after=began)
        log.wait("contact.moved", new="connected")  # what the agent is told before has been heard
        agent.hang_up()
        citizen.wait_ended(8, after=began)


def test_a_clean_start_says_nothing_that_must_be_read(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(default_rules(), rules)
    words = ("--at", "2026-11-24T10:00", "--rules", str(rules))
    with Centre.start(tmp_path, *words, "--set", "queues.defaults.wrapup_s=0") as centre:
        assert complaints(centre) == []
        a_call(centre)
        assert complaints(centre) == []
        log = Log(centre)
        queues = rules / "queues.yaml"
        changed = re.sub(r"announce_every_s: *\d+", "announce_every_s: 41", queues.read_text(), count=1)
        queues.write_text(changed)
        os.kill(centre.process.pid, signal.SIGHUP)
        log.wait("rules.loaded", 10)
        wait_for(lambda: "1001" in centre.console("pjsip show endpoints"), 5, "no endpoint after the reload")
        assert complaints(centre) == []
        killed = centre.kill_engine()
        with centre.citizen("01087654321") as citizen:
            began = citizen.call(NUMBER)
            citizen.wait_talking(5, after=began)
            centre.wait_ready(15, not_pid=killed)
            citizen.hang_up()
        assert complaints(centre, WITHOUT_THE_ENGINE) == []
    with Centre.start(tmp_path, *words) as again:
        assert complaints(again, WITHOUT_THE_ENGINE) == [], "on a state that was used before"
