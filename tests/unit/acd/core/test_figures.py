"""The figures of routing.md by hand-made numbers."""

from __future__ import annotations

import pytest

from acd.core.figures import Counts, ServiceLevel, answer_rate, mean_s, occupancy, service_level

DAY = Counts(offered=100, answered=90, answered_within=81, abandoned=10, abandoned_short=4, callbacks_kept=3)


@pytest.mark.parametrize(
    ("variant", "value"),
    [(ServiceLevel.STRICT, 81 / 100), (ServiceLevel.SHORT_EXCLUDED, 81 / 96), (ServiceLevel.ANSWERED_ONLY, 81 / 90)],
)
def test_the_service_level_by_variant(variant: ServiceLevel, value: float) -> None:
    assert service_level(DAY, variant) == pytest.approx(value)


def test_short_abandons_are_excluded_by_default() -> None:
    assert service_level(DAY) == service_level(DAY, ServiceLevel.SHORT_EXCLUDED)


def test_kept_call_backs_count_as_answered() -> None:
    assert answer_rate(DAY) == pytest.approx(93 / 96)


def test_figures_add_up_before_they_are_divided() -> None:
    assert answer_rate(DAY + Counts(offered=96, abandoned=96)) == pytest.approx(93 / 192)


def test_nothing_to_count_is_no_figure() -> None:
    assert [service_level(Counts(), variant) for variant in ServiceLevel] == [None, None, None]
    assert answer_rate(Counts(offered=4, abandoned=4, abandoned_short=4)) is None
    assert mean_s(0.0, 0) is None
    assert occupancy(0.0, 0.0) is None


def test_means_and_occupancy() -> None:
    assert mean_s(90.0, 4) == 22.5
    assert occupancy(150.0, 50.0) == 0.75
