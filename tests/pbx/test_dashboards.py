"""Every expression of rules and dashboards, asked of a real Prometheus that scrapes a real engine with calls on it.

A misspelt metric or label gives an empty answer, and a quotient of nothing NaN: neither is an answer here.
"""

from __future__ import annotations

import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from centre import Centre, wait_for
from oneagent import OneAgent
from programs import running
from ruamel.yaml import YAML

from engine import fetch
from engine.settings import free_port
from tests.monitoring.dashboards import Expression, expressions

pytestmark = pytest.mark.timeout(240)
MONITORING = Path(__file__).parents[2] / "monitoring"
# Prometheus' own series, which exists only while an alert fires.
NOT_OURS = {"ALERTS"}


class Prometheus:
    """A server with the configuration and the rules that we ship; only its clocks are faster."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask(self, path: str, **words: str) -> dict:
        """An answer of its API. AssertionError with its words when it refuses."""
        url = f"{self._address}/api/v1/{path}?{urllib.parse.urlencode(words)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{words}: {error.read().decode()}") from error

    def numbers(self, promql: str) -> list[float]:
        """The values of an instant query."""
        found = self.ask("query", query=promql)
        if found["resultType"] == "scalar":
            return [float(found["result"][1])]
        return [float(one["value"][1]) for one in found["result"]]

    def selectors(self, promql: str) -> list[str]:
        """The selectors in an expression, by Prometheus' own parser."""
        return [selector for selector in _selectors(self.ask("parse_query", query=promql)) if selector not in NOT_OURS]


def _selectors(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") in {"vectorSelector", "matrixSelector"}:
            matchers = (f"{one['name']}{one['type']}{json.dumps(one['value'])}" for one in node["matchers"])
            yield node["name"] if node["name"] in NOT_OURS else "{" + ",".join(matchers) + "}"
        for part in node.values():
            yield from _selectors(part)
    elif isinstance(node, list):
        for part in node:
            yield from _selectors(part)


@contextmanager
def prometheus(folder: Path, target_port: int) -> Iterator[Prometheus]:
    port = free_port(set())
    (folder / "rules").mkdir(parents=True)
    for file in ("prometheus.yml", *(f"rules/{one.name}" for one in (MONITORING / "prometheus/rules").glob("*.yml"))):
        text = (MONITORING / "prometheus" / file).read_text(encoding="utf-8")
        text = text.replace("127.0.0.1:9100", f"127.0.0.1:{target_port}").replace("127.0.0.1:9090", f"127.0.0.1:{port}")
        text = re.sub(r"interval: \d+[sm]$", "interval: 1s", text, flags=re.MULTILINE)
        (folder / file).write_text(text, encoding="utf-8")
    log = folder / "log"
    words = [
        *fetch.program("prometheus").argv(),
        f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    server = Prometheus(f"http://127.0.0.1:{port}")

    def scraped() -> bool:
        try:
            return sum(server.numbers('up{job="ringmaster"}')) == 1
        except (OSError, AssertionError):
            return False

    with running(words, log):
        wait_for(scraped, 30, lambda: log.read_text()[-2000:])
        yield server


def shipped() -> tuple[list[Expression], list[Expression]]:
    """What dashboards and recording rules ask; what alerts ask, which is empty on a good day."""
    asked = [
        one
        for file in sorted((MONITORING / "grafana/dashboards").glob("*.json"))
        for one in expressions(json.loads(file.read_text(encoding="utf-8")))
    ]
    alerts = []
    for file in sorted((MONITORING / "prometheus/rules").glob("*.yml")):
        for group in YAML(typ="safe").load(file)["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    alerts.append(Expression(rule["alert"], rule["expr"]))
                else:
                    asked.append(Expression(rule["record"], rule["expr"]))
    return asked, alerts


def test_every_expression_answers(tmp_path: Path) -> None:
    words = ("--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=1")
    with (
        Centre.start(tmp_path, *words) as centre,
        prometheus(tmp_path / "prometheus", centre.ready["http"]["port"]) as server,
    ):
        calls = OneAgent(centre)
        try:
            first = calls.citizen(1)
            talk = calls.talk()
            gone = calls.citizen(2)
            wait_for(lambda: calls.waiting() == 1, 8)
            gone.hang_up()
            wait_for(lambda: calls.waiting() == 0, 8)
            talk.hang_up()
            assert first.ended.wait(20)
            second = calls.citizen(3)  # after the wrap-up
            talk = calls.talk()

            asked, alerts = shipped()
            assert len(asked) > 70
            assert len(alerts) > 10
            # Counted, scraped and recorded, the slowest of the three last.
            wait_for(lambda: sum(server.numbers("centre:acd_contacts_offered:increase30m")) > 2, 15)
            wait_for(lambda: not unanswered(server, asked), 15, lambda: "\n".join(unanswered(server, asked)))
            for alert in alerts:
                selectors = server.selectors(alert.promql)
                assert selectors, alert
                for selector in selectors:
                    assert server.numbers(selector), f"{alert.where}: no series for {selector}"
            rules = [rule for group in server.ask("rules")["groups"] for rule in group["rules"]]
            assert [rule for rule in rules if rule["health"] != "ok"] == []
            # 1 of 3 hung up: by the same rules that the city's alerts look at.
            rate = "centre:acd_answer_rate:ratio_rate30m"
            wait_for(
                lambda: server.numbers(rate) == [pytest.approx(2 / 3, abs=0.02)], 10, lambda: str(server.numbers(rate))
            )
            firing = server.ask("query", query='ALERTS{alertstate="firing"}')["result"]
            assert [one["metric"]["alertname"] for one in firing] == []
            talk.hang_up()
            assert second.ended.wait(20)
        finally:
            calls.close()


def unanswered(server: Prometheus, asked: list[Expression]) -> list[str]:
    """Expressions without a single finite number."""
    return [
        f"{one.where}: {one.promql}" for one in asked if not any(math.isfinite(x) for x in server.numbers(one.promql))
    ]
