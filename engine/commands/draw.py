"""`./ringmaster draw`: the rules as a picture, one call's way through it, or a year's hours. SVG, or Mermaid text.

Prints the picture, or writes it with `--out FILE`. `--call ID` reads the journal; no centre need run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dialplan.calendar import FIRST_YEAR, LAST_YEAR, SEOUL, OutsideCalendarError
from dialplan.chart import lit as way
from dialplan.chart.flow import flow
from dialplan.chart.graph import Graph, Lit, graph
from dialplan.chart.mermaid import mermaid
from dialplan.chart.year import days, year_picture
from dialplan.dialogue import Call, decide
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine.commands import arguments
from engine.commands.explain import parse_at, parse_keys, parse_number
from engine.commands.rules_folder import cache_folder
from engine.journalread import JournalError, journal_read


class _NoCall(Exception):
    """The past call cannot be drawn; the message says why."""


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the picture, 1 when the rules or the journal cannot be read, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
        drawn = _drawn(options, ruleset)
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (_NoCall, JournalError) as error:
        print(f"draw: {error}", file=sys.stderr)
        return 1
    except OutsideCalendarError as error:
        print(f"draw: {error}", file=sys.stderr)
        return 2
    if options.out is None:
        print(drawn, end="")
        return 0
    try:
        options.out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        print(f"draw: {options.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{options.out} is written.", file=sys.stderr)
    return 0


def _drawn(options: argparse.Namespace, ruleset: Ruleset) -> str:
    words = Language(options.words)
    if options.calendar is not None:
        if options.json:
            listed = [
                {"day": str(one.day), "look": one.look.value, "note": one.note}
                for one in days(ruleset.hours, options.calendar)
            ]
            return json.dumps({"year": options.calendar, "days": listed}, ensure_ascii=False, indent=1) + "\n"
        return year_picture(ruleset, options.calendar, words)
    whole, lit = graph(ruleset), _lit(options, ruleset)
    if options.json:
        return json.dumps(as_json(whole, lit), ensure_ascii=False, indent=1) + "\n"
    as_text = options.mermaid or (options.out is not None and options.out.suffix in {".mmd", ".md"})
    return mermaid(whole, words, lit) if as_text else flow(whole, words, lit)


def _lit(options: argparse.Namespace, ruleset: Ruleset) -> Lit | None:
    if options.call is not None:
        return _past(options, ruleset)
    if options.at is None and options.language is None and not options.press and options.from_number is None:
        return None
    language = Language(options.language) if options.language else None
    call = Call(options.at or datetime.now(SEOUL), options.from_number, language, options.press)
    return way.of_decision(ruleset, decide(ruleset, call))


def _past(options: argparse.Namespace, ruleset: Ruleset) -> Lit:
    from acd.core.states import ContactState  # noqa: PLC0415 - the journal's modules load slowly
    from engine import contactstory  # noqa: PLC0415 - as above

    with journal_read(options.state) as database:
        story = contactstory.read(database, options.call)
    if story is None or not story.moves:
        raise _NoCall(f"the journal has no contact {options.call}; ./ringmaster show lists the latest")
    talks = [move for move in story.moves if move.new is ContactState.CONNECTED]
    last = story.moves[-1]
    step = max((decision.step for decision in story.decisions), default=0)
    return way.of_contact(
        ruleset, options.call, last.language, last.topic, last.queue,
        agent=talks[-1].agent_id if talks else None, step=step,
    )  # fmt: skip


def as_json(whole: Graph, lit: Lit | None) -> dict[str, object]:
    """Nodes and arrows, for other programs to draw; `lit` names the nodes of the call."""
    return {
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind.value,
                "ko": [node.label.ko, *(line.ko for line in (*node.lines, *node.steps))],
                "en": [node.label.en, *(line.en for line in (*node.lines, *node.steps))],
            }
            for node in whole.nodes
        ],
        "arrows": [
            {"from": arrow.start, "to": arrow.end, "label": arrow.label.en, "part": arrow.part}
            for arrow in whole.arrows
        ],
        "lit": None if lit is None else {"nodes": sorted(lit.nodes), "ko": lit.told.ko, "en": lit.told.en},
    }


def _year(text: str) -> int:
    if text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a year from {FIRST_YEAR} to {LAST_YEAR}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster draw",
        description="The rules as a picture; one call's way lit up; or a year's hours and holidays.",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write here (.svg, .mmd); by default print it")
    parser.add_argument("--mermaid", action="store_true", help="Mermaid text instead of SVG")
    parser.add_argument("--calendar", type=_year, metavar="YEAR", help="the year's hours and holidays instead")
    parser.add_argument("--call", metavar="ID", help="light up a past contact's way")
    parser.add_argument("--state", type=Path, metavar="DIR", help="whose journal has it")
    parser.add_argument("--at", type=parse_at, metavar="TIME", help="light up such a call's way, as explain has it")
    parser.add_argument("--language", choices=[language.value for language in Language], help="the caller's")
    parser.add_argument("--press", type=parse_keys, default=(), metavar="1,2", help="the caller's keys")
    parser.add_argument("--from", dest="from_number", type=parse_number, metavar="NUMBER", help="the caller's number")
    parser.add_argument("--words", choices=["ko", "en"], default="ko", help="of the labels (default %(default)s)")
    arguments.add_rules(parser)
    parser.add_argument("--json", action="store_true", help="what is drawn, as one JSON object")
    return parser
