"""Grafana's dashboards: built from the tables beside them, sound, and the checker sees what is not."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from monitoring.grafana.build import DASHBOARDS
from monitoring.grafana.panels import text
from tests.monitoring.dashboards import expressions, panels, problems

GRAFANA = Path(__file__).resolve().parents[3] / "monitoring/grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))


def datasources() -> set[str]:
    read = YAML(typ="safe").load(GRAFANA / "provisioning/datasources/prometheus.yml")
    return {one["uid"] for one in read["datasources"]}


def test_files_are_what_build_writes() -> None:
    assert {file.stem for file in FILES} == set(DASHBOARDS) == {"now", "day", "agents", "engine"}
    for file in FILES:
        assert file.read_text(encoding="utf-8") == text(DASHBOARDS[file.stem]), "python3 -m monitoring.grafana.build"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_sound(file: Path) -> None:
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    assert problems(dashboard, datasources()) == []
    assert len(expressions(dashboard)) >= len(dashboard["panels"])
    for title in (dashboard["title"], *(panel["title"] for panel in panels(dashboard))):
        assert re.search("[가-힣A-Z]", title), title
        assert " · " in title, title


def test_uids_are_different() -> None:
    uids = [json.loads(file.read_text(encoding="utf-8"))["uid"] for file in FILES]
    assert len(set(uids)) == len(uids)


def _last(dashboard: dict) -> dict:
    return dashboard["panels"][-1]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda one: one.update(id=7), "an id"),
        (lambda one: one.pop("uid"), "no uid"),
        (lambda one: _last(one).update(id=1), "panel id 1, 2 times"),
        (lambda one: _last(one).update(targets=[]), "no targets"),
        (lambda one: _last(one)["gridPos"].update(x=20), "wider than the 24"),
        (lambda one: _last(one)["gridPos"].update(y=0), "overlap"),
        (lambda one: _last(one)["targets"][0].update(datasource={"uid": "other"}), "'other' is not provisioned"),
        (lambda one: _last(one)["targets"][0].update(expr="up{a=~'$nobody'}"), "'nobody' is not defined"),
        (lambda one: _last(one)["targets"].append(_last(one)["targets"][0]), "a refId twice"),
        (
            lambda one: _last(one)["fieldConfig"]["defaults"]["thresholds"].update(steps=[{"value": 1}]),
            "thresholds are not in order",
        ),
    ],
)
def test_what_is_wrong_is_seen(harm: Callable[[dict], object], told: str) -> None:
    dashboard = copy.deepcopy(json.loads((GRAFANA / "dashboards/day.json").read_text(encoding="utf-8")))
    harm(dashboard)
    assert told in "\n".join(problems(dashboard, datasources()))
