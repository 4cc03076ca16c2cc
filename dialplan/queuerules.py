"""Where callers wait, who may take them and in which order, as frozen data: queues.yaml, checked.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialplan.language import Language
from dialplan.numbers import listed
from dialplan.source import Source


class Strategy(StrEnum):
    """How an arriving contact chooses among idle eligible agents (routing.md, Matching 2)."""

    LONGEST_IDLE = "longest_idle"
    BEST_SKILL = "best_skill"
    LEAST_OCCUPIED = "least_occupied"


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """Who may answer: a hard language filter and minimum levels, all of which must hold. An index key."""

    language: Language | None  # None: any, because a step's `allow_interpreter` dropped it
    skills: tuple[tuple[str, int], ...] = ()  # sorted (skill, minimum level 1-5)

    def met_by(self, languages: frozenset[Language], skills: dict[str, int]) -> bool:
        """Whether an agent with these languages and skill levels may take the contact."""
        if self.language is not None and self.language not in languages:
            return False
        for name, level in self.skills:  # noqa: SIM110  (asked of every agent for every lane: `all` takes twice as long)
            if skills.get(name, 0) < level:
                return False
        return True

    def __str__(self) -> str:
        language = "any language" if self.language is None else self.language.value
        return " & ".join([language, *(f"{name}>={level}" for name, level in self.skills)])


@dataclass(frozen=True, slots=True)
class Relaxation:
    """After so many seconds of waiting these skills are enough; the language stays unless `any_language`."""

    after_s: float
    skills: tuple[tuple[str, int], ...]
    any_language: bool  # the operator wrote `allow_interpreter`
    source: Source


@dataclass(frozen=True, slots=True)
class Sticky:
    """Who calls again within `days` waits up to `wait_s` for the agent they talked with last (지정상담원)."""

    days: int
    wait_s: float


class OverflowKind(StrEnum):
    """What becomes of a caller who may not wait in a queue, and for whom nobody is free at once."""

    MESSAGE = "message"  # a sentence, goodbye
    CALLBACK = "callback"  # a sentence, the offer of a call-back, goodbye
    QUEUE = "queue"  # waits in another queue


@dataclass(frozen=True, slots=True)
class Overflow:
    """The rule for such callers; `queue` is set for QUEUE only."""

    kind: OverflowKind
    queue: str | None = None
    source: Source = Source("queues.yaml", 1)


@dataclass(frozen=True, slots=True)
class Queue:
    """Where contacts of a family of topics wait, and who may take them. Seconds unless named otherwise."""

    key: str
    labels: dict[Language, str]
    skills: tuple[tuple[str, int], ...]  # minimum levels; the language comes from the caller
    strategy: Strategy
    service_level_s: float
    short_abandon_s: float
    ring_timeout_s: float
    wrapup_s: float
    wrapup_extend_s: float
    rona_exclude_s: float
    announce_every_s: float
    max_waiting: int
    music: str
    source: Source
    entry_prompt: str = "connecting"  # said on entering
    steps: tuple[Relaxation, ...] = ()  # by rising `after_s`
    points: float = 0.0  # of priority: each is a head start of a minute
    order_class: int = 1  # lower ones are served before all others
    sticky: Sticky | None = None
    when_full: Overflow = Overflow(OverflowKind.MESSAGE)  # for callers above `max_waiting`
    stop_queueing_before_close_s: float = 0.0  # from so long before the centre closes nobody begins to wait
    near_closing: Overflow = Overflow(OverflowKind.MESSAGE)  # for callers in that time
    whisper: bool = True  # the agent hears language, topic and waiting time before the caller is joined
    recording: str | None = None  # the class that its talks are recorded as; None: they are not

    def requirement(self, language: Language) -> Requirement:
        """The requirement of a contact that waits here in this language."""
        return Requirement(language, self.skills)

    def relaxed(self, language: Language) -> tuple[tuple[float, Requirement], ...]:
        """Each step as (seconds of waiting, the requirement from then on)."""
        return tuple(
            (step.after_s, Requirement(None if step.any_language else language, step.skills)) for step in self.steps
        )


@dataclass(frozen=True, slots=True)
class CallbackRule:
    """Call-backs (예약전화): when they are offered, how often they are tried, and what bounds them."""

    offer_after_s: float  # of waiting
    attempts: int  # then it is closed as failed
    retry_every_s: float
    ring_timeout_s: float  # the citizen's phone
    per_number_per_day: int  # bookings of one number in a day in Seoul
    per_day: int  # bookings of all numbers
    slot_minutes: int  # a booked time is one of these from the full hour on
    days_ahead: int  # today is 0
    source: Source
    when_closed: bool = True  # a call may be booked outside the opening hours


@dataclass(frozen=True, slots=True)
class CallerRule:
    """Numbers whose calls have priority: whole numbers, or beginnings that end in `*`."""

    numbers: tuple[str, ...]
    points: float
    order_class: int | None  # None: the queue's
    source: Source

    def names(self, number: str) -> bool:
        """Whether a number of digits only is one of these."""
        return listed(number, self.numbers)
