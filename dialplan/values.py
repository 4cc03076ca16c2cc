"""The small values that rules are made of: times, dates, names, numbers, texts; each with the sentence that refuses it.

Types for `dialplan.schema`. Messages are whole sentences, because the operator reads them after file:line:column.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date, time
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from dialplan.hourrules import Interval
from dialplan.language import Language
from dialplan.queuerules import Overflow, OverflowKind

STRICT = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)  # of every shape but the prompts'

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
NAME = r"^[a-z][a-z0-9_]{0,39}$"
OVERFLOWS = [kind.value for kind in OverflowKind if kind is not OverflowKind.QUEUE]
_REGISTRATION = re.compile(r"[A-Za-z0-9+._-]{1,64}@[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)


def _clock(value: object, *, ends: bool) -> time:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a time such as 09:00, found `{value}`")
    hour, minute = int(match[1]), int(match[2])
    if hour == 24 and (minute or not ends):
        raise ValueError(f"{value} is not a time of day" + ("" if ends else "; a day begins at 00:00"))
    return time(hour % 24, minute)


def _interval(value: object) -> Interval:
    parts = value.split("-") if isinstance(value, str) else []
    if len(parts) != 2:
        raise ValueError(f'expected opening hours such as "09:00-18:00", found `{value}`')
    interval = Interval(_clock(parts[0].strip(), ends=False), _clock(parts[1].strip(), ends=True))
    if interval.closes != time(0) and interval.opens >= interval.closes:
        raise ValueError(f"{value} closes before it opens; hours past midnight are two entries, on two days")
    return interval


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"expected a date such as 2027-01-29, found `{value}`")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is not a date of the calendar") from None
    if not 2000 <= day.year <= 2099:
        raise ValueError(f"{value} lies outside the years 2000 to 2099 that the calendar knows")
    return day


def _plain_line(value: str) -> str:
    if not value.strip():
        raise ValueError("a text is empty")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("a text has a line break or another control character")
    return value


def _address(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=True)
    except ValueError as error:
        raise ValueError(f"expected an IP address or network such as 203.0.113.0/28: {error}") from None
    return value


def _host(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValueError(f"expected an IP address, found `{value}`") from None
    return value


def _registration(value: str) -> str:
    if not _REGISTRATION.fullmatch(value):
        raise ValueError(f"expected user@host or user@host:port, found `{value}`")
    return value


def _slot_minutes(value: int) -> int:
    if value not in (10, 15, 20, 30, 60):
        raise ValueError(f"expected 10, 15, 20, 30 or 60 minutes, found `{value}`")
    return value


def _overflow(value: object) -> Overflow:
    """A word, or the one key that names another queue."""
    if isinstance(value, str) and value in OVERFLOWS:
        return Overflow(OverflowKind(value))
    if isinstance(value, dict) and list(value) == ["queue"] and re.fullmatch(NAME, str(value["queue"]), re.ASCII):
        return Overflow(OverflowKind.QUEUE, str(value["queue"]))
    words = ", ".join(OVERFLOWS)
    pairs = ", ".join(f"{key}: {name}" for key, name in value.items()) if isinstance(value, dict) else None
    written = str(value) if pairs is None else f"{{{pairs}}}"
    hint = ""
    if near := get_close_matches(written, OVERFLOWS, 1):
        hint = f"; did you mean `{near[0]}`?"
    elif re.fullmatch(NAME, written, re.ASCII):
        hint = f"; a queue is written `{{queue: {written}}}`"
    raise ValueError(f"expected {words} or {{queue: NAME}}, found `{written}`{hint}")


def _each_language(value: object) -> object:
    """One queue name stands for the same queue in every language."""
    return dict.fromkeys((language.value for language in Language), value) if isinstance(value, str) else value


def _all_four(value: dict[Language, Any]) -> dict[Language, Any]:
    if missing := [language.value for language in Language if language not in value]:
        raise ValueError(f"missing language {', '.join(missing)}; all of ko, en, ja, zh are needed")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Start = Annotated[time, BeforeValidator(lambda value: _clock(value, ends=False))]
End = Annotated[time, BeforeValidator(lambda value: _clock(value, ends=True))]
Stretch = Annotated[Interval, BeforeValidator(_interval)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
PromptKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,79}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9]$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{3}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,15}$")]
Line = Annotated[str, StringConstraints(max_length=80), AfterValidator(_plain_line)]
Sentence = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_plain_line)]
Level = Annotated[int, Field(ge=1, le=5)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
NumberOrStart = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,15}\*?$")]
QueueOrAll = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,39}|\*)$")]
SlotMinutes = Annotated[int, AfterValidator(_slot_minutes)]
Points = Annotated[float, Field(ge=-60, le=60, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Rank = Annotated[int, Field(ge=1, le=9)]
Tries = Annotated[int, Field(ge=1, le=9)]
Label = Annotated[dict[Language, Line], AfterValidator(_all_four)]
QueueNames = Annotated[
    dict[Language, Name], BeforeValidator(_each_language, json_schema_input_type=Name | dict[Language, Name]),
    AfterValidator(_all_four),
]  # fmt: skip
Skills = dict[Name, Level]
OverflowRule = Annotated[Overflow, BeforeValidator(_overflow)]
MenuNames = Annotated[dict[Language, Name], AfterValidator(_all_four)]
Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]
Registration = Annotated[str, AfterValidator(_registration)]
