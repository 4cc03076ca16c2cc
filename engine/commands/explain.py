"""`./ringmaster explain --at TIME [--language ja] [--press 1,2] [--from NUMBER] [--json]`: what would happen, and why.

With `--contact ID`, `--why AGENT CONTACT` or `--why-not AGENT CONTACT` it looks back (`explain_past`). Asks the same
steps as the live flow (`dialplan.dialogue`). JSON to the letter of the project's interface; imports as little as it
can, because the whole process answers within a second.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

from dialplan import flood, numbers
from dialplan.calendar import SEOUL, OutsideCalendarError, in_seoul
from dialplan.dialogue import Call, RouteDecision, decide
from dialplan.hourrules import DayKind
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.queuerules import Requirement
from dialplan.words import Words, language_words
from engine.commands import arguments
from engine.commands.rules_folder import cache_folder

_NUMBER = re.compile(r"\+?[0-9]{2,20}|anonymous", re.ASCII)
_KEYS = re.compile(r"[0-9*#](?:[, ]?[0-9*#])*", re.ASCII)


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with the answer on stdout, 1 when the rules are broken (every error on stderr), 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    if options.contact or options.why or options.why_not:
        from engine.commands.explain_past import explain_past  # noqa: PLC0415 - the journal's modules load slowly

        return explain_past(options)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
        at = options.at or datetime.now(SEOUL)
        call = Call(at, options.from_number, Language(options.language) if options.language else None, options.press)
        decision = decide(ruleset, call)
        bounded = flood.reasons(ruleset.trunks, options.from_number)
        decision = replace(decision, reasons=(*decision.reasons, *bounded))
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except OutsideCalendarError as error:
        print(f"explain: {error}", file=sys.stderr)
        return 2
    if options.json:
        import json  # noqa: PLC0415 - only for JSON

        print(json.dumps(as_json(decision), ensure_ascii=False, indent=2))
    else:
        language = Language.KO if options.korean else Language.EN
        caller = ""
        if options.from_number:
            number = options.from_number
            number = number if number == "anonymous" else numbers.masked(number)
            caller = Words(f"{number}의 ", f"from {number} ").text(language)
        print(as_text(decision, caller, language))
    return 0


def as_json(decision: RouteDecision) -> dict[str, object]:
    """The object that `explain --json` prints; times are ISO 8601 with the zone of Seoul."""
    seen = decision.opening
    return {
        "at": decision.at.isoformat(),
        "day_kind": seen.day_kind.value,
        "holiday": seen.holiday,
        "open": seen.open,
        "opens_at": seen.opens_at.isoformat() if seen.opens_at else None,
        "closes_at": seen.closes_at.isoformat() if seen.closes_at else None,
        "language": decision.language.value,
        "topic": decision.topic,
        "queue": decision.queue,
        "requirement": _requirement(decision.requirement),
        "steps": [{"after_s": step.after_s, "requirement": _requirement(step.requirement)} for step in decision.steps],
        "prompts": list(decision.prompts),
        "outcome": decision.outcome.value,
        "reasons": [{"rule": str(reason.source), "text": reason.text()} for reason in decision.reasons],
    }


def as_text(decision: RouteDecision, caller: str = "", language: Language = Language.EN) -> str:
    """The same for a reader: the outcome first, then each reason with its rule."""
    outcome = decision.outcome.value + (f" {decision.queue}" if decision.queue else "")
    rows = [
        (Words("결과", "outcome"), outcome),
        (
            Words("언어", "language"),
            Words(language_words(decision.language).ko, decision.language.value).text(language),
        ),
    ]
    if decision.topic:
        rows += [(Words("업무", "topic"), decision.topic), (Words("조건", "needs"), str(decision.requirement))]
    rows.append((Words("안내", "hears"), ", ".join(decision.prompts)))
    lines = [_headline(decision, caller, language)]
    lines += [f"  {name.text(language):<9} {told}" for name, told in rows]
    lines.append("  " + Words("까닭", "because").text(language))
    width = max(len(str(reason.source)) for reason in decision.reasons)
    lines += [f"    {reason.source!s:<{width}}  {reason.text(language)}" for reason in decision.reasons]
    return "\n".join(lines)


def _headline(decision: RouteDecision, caller: str, language: Language) -> str:
    """When it is, what day that is, and whether the centre is open."""
    seen = decision.opening
    day = _DAYS[seen.day_kind].text(language) + (f", {seen.holiday}" if seen.holiday else "")
    until = seen.closes_at if seen.open else seen.opens_at
    state = Words("상담 중", "open") if seen.open else Words("상담 시간 아님", "closed")
    if until is not None:
        when = f"{until:%Y-%m-%d %H:%M}"
        state += Words(f", {when}까지", f" until {when}") if seen.open else Words(f", {when}에 시작", f", opens {when}")
    at = f"{decision.at:%Y-%m-%d %H:%M}"
    words = Words(f"{at} {caller}전화 ({day}): ", f"A call {caller}at {at} ({day}): ")
    return (words + state).text(language)


_DAYS = {
    DayKind.WEEKDAY: Words("평일", "weekday"),
    DayKind.SATURDAY: Words("토요일", "saturday"),
    DayKind.SUNDAY: Words("일요일", "sunday"),
    DayKind.PUBLIC_HOLIDAY: Words("공휴일", "public holiday"),
}


def _requirement(requirement: Requirement) -> dict[str, object]:
    language = requirement.language  # None: any, with an interpreter
    return {"language": language.value if language else None, "skills": dict(requirement.skills)}


def parse_at(text: str) -> datetime:
    """A moment in Seoul from ISO 8601: a date, or date and time, with or without a zone (then Asia/Seoul)."""
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(0), SEOUL)
        return in_seoul(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-12-25T08:30") from None


def parse_keys(text: str) -> tuple[str, ...]:
    """`1,2`, `1 2` or `12`: the keys in order; empty is silence."""
    if text.strip() and not _KEYS.fullmatch(text.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} are not keys such as 1,2 (0-9, * and #)")
    return tuple(char for char in text if char not in ", ")


def parse_number(text: str) -> str:
    """A caller's number without dashes, or `anonymous`."""
    if not _NUMBER.fullmatch(text.replace("-", "")):
        raise argparse.ArgumentTypeError(f"{text!r} is not a telephone number")
    return text.replace("-", "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster explain",
        description="What would happen to a call, and by which rules; or what happened to one, and why.",
    )
    parser.add_argument("--at", type=parse_at, metavar="TIME", help="such as 2026-12-25T08:30; by default now")
    parser.add_argument(
        "--language",
        choices=[language.value for language in Language],
        help="the caller's: keys begin at the topics; of a past contact: of the sentences, ko by default or en",
    )
    parser.add_argument("--press", type=parse_keys, default=(), metavar="1,2", help="the caller's keys, then silence")
    parser.add_argument("--from", dest="from_number", type=parse_number, metavar="NUMBER", help="the caller's number")
    arguments.add_rules(parser)
    past = parser.add_mutually_exclusive_group()
    past.add_argument("--contact", metavar="ID", help="a past contact's way instead, decision by decision")
    past.add_argument("--why", nargs=2, metavar=("AGENT", "CONTACT"), help="why this contact went to this agent")
    past.add_argument("--why-not", nargs=2, metavar=("AGENT", "CONTACT"), help="why it did not")
    parser.add_argument("--state", type=Path, metavar="DIR", help="whose journal; by default the checkout's centre")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--korean", action="store_true", help="in Korean")
    return parser
