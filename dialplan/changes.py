"""What is written differently in two folders of checked rules, key by key, whatever the keys mean.

Walks the checked models of every file (so a default that is written out is no change, and a new key of the schema is
seen without a line here), and what a file holds beyond its model. `dialplan.difference` puts it into words. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from enum import Enum

from pydantic import BaseModel

from dialplan.hourrules import Interval
from dialplan.source import Source
from dialplan.validation import Files

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
Path = tuple[str, ...]


class Absent(Enum):
    """The key is not there on this side."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs. `old` and `new` are its places, the nearest parent's where the key is not written."""

    file: str
    path: Path
    before: Value | Absent
    after: Value | Absent
    old: Source
    new: Source


def values(files: Files, file: str) -> Value:
    """A file's values as its model has them: defaults filled in, keys as text."""
    model = files.models[file]
    return _with_rest(_plain(model), files.documents[file].value)


def changes(old: Files, new: Files) -> Iterator[Change]:
    """Every difference, file by file in the order of the schema, in the order of the keys."""
    for file in dict.fromkeys([*old.models, *new.models]):
        before = values(old, file) if file in old.models else {}
        after = values(new, file) if file in new.models else {}
        for path, was, now in _compare(before, after, ()):
            yield Change(file, path, was, now, place(old, file, path), place(new, file, path))


def place(files: Files, file: str, path: Path) -> Source:
    """Where a key stands; the top of the file when it has none."""
    document = files.documents.get(file)
    if document is None:
        return Source(file, 1)
    found = document.key_at(*path)  # lists are compared whole, so no path leads into one
    return Source(found.file, found.line, found.column)


def _plain(value: object) -> Value:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {info.alias or name: _plain(getattr(value, name)) for name, info in fields.items()}
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    if value is None or isinstance(value, bool | int | float):
        return value
    return _key(value)


def _key(value: object) -> str:
    if isinstance(value, Interval):
        closes = "24:00" if value.closes == time(0) else f"{value.closes:%H:%M}"
        return f"{value.opens:%H:%M}-{closes}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return str(value)


def _with_rest(seen: Value, written: object) -> Value:
    """What is written but not part of the model: kept by files that others read too."""
    if not isinstance(seen, dict) or not isinstance(written, dict):
        return seen
    rest: dict[str, Value] = {key: _plain(item) for key, item in written.items() if key not in seen}
    return {key: _with_rest(item, written.get(key)) for key, item in seen.items()} | rest


def _compare(
    before: Value | Absent, after: Value | Absent, path: Path
) -> Iterator[tuple[Path, Value | Absent, Value | Absent]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _compare(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield path, before, after
