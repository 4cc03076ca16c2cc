"""What the caller's channel remembers of an earlier session: the variables that outlive an engine.

Written by `waiting` before it offers the contact, kept by the PBX, read when the caller comes again: taken back out
of the safety net (/resume), or sent on by an agent's phone (/transfer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dialplan.decision import DEFAULT_LANGUAGE, Route, priority, route
from dialplan.language import Language
from dialplan.queuerules import Queue, Requirement
from dialplan.ruleset import Ruleset
from ivr.session import Phase


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller waits for. `first_queued_at` is epoch seconds, `waited_s` the waiting before this time of it."""

    queue: Queue
    topic: str
    requirement: Requirement
    first_words: tuple[str, ...]  # said when nobody is free at once
    first_queued_at: float
    waited_s: float = 0.0
    resumed: bool = False
    points: float = 0.0  # of priority, by queue, topic and number
    order_class: int = 1
    handed_on_by: str | None = None  # the agent who has sent the caller to this queue
    new: bool = False  # has not waited yet, and may be turned away


class Channel(Protocol):
    """Where the variables are."""

    def get_variable(self, name: str) -> str:
        """Its value, "" when it is not set."""

    def set_variables(self, **values: str) -> None:
        """Set them in one round trip."""


def write(channel: Channel, wanted: Wanted, *, contact_id: str, language: Language, now: float, **more: str) -> None:
    """All that is needed to go on without this engine, and the phase `waiting`; `more` goes with it."""
    channel.set_variables(
        RM_PHASE=Phase.WAITING.value,
        RM_CONTACT=contact_id,
        RM_LANG=language.value,
        RM_QUEUE=wanted.queue.key,
        RM_TOPIC=wanted.topic,
        RM_QUEUED_AT=f"{wanted.first_queued_at:.3f}",
        RM_WAITED=f"{wanted.waited_s:.3f}",
        RM_WAITING_SINCE=f"{now:.3f}",
        DIALSTATUS="",
        **more,
    )


def language(channel: Channel) -> Language:
    """The language that was chosen; Korean when none was."""
    try:
        return Language(channel.get_variable("RM_LANG"))
    except ValueError:
        return DEFAULT_LANGUAGE


def wanted(
    channel: Channel, rules: Ruleset, chosen: Language, now: float, number: str | None = None, *, back_s: float = 0.0
) -> Wanted:
    """What the caller waited for, by the rules of now; any agent of the language where that is not known any more.

    Who wrote the times had a clock that was `back_s` ahead of ours. A place in time that lies in the future even so, or
    that nobody wrote, is now: a waiting time is never negative.
    """
    found = _route(rules, chosen, channel.get_variable("RM_TOPIC"))
    queued_at = min(_seconds(channel.get_variable("RM_QUEUED_AT"), now + back_s) - back_s, now)
    waiting_since = min(_seconds(channel.get_variable("RM_WAITING_SINCE"), queued_at + back_s) - back_s, now)
    waited_before_s = max(0.0, _seconds(channel.get_variable("RM_WAITED"), 0.0))
    place = priority(rules, found.topic, found.queue or "", number)
    return Wanted(
        queue=rules.queues[found.queue or ""],
        topic=found.topic,
        requirement=found.requirement,
        first_words=(),
        first_queued_at=queued_at,
        waited_s=waited_before_s + now - waiting_since,
        # Who fell into the net from a menu has been offered to nobody yet, and counts now.
        resumed=channel.get_variable("RM_CONTACT") != "",
        points=place.points,
        order_class=place.order_class,
    )


def _route(rules: Ruleset, chosen: Language, topic: str) -> Route:
    if topic in rules.topics and (found := route(rules, chosen, topic)).queue is not None:
        return found
    if (found := route(rules, chosen, rules.any_topic)).queue is not None:
        return found
    return route(rules, DEFAULT_LANGUAGE, rules.any_topic)


def _seconds(text: str, default: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return default
    return value if 0 <= value < 1e11 else default
