"""`./ringmaster simulate [--day DATE] [--calls N] [--agents N] [--seed N] [--json]`: a day of the centre, in a second.

The same core and rules as live. The callers are drawn by the city's mix, or are those of a past day (`--from-journal`);
`--compare` runs them under two sets of rules, `--least` with fewer agents until the target falls (exit 1: none does).
JSON to the letter of the project's interface; rates are fractions (0-1).
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path

from acd.core.seoul import DAY_S
from dialplan.calendar import SEOUL, OutsideCalendarError
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine.commands import arguments
from engine.commands.rules_folder import cache_folder
from engine.journalread import JournalError, journal_read
from engine.simulation import least as fewest
from engine.simulation import report
from engine.simulation.day import simulate
from engine.simulation.least import Least
from engine.simulation.past import NoCallersError, past_day
from engine.simulation.plan import CALLS, Caller, Plan, city_plan
from engine.simulation.report import Told
from engine.simulation.staff import on_duty
from engine.simulation.timeuse import TimeUse

_GC_AFTER = 200_000  # the day's records are no cycles: looking for some costs a third of the time
TARGET = 0.97
MOST_CALLS, MOST_AGENTS = 5_000_000, 100_000


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the figures on stdout, 1 when rules or journal cannot be read, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    gc.set_threshold(_GC_AFTER)
    found: Least | None = None
    try:
        if options.least:
            found = _least(options)
            days = [] if found.told is None else [found.told]
        else:
            days = [_centre(options, rules)(options.agents) for rules in options.compare or [options.rules]]
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (JournalError, NoCallersError) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 1
    except (OutsideCalendarError, ValueError) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 2
    if options.html is not None and days and not _write_page(options, days):
        return 1
    if options.json:
        import json  # noqa: PLC0415 - only for JSON

        print(json.dumps(_json_of(days, found), indent=2, ensure_ascii=False))
    else:
        print(_text_of(days, found))
    return 0 if days else 1


def _json_of(days: list[Told], found: Least | None) -> dict[str, object]:
    if found is not None:
        return fewest.as_json(found)
    return report.as_json(days[0]) if len(days) == 1 else report.compared_json(*days)


def _text_of(days: list[Told], found: Least | None) -> str:
    if found is not None:
        return fewest.as_text(found)
    return report.as_text(days[0]) if len(days) == 1 else report.compared_text(*days)


def _least(options: argparse.Namespace) -> Least:
    if options.compare:
        raise ValueError("--least is for one set of rules, not for --compare")
    begin = options.agents or len(load(options.rules, options.overrides, cache_folder()).agents)
    # With as many agents as calls nobody waits for one who is busy: more can't help.
    return fewest.least(
        _centre(options, options.rules), options.target, begin, min(MOST_AGENTS, max(64, options.calls))
    )


def _centre(options: argparse.Namespace, rules: Path) -> Callable[[int | None], Told]:
    """These rules and callers, to be run with so many agents (None: all of the rules')."""
    ruleset = load(rules, options.overrides, cache_folder())
    wanted = options.day or datetime.now(SEOUL).date()
    plan, arrivals = city_plan(ruleset, wanted, options.calls), None
    if options.from_journal:
        plan, arrivals = _past(options, ruleset, wanted)

    def run_with(agents: int | None) -> Told:
        started, use = time.monotonic(), TimeUse(plan.midnight)
        duties = on_duty(ruleset.agents, agents)
        day = simulate(ruleset, plan, duties, options.seed, on_fact=use.receive, arrivals=arrivals)
        return Told(str(rules), day, use, time.monotonic() - started)

    return run_with


def _past(options: argparse.Namespace, ruleset: Ruleset, day: date) -> tuple[Plan, list[Caller]]:
    from acd.journal.history import moves_between  # noqa: PLC0415 - the journal's modules load slowly

    midnight = datetime.combine(day, clock(0), SEOUL)
    with journal_read(options.state) as database:
        moves = moves_between(database, midnight.timestamp(), midnight.timestamp() + DAY_S)
    return past_day(ruleset, midnight, moves, options.seed)


def _write_page(options: argparse.Namespace, days: list[Told]) -> bool:
    from engine.simulation.page import page  # noqa: PLC0415 - only for the page

    whose = "기록의 " if options.from_journal else ""
    title = f"{whose}하루 모의 {options.day or datetime.now(SEOUL).date()}"
    try:
        options.html.write_text(page(days, title), encoding="utf-8")
    except OSError as error:
        print(f"simulate: {options.html} cannot be written: {error.strerror}", file=sys.stderr)
        return False
    print(f"{options.html} is written.", file=sys.stderr)
    return True


def _fraction(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 < found <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share of the calls such as 0.97")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster simulate",
        description="A day of the centre under these rules, with simulated callers and agents.",
    )
    calls, agents = arguments.whole(MOST_CALLS), arguments.whole(MOST_AGENTS)
    parser.add_argument("--day", type=arguments.day, metavar="DATE", help="such as 2026-11-24; by default today")
    parser.add_argument("--calls", type=calls, default=CALLS, metavar="N", help=f"by default {CALLS}")
    parser.add_argument("--agents", type=agents, metavar="N", help="on duty all day; by default all of the rules'")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed is another day; by default 1")
    arguments.add_rules(parser)
    parser.add_argument("--from-journal", action="store_true", help="the callers of that day, as the journal has them")
    parser.add_argument("--state", type=Path, metavar="DIR", help="whose journal; by default the checkout's centre")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two folders of rules, same callers")
    parser.add_argument("--least", action="store_true", help="find the fewest agents that hold the target")
    parser.add_argument(
        "--target", type=_fraction, default=TARGET, metavar="RATE",
        help=f"for --least: answer rate and service level, 0-1; by default {TARGET}",
    )  # fmt: skip
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots, too")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser
