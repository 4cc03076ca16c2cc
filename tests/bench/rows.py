"""What every bench ends with: rows as `./ringmaster bench` promises them, told in words or as JSON, and an exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def row(name: str, value: float | None, unit: str, bar: float | None, passed: bool, detail: str) -> Row:
    """One figure. `bar` None: told beside the others, and judged by nothing."""
    shown = None if value is None else round(value, 3)
    return {"name": name, "value": shown, "unit": unit, "bar": bar, "pass": passed, "detail": detail}


def most(name: str, value: float | None, unit: str, bar: float, detail: str) -> Row:
    """A figure that may not be above its bar."""
    return row(name, value, unit, bar, value is not None and value <= bar, detail)


def told(name: str, value: float | None, unit: str, detail: str) -> Row:
    """A figure without a bar."""
    return row(name, value, unit, None, True, detail)


def percentile(samples: Sequence[float], share: float) -> float:
    """By the nearest rank; there must be a sample."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def finish(rows: Sequence[Row], *, as_json: bool) -> int:
    """Print them; 0 when every bar is met, else 1."""
    if as_json:
        print(json.dumps(list(rows), ensure_ascii=False))
    else:
        for one in rows:
            bar = "" if one["bar"] is None else f" (bar {one['bar']:g})"
            print(
                f"{'ok  ' if one['pass'] else 'FAIL'} {one['name']:<44} {one['value']} {one['unit']}{bar}  {one['detail']}"
            )
    return 0 if all(one["pass"] for one in rows) else 1
