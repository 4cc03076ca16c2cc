"""The shape of each rules file, as pydantic models: types, bounds, required and unknown keys.

One file at a time; what one file says about another is held by `dialplan.checks`. Messages of our own validators are
whole sentences, because the operator reads them after file:line:column.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from dialplan.ruleset import Interval, Language, Strategy

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
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
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
PromptKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,79}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9]$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{3}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,15}$")]
Line = Annotated[str, StringConstraints(max_length=80), AfterValidator(_plain_line)]
Level = Annotated[int, Field(ge=1, le=5)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Tries = Annotated[int, Field(ge=1, le=9)]
Label = Annotated[dict[Language, Line], AfterValidator(_all_four)]
QueueNames = Annotated[dict[Language, Name], BeforeValidator(_each_language), AfterValidator(_all_four)]
Skills = dict[Name, Level]


class Shape(BaseModel):
    """Unknown keys are errors everywhere; values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class HolidaysShape(Shape):
    """Corrections of the calendar."""

    add: dict[Day, Line] = {}
    remove: list[Day] = []


class SpecialDayShape(Shape):
    """One date with its own hours; with a name it counts as a public holiday."""

    hours: list[Stretch]
    name: Line | None = None


class ClosureShape(Shape):
    """A temporary closure within one day."""

    day: Day
    start: Start = Field(alias="from")
    end: End = Field(alias="to")
    reason: Line


class HoursShape(Shape):
    """hours.yaml."""

    zone: Literal["Asia/Seoul"]
    weekday: list[Stretch]
    day_off: list[Stretch]
    holidays: HolidaysShape = HolidaysShape()
    special_days: dict[Day, SpecialDayShape] = {}
    closures: list[ClosureShape] = []


class LanguagesShape(Shape):
    """The language question."""

    keys: dict[Key, Language] = Field(min_length=1)
    tries: Tries
    grace_s: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class SaidShape(Shape):
    """Prompts of the flow that belong to no menu."""

    language_again: PromptKey
    wrong_key: PromptKey
    closed: PromptKey
    goodbye: PromptKey
    not_served: PromptKey | None = None


class ChoiceShape(Shape):
    """What one key does: exactly one of the two, which `checks` holds."""

    topic: Name | None = None
    menu: Name | None = None


class MenuShape(Shape):
    """One topic menu."""

    prompt: PromptKey
    silence: Name
    tries: Tries
    wait_s: Annotated[float, Field(ge=0.5, le=30, allow_inf_nan=False)]
    keys: dict[Key, ChoiceShape] = Field(min_length=1)


class TopicShape(Shape):
    """One topic and its queue in each language."""

    label: Label
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    queue: QueueNames


class MenusShape(Shape):
    """menus.yaml."""

    greeting: PromptKey
    languages: LanguagesShape
    said: SaidShape
    root: Annotated[dict[Language, Name], AfterValidator(_all_four)]
    menus: dict[Name, MenuShape] = Field(min_length=1)
    any_topic: Name
    topics: dict[Name, TopicShape] = Field(min_length=1)


class QueueDefaultsShape(Shape):
    """What holds for every queue that does not say otherwise."""

    strategy: Strategy
    service_level_s: Seconds
    short_abandon_s: Seconds
    ring_timeout_s: Annotated[float, Field(ge=2, le=120, allow_inf_nan=False)]
    wrapup_s: Seconds
    wrapup_extend_s: Seconds
    rona_exclude_s: Seconds
    announce_every_s: Seconds
    entry: PromptKey
    max_waiting: Annotated[int, Field(ge=1, le=10_000)]
    music: Name
    steps: list[Any] = Field(max_length=0)


class QueueShape(Shape):
    """One queue; what is left out is as in the defaults."""

    label: Label
    skills: Skills
    strategy: Strategy | None = None
    service_level_s: Seconds | None = None
    short_abandon_s: Seconds | None = None
    ring_timeout_s: Annotated[float, Field(ge=2, le=120, allow_inf_nan=False)] | None = None
    wrapup_s: Seconds | None = None
    wrapup_extend_s: Seconds | None = None
    rona_exclude_s: Seconds | None = None
    announce_every_s: Seconds | None = None
    entry: PromptKey | None = None
    max_waiting: Annotated[int, Field(ge=1, le=10_000)] | None = None
    music: Name | None = None
    steps: list[Any] | None = Field(default=None, max_length=0)


class QueuesShape(Shape):
    """queues.yaml."""

    defaults: QueueDefaultsShape
    queues: dict[Name, QueueShape] = Field(min_length=1)


class TeamShape(Shape):
    """One team."""

    label: Label


class AwayReasonShape(Shape):
    """Why an agent is away, and the key after *12."""

    key: Key
    label: Label


class AgentShape(Shape):
    """One agent."""

    name: Line
    team: Name
    languages: list[Language] = Field(min_length=1)
    skills: Skills
    supervisor: bool = False


class AgentsShape(Shape):
    """agents.yaml."""

    teams: dict[Name, TeamShape] = Field(min_length=1)
    skills: list[Name]
    away_reasons: dict[Name, AwayReasonShape] = Field(min_length=1)
    agents: dict[Extension, AgentShape] = Field(min_length=1)


class CarrierShape(Shape):
    """One carrier: by addresses or by registration, which `checks` holds."""

    name: Name
    addresses: list[Annotated[str, AfterValidator(_address)]] = []
    registration: Annotated[str, AfterValidator(_registration)] | None = None


class TrunksShape(Shape):
    """trunks.yaml."""

    numbers: list[Number] = Field(min_length=1)
    max_calls: Annotated[int, Field(ge=1, le=10_000)]
    carriers: list[CarrierShape] = []
    external_media_address: Annotated[str, AfterValidator(_host)] | None = None
    emergency: list[Number]


class PromptsShape(BaseModel):
    """prompts.yaml, leniently: its other parts belong to the prompts' renderer, which checks them itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompts: dict[str, Any]


FILES: dict[str, type[BaseModel]] = {
    "hours.yaml": HoursShape,
    "menus.yaml": MenusShape,
    "queues.yaml": QueuesShape,
    "agents.yaml": AgentsShape,
    "trunks.yaml": TrunksShape,
    "prompts.yaml": PromptsShape,
}
