"""A simulated day: its callers, its staff, its figures, what its witness would see, and the command's JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from acd.core.figures import ServiceLevel
from acd.core.states import Presence
from dialplan.language import Language
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.commands.simulate import run
from engine.simulation.day import _Run, simulate
from engine.simulation.plan import callers, city_plan, topic_mix
from engine.simulation.staff import on_duty

RULES = Path(__file__).parents[3] / "dialplan" / "rules"
TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)
KEYS = {
    "offered", "answered", "abandoned", "abandoned_short", "answer_rate", "service_level", "asa_s", "p95_wait_s", "occupancy",
    "order_inversions", "eligible_unmatched_max_s", "agents", "seed", "elapsed_s", "by_queue", "by_hour",
    "estimate_error_median", "estimate_error_first_median", "estimates_said",
}  # fmt: skip


@pytest.fixture(scope="module")
def city() -> Ruleset:
    return load(RULES)


def test_the_citys_day_holds_its_promise(city: Ruleset) -> None:
    for seed in range(3):
        day = simulate(city, city_plan(city, TUESDAY), on_duty(city.agents), seed, check_every=200)
        total = day.total
        assert day.agents == 43
        assert total.counts.offered == 2200 == total.counts.answered + total.counts.abandoned
        assert (total.answer_rate or 0) >= 0.97
        assert all((total.service_level(variant) or 0) >= 0.97 for variant in ServiceLevel)
        assert (day.order_inversions, day.eligible_unmatched_max_s) == (0, 0)


def test_twelve_agents_are_as_bad_as_they_must_be(city: Ruleset) -> None:
    day = simulate(city, city_plan(city, TUESDAY), on_duty(city.agents, 12), 1, check_every=50)
    assert (day.total.answer_rate or 0) < 0.9
    assert (day.total.service_level(ServiceLevel.SHORT_EXCLUDED) or 0) < 0.8
    assert (day.occupancy or 0) > 0.65
    assert (day.order_inversions, day.eligible_unmatched_max_s) == (0, 0)


def test_a_seed_is_a_day(city: Ruleset) -> None:
    plan = city_plan(city, TUESDAY, 300)
    one, again, other = (simulate(city, plan, on_duty(city.agents, 8), seed) for seed in (5, 5, 6))
    assert (one.tallies, one.occupancy) == (again.tallies, again.occupancy)
    assert one.tallies != other.tallies
    fewer = simulate(city, plan, on_duty(city.agents, 6), 5)  # the same callers meet another staffing
    assert {hour: figures.counts.offered for hour, figures in fewer.by_hour().items()} == {
        hour: figures.counts.offered for hour, figures in one.by_hour().items()
    }


def test_callers_follow_the_citys_profile(city: Ruleset) -> None:
    all_day = list(callers(city_plan(city, TUESDAY, 40_000), 3))
    assert len(all_day) == 40_000
    assert [one.at_s for one in all_day] == sorted(one.at_s for one in all_day)
    hours = Counter(int(one.at_s // 3600) for one in all_day)
    assert [round(hours[hour] / 400) for hour in range(8, 19)] == pytest.approx(
        [6, 10, 12, 11, 7, 10, 11, 11, 10, 8, 4], abs=1
    )
    languages = Counter(one.language for one in all_day)
    assert languages[Language.KO] / 40_000 == pytest.approx(0.97, abs=0.004)
    assert languages[Language.EN] / 40_000 == pytest.approx(0.015, abs=0.003)
    assert sum(one.talk_s for one in all_day) / 40_000 == pytest.approx(180, rel=0.03)
    assert sum(one.patience_s for one in all_day) / 40_000 == pytest.approx(90, rel=0.03)
    days_off = Counter(int(one.at_s // 3600) for one in callers(city_plan(city, SATURDAY, 40_000), 3))
    assert [round(days_off[hour] / 400) for hour in range(9, 18)] == pytest.approx(
        [8, 12, 14, 13, 10, 12, 12, 11, 8], abs=1
    )


def test_topics_without_a_share_of_their_own(city: Ruleset) -> None:
    mix = topic_mix(city)
    assert sum(mix.values()) == pytest.approx(1)
    assert mix["vehicle"] == 0.22
    assert mix["city"] == mix["health"] == mix["any"] == pytest.approx(0.26 / 8)


def test_an_earlier_closing_loses_callers() -> None:
    shorter = load(RULES, ['hours.day_off=["09:00-17:00"]'])
    day = simulate(shorter, city_plan(shorter, SATURDAY, 1000), on_duty(shorter.agents), 1)
    assert day.closed == pytest.approx(80, abs=30)
    assert day.total.counts.offered == 1000 - day.closed
    assert 17 not in day.by_hour()


@pytest.mark.parametrize("count", [0, 1, 3, 12, 43, 50, 130])
def test_any_number_is_on_duty_in_the_citys_proportions(city: Ruleset, count: int) -> None:
    duties = on_duty(city.agents, count)
    assert len({duty.rule.id for duty in duties}) == count
    if count >= 12:
        for language in Language:
            share = sum(language in rule.languages for rule in city.agents.values()) / 43
            assert sum(language in duty.rule.languages for duty in duties) == pytest.approx(share * count, abs=1.6)
        teams = Counter(duty.rule.team for duty in duties)
        assert max(teams.values()) - min(teams.values()) <= max(2, count // 10)
    for duty in duties:
        assert sorted(one.lasts_s for one in duty.breaks) == [900, 900, 3600]


def test_breaks_are_taken(city: Ruleset) -> None:
    """With one agent and no caller: 11 hours less 90 minutes."""
    run_ = _Run(city, city_plan(city, TUESDAY, 0), on_duty(city.agents, 1), 1, check_every=1, on_contact=None)
    run_.run()
    spent: Counter[Presence] = Counter()
    for (_, presence, _), lasted_s in run_._state.spent_s.items():
        spent[presence] += lasted_s
    assert spent[Presence.AWAY] == pytest.approx(5400)
    assert spent[Presence.AVAILABLE] == pytest.approx(11 * 3600 - 5400)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_json_is_the_interfaces(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--day", "2026-11-24", "--calls", "200", "--agents", "9", "--seed", "4", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == KEYS
    assert set(said["service_level"]) == {"strict", "short_excluded", "answered_only"}
    assert (said["offered"], said["agents"], said["seed"]) == (200, 9, 4)
    assert 0 <= said["answer_rate"] <= 1
    assert sum(queue["offered"] for queue in said["by_queue"].values()) == 200


def test_a_day_without_calls_and_one_without_agents(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--day", "2026-11-24", "--calls", "0", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["offered"], said["answer_rate"], said["asa_s"]) == (0, None, None)
    assert run(["--day", "2026-11-24", "--calls", "50", "--agents", "0", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["answered"], said["abandoned"], said["occupancy"]) == (0, 50, None)


def test_the_table_says_its_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--day", "2026-12-25", "--calls", "100"]) == 0
    said = capsys.readouterr().out
    assert "short_excluded" in said
    assert "09-10" in said
    assert "08-09" not in said


@pytest.mark.parametrize(
    "words", [["--day", "24.11.2026"], ["--calls", "-1"], ["--agents", "many"], ["--calls", "6000000"]]
)
def test_wrong_words_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(words)
    assert ended.value.code == 2


def test_a_day_beyond_the_calendar_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--day", "2150-01-01"]) == 2
    assert "simulate:" in capsys.readouterr().err


def test_wrapup_may_be_the_plans(city: Ruleset) -> None:
    plan = replace(city_plan(city, TUESDAY, 500), wrapup_s=300.0)
    longer = simulate(city, plan, on_duty(city.agents, 20), 1)
    usual = simulate(city, city_plan(city, TUESDAY, 500), on_duty(city.agents, 20), 1)
    assert (longer.occupancy or 0) > 1.5 * (usual.occupancy or 0)
