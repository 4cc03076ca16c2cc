"""Holds each document against its schema and puts pydantic's findings into an operator's words and places.

What is broken is cut out and the rest tried again, so that one wrong value does not hide the others, in its own file
or in the checks between files. May not judge one file by another: that is `dialplan.checks`.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialplan import schema
from dialplan.yamlsource import Document, Path, Plain, Problem

_ROUNDS = 20  # each cuts out what the last one found
_Shape = TypeVar("_Shape", bound=BaseModel)


@dataclass(slots=True)
class Files:
    """What is usable of all files: models of what is left after cutting, the documents for places, the problems."""

    documents: dict[str, Document]
    models: dict[str, BaseModel] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # files with problems, whose models may lack parts
    problems: list[Problem] = field(default_factory=list)

    def model(self, shape: type[_Shape]) -> _Shape | None:
        """The model of this shape, or None when too much of its file is broken."""
        return next((model for model in self.models.values() if isinstance(model, shape)), None)


def validate(documents: dict[str, Document]) -> Files:
    """Validates every document; never raises for what an operator can write."""
    files = Files(documents)
    for name, shape in schema.FILES.items():
        document = documents.get(name)
        if document is None:
            files.broken.add(name)
            continue
        if document.problems:
            files.broken.add(name)
        if document.value is None and document.problems:
            continue
        if not isinstance(document.value, dict):
            files.broken.add(name)
            expected = ", ".join(_keys_of(shape))
            files.problems.append(Problem(document.at(), f"the file is not a set of keys; it needs {expected}"))
            continue
        _validate_one(files, document, shape)
    return files


def _validate_one(files: Files, document: Document, shape: type[BaseModel]) -> None:
    rest: Plain = document.value
    gone: set[Path] = set()
    for _ in range(_ROUNDS):
        try:
            files.models[document.file] = shape.model_validate(rest)
        except ValidationError as error:
            files.broken.add(document.file)
            found = [(each, _path(document, each["loc"])) for each in error.errors(include_url=False)]
            meant = {_meant(shape, each, path) for each, path in found}
            cuts: list[Path] = []
            for each, path in found:
                missing = each["type"] == "missing"
                # Missing because it was cut out, or because it is misspelt: both are said already.
                if not (missing and (path in gone or path in meant)):
                    files.problems.append(_problem(document, shape, each, path))
                cuts.append(path[:-1] if missing else path)
            gone.update(cuts)
            rest = _without(rest, cuts)
            if not isinstance(rest, dict):
                return
        else:
            return


def _meant(shape: type[BaseModel], found: ErrorDetails, path: Path) -> Path | None:
    """The path that a misspelt key was probably meant to have."""
    if found["type"] != "extra_forbidden":
        return None
    near = get_close_matches(str(path[-1]), _keys_of(_shape_at(shape, path[:-1])), 1, cutoff=0.6)
    return (*path[:-1], near[0]) if near else None


def _path(document: Document, loc: tuple[int | str, ...]) -> Path:
    """The location that pydantic gives, without the words that are its own (`[key]`, names of union members)."""
    path: Path = ()
    target: Any = document.value
    for word in loc:
        if isinstance(target, dict) and word in target:
            target = target[str(word)]
        elif isinstance(target, list) and isinstance(word, int) and word < len(target):
            target = target[word]
        elif word == "[key]":
            continue
        else:
            return (*path, word)
        path = (*path, word)
    return path


def _without(value: Plain, cuts: list[Path]) -> Plain:
    """A copy without the given paths. A list ends before its first cut, so that what is left keeps its places."""

    def copy(part: Plain, path: Path) -> Plain:
        if isinstance(part, dict):
            return {key: copy(item, (*path, key)) for key, item in part.items() if (*path, key) not in gone}
        if isinstance(part, list):
            sound = next((i for i in range(len(part)) if (*path, i) in gone), len(part))
            return [copy(item, (*path, i)) for i, item in enumerate(part[:sound])]
        return part

    gone = set(cuts)
    return None if () in gone else copy(value, ())


def _problem(document: Document, shape: type[BaseModel], found: ErrorDetails, path: Path) -> Problem:
    kind = found["type"]
    if kind == "extra_forbidden":
        word = str(path[-1])
        known = _keys_of(_shape_at(shape, path[:-1]))
        return Problem(document.key_at(*path), f"unknown key `{word}`{did_you_mean(word, known)}")
    if kind == "missing":
        return Problem(document.at(*path[:-1]), f"missing key `{path[-1]}`")
    place = document.key_at(*path) if "[key]" in found["loc"] else document.at(*path)
    words = _MESSAGES.get(kind)
    return Problem(place, words(found["input"], found.get("ctx", {})) if words else found["msg"])


def _choices(written: Any, context: dict[str, Any]) -> str:
    choices = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
    return f"`{written}` is not one of {', '.join(choices)}{did_you_mean(str(written), choices, only=True)}"


def _expected(what: str) -> Callable[[Any, dict[str, Any]], str]:
    return lambda written, _: f"expected {what}, found `{_short(written)}`"


def _number(written: Any, context: dict[str, Any]) -> str:
    share = re.fullmatch(r"([0-9]{1,2}) ?%", str(written))
    return _expected("a number")(written, context) + (f"; write {int(share[1]) / 100:g}" if share else "")


_SHORT = 40  # characters of what was written that a message repeats

# pydantic's error types in an operator's words, from what was written and pydantic's context.
_MESSAGES: dict[str, Callable[[Any, dict[str, Any]], str]] = {
    "value_error": lambda _, context: str(context["error"]),
    "enum": _choices,
    "literal_error": lambda written, context: _expected(context["expected"].replace("'", ""))(written, context),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _expected("a whole number")),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _number),
    **dict.fromkeys(("bool_parsing", "bool_type"), _expected("true or false")),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _expected("keys with values")),
    "list_type": lambda written, _: _expected("a list")(written, {}) + _as_a_list(written),
    "string_type": _expected("a text"),
    "string_pattern_mismatch": lambda written, context: (
        f"`{_short(written)}` does not fit here; expected {_pattern_words(context['pattern'])}"
    ),
    "string_too_long": lambda _, context: f"longer than {context['max_length']} characters",
    "greater_than_equal": lambda written, context: f"{written} is too small: at least {context['ge']:g}",
    "less_than_equal": lambda written, context: f"{written} is too large: at most {context['le']:g}",
    "too_short": lambda _, __: "must not be empty",
    "too_long": lambda _, context: f"must have at most {context['max_length']} entries",
}


def names(files: Files, file: str, *path: str) -> list[str]:
    """Every name written at this path of a file, sound or not: the keys of a mapping, the words of a list."""
    target: Any = files.documents[file].value if file in files.documents else None
    for word in path:
        target = target.get(word) if isinstance(target, dict) else None
    if isinstance(target, dict):
        return list(target)
    return [word for word in target if isinstance(word, str)] if isinstance(target, list) else []


def unknown(what: str, word: str, known: typing.Iterable[str]) -> str:
    """The message for a name that nothing bears."""
    return f"no {what} is called `{word}`{did_you_mean(word, known)}"


def did_you_mean(word: str, known: typing.Iterable[str], *, only: bool = False) -> str:
    """`; did you mean ...?` with the nearest known word, or (unless `only`) the list of all when nothing is near."""
    words = sorted(set(known))
    if near := get_close_matches(word, words, 1, cutoff=0.6):
        return f"; did you mean `{near[0]}`?"
    return "" if only or not words else f"; known here: {', '.join(words[:20])}"


def _as_a_list(written: object) -> str:
    """What was probably meant by one thing where a list of such is expected."""
    if isinstance(written, str) and written and len(written) <= _SHORT:
        return f'; write `["{written}"]`'
    return "; begin it with `- `" if isinstance(written, dict) else ""


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else str(value)[:_SHORT]


def _pattern_words(pattern: str) -> str:
    return {
        r"^[0-9]$": "one key from 0 to 9 (* and # belong to every menu)",
        r"^[1-9][0-9]{3}$": "an extension of four digits such as 1001",
        r"^[0-9]{3,15}$": "a telephone number of digits only",
        r"^[0-9]{2,15}\*?$": "a telephone number of digits only, or its beginning and a *",
        r"^([a-z][a-z0-9_]{0,39}|\*)$": "the name of a queue, or *",
        r"^[a-z][a-z0-9_.-]{0,79}$": "the key of a prompt, such as topic_question",
    }.get(pattern, "a name of small letters, digits and _ such as real_estate")


def _keys_of(shape: type[BaseModel] | None) -> list[str]:
    if shape is None:
        return []
    return [info.alias or name for name, info in shape.model_fields.items()]


def _shape_at(shape: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that describes the mapping at `path`, found by walking the annotations."""
    current: Any = shape
    for word in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {info.alias or name: info.annotation for name, info in current.model_fields.items()}
            current = fields.get(str(word))
        else:
            inner = [part for part in typing.get_args(current) if part is not type(None)]
            current = inner[-1] if inner else None
        while typing.get_origin(current) is not None and typing.get_origin(current) not in (dict, list):
            inner = [part for part in typing.get_args(current) if part is not type(None)]
            current = inner[0] if inner else None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None
