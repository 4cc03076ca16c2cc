"""Holds each document against its schema and puts pydantic's findings into an operator's words and places.

What is broken is cut out and the rest tried again, so that one wrong value does not hide the others, in its own file
or in the checks between files. May not judge one file by another: that is `dialplan.checks`.
"""

from __future__ import annotations

import typing
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
            cuts: list[Path] = []
            for found in error.errors(include_url=False):
                path = _path(document, found["loc"])
                missing = found["type"] == "missing"
                if not (missing and path in gone):  # missing because it was cut out, and said so
                    files.problems.append(_problem(document, shape, found, path))
                cuts.append(path[:-1] if missing else path)
            gone.update(cuts)
            rest = _without(rest, cuts)
            if not isinstance(rest, dict):
                return
        else:
            return


def _path(document: Document, loc: tuple[int | str, ...]) -> Path:
    """pydantic's location without the words that are its own (`[key]`, names of union members)."""
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
    """A copy without the given paths; a list item is cut by taking it out, so later cuts are done from the end."""

    def copy(part: Plain, path: Path) -> Plain:
        if isinstance(part, dict):
            return {key: copy(item, (*path, key)) for key, item in part.items() if (*path, key) not in gone}
        if isinstance(part, list):
            return [copy(item, (*path, i)) for i, item in enumerate(part) if (*path, i) not in gone]
        return part

    gone = set(cuts)
    return None if () in gone else copy(value, ())


def _problem(document: Document, shape: type[BaseModel], found: ErrorDetails, path: Path) -> Problem:
    kind = found["type"]
    context = found.get("ctx", {})
    written = found["input"]
    place = document.at(*path)
    match kind:
        case "extra_forbidden":
            known = _keys_of(_shape_at(shape, path[:-1]))
            message = f"unknown key `{path[-1]}`{did_you_mean(str(path[-1]), known)}"
            place = document.key_at(*path)
        case "missing":
            message = f"missing key `{path[-1]}`"
            place = document.at(*path[:-1])
        case "value_error":
            message = str(context["error"])
        case "enum":
            choices = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            message = f"`{written}` is not one of {', '.join(choices)}{did_you_mean(str(written), choices, only=True)}"
        case "literal_error":
            message = f"expected {context['expected'].strip(chr(39))}, found `{_short(written)}`"
        case "int_parsing" | "int_type" | "int_from_float":
            message = f"expected a whole number, found `{_short(written)}`"
        case "float_parsing" | "float_type" | "finite_number":
            message = f"expected a number, found `{_short(written)}`"
        case "bool_parsing" | "bool_type":
            message = f"expected true or false, found `{_short(written)}`"
        case "string_pattern_mismatch":
            message = f"`{_short(written)}` does not fit here; expected {_pattern_words(context['pattern'])}"
        case "string_type":
            message = f"expected a text, found {_short(written)}"
        case "string_too_long":
            message = f"longer than {context['max_length']} characters"
        case "dict_type" | "model_type" | "model_attributes_type":
            message = f"expected keys with values, found `{_short(written)}`"
        case "list_type":
            message = f"expected a list, found `{_short(written)}`"
        case "greater_than_equal":
            message = f"{written} is too small: at least {context['ge']:g}"
        case "less_than_equal":
            message = f"{written} is too large: at most {context['le']:g}"
        case "too_short":
            message = "must not be empty"
        case "too_long":
            message = f"must have at most {context['max_length']} entries"
            if path and path[-1] == "steps":
                message = "relaxation steps are not supported yet: leave `steps: []`"
        case _:
            message = found["msg"]
    if "[key]" in found["loc"]:
        place = document.key_at(*path)
    return Problem(place, message)


def did_you_mean(word: str, known: typing.Iterable[str], *, only: bool = False) -> str:
    """`; did you mean ...?` with the nearest known word, or (unless `only`) the list of all when nothing is near."""
    words = sorted(set(known))
    if near := get_close_matches(word, words, 1, cutoff=0.6):
        return f"; did you mean `{near[0]}`?"
    return "" if only or not words else f"; known here: {', '.join(words[:20])}"


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else str(value)[:40]


def _pattern_words(pattern: str) -> str:
    return {
        r"^[0-9]$": "one key from 0 to 9 (* and # belong to every menu)",
        r"^[1-9][0-9]{3}$": "an extension of four digits such as 1001",
        r"^[0-9]{3,15}$": "a telephone number of digits only",
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
