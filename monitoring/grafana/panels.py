"""How a panel and a dashboard are told in few words, and what Grafana reads for them. Standard library only."""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

import json
from dataclasses import dataclass, field

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH = 24  # Grafana's columns
# Okabe and Ito's colours: told apart by the colour-blind, on dark and on light.
GOOD, FAIR, BAD, NEUTRAL = "#009E73", "#E69F00", "#D55E00", "#0072B2"

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `queries` are (legend, PromQL); `steps` are (from, colour), the first from minus infinity."""

    title: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"  # or stat, bargauge, table
    unit: str = "short"
    size: tuple[int, int] = (12, 8)  # columns, rows
    steps: tuple[tuple[float | None, str], ...] = ((None, NEUTRAL),)
    words: tuple[tuple[str, str], ...] = ()  # what a value is called, as ("0", "닫힘 · Closed")
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard, its panels placed from left to right in lines. `variables` are (label, title, metric)."""

    uid: str
    title: str
    panels: tuple[Panel, ...]
    since: str = "now-1h"
    refresh: str = "10s"
    variables: tuple[tuple[str, str, str], ...] = field(default=())


def _target(at: int, panel: Panel, legend: str, expr: str) -> Json:
    target: Json = {"refId": chr(ord("A") + at), "datasource": DATASOURCE, "expr": expr, "legendFormat": legend}
    if panel.kind == "timeseries":
        return target | {"range": True, "instant": False}
    target |= {"range": False, "instant": True}
    return target | {"format": "table"} if panel.kind == "table" else target


def _options(panel: Panel) -> Json:
    if panel.kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi"},
        }
    if panel.kind == "table":
        return {"showHeader": True}
    shown: Json = {"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "orientation": "auto"}
    return shown | (
        {"displayMode": "basic"} if panel.kind == "bargauge" else {"colorMode": "value", "graphMode": "none"}
    )


def _panel(number: int, panel: Panel, x: int, y: int) -> Json:
    steps = [{"value": value, "color": colour} for value, colour in panel.steps]
    # 0 of 0: nobody called. A dash says that better than NaN.
    mappings: list[Json] = [{"type": "special", "options": {"match": "nan", "result": {"text": "–"}}}]
    if panel.words:
        mappings.append({"type": "value", "options": {value: {"text": text} for value, text in panel.words}})
    defaults: Json = {
        "unit": panel.unit,
        "mappings": mappings,
        "thresholds": {"mode": "absolute", "steps": steps},
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
    }
    if panel.stacked:
        defaults["custom"] = {"stacking": {"mode": "normal"}, "fillOpacity": 40}
    built: Json = {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.size[0], "h": panel.size[1]},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel),
        "targets": [_target(at, panel, *query) for at, query in enumerate(panel.queries)],
    }
    if panel.kind == "table" and len(panel.queries) > 1:  # one line a queue, a column a query
        names = {f"Value #{chr(ord('A') + at)}": legend for at, (legend, _) in enumerate(panel.queries)}
        built["transformations"] = [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": {"Time": True, "__name__": True}, "renameByName": names}},
        ]
    return built


def _variable(label: str, title: str, metric: str) -> Json:
    query = f"label_values({metric}, {label})"
    return {
        "name": label,
        "label": title,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": label},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def build(dashboard: Dashboard) -> Json:
    """The dashboard as Grafana reads it from a file."""
    panels: list[Json] = []
    x = y = height = 0
    for number, panel in enumerate(dashboard.panels, 1):
        if x + panel.size[0] > WIDTH:
            x, y, height = 0, y + height, 0
        panels.append(_panel(number, panel, x, y))
        x, height = x + panel.size[0], max(height, panel.size[1])
    return {
        "uid": dashboard.uid,
        "title": f"Ringmaster: {dashboard.title}",
        "tags": ["ringmaster"],
        "schemaVersion": 39,
        "editable": False,
        "timezone": "Asia/Seoul",
        "refresh": dashboard.refresh,
        "time": {"from": dashboard.since, "to": "now"},
        "templating": {"list": [_variable(*variable) for variable in dashboard.variables]},
        "annotations": {"list": []},
        "links": [{"title": "Ringmaster", "type": "dashboards", "tags": ["ringmaster"], "asDropdown": False}],
        "panels": panels,
    }


def text(dashboard: Dashboard) -> str:
    """The file's whole text."""
    return json.dumps(build(dashboard), ensure_ascii=False, indent=1) + "\n"
