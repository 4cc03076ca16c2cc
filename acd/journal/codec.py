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
from dialplan.ruleset import Language, Requirement


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
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
    names = {field.name for field in dataclasses.fields(cls)}
    values = {name: value for name, value in json.loads(body).items() if name in names}
    return cls(**{name: readers[name](value) if name in readers else value for name, value in values.items()})
