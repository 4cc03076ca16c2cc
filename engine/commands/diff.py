"""`./ringmaster diff OLD NEW`: what changes for callers and agents between two sets of rules, in words.

Each side is a folder, or a revision of git (then the rules that were committed there). Exit 0 whether or not anything
changes, so that a script may go on; with `--exit-code` 1 when something does. 2: a side that cannot be read.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dialplan.calendar import SEOUL
from dialplan.difference import Difference, Eligible, Side, Told, difference
from dialplan.labels import queue_name
from dialplan.language import Language
from dialplan.loader import FILE_NAMES, OPTIONAL_FILES, RulesError, load_written
from dialplan.words import Words, language_words, same
from engine.commands import arguments
from engine.commands.rules_folder import CHECKOUT, CITY_RULES, cache_folder


class _NoRules(Exception):
    """A side that cannot be compared; the message says why."""


def run(arguments: Sequence[str]) -> int:
    """See the module; the answer is on stdout, what is wrong with a side on stderr."""
    options = _parser().parse_args(arguments)
    try:
        with _folder(options.old) as old, _folder(options.new) as new:
            before, after = _side(options.old, old), _side(options.new, new)
    except _NoRules as error:
        print(f"diff: {error}", file=sys.stderr)
        return 2
    found = difference(before, after, options.today)
    if options.json:
        print(json.dumps(as_json(found), ensure_ascii=False, indent=2))
    else:
        for line in as_text(found, Language(options.language), before, after):
            print(line)
    return 1 if options.exit_code and found.told else 0


def as_json(found: Difference) -> dict[str, object]:
    """Both languages, with the places of both sides as `file:line`."""
    return {
        "changes": [_told_json(one) for one in found.told],
        "eligible": [
            {"queue": one.queue, "language": one.language.value, "before": one.before, "after": one.after}
            for one in found.eligible
        ],
    }


def as_text(found: Difference, language: Language, old: Side, new: Side) -> Iterator[str]:
    """A line for each change, what follows from it below; then the numbers of agents that move."""
    if not found.told:
        yield Words("달라지는 것이 없습니다.", "Nothing changes.").text(language)
        return
    for one in found.told:
        yield f"{one.words.text(language)}   [{_places(one)}]"
        yield from (f"    {more.text(language)}" for more in one.more)
    if found.eligible:
        yield ""
        yield Words("바로 받을 수 있는 상담사 수", "Agents who can answer at once").text(language)
        for count in found.eligible:
            yield f"    {_eligible(count, old, new).text(language)}"


def _told_json(one: Told) -> dict[str, object]:
    return {
        "ko": one.words.ko,
        "en": one.words.en,
        "old": str(one.old),
        "new": str(one.new),
        "consequences": [{"ko": more.ko, "en": more.en} for more in one.more],
    }


def _places(one: Told) -> str:
    return str(one.new) if str(one.old) == str(one.new) else f"{one.old} → {one.new}"


def _eligible(one: Eligible, old: Side, new: Side) -> Words:
    name = queue_name(one.queue, new.rules, old.rules) + same(", ") + language_words(one.language)
    return name + same(": ") + _agents(one.before) + same(" → ") + _agents(one.after)


def _agents(count: int | None) -> Words:
    return Words("업무 없음", "no topic") if count is None else Words(f"{count}명", f"{count}")


def _side(name: str, folder: Path) -> Side:
    try:
        return Side(*load_written(folder, cache_dir=cache_folder()))
    except RulesError as error:
        raise _NoRules("\n".join([f"the rules of {name} are not sound", *map(str, error.problems)])) from None


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """The folder of this name, or one with the rules of the revision of this name."""
    if Path(name).is_dir():
        yield Path(name)
        return
    inside = CITY_RULES.relative_to(CHECKOUT).as_posix()
    listed = _git("ls-tree", "--name-only", f"{name}:{inside}")
    if listed is None:
        raise _NoRules(f"`{name}` is neither a folder of rules nor a revision of git that has {inside}/")
    with tempfile.TemporaryDirectory(prefix="ringmaster-diff-") as made:
        for file in listed.decode().split():
            if file in (*FILE_NAMES, *OPTIONAL_FILES) and (text := _git("show", f"{name}:{inside}/{file}")) is not None:
                (Path(made) / file).write_bytes(text)
        yield Path(made)


def _git(*words: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(CHECKOUT), *words], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster diff",
        description="What changes for callers and agents from one set of rules to another, in words.",
    )
    parser.add_argument("old", metavar="OLD", help="a folder of rules, or a revision of git")
    parser.add_argument("new", metavar="NEW", nargs="?", default=str(CITY_RULES), help="by default the city's rules")
    parser.add_argument("--language", choices=["ko", "en"], default="ko", help="of the sentences (default %(default)s)")
    parser.add_argument("--today", type=arguments.day, default=datetime.now(SEOUL).date(), metavar="DATE",
                        help="the year whose opening hours are compared begins here; by default today")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object, in both languages")
    parser.add_argument("--exit-code", action="store_true", help="exit 1 when something changes")
    return parser
