"""`./ringmaster staffing`: agents needed in each hour and language, shifts of three teams, and what one fewer costs.

By Erlang A for one pool, then checked by playing the day with the rules' skills on the live core. Expected calls are
the city's mix, the average of past days (`--from-journal`), or a CSV file (`--forecast`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

from acd.core.seoul import DAY_S
from dialplan import calendar
from dialplan.calendar import SEOUL, OutsideCalendarError
from dialplan.hourrules import DayKind
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine.commands import arguments
from engine.commands.rules_folder import cache_folder
from engine.journalread import JournalError, journal_read
from engine.simulation.draws import Exponential, Lognormal
from engine.simulation.plan import CALLS, Plan, city_plan, open_hours, topic_mix
from engine.staffing import check, report
from engine.staffing.forecast import ForecastError, midnights_before, of_csv, of_past, of_plan
from engine.staffing.need import Calls, Target, needs
from engine.staffing.report import Answer
from engine.staffing.shifts import cover

USUAL = Target()


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the answer, 1 when rules, journal or forecast cannot be read, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
        answer = _answer(options, ruleset)
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (ForecastError, JournalError) as error:
        print(f"staffing: {error}", file=sys.stderr)
        return 1
    except (OutsideCalendarError, ValueError) as error:
        print(f"staffing: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(report.as_json(answer), ensure_ascii=False, indent=1))
    else:
        for line in report.as_text(answer):
            print(line)
    return 0


def _answer(options: argparse.Namespace, ruleset: Ruleset) -> Answer:
    day = options.day or datetime.now(SEOUL).date()
    target = Target(options.target, options.threshold, options.short, options.aht, options.patience)
    source, forecast = "the city's mix", of_plan(city_plan(ruleset, day, options.calls))
    if options.forecast is not None:
        source, forecast = str(options.forecast), _csv(options.forecast)
    elif options.from_journal:
        source, forecast, target = _history(options, ruleset, day, target)
    hours = needs(forecast, target)
    shifts = cover(hours)
    if options.no_check or not shifts:
        return Answer(source, target, hours, shifts, shifts, None, None)
    plan = _plan(ruleset, day, forecast, target)
    more, played = check.until_reached(ruleset, plan, shifts, options.seed, target=target.share)
    fewer = check.play(ruleset, plan, check.grown(shifts, more - 1), options.seed)
    return Answer(source, target, hours, shifts, check.grown(shifts, more), played, fewer)


def _plan(ruleset: Ruleset, day: date, forecast: Sequence[Calls], target: Target) -> Plan:
    """A day with these calls, to be played."""
    midnight = datetime.combine(day, time(0), SEOUL)
    first, last = min(one.hour for one in forecast), max(one.hour for one in forecast)
    weights = tuple(sum(one.calls for one in forecast if one.hour == hour) for hour in range(first, last + 1))
    languages = {language: sum(one.calls for one in forecast if one.language is language) for language in Language}
    wrapup_s = sum(queue.wrapup_s for queue in ruleset.queues.values()) / len(ruleset.queues)
    return Plan(
        midnight.timestamp(), first, weights, topic_mix(ruleset), round(sum(weights)),
        {language: share for language, share in languages.items() if share},
        Lognormal(max(1.0, target.aht_s - wrapup_s), 0.9), Exponential(target.patience_s),
        open_s=open_hours(ruleset.hours, day),
    )  # fmt: skip


def _csv(path: Path) -> list[Calls]:
    try:
        return of_csv(path.name, path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ForecastError(f"{path} cannot be read: {error}") from None


def _history(
    options: argparse.Namespace, ruleset: Ruleset, day: date, target: Target
) -> tuple[str, list[Calls], Target]:
    """The average of the past days that are of the same kind: working days, or days off."""
    from acd.journal.history import moves_between  # noqa: PLC0415 - the journal's modules load slowly

    def works(one: date) -> bool:
        return calendar.day_kind(ruleset.hours, one)[0] is DayKind.WEEKDAY

    now = datetime.combine(day, time(0), SEOUL).timestamp()
    days = midnights_before(now, options.days)
    alike = [one for one in days if works(datetime.fromtimestamp(one, SEOUL).date()) is works(day)]
    with journal_read(options.state) as database:
        moves = moves_between(database, days[0], now) if alike else []
    seen = {one for one in alike if any(one <= move.at < one + DAY_S for move in moves)}
    past = of_past(moves, seen)
    wrapup_s = sum(queue.wrapup_s for queue in ruleset.queues.values()) / len(ruleset.queues)
    if past.talk_s is not None and options.aht == USUAL.aht_s:
        target = replace(target, aht_s=past.talk_s + wrapup_s)
    if past.patience_s is not None and options.patience == USUAL.patience_s:
        target = replace(target, patience_s=past.patience_s)
    return f"{past.days} past days", past.calls, target


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster staffing",
        description="Agents needed by hour and language (Erlang A), shifts of three teams, what one fewer costs.",
    )
    parser.add_argument("--day", type=arguments.day, metavar="DATE", help="a day of that kind; by default today")
    parser.add_argument("--calls", type=int, default=CALLS, metavar="N", help=f"of the city's mix; by default {CALLS}")
    parser.add_argument("--from-journal", action="store_true", help="the average of past days of that kind")
    parser.add_argument("--days", type=int, default=28, metavar="N", help="so many days back (default %(default)s)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="whose journal; by default the checkout's centre")
    parser.add_argument("--forecast", type=Path, metavar="FILE", help="CSV: hour,language,calls[,aht_s]")
    parser.add_argument("--target", type=arguments.number(0.01, 0.999), default=USUAL.share, metavar="SHARE",
                        help="share answered in time (default %(default)s)")  # fmt: skip
    parser.add_argument("--threshold", type=arguments.number(0, 3600), default=USUAL.threshold_s, metavar="S")
    parser.add_argument("--short", type=arguments.number(0, 60), default=USUAL.short_abandon_s, metavar="S",
                        help="who hangs up sooner is not counted (default %(default)s s)")  # fmt: skip
    parser.add_argument("--aht", type=arguments.number(1, 7200), default=USUAL.aht_s, metavar="S",
                        help="talk and wrap-up (default %(default)s s, or the journal's)")  # fmt: skip
    parser.add_argument("--patience", type=arguments.number(1, 86_400), default=USUAL.patience_s, metavar="S",
                        help="mean, of callers who wait (default %(default)s s, or the journal's)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the played day")
    parser.add_argument("--no-check", action="store_true", help="the formulas alone")
    arguments.add_rules(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser
