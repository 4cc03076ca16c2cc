"""`./ringmaster validate [--rules DIR] [--set KEY=VALUE]`: a summary of sound rules, or every error in its place.

Sound rules may still not be what was meant: warnings with numbers tell, and change nothing.

Imports as little as it can: the whole process answers within a second, sooner when the rules are known already.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dialplan.calendar import SEOUL
from dialplan.language import Language
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from dialplan.warnings import Warned, warnings
from engine.commands import arguments
from engine.commands.rules_folder import cache_folder


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with a summary and warnings on stdout, or 1 with a line for each error, also on stdout: the answer."""
    options = _parser().parse_args(arguments)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
    except RulesError as error:
        return _broken(error, options)
    found = warnings(ruleset, datetime.now(SEOUL).date())
    if options.json:
        _print_json({"sound": True, "digest": ruleset.digest, "errors": [], "warnings": [_json(one) for one in found]})
        return 0
    print(summary(ruleset, options.rules))
    for one in found:
        print(f"{one.source}: warning[{one.code}]: {one.words.text(Language(options.language))}")
    return 0


def _broken(error: RulesError, options: argparse.Namespace) -> int:
    if options.json:
        errors = [{"rule": str(problem.position), "text": problem.message} for problem in error.problems]
        _print_json({"sound": False, "digest": None, "errors": errors, "warnings": []})
        return 1
    for problem in error.problems:
        print(problem)
    count = len(error.problems)
    print(f"{count} error{'s' if count > 1 else ''} in {options.rules}", file=sys.stderr)
    return 1


def _json(one: Warned) -> dict[str, object]:
    return {"code": one.code, "rule": str(one.source), "number": one.count, "ko": one.words.ko, "en": one.words.en}


def _print_json(whole: dict[str, object]) -> None:
    import json  # noqa: PLC0415 - only for JSON

    print(json.dumps(whole, ensure_ascii=False, indent=2))


def summary(ruleset: Ruleset, folder: Path) -> str:
    """A few lines that let an operator see that these are the rules that were meant."""
    by_language = ", ".join(
        f"{language} {sum(language in agent.languages for agent in ruleset.agents.values())}" for language in Language
    )
    hours = ruleset.hours
    corrections = (
        f"{len(hours.special_days)} special days, {len(hours.closures)} closures, "
        f"{len(hours.added_holidays)} holidays added and {len(hours.removed_holidays)} removed"
    )
    return "\n".join(
        [
            f"{folder}: the rules are sound ({ruleset.digest[:12]})",
            f"  {len(ruleset.agents)} agents in {len(ruleset.teams)} teams ({by_language})",
            f"  {len(ruleset.topics)} topics in {len(ruleset.menus)} menus, {len(ruleset.queues)} queues",
            f"  {len(ruleset.prompts)} prompts, {len(ruleset.trunks.carriers)} carriers",
            f"  {corrections}",
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster validate",
        description="Check the routing rules; warn of what is sound and may still not be meant.",
    )
    arguments.add_rules(parser)
    parser.add_argument("--language", choices=["ko", "en"], default="ko", help="of warnings (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object with errors and warnings")
    return parser
