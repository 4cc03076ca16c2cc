"""`./ringmaster validate [--rules DIR] [--set KEY=VALUE]`: a summary of sound rules, or every error in its place.

Imports as little as it can: the whole process answers within a second, sooner when the rules are known already.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dialplan.loader import RulesError, load
from dialplan.ruleset import Language, Ruleset
from engine.commands.rules_folder import CITY_RULES, cache_folder


def run(arguments: Sequence[str]) -> int:
    """Exit 0 with a summary on stdout, or 1 with one line for each error, also on stdout: they are the answer."""
    options = _parser().parse_args(arguments)
    try:
        ruleset = load(options.rules, options.overrides, cache_folder())
    except RulesError as error:
        for problem in error.problems:
            print(problem)
        count = len(error.problems)
        print(f"{count} error{'s' if count > 1 else ''} in {options.rules}", file=sys.stderr)
        return 1
    print(summary(ruleset, options.rules))
    return 0


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
    parser = argparse.ArgumentParser(prog="./ringmaster validate", description="Check the routing rules.")
    parser.add_argument("--rules", type=Path, default=CITY_RULES, metavar="DIR", help="folder of the YAML files")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="override one value, such as queues.defaults.wrapup_s=0",
    )  # fmt: skip
    return parser
