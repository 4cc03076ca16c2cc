"""`./ringmaster replay FILE|DAY`: a past day through the present core and rules; the first match that differs, and why.

DAY is read from the journal of `--state`; FILE holds facts, one JSON object a line, as `--save FILE` and the engine's
`/events` give them. Exit 0 when every match is the same, 1 when one differs, 2 when there is nothing to replay.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path

from acd.core.facts import Fact
from acd.core.seoul import DAY_S
from acd.journal.codec import from_row, to_dict
from acd.journal.history import facts_between, moves_between
from acd.replay import why
from acd.replay.run import Outcome, replay
from dialplan.calendar import SEOUL
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from dialplan.words import Words
from engine.commands import arguments
from engine.commands.rules_folder import cache_folder
from engine.journalread import JournalError, journal_read
from engine.settings import write_private
from engine.timeline import clock

_LEFT = {
    "under_way": Words("그 전에 시작됨", "under way before"),
    "callback": Words("콜백", "call-backs"),
    "net": Words("안전망이 처리함", "taken by the safety net"),
}


class _NothingError(Exception):
    """There is nothing to replay; the message says why."""


def run(arguments: Sequence[str]) -> int:
    """See the module."""
    options = _parser().parse_args(arguments)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
        talked: dict[str, str] = {}
        lives = _lives(options, ruleset, talked)
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    except (_NothingError, JournalError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    if options.save is not None:
        lines = [json.dumps(to_dict(fact), ensure_ascii=False) for life in lives for fact in life]
        write_private(options.save, "\n".join(lines) + "\n")
        print(f"{options.save} has {len(lines)} facts.", file=sys.stderr)
    outcomes = [replay(life, ruleset, talked) for life in lives]
    if options.json:
        print(json.dumps([as_json(one, ruleset) for one in outcomes], ensure_ascii=False, indent=1))
    else:
        for one in outcomes:
            for line in as_text(one, ruleset, Language(options.language)):
                print(line)
    return 1 if any(one.differs for one in outcomes) else 0


def as_text(outcome: Outcome, rules: Ruleset, language: Language) -> Iterator[str]:
    """One engine's life: how many matches were the same, what was left out, and the first difference."""
    yield Words(
        f"기록된 연결 {outcome.recorded}건 중 {outcome.matches}건이 같습니다 (사건 {outcome.events}개).",
        f"{outcome.matches} of {outcome.recorded} recorded matches are the same ({outcome.events} events).",
    ).text(language)
    for reason, count in outcome.left.counts().items():
        name = _LEFT[reason]
        yield Words(f"    제외: {name.ko} {count}건", f"    left out: {count} {name.en}").text(language)
    differs = outcome.differs
    if differs is None:
        return
    first = differs.recorded or differs.replayed
    assert first is not None
    yield Words(f"처음 다른 곳: {clock(first.at)}", f"The first that differs: {clock(first.at)}").text(language)
    yield Words("    기록: ", "    recorded: ").text(language) + why.told(differs.recorded, rules, language)
    yield Words("    지금: ", "    now:      ").text(language) + why.told(differs.replayed, rules, language)
    for reason_words in why.reasons(differs, rules):
        yield "    - " + reason_words.text(language)


def as_json(outcome: Outcome, rules: Ruleset) -> dict[str, object]:
    """The same as data."""
    differs = outcome.differs
    found = None
    if differs is not None:
        found = {
            "recorded": to_dict(differs.recorded) if differs.recorded else None,
            "replayed": to_dict(differs.replayed) if differs.replayed else None,
            "why": [{"ko": one.ko, "en": one.en} for one in why.reasons(differs, rules)],
        }
    return {
        "recorded": outcome.recorded,
        "same": outcome.matches,
        "events": outcome.events,
        "left_out": outcome.left.counts(),
        "differs": found,
    }


def _lives(options: argparse.Namespace, ruleset: Ruleset, talked: dict[str, str]) -> list[list[Fact]]:
    """The facts, one list for each engine that wrote some: a new engine begins with nothing but what it reads anew.

    `talked` is filled with who talked with whom before that day, as far back as a sticky queue asks.
    """
    try:
        day = date.fromisoformat(options.what)
    except ValueError:
        return [_from_file(Path(options.what))]
    begin = datetime.combine(day, time(0), SEOUL).timestamp()
    with journal_read(options.state) as database:
        lives = facts_between(database, begin, begin + DAY_S)
        days = max((queue.sticky.days for queue in ruleset.queues.values() if queue.sticky), default=0)
        before = moves_between(database, begin - days * DAY_S, begin) if days else []
        talked |= {one.caller: one.agent_id for one in before if one.caller is not None and one.agent_id is not None}
    if not lives:
        raise _NothingError(f"the journal has no fact of {day}")
    return lives


def _from_file(path: Path) -> list[Fact]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = f"`{path}` is neither a day such as 2026-11-24 nor a file that can be read"
        raise _NothingError(f"{what}: {error}") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            found.append(from_row(data.pop("fact"), json.dumps(data)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _NothingError(f"{path}:{number}: not a fact: {error}") from None
    if not found:
        raise _NothingError(f"{path} has no fact")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster replay",
        description="A past day through the present core and rules: the first match that differs, and why.",
    )
    parser.add_argument("what", metavar="FILE|DAY", help="a day of the journal, or a file of facts")
    parser.add_argument("--state", type=Path, metavar="DIR", help="whose journal; by default the checkout's centre")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the facts, too: a golden journal")
    parser.add_argument("--language", choices=["ko", "en"], default="ko", help="of the sentences (default %(default)s)")
    arguments.add_rules(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object for each engine's life")
    return parser
