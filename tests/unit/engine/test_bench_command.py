"""The list of benches: each is a program of tests/bench, is in docs/performance.md, and says what and where it measured."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acd.ami.translate import EVENTS
from engine.commands.bench import BENCHES, labelled, machine
from tests.bench.ami_replay import RECORDED, interleaved
from tests.bench.journalmoves import Move, out_of_order, ring_delays_s

ROOT = Path(__file__).resolve().parents[3]


def test_every_bench_is_a_program_and_every_program_a_bench() -> None:
    files = (ROOT / "tests" / "bench").glob("*.py")
    programs = {one.stem for one in files if '"--json"' in one.read_text(encoding="utf-8")}
    assert programs == set(BENCHES)


def test_performance_md_names_every_bench_and_no_other() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`\./ringmaster bench (\w+)`", text)) == set(BENCHES)


def test_a_row_says_where_and_when() -> None:
    row = {"name": "x", "value": 1, "unit": "ms", "bar": 2, "pass": True, "detail": ""}
    (told,) = labelled([row], "core", machine(), datetime(2026, 11, 24, 10, tzinfo=UTC))
    assert told == {**row, "bench": "core", "date": "2026-11-24T10:00:00+00:00", "machine": machine()}
    assert re.match(r"\d+ x .+, Linux .+, Python 3\.\d+\.\d+, Asterisk ", machine())


def test_the_recorded_call_has_only_events_that_are_read() -> None:
    sent = interleaved(RECORDED.read_bytes().decode(), [(1, "1001"), (2, "1002")]).decode()
    names = re.findall(r"^Event: (\w+)\r$", sent, re.MULTILINE)
    assert set(names) <= set(EVENTS)
    assert names[:2] == ["Newchannel", "Newchannel"]
    assert "{" not in sent


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (["a queued", "b queued", "a reserved", "b reserved"], 0),
        (["a queued", "b queued", "b reserved", "a reserved"], 1),
        (["a queued", "b queued", "a reserved", "a queued", "b reserved", "a reserved"], 0),  # rung in vain
        (["a queued", "b queued", "a abandoned", "b reserved"], 0),
    ],
)
def test_order_is_judged_among_those_who_wait(new: list[str], wrong: int) -> None:
    came = {"a": 1.0, "b": 2.0}
    moves = [Move(float(at), one[0], "1001", one[2:], came[one[0]]) for at, one in enumerate(new)]
    assert out_of_order(moves) == wrong


def test_a_ring_is_late_by_its_agents_latest_match() -> None:
    moves = [Move(1.0, "a", "1001", "reserved", 0.0), Move(2.0, "b", "1001", "reserved", 0.0)]
    assert ring_delays_s(moves, {"1001": [1.25, 2.5], "1002": [3.0]}) == [0.25, 0.5]
