"""`./ringmaster simulate [--day DATE] [--calls N] [--agents N] [--seed N] [--json]`: a day of the centre, in a second.

The same core and rules as live. JSON to the letter of the project's interface; rates are fractions (0-1).
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from acd.core.figures import ServiceLevel
from dialplan.calendar import SEOUL, OutsideCalendarError
from dialplan.loader import RulesError, load
from engine.commands.rules_folder import CITY_RULES, cache_folder
from engine.simulation.day import Day, simulate
from engine.simulation.figures import Figures
from engine.simulation.plan import CALLS, city_plan
from engine.simulation.staff import on_duty

_GC_AFTER = 200_000  # the day's records are no cycles: looking for some costs a third of the time
MOST_CALLS, MOST_AGENTS = 5_000_000, 100_000


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the figures on stdout, 1 when the rules are broken, 2 for a wrong call."""
    started = time.monotonic()
    options = _parser().parse_args(arguments)
    gc.set_threshold(_GC_AFTER)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
        plan = city_plan(ruleset, options.day or datetime.now(SEOUL).date(), options.calls)
        day = simulate(ruleset, plan, on_duty(ruleset.agents, options.agents), options.seed)
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (OutsideCalendarError, ValueError) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 2
    elapsed_s = time.monotonic() - started
    if options.json:
        import json  # noqa: PLC0415 - only for JSON

        print(json.dumps(as_json(day, elapsed_s), indent=2))
    else:
        print(as_text(day, elapsed_s))
    return 0


def as_json(day: Day, elapsed_s: float) -> dict[str, object]:
    """The object that `simulate --json` prints; null where there is nothing to count over."""
    return {
        **_json_of(day.total),
        "occupancy": _rounded(day.occupancy),
        "order_inversions": day.order_inversions,
        "eligible_unmatched_max_s": round(day.eligible_unmatched_max_s, 6),
        "estimate_error_median": _rounded(day.estimates.error_median),
        "estimate_error_first_median": _rounded(day.estimates.first_error_median),
        "estimates_said": len(day.estimates.off),
        "agents": day.agents,
        "seed": day.seed,
        "elapsed_s": round(elapsed_s, 3),
        "by_queue": {key: _json_of(figures) for key, figures in day.by_queue().items()},
    }


def as_text(day: Day, elapsed_s: float) -> str:
    """The same as a table, by queue and by hour."""
    total = day.total
    rows = [(key, figures) for key, figures in day.by_queue().items()]
    hours = [(f"{hour:02d}-{hour + 1:02d}", figures) for hour, figures in day.by_hour().items()]
    offered, unmatched_s = total.counts.offered, day.eligible_unmatched_max_s
    lines = [
        f"{day.agents} agents, seed {day.seed}: {offered} contacts offered, occupancy {_percent(day.occupancy)}",
        f"out of order {day.order_inversions}; an eligible pair unmatched for {unmatched_s:g} s ({elapsed_s:.2f} s)",
    ]
    if day.closed or day.not_served:
        lines.append(f"not offered: {day.closed} called while closed, {day.not_served} in a language not served")
    head = " " * 13 + " offered answered   lost  short    rate     SL*   ASA s   p95 s"
    lines += ["", head, *[_row(*row) for row in rows], "", *[_row(*row) for row in hours], "", _row("all", total), ""]
    variants = ", ".join(f"{variant.value} {_percent(total.service_level(variant))}" for variant in ServiceLevel)
    return "\n".join([*lines, f"* answered within the queue's threshold, short_excluded. All: {variants}"])


def _row(name: str, figures: Figures) -> str:
    counts = figures.counts
    level = figures.service_level(ServiceLevel.SHORT_EXCLUDED)
    return (
        f"{name:<12} {counts.offered:>8} {counts.answered:>8} {counts.abandoned:>6} {counts.abandoned_short:>6} "
        f"{_percent(figures.answer_rate):>7} {_percent(level):>7} {_seconds(figures.asa_s):>7} "
        f"{_seconds(figures.p95_wait_s):>7}"
    )


def _json_of(figures: Figures) -> dict[str, object]:
    counts = figures.counts
    return {
        "offered": counts.offered,
        "answered": counts.answered,
        "abandoned": counts.abandoned,
        "abandoned_short": counts.abandoned_short,
        "answer_rate": _rounded(figures.answer_rate),
        "service_level": {variant.value: _rounded(figures.service_level(variant)) for variant in ServiceLevel},
        "asa_s": _rounded(figures.asa_s),
        "p95_wait_s": _rounded(figures.p95_wait_s),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-24") from None


def _between(most: int) -> object:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) > most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {most}")
        return int(text)

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster simulate",
        description="A day of the centre under these rules, with simulated callers and agents.",
        epilog="example: ./ringmaster simulate --day 2026-11-24 --agents 20 --seed 7",
    )
    calls, agents = _between(MOST_CALLS), _between(MOST_AGENTS)
    parser.add_argument("--day", type=_day, metavar="DATE", help="such as 2026-11-24; by default today")
    parser.add_argument("--calls", type=calls, default=CALLS, metavar="N", help=f"by default {CALLS}")  # type: ignore[arg-type]
    parser.add_argument("--agents", type=agents, metavar="N", help="on duty all day; by default all of the rules'")  # type: ignore[arg-type]
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed is another day; by default 1")
    parser.add_argument("--rules", type=Path, default=CITY_RULES, metavar="DIR", help="folder of the YAML files")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="override one value, such as queues.defaults.wrapup_s=0",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser
