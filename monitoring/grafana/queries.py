"""What several dashboards ask Prometheus, and the bounds that colour the answers. Standard library only."""

# ruff: noqa: INP001 - a folder of data with its maker, not a package of the program
from __future__ import annotations

from monitoring.grafana.panels import BAD, FAIR, GOOD, NEUTRAL, Panel

PROMISE = ((None, BAD), (0.9, FAIR), (0.97, GOOD))
WAIT = ((None, GOOD), (20, FAIR), (60, BAD))
ALARM = ((None, GOOD), (1, BAD))
NEEDED = ((None, BAD), (1, GOOD))
ON_CALLS = 'work=~"connected|hold"'


def stat(  # noqa: PLR0917 - a table's columns
    title: str,
    expr: str,
    unit: str = "short",
    steps: tuple[tuple[float | None, str], ...] = ((None, NEUTRAL),),
    words: tuple[tuple[str, str], ...] = (),
    wide: int = 4,
) -> Panel:
    """A single large figure."""
    return Panel(title, (("", expr),), "stat", unit, (wide, 4), steps, words)


def ratio(of: str, to: str) -> str:
    """A quotient of two sums over the dashboard's time."""
    return f"{of} / {to}"


def total(metric: str, labels: str = "", by: str = "") -> str:
    """How many over the dashboard's time."""
    selector = ",".join(part for part in (labels, 'queue=~"$queue"') if part)
    return f"sum{f' by ({by}) ' if by else ''}(increase({metric}{{{selector}}}[$__range]))"


def mean(metric: str, labels: str = "", by: str = "") -> str:
    """The mean of a histogram over the dashboard's time."""
    group = f" by ({by}) " if by else ""
    return " / ".join(f"sum{group}(increase({metric}_{part}{{{labels}}}[$__range]))" for part in ("sum", "count"))


def quantile(q: float, metric: str, window: str, labels: str = "") -> str:
    """A percentile of a histogram."""
    return f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket{{{labels}}}[{window}])))"
