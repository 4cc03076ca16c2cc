"""Real calls, counted three times: by a real Prometheus that scrapes the engine, by the journal, by what was done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from centre import Centre, wait_for
from oneagent import OneAgent
from programs import running

from acd.journal.read import figures
from engine import fetch
from engine.settings import free_port

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(240)]
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def prometheus(folder: Path, target: int) -> Iterator[str]:
    """A real Prometheus that scrapes `target` every 200 ms; its address."""
    program = fetch.program("prometheus")
    port = free_port(set())
    (folder / "data").mkdir(parents=True)
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
        f"scrape_configs:\n- job_name: engine\n  static_configs:\n  - targets: ['127.0.0.1:{target}']\n"
    )
    words = [
        *program.argv(), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    log = folder / "log"
    with running(words, log):
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{address}/-/ready"), 30, lambda: log.read_text()[-2000:])
        yield address


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def query(address: str, expression: str) -> float | None:
    """The sum of an instant query; None when there is no series."""
    url = f"{address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        result = json.load(answer)["data"]["result"]
    return sum(float(one["value"][1]) for one in result) if result else None


def test_three_counts_agree(tmp_path: Path) -> None:
    begun = time.time()
    with (
        Centre.start(tmp_path, "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0") as centre,
        prometheus(tmp_path / "prometheus", centre.ready["http"]["port"]) as address,
    ):
        phones = OneAgent(centre)

        for n in range(3):  # answered at once
            dialog = phones.citizen(n)
            phones.talk().hang_up()
            assert dialog.ended.wait(20)
        first = phones.citizen(3)
        talk = phones.talk()
        short = phones.citizen(4)
        wait_for(lambda: phones.waiting() == 1, 8)
        short.hang_up()  # abandoned within 5 s
        wait_for(lambda: phones.waiting() == 0, 8)
        late = phones.citizen(5)
        wait_for(lambda: phones.waiting() == 1, 8)
        wait_for(lambda: json.loads(centre.get("/snapshot.json"))["waiting"]["ko"]["oldest_s"] > 5.5, 10)
        late.hang_up()
        wait_for(lambda: phones.waiting() == 0, 8)
        talk.hang_up()
        assert first.ended.wait(20)

        # By the engine's own exposition, by Prometheus after its next scrape, by the journal.
        expected = {
            "sum(acd_contacts_offered_total)": 6,
            "sum(acd_contacts_answered_total)": 4,
            'sum(acd_contacts_answered_total{within_threshold="true"})': 4,
            'sum(acd_contacts_abandoned_total{kind="short"})': 1,
            'sum(acd_contacts_abandoned_total{kind="queue"})': 1,
            "sum(acd_contacts_flowed_out_total)": 0,
            'sum(acd_queue_wait_seconds_count{result="answered"})': 4,
            'sum(acd_reservations_total{result="answered"})': 4,
            'sum(ivr_calls_total{lang="ko"})': 6,
            "sum(acd_contacts_waiting)": 0,
            "sum(acd_agents)": len(centre.accounts),
            'sum(acd_agents{presence="available",work="idle"})': 1,
            "sum(acd_ami_connected)": 1,
            "sum(journal_events_dropped_total)": 0,
            "up": 1,
        }
        for expression, value in expected.items():
            wait_for(
                lambda e=expression, v=value: query(address, e) == v, 6,
                lambda e=expression, v=value: f"{e} is {query(address, e)}, expected {v}",
            )  # fmt: skip
        wait_for(lambda: query(address, "journal_backlog_events") == 0, 5)
        day = figures(centre.state / "journal.sqlite", begun, time.time() + 60)
        assert (day.offered, day.answered, day.answered_within) == (6, 4, 4)
        assert (day.abandoned, day.abandoned_short, day.flowed_out) == (2, 1, 0)
        waited_s = query(address, 'sum(acd_queue_wait_seconds_sum{result="answered"})')
        assert waited_s == pytest.approx(day.wait_sum_s, abs=1e-6)
        counts = json.loads(centre.get("/snapshot.json"))["counts"]
        assert (counts["offered"], counts["answered"], counts["abandoned_short"]) == (6, 4, 1)
        spent_s = query(address, "sum(acd_agent_state_seconds_total)")
        assert spent_s is not None
        assert spent_s > 20 * len(centre.accounts)
        show_one_contact(centre)
        the_agents_day_is_the_journals(centre)
        assert resident_kb(centre.engine_pid) <= 120 * 1024
        phones.close()
    log = centre.said(10_000)
    assert "01000000003" not in log  # masked, always
    for secret in (
        re.findall(r'"secret": "(\w+)"', json.dumps(centre.ready)) if (centre.state / "ready.json").exists() else []
    ):
        assert secret not in log


def show_one_contact(centre: Centre) -> None:
    """`./ringmaster show`, as an operator runs it beside the engine."""
    base = [sys.executable, "-P", "-m", "engine.cli", "show", "--state", str(centre.state)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    listed = subprocess.run([*base, "--json"], capture_output=True, text=True, check=True, env=environment, timeout=60)
    assert [one["agent_id"] for one in json.loads(listed.stdout)].count("1001") == 4
    contact = json.loads(listed.stdout)[-1]["contact_id"]  # the first of the day
    for language, said in (
        ("en", ("waits in general", "상담사 01", "talks with agent 1001", "talk over")),
        ("ko", ("general 대기열에서 기다림", "상담사 01")),
    ):
        words = [*base, contact, "--language", language]
        told = subprocess.run(words, capture_output=True, text=True, check=True, env=environment, timeout=60)
        assert all(one in told.stdout for one in said), told.stdout
    facts = json.loads(
        subprocess.run(
            [*base, contact, "--json"], capture_output=True, text=True, check=True, env=environment, timeout=60
        ).stdout
    )
    assert [fact["new"] for fact in facts if fact["fact"] == "ContactMoved"] == [
        "queued", "reserved", "connected", "wrapup", "completed",
    ]  # fmt: skip
    unknown = subprocess.run(
        [*base, "nobody"], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert unknown.returncode == 1
    assert contact in unknown.stderr or "the latest are" in unknown.stderr


def the_agents_day_is_the_journals(centre: Centre) -> None:
    """Live and from the journal: the same contacts and rings, and times that go on by the moment of asking."""
    before = day_of(centre, "1001")
    base = [sys.executable, "-P", "-m", "engine.cli", "show", "--state", str(centre.state), "--agents", "--json"]
    told = subprocess.run(
        base, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    (journal,) = (one for one in json.loads(told.stdout)["agents"] if one["agent"] == "1001")
    live = day_of(centre, "1001")
    assert live["answered"] == journal["answered"] == 4
    assert live["talk_s"] == pytest.approx(journal["talk_s"], abs=0.001)
    assert live["talk_s"] > 0
    assert before["idle_s"] - 0.1 <= journal["idle_s"] <= live["idle_s"] + 0.1
    for name in ("no_answer", "declined", "hold_s", "wrapup_s", "away_s", "aht_s"):
        assert live[name] == journal[name]


def day_of(centre: Centre, agent: str) -> dict[str, Any]:
    """The agent's day on the wallboard."""
    board = json.loads(centre.get("/snapshot.json"))
    (today,) = (one["today"] for one in board["agents"] if one["id"] == agent)
    return today


def resident_kb(pid: int) -> int:
    """VmRSS."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))  # type: ignore[union-attr]
