"""`./ringmaster staffing`: agents needed in each hour and language, shifts of three teams, and what one fewer costs.

By Erlang A for one pool, then checked by playing the day with the rules' skills on the live core. Expected calls are
the city's mix, the average of past days (`--from-journal`), or a CSV file (`--forecast`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from dialplan import calendar
from dialplan.calendar import SEOUL, OutsideCalendarError
from dialplan.loader import RulesError, load
from dialplan.ruleset import DayKind, Language, Ruleset
from engine.commands.rules_folder import CITY_RULES, cache_folder
from engine.simulation.draws import Exponential, Lognormal
from engine.simulation.plan import CALLS, Plan, city_plan, open_hours, topic_mix
from engine.staffing import check
from engine.staffing.check import Played
from engine.staffing.forecast import ForecastError, midnights_before, of_csv, of_past, of_plan
from engine.staffing.need import Calls, HourNeed, Target, needs
from engine.staffing.shifts import Shift, cover

USUAL = Target()


@dataclass(frozen=True, slots=True)
class Answer:
    """All that the command tells."""

    source: str
    target: Target
    hours: list[HourNeed]
    shifts: list[Shift]
    grown: list[Shift]
    played: Played | None  # with `grown`
    fewer: Played | None  # with one agent less


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
    except ForecastError as error:
        print(f"staffing: {error}", file=sys.stderr)
        return 1
    except (OutsideCalendarError, ValueError) as error:
        print(f"staffing: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(as_json(answer), ensure_ascii=False, indent=1))
    else:
        for line in as_text(answer):
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
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - the journal's modules load slowly

    from acd.journal.history import moves_between  # noqa: PLC0415 - as above
    from acd.journal.store import exists  # noqa: PLC0415 - as above
    from engine.settings import default_state, journal_of  # noqa: PLC0415 - as above

    database = journal_of((options.state or default_state()).absolute())
    if not exists(database):
        raise ForecastError(f"there is no journal at {database}")

    def works(one: date) -> bool:
        return calendar.day_kind(ruleset.hours, one)[0] is DayKind.WEEKDAY

    now = datetime.combine(day, time(0), SEOUL).timestamp()
    days = midnights_before(now, options.days)
    alike = [one for one in days if works(datetime.fromtimestamp(one, SEOUL).date()) is works(day)]
    try:
        moves = moves_between(database, days[0], now) if alike else []
        seen = {one for one in alike if any(one <= move.at < one + 86_400 for move in moves)}
        past = of_past(moves, seen)
    except (SQLAlchemyError, KeyError, TypeError) as error:
        raise ForecastError(f"{database} cannot be read: {error}") from None
    wrapup_s = sum(queue.wrapup_s for queue in ruleset.queues.values()) / len(ruleset.queues)
    if past.talk_s is not None and options.aht == USUAL.aht_s:
        target = replace(target, aht_s=past.talk_s + wrapup_s)
    if past.patience_s is not None and options.patience == USUAL.patience_s:
        target = replace(target, patience_s=past.patience_s)
    return f"{past.days} past days", past.calls, target


# --- told


def as_text(answer: Answer) -> Iterator[str]:
    """Hours, shifts, and the played day."""
    target = answer.target
    yield (
        f"Target: {target.share:.0%} answered within {target.threshold_s:g} s (short_excluded); "
        f"AHT {target.aht_s:.0f} s, patience {target.patience_s:.0f} s; calls from {answer.source}"
    )
    foreign = [language for language in Language if language is not Language.KO]
    heads = "".join(f" {language.value:>4}" for language in foreign)
    yield ""
    yield f"hour     calls  agents{heads}  occupancy     SL   lost | one fewer:     SL   lost  ASA s"
    for one in answer.hours:
        yield _hour_line(one, target, foreign)
    if not answer.shifts:
        yield "Nobody calls."
        return
    yield ""
    yield "team   shift          agents" + heads + ("   played with" if answer.played else "")
    for number, (shift, more) in enumerate(zip(answer.shifts, answer.grown, strict=True), 1):
        spoken = "".join(f" {shift.speakers.get(language, 0):>4}" for language in foreign)
        line = f"{number:<6} {shift.begins:02d}:00-{shift.ends:02d}:00 {shift.agents:>9}{spoken}"
        yield line + (f" {more.agents:>13}" if answer.played else "")
    yield f"in all {sum(shift.agents for shift in answer.shifts):>21}"
    yield from _played_lines(answer)


def _hour_line(one: HourNeed, target: Target, foreign: Sequence[Language]) -> str:
    whole, fewer = one.whole, one.with_fewer()
    spoken = "".join(f" {one.speakers.get(language, 0):>4}" for language in foreign)
    line = f"{one.hour:02d}-{one.hour + 1:02d} {one.calls:>8.1f} {one.agents:>7}{spoken}"
    if whole is None:
        return line
    level: Callable[..., float] = lambda it: it.service_level(target.threshold_s, target.short_abandon_s)  # noqa: E731
    line += f"  {whole.occupancy:>9.1%} {level(whole):>6.1%} {whole.abandons:>6.1%} |"
    if fewer is None:
        return line + "            nobody is left"
    return line + f"            {level(fewer):>6.1%} {fewer.abandons:>6.1%} {fewer.asa_s:>6.1f}"


def _played_lines(answer: Answer) -> Iterator[str]:
    played, fewer = answer.played, answer.fewer
    if played is None or fewer is None:
        return
    more = played.agents - sum(shift.agents for shift in answer.shifts)
    yield ""
    yield (
        f"Played with the rules' skills and languages: {played.agents} agents reach {played.service_level or 0:.1%}"
        + (f" ({more} more than one pool would need)." if more > 0 else ".")
    )
    lost, rate = played.day.total.counts.abandoned, played.day.total
    lost_fewer, rate_fewer = fewer.day.total.counts.abandoned, fewer.day.total
    yield (
        f"One agent fewer: {fewer.service_level or 0:.1%}, {lost_fewer - lost:+d} callers hang up "
        f"({lost} to {lost_fewer}), mean wait {rate.asa_s or 0:.1f} to {rate_fewer.asa_s or 0:.1f} s."
    )


def as_json(answer: Answer) -> dict[str, object]:
    """Rates are fractions (0-1), times seconds."""
    target = answer.target
    return {
        "source": answer.source,
        "target": {
            "share": target.share,
            "threshold_s": target.threshold_s,
            "variant": "short_excluded",
            "aht_s": round(target.aht_s, 3),
            "patience_s": round(target.patience_s, 3),
        },
        "hours": [_hour_json(one, target) for one in answer.hours],
        "shifts": [_shift_json(shift) for shift in answer.shifts],
        "agents": sum(shift.agents for shift in answer.shifts),
        "played": _played_json(answer.played, answer.grown),
        "one_agent_fewer": _played_json(answer.fewer, None),
    }


def _hour_json(one: HourNeed, target: Target) -> dict[str, object]:
    whole, fewer = one.whole, one.with_fewer()
    found: dict[str, object] = {
        "hour": one.hour,
        "calls": round(one.calls, 3),
        "agents": one.agents,
        "by_language": {language.value: count for language, count in one.speakers.items()},
    }
    for name, queue in (("with", whole), ("one_fewer", fewer)):
        found[name] = queue and {
            "service_level": round(queue.service_level(target.threshold_s, target.short_abandon_s), 6),
            "abandoned": round(queue.abandons, 6),
            "asa_s": round(queue.asa_s, 3),
            "occupancy": round(queue.occupancy, 6),
            "lost_calls": round(queue.abandons * one.calls, 3),
        }
    return found


def _shift_json(shift: Shift) -> dict[str, object]:
    spoken = {language.value: count for language, count in shift.speakers.items()}
    return {"begins": shift.begins, "ends": shift.ends, "agents": shift.agents, "by_language": spoken}


def _played_json(played: Played | None, shifts: Sequence[Shift] | None) -> dict[str, object] | None:
    if played is None:
        return None
    total = played.day.total
    return {
        "agents": played.agents,
        "service_level": None if played.service_level is None else round(played.service_level, 6),
        "answer_rate": None if total.answer_rate is None else round(total.answer_rate, 6),
        "abandoned": total.counts.abandoned,
        "asa_s": None if total.asa_s is None else round(total.asa_s, 3),
        **({} if shifts is None else {"shifts": [_shift_json(shift) for shift in shifts]}),
    }


def _between(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return read


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-24") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster staffing",
        description="Agents needed by hour and language (Erlang A), shifts of three teams, what one fewer costs.",
    )
    parser.add_argument("--day", type=_day, metavar="DATE", help="a day of that kind; by default today")
    parser.add_argument("--calls", type=int, default=CALLS, metavar="N", help=f"of the city's mix; by default {CALLS}")
    parser.add_argument("--from-journal", action="store_true", help="the average of past days of that kind")
    parser.add_argument("--days", type=int, default=28, metavar="N", help="so many days back (default %(default)s)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="whose journal; by default the checkout's centre")
    parser.add_argument("--forecast", type=Path, metavar="FILE", help="CSV: hour,language,calls[,aht_s]")
    parser.add_argument("--target", type=_between(0.01, 0.999), default=USUAL.share, metavar="SHARE",
                        help="share answered in time (default %(default)s)")  # fmt: skip
    parser.add_argument("--threshold", type=_between(0, 3600), default=USUAL.threshold_s, metavar="S")
    parser.add_argument("--short", type=_between(0, 60), default=USUAL.short_abandon_s, metavar="S",
                        help="who hangs up sooner is not counted (default %(default)s s)")  # fmt: skip
    parser.add_argument("--aht", type=_between(1, 7200), default=USUAL.aht_s, metavar="S",
                        help="talk and wrap-up (default %(default)s s, or the journal's)")  # fmt: skip
    parser.add_argument("--patience", type=_between(1, 86_400), default=USUAL.patience_s, metavar="S",
                        help="mean, of callers who wait (default %(default)s s, or the journal's)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the played day")
    parser.add_argument("--no-check", action="store_true", help="the formulas alone")
    parser.add_argument("--rules", type=Path, default=CITY_RULES, metavar="DIR", help="folder of the YAML files")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="override one value, such as queues.defaults.wrapup_s=0",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser
