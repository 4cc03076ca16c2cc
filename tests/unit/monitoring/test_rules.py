"""The rules for Prometheus, by its own promtool: their syntax, their figures, and each alert firing and not firing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from engine import fetch

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = ROOT / "monitoring/prometheus"
TESTS = ROOT / "tests/monitoring"


def promtool(*words: str | Path) -> str:
    done = subprocess.run(
        [*fetch.program("prometheus").argv("usr/bin/promtool"), *map(str, words)],
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def alerts() -> list[dict]:
    groups = YAML(typ="safe").load(PROMETHEUS / "rules/alerts.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.timeout(300)  # Prometheus may have to be fetched first
def test_prometheus_takes_its_configuration() -> None:
    said = promtool("check", "config", "--lint=all", "--lint-fatal", PROMETHEUS / "prometheus.yml")
    assert "2 rule files found" in said


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", sorted(TESTS.glob("*.test.yml")), ids=lambda file: file.name)
def test_figures_and_alerts(file: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", file)


def test_every_alert_is_seen_firing_and_silent() -> None:
    """In the same series: what fires in one instant of a test is silent in another instant of that test."""
    found = YAML(typ="safe").load(TESTS / "alerts.test.yml")["tests"]
    for alert in alerts():
        name = alert["alert"]
        seen = [[name in str(one["exp_samples"]) for one in test["promql_expr_test"]] for test in found]
        assert any(True in instants and False in instants for instants in seen), name


def test_every_alert_has_a_runbook_that_names_it() -> None:
    for alert in alerts():
        runbook = ROOT / alert["annotations"]["runbook"]
        assert alert["alert"] in runbook.read_text(encoding="utf-8"), runbook
        assert alert["labels"]["severity"] in {"critical", "warning"}
        assert alert["annotations"]["summary"]
        assert re.search("[가-힣]", alert["annotations"]["summary_ko"])
    used = {Path(alert["annotations"]["runbook"]).name for alert in alerts()}
    assert used == {file.name for file in (ROOT / "docs/runbooks").glob("*.md")}


@pytest.mark.timeout(300)
def test_alertmanager_takes_its_configuration() -> None:
    amtool = fetch.program("alertmanager").argv("usr/bin/amtool")
    file = ROOT / "monitoring/alertmanager/alertmanager.yml"
    done = subprocess.run([*amtool, "check-config", str(file)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    routed = subprocess.run(
        [*amtool, "config", "routes", "test", f"--config.file={file}", "severity=critical", "alertname=Any"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert routed.stdout.strip() == "example"
