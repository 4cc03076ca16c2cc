"""From a folder of YAML files to one checked `Ruleset`, or to every problem at once.

The only way to a Ruleset. Reads files, applies `--set` overrides, holds each file against its schema and all of them
against each other (`dialplan.checks`). Nothing here replaces running rules: the caller does that with what it gets.
pydantic, ruamel.yaml and holidays are imported only when the cache does not know the content already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dialplan.cache import RulesCache
from dialplan.limits import RULES_FILE_BYTES, RULES_PROBLEMS
from dialplan.ruleset import Ruleset
from dialplan.yamlsource import Document, Plain, Position, Problem, read

if TYPE_CHECKING:
    from dialplan.validation import Files  # it imports pydantic, which known content does not need

FILE_NAMES = ("hours.yaml", "menus.yaml", "queues.yaml", "agents.yaml", "trunks.yaml", "prompts.yaml")
OPTIONAL_FILES = ("directory.yaml", "wallboard.yaml")  # one that is not there says nothing: its defaults hold


class RulesError(Exception):
    """The rules are not fit to run. `problems` has every reason, in order of file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def load(rules_dir: Path, overrides: Sequence[str] = (), cache_dir: Path | None = None) -> Ruleset:
    """Reads, checks and returns the rules of a folder; with `cache_dir`, known content is not checked again.

    `overrides` are words such as `queues.defaults.wrapup_s=0`: the rules file, its keys, a YAML value.
    Raises RulesError with all problems; never returns rules that are only partly right.
    """
    texts, problems = _read_files(rules_dir)
    digest = content_digest(texts, overrides)
    cache = RulesCache(cache_dir) if cache_dir is not None else None
    if cache is not None and not problems and (known := cache.get(digest)) is not None:
        return known
    ruleset, _ = _check(texts, overrides, digest, problems, cache)
    if cache is not None:
        cache.put(digest, ruleset)
    return ruleset


def load_written(
    rules_dir: Path, overrides: Sequence[str] = (), cache_dir: Path | None = None
) -> tuple[Ruleset, Files]:
    """As `load`, always checked anew, with the models and documents too: for who tells what is written where."""
    texts, problems = _read_files(rules_dir)
    cache = RulesCache(cache_dir) if cache_dir is not None else None
    return _check(texts, overrides, content_digest(texts, overrides), problems, cache)


def content_digest(texts: dict[str, str], overrides: Sequence[str]) -> str:
    """SHA-256 over names, contents and overrides: equal digests mean equal rules."""
    summed = hashlib.sha256()
    for part in [*(word for name in sorted(texts) for word in (name, texts[name])), "--set", *overrides]:
        data = part.encode()
        summed.update(len(data).to_bytes(8, "big") + data)
    return summed.hexdigest()


def _read_files(rules_dir: Path) -> tuple[dict[str, str], list[Problem]]:
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes

    texts: dict[str, str] = {}
    problems: list[Problem] = []
    if not rules_dir.is_dir():
        raise RulesError([Problem(Position(str(rules_dir), 0, 0), "there is no such folder of rules")])
    for name in (*FILE_NAMES, *OPTIONAL_FILES):
        place = Position(name, 1, 1)
        try:
            with (rules_dir / name).open("rb") as file:
                data = file.read(RULES_FILE_BYTES + 1)
        except FileNotFoundError:
            if name in OPTIONAL_FILES:
                texts[name] = "{}"
                continue
            problems.append(Problem(place, f"the file is missing from {rules_dir}"))
            continue
        except OSError as error:
            problems.append(Problem(place, f"cannot be read: {error.strerror}"))
            continue
        if len(data) > RULES_FILE_BYTES:
            problems.append(Problem(place, f"the file is larger than {RULES_FILE_BYTES} bytes"))
            continue
        try:
            texts[name] = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
            problems.append(Problem(Position(name, line, column), "not UTF-8 text"))
    known = (*FILE_NAMES, *OPTIONAL_FILES)
    for other in sorted(rules_dir.iterdir()):
        if other.suffix in {".yaml", ".yml"} and other.name not in known:
            near = get_close_matches(other.name, known, 1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; the files are {', '.join(known)}"
            problems.append(Problem(Position(other.name, 1, 1), f"no rules file has this name{hint}"))
    return texts, problems


def _check(
    texts: dict[str, str], overrides: Sequence[str], digest: str, problems: list[Problem], cache: RulesCache | None
) -> tuple[Ruleset, Files]:
    from dialplan import build, checks, validation  # noqa: PLC0415 - pydantic: not for known content

    documents = {name: read(name, text) for name, text in texts.items()}
    problems += [problem for document in documents.values() for problem in document.problems]
    for override in overrides:
        problems += _apply(documents, override)
    files = validation.validate(documents)
    problems += files.problems
    problems += checks.check(files)
    if problems:
        raise RulesError(problems[:RULES_PROBLEMS])
    return build.build(files, digest, _holidays(cache)), files


def _holidays(cache: RulesCache | None) -> dict[date, str]:
    if cache is not None and (known := cache.holidays()) is not None:
        return known
    from dialplan.holidaytable import public_holidays  # noqa: PLC0415 - not for known holidays

    table = public_holidays()
    if cache is not None:
        cache.put_holidays(table)
    return table


def _apply(documents: dict[str, Document], override: str) -> list[Problem]:
    """Writes one `--set` value into the document it names; its place in messages is the override itself."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes

    place = Position(f"--set {override}", 0, 0)
    path, equals, text = override.partition("=")
    words = path.strip().split(".")
    if not equals or len(words) < 2 or not all(words):
        return [Problem(place, "expected FILE.KEY.KEY=VALUE, such as queues.defaults.wrapup_s=0")]
    document = documents.get(f"{words[0]}.yaml")
    if document is None:
        near = get_close_matches(words[0], [name.removesuffix(".yaml") for name in documents], 1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return [Problem(place, f"no rules file is called `{words[0]}`{hint}")]
    if document.value is None:
        return []  # the file is broken, and said so
    value = read(place.file, text)
    if value.problems:
        return [Problem(place, value.problems[0].message)]
    return _write(document, words[1:], value.value, place)


def _write(document: Document, words: list[str], value: Plain, place: Position) -> list[Problem]:
    target = document.value
    path: tuple[str | int, ...] = ()
    for depth, word in enumerate(words):
        last = depth == len(words) - 1
        if isinstance(target, dict):
            path = (*path, word)
            if last:
                target[word] = value
            else:
                target = target.setdefault(word, {})
        elif isinstance(target, list) and word.isascii() and word.isdigit() and int(word) < len(target):
            path = (*path, int(word))
            if last:
                target[int(word)] = value
            else:
                target = target[int(word)]
        else:
            above = ".".join([document.file.removesuffix(".yaml"), *words[:depth]])
            if isinstance(target, list):
                said = f"`{above}` has {len(target)} entries, so no `{word}`; the whole list is written {above}=[…]"
                return [Problem(place, said)]
            return [Problem(place, f"`{above}` has nothing called `{word}`")]
        if last or path not in document.values:
            _move(document, path, place)
    return []


def _move(document: Document, path: tuple[str | int, ...], place: Position) -> None:
    for places in (document.values, document.keys):
        for known in [known for known in places if known[: len(path)] == path]:
            del places[known]
        places[path] = place
