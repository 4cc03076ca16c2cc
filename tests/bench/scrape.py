"""How long a scrape of /metrics takes with every agent on duty and a hundred callers: `python -m tests.bench.scrape`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.bench.house import GENERAL, at_once, board, call_in, on_duty, opened
from tests.bench.rows import Row, finish, most, percentile, told
from tests.pbx.centre import Centre, wait_for

CALLERS, SCRAPES = 100, 60
EVERY_S = 0.1
BAR_MS = 50.0


def run() -> list[Row]:
    """The rows."""
    with opened() as (loop, centre):
        agents = on_duty(loop, centre, sorted(centre.accounts))
        at_once(lambda at: call_in(loop, centre, f"010{at:08d}", GENERAL), CALLERS)
        wait_for(lambda: _in_queue_or_talk(centre) == CALLERS, 60, lambda: f"{_in_queue_or_talk(centre)} are in")
        took_ms, size = [], 0
        for _ in range(SCRAPES):
            begun = time.perf_counter()
            size = len(centre.metrics())
            took_ms.append(1000 * (time.perf_counter() - begun))
            time.sleep(EVERY_S)
    detail = f"{len(agents)} agents, {CALLERS} callers, {SCRAPES} scrapes of {size / 1024:.0f} kB"
    return [
        most("scrape: p99", percentile(took_ms, 0.99), "ms", BAR_MS, detail),
        told("scrape: p50", percentile(took_ms, 0.5), "ms", detail),
    ]


def _in_queue_or_talk(centre: Centre) -> int:
    shown = board(centre)
    talking = sum(agent["work"] == "connected" for agent in shown["agents"])
    return talking + sum(line["count"] for line in shown["waiting"].values())


def main() -> int:
    """Exit 1 above the bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scrape")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    return finish(run(), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
