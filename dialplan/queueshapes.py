"""The shape of queues.yaml, a part of `dialplan.schema`: queues, steps, numbers with priority, call-backs.

What is said of talks stands in `dialplan.talkshapes`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from dialplan.queuerules import Overflow, OverflowKind, Strategy
from dialplan.talkrules import NOT_RECORDED
from dialplan.talkshapes import RecordingsShape, SurveyShape
from dialplan.values import (
    STRICT,
    Label,
    Line,
    Name,
    NumberOrStart,
    OverflowRule,
    Points,
    PromptKey,
    Rank,
    Seconds,
    Skills,
    SlotMinutes,
)


class Shape(BaseModel):
    """As in `dialplan.schema`."""

    model_config = STRICT


class StepShape(Shape):
    """A relaxation: from `after_s` of waiting on, these skills are enough."""

    after_s: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)]
    skills: Skills
    allow_interpreter: bool = False


class StickyShape(Shape):
    """Back to the agent of last time; `days: 0` turns it off."""

    days: Annotated[int, Field(ge=0, le=365)]
    wait_s: Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)]


class CallersShape(Shape):
    """Numbers with priority."""

    numbers: list[NumberOrStart] = Field(min_length=1)
    points: Points = 0.0
    order_class: Rank | None = Field(default=None, alias="class")
    why: Line


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
    when_full: OverflowRule = Overflow(OverflowKind.MESSAGE)
    stop_queueing_before_close_s: Seconds = 0.0
    near_closing: OverflowRule = Overflow(OverflowKind.MESSAGE)
    music: Name
    steps: list[StepShape]
    points: Points = 0.0
    order_class: Rank = Field(default=1, alias="class")
    sticky: StickyShape | None = None
    whisper: bool = True
    recording: Name = NOT_RECORDED


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
    when_full: OverflowRule | None = None
    stop_queueing_before_close_s: Seconds | None = None
    near_closing: OverflowRule | None = None
    music: Name | None = None
    steps: list[StepShape] | None = None
    points: Points | None = None
    order_class: Rank | None = Field(default=None, alias="class")
    sticky: StickyShape | None = None
    whisper: bool | None = None
    recording: Name | None = None


class CallbackShape(Shape):
    """Call-backs; without this key none are offered."""

    offer_after_s: Seconds
    attempts: Annotated[int, Field(ge=1, le=9)] = 3
    retry_every_s: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)] = 600.0
    ring_timeout_s: Annotated[float, Field(ge=2, le=120, allow_inf_nan=False)] = 30.0
    per_number_per_day: Annotated[int, Field(ge=1, le=100)] = 3
    per_day: Annotated[int, Field(ge=1, le=100_000)] = 500
    slot_minutes: SlotMinutes = 30
    days_ahead: Annotated[int, Field(ge=0, le=60)] = 7
    when_closed: bool = True


class QueuesShape(Shape):
    """queues.yaml."""

    defaults: QueueDefaultsShape
    callback: CallbackShape | None = None
    queues: dict[Name, QueueShape] = Field(min_length=1)
    moved_to: dict[Name, Name] = {}
    callers: list[CallersShape] = []
    recordings: RecordingsShape = RecordingsShape()
    survey: SurveyShape | None = None
