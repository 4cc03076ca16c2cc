"""Words of the command line that several commands take. Standard library only: it must import fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from engine.commands.rules_folder import CITY_RULES


def add_rules(parser: argparse.ArgumentParser, folder: Path = CITY_RULES) -> None:
    """`--rules` and `--set`: whose rules, `rules` and `overrides` of what is parsed."""
    parser.add_argument("--rules", type=Path, default=folder, metavar="DIR", help="folder of the YAML files")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="override one value, such as queues.defaults.wrapup_s=0",
    )  # fmt: skip


def day(text: str) -> date:
    """A date as ISO 8601 has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-24") from None


def number(least: float, most: float) -> Callable[[str], float]:
    """A number between these, both included."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return read


def whole(most: int, *, least: int = 0) -> Callable[[str], int]:
    """A whole number between these, both included."""

    def read(text: str) -> int:
        plain = text.isascii() and text.isdigit() and len(text) <= len(str(most))
        if not plain or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def one_of(what: str, names: Collection[str]) -> Callable[[str], str]:
    """One of these names; another is answered with the nearest, or with all of them."""

    def read(text: str) -> str:
        if text not in names:
            near = get_close_matches(text, names, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(names))}"
            raise argparse.ArgumentTypeError(f"no {what} is called `{text}`; {hint}")
        return text

    return read
