"""Chaos programs of core and journal in their shortest form, and what holds for all: a seed is a plan, a loss is told."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.commands import chaos
from tests.chaos.falls import planned
from tests.chaos.job import Finding, Job, Size, rows

ROOT = Path(__file__).resolve().parents[3]


def in_a_process_of_its_own(name: str) -> list[dict]:
    words = [sys.executable, "-m", f"tests.chaos.{name}", "--json", "--size", "suite"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["core", "journal"])
def test_nothing_is_lost(name: str) -> None:
    found = in_a_process_of_its_own(name)
    assert found
    assert all(row["tried"] and row["pass"] for row in found)
    assert {"name", "value", "unit", "bar", "pass", "detail"} <= found[0].keys(), "as a bench's rows"
    assert {"program", "promise", "seed", "plan", "tried", "lost", "figures", "passed", "seconds"} <= found[0].keys()


@pytest.mark.parametrize("name", sorted(chaos.PROGRAMS))
def test_every_program_is_there(name: str) -> None:
    assert callable(importlib.import_module(f"tests.chaos.{name}").run)


def test_a_seed_is_a_plan() -> None:
    def plan(seed: int) -> list[str]:
        return [str(one) for one in planned(Job(seed), ("kill -9", "SIGSTOP"), 20, 3)]

    assert plan(7) == plan(7)
    assert plan(7) != plan(8)
    job = Job(7)
    job.follow(planned(job, ("kill -9",), 20, 3))
    again = Job(7)
    again.follow(planned(again, ("kill -9",), 20, 3))
    assert job.digest() == again.digest()


def test_a_loss_and_a_breakdown_are_told() -> None:
    def loses(job: Job) -> list[Finding]:
        return [Finding("callers lost", 1, 500, 1, "caller 7"), Finding("late", 1, 500, 0, "", late=2)]

    assert [(row["pass"], row["value"]) for row in rows("kill", Job(1), loses)] == [(False, 1), (False, 2)]

    def breaks(job: Job) -> list[Finding]:
        raise AssertionError("no centre is ready")

    (row,) = rows("kill", Job(1, Size.SUITE), breaks)
    assert (row["pass"], row["lost"]) == (False, 1)
    assert "no centre is ready" in row["detail"]


def test_what_is_given_few_minutes_tries_a_bit_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("tests.chaos.job.time.monotonic", lambda: now[0])
    job = Job(1, Size.FULL, minutes=1.0)

    def tried(share: float, each_s: float) -> int:
        faults = []
        for fault in job.within(range(1000), share):
            faults.append(fault)
            now[0] += each_s
        return len(faults)

    assert [tried(0.5, 10.0), tried(0.75, 10.0), tried(1.0, 1.0)] == [3, 2, 10]
    assert tried(1.0, 1.0) == 1, "what was not tried is no promise kept"
    assert (job.left_s(), job.over()) == (0.0, True)
    assert not Job(1).over()


def test_nothing_tried_is_no_promise_kept() -> None:
    (row,) = rows("kill", Job(1), lambda job: [Finding("callers lost", 1, 0, 0, "")])
    assert not row["pass"]


def test_the_command_tells_a_loss_by_its_exit_code(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    row = rows("core", Job(3), lambda job: [Finding("contacts lost", 17, 10, 1, "seed 5")])
    monkeypatch.setattr(chaos, "_try", lambda name, options: row)
    assert chaos.run(["core", "--seed", "3"]) == 1
    assert "FAIL core: contacts lost: 1 of 10  (promise 17, seed 3)" in capsys.readouterr().out
