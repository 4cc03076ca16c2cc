"""What the page is told: levels by the rules' bounds, the variant named, agents as counts and nobody by name."""

import json
import time

import pytest

from acd.core.figures import ServiceLevel
from dialplan.wallboardrules import Bounds
from tests.wire.web_peer import snapshot
from web.board import read
from web.feed import Problem, Seen
from web.hour import LastHour
from web.levels import falling, rising
from web.screen import encode, screen


def shown(**changed: object) -> dict:
    return screen(Seen(read(snapshot(**changed)), None, None), None, time.time())["board"]


@pytest.mark.parametrize(
    ("value", "level"), [(1.0, "good"), (0.97, "good"), (0.9699, "warn"), (0.9, "warn"), (0.8999, "bad"), (None, None)]
)
def test_a_share_is_better_the_higher(value: float | None, level: str | None) -> None:
    assert rising(value, Bounds(0.97, 0.90)) == level


@pytest.mark.parametrize(("value", "level"), [(0, "good"), (20, "good"), (20.1, "warn"), (60, "warn"), (60.1, "bad")])
def test_seconds_are_better_the_fewer(value: float, level: str) -> None:
    assert falling(value, Bounds(20, 60)) == level


@pytest.mark.parametrize(
    ("variant", "value"), [("strict", 1180 / 1222), ("short_excluded", 1180 / 1217), ("answered_only", 1180 / 1200)]
)
def test_the_variant_is_the_rules_and_stands_beside_the_figure(variant: str, value: float) -> None:
    board = shown(wallboard={"service_level_variant": variant})
    assert board["variant"] == ServiceLevel(variant)
    assert board["figures"]["service_level"]["value"] == pytest.approx(value)


def test_bounds_of_the_rules_in_force() -> None:
    assert shown()["figures"]["waiting"]["level"] == "good"
    assert shown(wallboard={"waiting": {"good": 0, "bad": 1}})["figures"]["waiting"]["level"] == "bad"


def test_nobody_and_nothing_yet() -> None:
    board = shown(counts={}, waiting={}, agents=[])
    assert board["figures"]["answer_rate"] == {"value": None, "level": None}
    assert board["figures"]["oldest"] == {"value": None, "level": None}
    assert board["agents"] == [{"team": None, "label": {}, "counts": [0] * 6}]


def test_no_name_leaves_the_centre() -> None:
    sent = encode(Seen(read(snapshot()), None, 1.0), LastHour(0.0, (1,), (2,), (3,)), time.time()).decode()
    assert "상담사" not in sent
    assert "1001" not in sent
    assert json.loads(sent)["hour"] == {"begins_at": 0.0, "bar_s": 300, "within": [1], "late": [2], "lost": [3]}


def test_a_problem_keeps_the_last_board_and_says_its_age() -> None:
    board = read(snapshot(at=1000.0))
    assert screen(Seen(board, Problem.NO_ANSWER, None), None, 1007.5)["age_s"] == 7.5
    assert screen(Seen(None, Problem.NOT_RUNNING, None), None, 1007.5)["age_s"] is None
    # An engine's clock a little ahead of this one's gives no negative age.
    assert screen(Seen(board, None, None), None, 999.0)["age_s"] == 0.0
