"""The official figures of a test day, the engine killed in its midst: views, counters, report and the page agree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from centre import SLACK_S, Centre, wait_for
from oneagent import OneAgent
from sqlalchemy import text

from acd.journal.store import open_engine
from engine.settings import child_environment
from tests.wire.web_peer import Stream

pytestmark = pytest.mark.timeout(240)
COUNTED = re.compile(r"^acd_contacts_(offered|answered|abandoned|flowed_out)_total\{(.*)\} (\S+)$", re.MULTILINE)


def counters(centre: Centre) -> Counter[str]:
    """The contact counters of the engine that runs, as the view names them; all of them on the disk."""
    wait_for(lambda: "journal_backlog_events 0.0" in centre.metrics(), 5)
    found: Counter[str] = Counter()
    for name, labels, value in COUNTED.findall(centre.metrics()):
        number = round(float(value))
        found[name] += number
        found["answered_within"] += number if name == "answered" and 'within_threshold="true"' in labels else 0
        found["abandoned_short"] += number if 'kind="short"' in labels else 0
    return found


def day_figures(centre: Centre) -> Counter[str]:
    names = ("offered", "answered", "answered_within", "abandoned", "abandoned_short", "flowed_out")
    query = text(f"select {', '.join(f'sum({name})' for name in names)} from day_figures")  # noqa: S608 - ours
    with open_engine(centre.state / "journal.sqlite").connect() as connection:
        return Counter(
            {name: int(value or 0) for name, value in zip(names, connection.execute(query).one(), strict=True)}
        )


def test_a_day_with_a_killed_engine(tmp_path: Path) -> None:
    with Centre.start(tmp_path, "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0") as centre:
        web = centre.ready["web"]
        stream = Stream(f"http://{web['host']}:{web['port']}")  # nobody had looked: `up` starts the pages now
        calls = OneAgent(centre)
        first = calls.citizen(1)
        calls.talk().hang_up()
        assert first.ended.wait(20)
        talking = calls.citizen(2)
        calls.talk()
        short = calls.citizen(3)
        wait_for(lambda: calls.waiting() == 1, 8)
        short.hang_up()
        wait_for(lambda: calls.waiting() == 0, 8)
        stays = calls.citizen(4)  # waits over the engine's death
        wait_for(lambda: calls.waiting() == 1, 8)
        stream.wait(lambda screen: screen["board"] is not None and screen["board"]["figures"]["waiting"]["value"] == 1)
        before = counters(centre)
        assert (before["offered"], before["answered"], before["abandoned_short"]) == (4, 2, 1)
        dead = centre.kill_engine()
        stream.wait(lambda screen: screen["problem"] is not None)
        centre.wait_ready(not_pid=dead)
        calls.talk().hang_up()
        assert talking.ended.wait(20)
        wait_for(lambda: counters(centre)["answered"] >= 1, 15)  # who waited is answered by the next engine
        calls.talk().hang_up()
        assert stays.ended.wait(20)
        last = calls.citizen(5)
        calls.talk().hang_up()
        assert last.ended.wait(20)
        wait_for(lambda: not centre.channels(), 10)

        day = before + counters(centre)
        assert day == +day_figures(centre)
        assert (day["offered"], day["answered"], day["abandoned"]) == (5, 4, 1)

        # The page, once it has seen the last event: the same numbers, from before and after the death.
        board = stream.wait(
            lambda screen: not screen["problem"] and screen["board"]["figures"]["handled"]["value"] == 4
        )["board"]
        assert board["figures"]["answer_rate"]["value"] == pytest.approx(day["answered"] / (day["offered"] - 1))
        assert board["figures"]["service_level"]["value"] == pytest.approx(
            day["answered_within"] / (day["offered"] - 1)
        )
        hour = stream.wait(
            lambda screen: screen["hour"] and sum(screen["hour"]["within"]) + sum(screen["hour"]["late"]) == 4, 10
        )
        assert sum(hour["hour"]["lost"]) == 0
        stream.close()

        told = subprocess.run(
            [sys.executable, "-P", "-m", "engine.cli", "report", "--state", str(centre.state), "--json"],
            capture_output=True, text=True, check=True, env=child_environment(), timeout=60,
        )  # fmt: skip
        total = json.loads(told.stdout)["total"]
        assert (total["offered"], total["answered"], total["abandoned_short"]) == (5, 4, 1)
        with urllib.request.urlopen(f"http://{web['host']}:{web['port']}/reports?lang=en", timeout=20) as answer:
            page = answer.read().decode()
        assert "General" in page
        assert "1001 상담사 01" in page
        calls.close()
        pages = [
            pid for pid in children(centre.process.pid) if b"wallboard" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert len(pages) == 1
        assert centre.stop() < 10 + SLACK_S
        assert not Path(f"/proc/{pages[0]}").exists()


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
