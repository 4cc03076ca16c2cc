"""What is done with a talk beside having it, as frozen data: which are recorded, and who is asked about them after.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock, no random.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

NOT_RECORDED = "off"  # written where a queue's talks are not recorded
NOTICE_PROMPT = "recording_notice"  # heard by the citizen before a recorded talk
SURVEY_PROMPTS = ("survey_question", "survey_thanks")
COMMENT_PROMPT = "survey_comment"
_DRAWS = 1 << 32


@dataclass(frozen=True, slots=True)
class RecordingClass:
    """A kind of recording: how many days it is kept, and whether it goes on when an official has taken the citizen."""

    name: str
    retention_days: int
    officials: bool = False


@dataclass(frozen=True, slots=True)
class Recordings:
    """All kinds. While the disk has less than `keep_free_mb` million bytes left, no new talk is recorded."""

    classes: dict[str, RecordingClass] = field(default_factory=dict)
    keep_free_mb: int = 1000


@dataclass(frozen=True, slots=True)
class Survey:
    """Which callers are asked for their opinion when the agent has hung up first."""

    queues: frozenset[str] | None  # None: every queue
    share: float  # of the calls that could be asked, 0 to 1
    not_again_days: int  # the same number is asked once in so many days
    after_transfer: bool
    first_day: date | None  # a survey goes on from its first day to its last, both included
    last_day: date | None
    comment_s: float  # the longest spoken comment; 0: none is asked for
    comment_class: str  # the recording class it is kept as

    def asks(self, contact_id: str, queue: str, today: date, *, transferred: bool) -> bool:
        """Whether this talk's caller is to be asked, but for their having been asked before.

        The share is drawn from the contact's id: the same answer whenever it is asked.
        """
        if self.queues is not None and queue not in self.queues:
            return False
        if (self.first_day and today < self.first_day) or (self.last_day and today > self.last_day):
            return False
        if transferred and not self.after_transfer:
            return False
        drawn = int.from_bytes(hashlib.sha256(f"survey:{contact_id}".encode()).digest()[:4])
        return drawn < self.share * _DRAWS
