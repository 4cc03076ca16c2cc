"""Facts to rows and back. Pure. The body is JSON with the fact's own field names; enums are their values.

A row from an older version that lacks a field takes the field's default; one it can't be read with is an error.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from enum import Enum
from typing import Any

from acd.core.facts import (
    AgentMoved,
    CallbackNoted,
    ContactMoved,
    Decision,
    Fact,
    HandoverWritten,
    PassedOver,
    ReservationEnded,
    SurveyAnswered,
    TalkNoted,
)
from acd.core.states import ContactState, Presence, Work
from dialplan.language import Language
from dialplan.queuerules import Requirement

_ATOMS = frozenset({str, float, int, bool, type(None)})  # most fields: asked first, since every fact passes here twice


_known_names: dict[type, tuple[str, ...]] = {}


def _field_names(kind: type) -> tuple[str, ...]:
    """A dataclass's fields; none: it is no dataclass. Looked up once a type: `dataclasses.fields` is slow."""
    names = _known_names.get(kind)
    if names is None:
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        names = _known_names[kind] = tuple(field.name for field in fields)
    return names


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if names := _field_names(kind):
        return {name: _plain(getattr(value, name)) for name in names}
    return value


def to_dict(fact: Fact) -> dict[str, Any]:
    """The fact as JSON data, with its kind under `fact`."""
    return {"fact": type(fact).__name__, **_plain(fact)}


def to_row(fact: Fact) -> dict[str, Any]:
    """The columns of acd.journal.tables.facts, without `run` and `seq`."""
    moved = fact if isinstance(fact, ContactMoved) else None
    return {
        "at": fact.at,
        "kind": type(fact).__name__,
        "contact_id": fact.contact_id,
        "agent_id": fact.agent_id,
        "queue": getattr(fact, "queue", None),
        "language": moved.language.value if moved else None,
        "old": moved.old.value if moved and moved.old else None,
        "new": moved.new.value if moved else None,
        "body": json.dumps(_plain(fact), ensure_ascii=False, separators=(",", ":")),
    }


def _optional(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else make(value)


def _requirement(value: dict[str, Any]) -> Requirement:
    language = None if value["language"] is None else Language(value["language"])
    return Requirement(language, tuple((name, level) for name, level in value["skills"]))


_READERS: dict[type[Fact], dict[str, Callable[[Any], Any]]] = {
    ContactMoved: {"language": Language, "old": _optional(ContactState), "new": ContactState},
    ReservationEnded: {},
    TalkNoted: {},
    HandoverWritten: {},
    CallbackNoted: {},
    SurveyAnswered: {"language": Language},
    AgentMoved: {"old_presence": Presence, "old_work": Work, "presence": Presence, "work": Work},
    Decision: {
        "requirement": _optional(_requirement),
        "passed_over": lambda rows: tuple(PassedOver(**row) for row in rows),
    },
}
KINDS = {kind.__name__: kind for kind in _READERS}


def from_row(kind: str, body: str) -> Fact:
    """The fact of a row. Raises KeyError for an unknown kind, TypeError or ValueError for a body that does not fit."""
    cls = KINDS[kind]
    readers = _READERS[cls]
    names = _field_names(cls)
    values = {name: value for name, value in json.loads(body).items() if name in names}
    return cls(**{name: readers[name](value) if name in readers else value for name, value in values.items()})
