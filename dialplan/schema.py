"""The shape of each rules file, as pydantic models: types, bounds, required and unknown keys.

One file at a time; what one file says about another is held by `dialplan.checks`. The values are in `dialplan.values`,
the parts of queues.yaml in `dialplan.queueshapes`.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dialplan.hourrules import Interval
from dialplan.language import Language
from dialplan.limits import FLOOD_CALLS_REMEMBERED
from dialplan.queueshapes import QueuesShape
from dialplan.values import (
    STRICT,
    Address,
    Day,
    End,
    Extension,
    Host,
    Key,
    Label,
    Line,
    MenuNames,
    Name,
    Number,
    NumberOrStart,
    Points,
    PromptKey,
    QueueNames,
    QueueOrAll,
    Rank,
    Registration,
    Seconds,
    Sentence,
    Share,
    Skills,
    Start,
    Stretch,
    Tries,
)


class Shape(BaseModel):
    """Unknown keys are errors everywhere; values are frozen."""

    model_config = STRICT


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
    saturday: list[Stretch] | None = None
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
    points: Points = 0.0


class MenusShape(Shape):
    """menus.yaml."""

    greeting: PromptKey
    languages: LanguagesShape
    said: SaidShape
    root: MenuNames
    menus: dict[Name, MenuShape] = Field(min_length=1)
    any_topic: Name
    topics: dict[Name, TopicShape] = Field(min_length=1)


class TeamShape(Shape):
    """One team."""

    label: Label


class AwayReasonShape(Shape):
    """Why an agent is away, and the key after *12."""

    key: Key
    label: Label


class ProfileRowShape(Shape):
    """One queue of a routing profile, or `*`: all that have no row of their own."""

    queue: QueueOrAll
    rank: Rank = 1
    delay_s: Seconds = 0.0
    reserve_idle: Annotated[int, Field(ge=0, le=1000)] = 0


class ProfileShape(Shape):
    """A routing profile: the queues that a group of agents serves."""

    queues: list[ProfileRowShape] = Field(min_length=1)


class AgentShape(Shape):
    """One agent."""

    name: Line
    team: Name
    profile: Name | None = None
    languages: list[Language] = Field(min_length=1)
    skills: Skills
    supervisor: bool = False


class AgentsShape(Shape):
    """agents.yaml."""

    teams: dict[Name, TeamShape] = Field(min_length=1)
    skills: list[Name]
    away_reasons: dict[Name, AwayReasonShape] = Field(min_length=1)
    profiles: dict[Name, ProfileShape] = {}
    agents: dict[Extension, AgentShape] = Field(min_length=1)


class OfficialShape(Shape):
    """One desk: a phone of our PBX, or with `number` an outside one."""

    department: Line
    work: Line
    number: Number | None = None
    hours: Annotated[list[Stretch], Field(min_length=1)] | None = None
    blind: bool = False


class DirectoryShape(Shape):
    """directory.yaml."""

    hours: Annotated[list[Stretch], Field(min_length=1)] = [Interval(time(9), time(18))]
    blind_to_agents: bool = True
    officials: dict[Extension, OfficialShape] = {}
    queues: dict[Extension, Name] = {}


class CarrierShape(Shape):
    """One carrier: by addresses or by registration, which `checks` holds."""

    name: Name
    addresses: list[Address] = []
    registration: Registration | None = None
    encrypted: bool = False


class FloodShape(Shape):
    """Calls of one number: so many in any `per_s` seconds, and at once."""

    calls_per_number: Annotated[int, Field(ge=1, le=FLOOD_CALLS_REMEMBERED)]
    per_s: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60.0
    at_once: Annotated[int, Field(ge=1, le=FLOOD_CALLS_REMEMBERED)] = 20
    withheld: Annotated[int, Field(ge=1, le=100_000)] | None = None
    exempt: list[NumberOrStart] = []
    development: bool = False


class TrunksShape(Shape):
    """trunks.yaml."""

    numbers: list[Number] = Field(min_length=1)
    max_calls: Annotated[int, Field(ge=1, le=10_000)]
    carriers: list[CarrierShape] = []
    external_media_address: Host | None = None
    emergency: list[Number]
    flood: FloodShape | None = None


class RisingShape(Shape):
    """A share (0-1) that is better the higher it is: `good` and above is well, below `bad` is not."""

    good: Share
    bad: Share

    @model_validator(mode="after")
    def _in_order(self) -> RisingShape:
        if self.bad > self.good:
            raise ValueError(f"`bad` ({self.bad:g}) is above `good` ({self.good:g}); higher is better here")
        return self


class FallingShape(Shape):
    """A number or seconds that are better the lower they are: up to `good` is well, above `bad` is not."""

    good: Seconds
    bad: Seconds

    @model_validator(mode="after")
    def _in_order(self) -> FallingShape:
        if self.bad < self.good:
            raise ValueError(f"`bad` ({self.bad:g}) is below `good` ({self.good:g}); lower is better here")
        return self


class WallboardShape(Shape):
    """wallboard.yaml: which service level the wallboard shows, and from where on a figure changes its colour."""

    service_level_variant: Literal["strict", "short_excluded", "answered_only"] = "short_excluded"
    service_level: RisingShape = RisingShape(good=0.97, bad=0.90)
    answer_rate: RisingShape = RisingShape(good=0.97, bad=0.90)
    waiting: FallingShape = FallingShape(good=3, bad=10)
    oldest_wait_s: FallingShape = FallingShape(good=20, bad=60)
    estimated_wait_s: FallingShape = FallingShape(good=30, bad=120)


class PartShape(BaseModel):
    """One language's part of a recording that is heard before a language is chosen."""

    model_config = ConfigDict(frozen=True)

    lang: Language
    text: Sentence


class PromptShape(BaseModel):
    """One sentence: in each language, or as parts. What else it says is for the renderer, which checks that itself."""

    model_config = ConfigDict(frozen=True)

    ko: Sentence | None = None
    en: Sentence | None = None
    ja: Sentence | None = None
    zh: Sentence | None = None
    parts: Annotated[list[PartShape], Field(min_length=1)] | None = None

    def texts(self) -> dict[Language, str]:
        """What is said in each language; parts of one language are joined."""
        if self.parts is None:
            written = {Language.KO: self.ko, Language.EN: self.en, Language.JA: self.ja, Language.ZH: self.zh}
            return {language: text for language, text in written.items() if text is not None}
        found: dict[Language, str] = {}
        for part in self.parts:
            found[part.lang] = f"{found[part.lang]} {part.text}" if part.lang in found else part.text
        return found


class PromptsShape(BaseModel):
    """prompts.yaml; its other parts belong to the renderer."""

    model_config = ConfigDict(frozen=True)

    prompts: Annotated[dict[PromptKey, PromptShape], Field(min_length=1)]


FILES: dict[str, type[BaseModel]] = {
    "hours.yaml": HoursShape,
    "menus.yaml": MenusShape,
    "queues.yaml": QueuesShape,
    "agents.yaml": AgentsShape,
    "trunks.yaml": TrunksShape,
    "directory.yaml": DirectoryShape,
    "prompts.yaml": PromptsShape,
    "wallboard.yaml": WallboardShape,
}
