"""Writes Grafana's dashboards: `python3 -m monitoring.grafana.build` makes `dashboards/*.json` of the tables here.

Standard library only. Titles are Korean and English. What is committed is what this writes; a test compares them.
"""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from pathlib import Path

from monitoring.grafana.agents import AGENTS
from monitoring.grafana.day import DAY
from monitoring.grafana.engine import ENGINE
from monitoring.grafana.now import NOW
from monitoring.grafana.panels import text

FOLDER = Path(__file__).resolve().parent / "dashboards"
DASHBOARDS = {"now": NOW, "day": DAY, "agents": AGENTS, "engine": ENGINE}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, dashboard in DASHBOARDS.items():
        (FOLDER / f"{name}.json").write_text(text(dashboard), encoding="utf-8")
