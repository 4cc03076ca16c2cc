"""The parts of queues.yaml that say what is done with a talk: their shapes, their checks, and what they become.

A part of `dialplan.schema`, `dialplan.checks` and `dialplan.build`; the frozen data is `dialplan.talkrules`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from dialplan.talkrules import RecordingClass, Recordings, Survey
from dialplan.values import STRICT, Day, Name, QueueOrAll


class Shape(BaseModel):
    """As in `dialplan.schema`."""

    model_config = STRICT


class RecordingClassShape(Shape):
    """How long recordings of a kind are kept."""

    retention_days: Annotated[int, Field(ge=1, le=3650)]
    officials: bool = False


class RecordingsShape(Shape):
    """The kinds of recordings."""

    keep_free_mb: Annotated[int, Field(ge=1, le=10_000_000)] = 1000
    classes: dict[Name, RecordingClassShape] = {}

    def built(self) -> Recordings:
        """The frozen rules."""
        return Recordings(
            {name: RecordingClass(name, kind.retention_days, kind.officials) for name, kind in self.classes.items()},
            self.keep_free_mb,
        )


class CommentShape(Shape):
    """A spoken comment after the keys."""

    max_s: Annotated[float, Field(ge=5, le=300, allow_inf_nan=False)]
    recording: Name


class SurveyShape(Shape):
    """Who is asked after the talk."""

    queues: list[QueueOrAll] = Field(min_length=1)
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    not_again_days: Annotated[int, Field(ge=0, le=3650)] = 0
    after_transfer: bool = False
    first_day: Day | None = None
    last_day: Day | None = None
    comment: CommentShape | None = None

    def built(self) -> Survey:
        """The frozen rules."""
        return Survey(
            queues=None if "*" in self.queues else frozenset(self.queues),
            share=self.share,
            not_again_days=self.not_again_days,
            after_transfer=self.after_transfer,
            first_day=self.first_day,
            last_day=self.last_day,
            comment_s=self.comment.max_s if self.comment else 0.0,
            comment_class=self.comment.recording if self.comment else "",
        )
