"""The simulation held against Erlang C and Erlang A (the fixtures of the design), within its own confidence interval.

Batch means: one long run is cut into batches, long against the time that the system remembers; the interval is Student's
at 99 %; the seed is fixed, so what holds today holds tomorrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest

from dialplan.agentrules import AgentRule
from dialplan.language import Language
from dialplan.loader import load
from dialplan.menurules import Topic
from dialplan.queuerules import Queue, Strategy
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from engine.simulation.day import simulate
from engine.simulation.draws import Duration, Endless, Exponential
from engine.simulation.outcome import Day, Seen
from engine.simulation.plan import Plan
from engine.simulation.staff import without_breaks
from engine.staffing.erlang import queueing

SOURCE = Source("queues.yaml", 1)
BATCHES, PER_BATCH = 20, 2500
T_99 = 2.861  # Student's t, 19 degrees of freedom, two-sided
AHT_S = 180.0


def one_queue(agents: int) -> Ruleset:
    """The smallest centre: one queue, one language, agents who are all alike."""
    queue = Queue(
        "all", {}, (), Strategy.LONGEST_IDLE, 20.0, 5.0, 10.0, 0.0, 0.0, 60.0, 30.0, 10_000, "default", SOURCE
    )  # fmt: skip
    rules = {
        str(1000 + n): AgentRule(str(1000 + n), str(n), "team1", frozenset({Language.KO}), {}, False, SOURCE)
        for n in range(agents)
    }
    city = load(Path(__file__).parents[3] / "dialplan" / "rules")
    topic = Topic("any", {}, dict.fromkeys(Language, "all"), 1.0, SOURCE)
    return replace(city, queues={"all": queue}, agents=rules, topics={"any": topic}, callers=())


def run(offered: float, agents: int, patience: Duration) -> tuple[Day, list[list[Seen]]]:
    """A long run at `offered` erlangs, in batches by arrival, without the first and the last."""
    calls = (BATCHES + 2) * PER_BATCH
    hours = math.ceil(calls / (offered * 3600 / AHT_S))
    calls = round(hours * offered * 3600 / AHT_S)
    rules = one_queue(agents)
    plan = Plan(
        1_800_000_000.0, 0, (1.0,) * hours, {"any": 1.0}, calls, {Language.KO: 1.0}, Exponential(AHT_S), patience
    )
    seen: list[Seen] = []
    day = simulate(rules, plan, without_breaks(rules.agents.values()), 11, on_contact=seen.append)
    seen.sort(key=lambda one: one.came_at)
    return day, [seen[n * PER_BATCH : (n + 1) * PER_BATCH] for n in range(1, BATCHES + 1)]


def holds(
    batches: list[list[Seen]], measured: Callable[[list[Seen]], float], expected: float, width: float = 0.2
) -> None:
    means = [measured(batch) for batch in batches]
    half = T_99 * stdev(means) / math.sqrt(len(means))
    assert half < width * expected, "an interval that wide proves nothing"
    assert abs(mean(means) - expected) <= half, f"{mean(means):.4f} +- {half:.4f}, not {expected}"


def waited(batch: list[Seen]) -> float:
    return sum(one.waited_s > 1e-6 or not one.answered for one in batch) / len(batch)


def within_20s(batch: list[Seen]) -> float:
    return sum(one.answered and one.waited_s <= 20 for one in batch) / len(batch)


def mean_wait_s(batch: list[Seen]) -> float:
    return sum(one.waited_s for one in batch) / len(batch)


def lost(batch: list[Seen]) -> float:
    return sum(not one.answered for one in batch) / len(batch)


def test_erlang_c() -> None:
    """a = 10, N = 14, AHT 180 s: P(wait) 0.1741, SL20 0.8884, ASA 7.84 s."""
    day, batches = run(10, 14, Endless())
    holds(batches, waited, 0.1741)
    holds(batches, within_20s, 0.8884)
    holds(batches, mean_wait_s, 7.84, width=0.4)  # waits come in long runs
    assert day.occupancy == pytest.approx(10 / 14, rel=0.02)
    assert day.total.counts.abandoned == 0
    assert day.order_inversions == 0


def test_erlang_a() -> None:
    """a = N = 10, patience as long as a talk: P(wait) 0.5421, P(abandon) 0.1251."""
    day, batches = run(10, 10, Exponential(AHT_S))
    holds(batches, waited, 0.5421)
    holds(batches, lost, 0.1251)
    assert day.eligible_unmatched_max_s == 0


def test_twenty_agents_for_264_calls_an_hour() -> None:
    """264 calls/h at 180 s, 97 % in 20 s: 20 agents, occupancy 0.66; the formula's own fixtures are in test_staffing."""
    calls_per_s = 264 / 3600
    day, batches = run(calls_per_s * AHT_S, 20, Endless())
    holds(batches, within_20s, queueing(calls_per_s, AHT_S, 20).within(20))
    assert day.occupancy == pytest.approx(0.66, abs=0.01)
