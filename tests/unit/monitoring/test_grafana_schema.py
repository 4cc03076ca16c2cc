"""The dashboards against Grafana's own schema: whatever it does not know of a file, it would silently drop."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

FILES = sorted((Path(__file__).resolve().parents[3] / "monitoring/grafana/dashboards").glob("*.json"))
register_default_plugins()


def _understood(dashboard: Any) -> Any:
    """What Grafana's own types make of it."""
    return json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard)))


def _lost(written: Any, read: Any, place: str = "") -> Iterator[str]:
    """What was written and is not read, or is read as something else."""
    if isinstance(written, dict):
        for key, value in written.items():
            if not isinstance(read, dict) or key not in read:
                yield f"{place}.{key}"
            else:
                yield from _lost(value, read[key], f"{place}.{key}")
    elif isinstance(written, list):
        if not isinstance(read, list) or len(written) != len(read):
            yield place
        else:
            for number, (one, other) in enumerate(zip(written, read, strict=True)):
                yield from _lost(one, other, f"{place}[{number}]")
    elif written != read:
        yield f"{place}: {written!r} is read as {read!r}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_grafana_knows_every_key(file: Path) -> None:
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    assert list(_lost(dashboard, _understood(dashboard))) == []


@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (lambda one: one.update(refesh="5s"), ".refesh"),
        (lambda one: one["panels"][0].update(griPos={}), ".panels[0].griPos"),
        (lambda one: one["panels"][0]["targets"][0].update(exprr="up"), ".panels[0].targets[0].exprr"),
    ],
)
def test_a_misspelt_key_is_seen(break_it: Any, place: str) -> None:
    dashboard = copy.deepcopy(json.loads(FILES[0].read_text(encoding="utf-8")))
    break_it(dashboard)
    assert place in list(_lost(dashboard, _understood(dashboard)))
