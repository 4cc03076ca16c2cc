"""`simulate --least`: the fewest agents with whom the same callers meet the target."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dialplan.agentrules import AgentRule
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.commands.simulate import run
from engine.simulation.day import simulate
from engine.simulation.least import as_json, as_text, holds, least
from engine.simulation.plan import city_plan
from engine.simulation.report import Told
from engine.simulation.staff import on_duty
from engine.simulation.timeuse import TimeUse

RULES = Path(__file__).parents[3] / "dialplan" / "rules"
TUESDAY = date(2026, 11, 24)
WORDS = ["--day", "2026-11-24", "--calls", "400", "--least"]


@pytest.fixture(scope="module")
def city() -> Ruleset:
    return load(RULES)


def with_agents(city: Ruleset, calls: int, crew: Mapping[str, AgentRule], seed: int = 1) -> Callable[[int], Told]:
    plan = city_plan(city, TUESDAY, calls)
    return lambda agents: Told("", simulate(city, plan, on_duty(crew, agents), seed), TimeUse(plan.midnight), 0.0)


def test_so_many_hold_it_and_one_fewer_does_not(city: Ruleset) -> None:
    simulated = with_agents(city, 500, city.agents, seed=3)
    for begin in (2, 43):
        found = least(simulated, 0.9, begin, 500)
        assert found.told is not None
        assert holds(found.told.day, 0.9)
        assert not holds(simulated(found.told.day.agents - 1).day, 0.9)
        assert [told.day.agents for told in found.tried] == sorted(told.day.agents for told in found.tried)
        assert found.told in found.tried


def test_the_citys_target_takes_fewer_agents_than_the_city_has(city: Ruleset) -> None:
    found = least(with_agents(city, 2200, city.agents), 0.97, 43, 100)
    assert found.told is not None
    assert 26 <= found.told.day.agents <= 34


def test_where_nobody_can_serve_a_queue_no_number_is_enough(city: Ruleset) -> None:
    mute = {key: replace(rule, languages=frozenset()) for key, rule in city.agents.items()}
    found = least(with_agents(city, 20, mute), 0.97, 4, 20)
    assert found.told is None
    assert [told.day.agents for told in found.tried] == [4, 8, 16, 20]
    assert as_json(found)["least_agents"] is None
    assert "no number of agents holds" in as_text(found)


def test_a_day_without_calls_needs_nobody(city: Ruleset) -> None:
    found = least(with_agents(city, 0, city.agents), 0.97, 8, 64)
    assert found.told is not None
    assert found.told.day.agents == 0


def test_its_json_is_that_days_and_what_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "--target", "0.9", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["least_agents"] == said["agents"]
    assert said["target"] == 0.9
    assert said["answer_rate"] >= 0.9
    assert said["service_level"]["short_excluded"] >= 0.9
    (below,) = [one for one in said["tried"] if one["agents"] == said["least_agents"] - 1]
    assert not below["holds"]


def test_its_table_names_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WORDS) == 0
    said = capsys.readouterr().out
    assert "agents are the least that hold 97.0% answered" in said
    assert "falls short" in said


@pytest.mark.parametrize("target", ["0", "97", "much"])
def test_a_target_is_a_share(target: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run([*WORDS, "--target", target])
    assert ended.value.code == 2


def test_it_is_for_one_set_of_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "--compare", str(RULES), str(RULES)]) == 2
    assert "--least is for one set of rules" in capsys.readouterr().err
