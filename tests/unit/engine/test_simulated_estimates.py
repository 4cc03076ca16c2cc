"""What callers of a simulated day are told about their wait, against how long it took."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from statistics import median

import pytest

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.simulation.day import simulate
from engine.simulation.estimates import Estimates
from engine.simulation.plan import city_plan
from engine.simulation.staff import on_duty

RULES = Path(__file__).parents[3] / "dialplan" / "rules"
TUESDAY = date(2026, 11, 24)
BAR = 0.25


@pytest.fixture(scope="module")
def city() -> Ruleset:
    return load(RULES)


@pytest.mark.parametrize(("agents", "seed"), [(8, 1), (12, 1), (12, 2), (16, 3), (20, 4), (28, 5)])
def test_half_of_what_is_said_is_off_by_less_than_a_quarter_of_the_wait(city: Ruleset, agents: int, seed: int) -> None:
    day = simulate(city, city_plan(city, TUESDAY), on_duty(city.agents, agents), seed)
    assert len(day.estimates.off) > 40
    assert (day.estimates.error_median or 1) <= BAR
    assert (day.estimates.first_error_median or 1) <= 0.45, "the first word is said before anything has happened"


def test_so_it_is_on_the_citys_own_day(city: Ruleset) -> None:
    """With 43 agents a handful a day wait for longer than 30 s, so five days are taken together."""
    off: list[float] = []
    for seed in range(1, 6):
        off += simulate(city, city_plan(city, TUESDAY), on_duty(city.agents), seed).estimates.off
    assert len(off) > 30
    assert median(off) <= BAR


def test_how_far_off_is_of_the_whole_wait_and_of_the_answered_who_waited_long() -> None:
    estimates = Estimates()
    estimates.said("a", 0.0, 60.0)
    estimates.said("a", 30.0, 12.0)
    estimates.said("a", 60.0, None)
    estimates.over("a", 40.0, answered=True)
    for contact_id, waited_s, answered in (("short", 30.0, True), ("gone", 90.0, False)):
        estimates.said(contact_id, 0.0, 10.0)
        estimates.over(contact_id, waited_s, answered=answered)
    assert estimates.off == pytest.approx([0.5, 0.05])
    assert (estimates.error_median, estimates.first_error_median) == pytest.approx((0.275, 0.5))
    assert Estimates().error_median is None
