"""The arithmetic of size: Little's law, what ends first, and that nothing shrinks as calls grow."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capacity import CALL_MS, MENU_S, TALK_MS_PER_S, WAITING_MS_PER_S, Load, needs
from engine.commands import capacity


def test_calls_a_second_by_littles_law() -> None:
    assert Load(2_000, talk_s=150.0, wait_s=30.0).calls_per_s == pytest.approx(2_000 / (MENU_S + 180.0))


def test_a_thousand_calls_fit_a_node_and_an_engine() -> None:
    found = needs(Load(1_000, cores=16))
    assert (found.nodes, found.engines, found.databases) == (1, 1, 1)
    rate = found.calls_per_s
    cores = rate * (CALL_MS + 180.0 * TALK_MS_PER_S + (MENU_S + 30.0) * WAITING_MS_PER_S) / 1000
    assert found.node_cores == pytest.approx(cores)


def test_a_hundred_thousand_calls_end_an_engine_by_its_threads() -> None:
    found = needs(Load(100_000))
    assert found.engines == 10
    assert found.engine_ends_by == "sessions (a thread each)"
    assert found.core_share < 0.5  # one core of the one order would do


def test_short_calls_end_it_by_processor_time() -> None:
    assert needs(Load(30_000, talk_s=5.0, wait_s=0.0)).engine_ends_by in ("processor time", "AMI events")


@given(st.integers(1, 200_000), st.integers(1, 200_000), st.sampled_from([4, 16, 64]))
def test_more_calls_need_no_less(one: int, other: int, cores: int) -> None:
    small, large = sorted((one, other))
    less, more = needs(Load(small, cores=cores)), needs(Load(large, cores=cores))
    for name in ("agents", "nodes", "engines", "databases", "facts_per_s", "engine_gb"):
        assert getattr(less, name) <= getattr(more, name), name


def test_the_command_tells_it_as_data_and_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert capacity.run(["--calls", "500", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["calls"] == 500
    assert capacity.run([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == [str(n) for n in capacity.SIZES]
