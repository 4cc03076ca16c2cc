"""Checks Grafana's dashboards without Grafana: their structure, and the expressions in them as Prometheus gets them.

A misspelt metric parses; so whoever asks a Prometheus for these expressions holds an empty answer for an error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

COLUMNS = 24
WITHOUT_QUERY = {"row", "text", "dashlist", "alertlist"}
BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h"}
VARIABLE = re.compile(r"\$\{(\w+)(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)\]\]")
LABEL_VALUES = re.compile(r"label_values\((?:(?P<series>.+),)?\s*(?P<label>\w+)\s*\)")


@dataclass(frozen=True, slots=True)
class Expression:
    """PromQL with the variables filled in, and where it stands."""

    where: str
    promql: str


def panels(dashboard: dict) -> Iterator[dict]:
    """All panels, those in rows too."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panels(panel)


def _variables(dashboard: dict) -> list[dict]:
    return dashboard.get("templating", {}).get("list", [])


def expressions(dashboard: dict) -> list[Expression]:
    """Every expression that Grafana would send, of panels, annotations and variables. KeyError: an unknown variable."""
    values = BUILT_IN | {one["name"]: one.get("allValue") or ".*" for one in _variables(dashboard)}

    def filled(promql: str) -> str:
        return VARIABLE.sub(lambda found: values[found[1] or found[2] or found[3]], promql)

    name = dashboard.get("uid")
    found = [
        Expression(f"{name}: {panel.get('title')} {target.get('refId')}", filled(target["expr"]))
        for panel in panels(dashboard)
        for target in panel.get("targets", [])
    ]
    for one in dashboard.get("annotations", {}).get("list", []):
        if one.get("expr"):
            found.append(Expression(f"{name}: annotation {one.get('name')}", filled(one["expr"])))
    for one in _variables(dashboard):
        if one.get("type") == "query":
            asked = LABEL_VALUES.fullmatch(one["query"]["query"])
            assert asked, one["query"]
            # Only series that have the label give values.
            series, label = asked["series"] or "{__name__!=''}", asked["label"]
            found.append(Expression(f"{name}: variable {one['name']}", f"group by ({label}) ({filled(series)})"))
    return found


def problems(dashboard: dict, datasources: set[str]) -> list[str]:
    """What Grafana would refuse or show wrong; `datasources` are the provisioned uids."""
    return [*_of_the_whole(dashboard), *_of_panels(dashboard, datasources), *_of_places(dashboard)]


def _of_the_whole(dashboard: dict) -> Iterator[str]:
    for key in ("title", "uid", "schemaVersion", "panels"):
        if not dashboard.get(key):
            yield f"no {key}"
    if dashboard.get("id") is not None:
        yield "an id, which provisioning has to give"
    if len(dashboard.get("uid", "")) > 40:
        yield "a uid longer than Grafana's 40 characters"
    try:
        expressions(dashboard)
    except KeyError as unknown:
        yield f"variable {unknown} is not defined"


def _of_panels(dashboard: dict, datasources: set[str]) -> Iterator[str]:
    for number, times in Counter(panel.get("id") for panel in panels(dashboard)).items():
        if times > 1 or not number:
            yield f"panel id {number}, {times} times"
    for panel in panels(dashboard):
        name = f"panel {panel.get('id')} {panel.get('title')!r}"
        targets = panel.get("targets", [])
        if panel.get("type") not in WITHOUT_QUERY and not targets:
            yield f"{name}: no targets"
        if len({target.get("refId") for target in targets}) != len(targets):
            yield f"{name}: a refId twice"
        for target in targets:
            if not target.get("expr"):
                yield f"{name}: no expression"
            uid = (target.get("datasource") or panel.get("datasource") or {}).get("uid")
            if uid not in datasources:
                yield f"{name}: datasource {uid!r} is not provisioned"
        steps = panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds", {}).get("steps", [])
        levels = [step["value"] for step in steps]
        if levels and (levels[0] is not None or levels[1:] != sorted(levels[1:])):
            yield f"{name}: thresholds are not in order from null"


def _of_places(dashboard: dict) -> Iterator[str]:
    taken: dict[tuple[int, int], int] = {}
    for panel in dashboard.get("panels", []):
        place = panel["gridPos"]
        if place["x"] + place["w"] > COLUMNS:
            yield f"panel {panel['id']} is wider than the {COLUMNS} columns"
        cells = [
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        for other in {taken[cell] for cell in cells if cell in taken}:
            yield f"panels {other} and {panel['id']} overlap"
        taken.update(dict.fromkeys(cells, panel["id"]))
