"""What the rules say about a call, one small step at a time: language, hours, menu key, route.

The live flow (`ivr`) and `explain` call the same steps, so an explanation cannot differ from what happens.
Pure: rules, keys and `now` (an aware datetime) in, a frozen answer with its reasons out. No I/O, no clock, no memory.
`dialplan.dialogue` strings the steps together; what waits in queues, and who is free, is `acd`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from dialplan import calendar
from dialplan.calendar import Opening
from dialplan.eligibility import able
from dialplan.hourrules import DayKind, Interval
from dialplan.language import Language
from dialplan.menurules import Menu
from dialplan.queuerules import Requirement
from dialplan.reasons import Reason, Why, reason
from dialplan.ruleset import Ruleset
from dialplan.source import Source

CLOSED_BOOKING = "closed_booking"  # the prompt that offers to book a call outside the opening hours
DEFAULT_LANGUAGE = Language.KO  # silence, and the last wrong key


class Outcome(StrEnum):
    """How a call's way through the rules ends."""

    QUEUE = "queue"
    CLOSED = "closed"
    CALLBACK_OFFER = "callback_offer"
    HANGUP = "hangup"


@dataclass(frozen=True, slots=True)
class LanguageStep:
    """The language, or None: then `say` is said and the caller is asked again."""

    language: Language | None
    say: tuple[str, ...]
    wrong: int  # wrong keys so far, to be passed to the next step
    reason: Reason


class Turn(StrEnum):
    """Where a key in a topic menu leads."""

    TOPIC = "topic"
    MENU = "menu"
    REPEAT = "repeat"
    BACK = "back"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class MenuStep:
    """What a key, or silence, in a topic menu does. `topic` is set for TOPIC, `menu` for MENU."""

    turn: Turn
    say: tuple[str, ...]  # before the next question
    wrong: int
    reason: Reason
    topic: str | None = None
    menu: str | None = None


@dataclass(frozen=True, slots=True)
class HoursStep:
    """Whether calls are taken now. When closed, `say` is heard (the first with the next opening), then hang-up.

    Between the two stands the offer to book a call (CLOSED_BOOKING), where the rules have it.
    """

    opening: Opening
    say: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def open(self) -> bool:
        """Whether the call goes on."""
        return self.opening.open


@dataclass(frozen=True, slots=True)
class Step:
    """A relaxation of the requirement after so many seconds in the queue."""

    after_s: float
    requirement: Requirement


@dataclass(frozen=True, slots=True)
class Route:
    """Where a topic in a language waits, and for whom; queue None means not served: `say` is heard, then hang-up."""

    language: Language
    topic: str
    queue: str | None
    requirement: Requirement
    say: tuple[str, ...]
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """QUEUE, or HANGUP where the language is not served."""
        return Outcome.HANGUP if self.queue is None else Outcome.QUEUE


_EVERY_MENU = {"#": (Turn.REPEAT, Why.MENU_REPEAT), "*": (Turn.BACK, Why.MENU_BACK)}


def choose_language(ruleset: Ruleset, key: str | None, wrong: int = 0) -> LanguageStep:
    """Judges a key at the language question; None is silence, `wrong` the number of wrong keys before this one."""
    source = ruleset.languages_source
    if key is None:
        why = reason(source, Why.LANGUAGE_SILENCE, language=DEFAULT_LANGUAGE)
        return LanguageStep(DEFAULT_LANGUAGE, (), wrong, why)
    if (language := ruleset.language_keys.get(key)) is not None:
        place = ruleset.language_sources.get(language, source)
        return LanguageStep(language, (), wrong, reason(place, Why.LANGUAGE_KEY, key=key, language=language))
    if key == "#":
        return LanguageStep(None, (ruleset.greeting,), wrong, reason(source, Why.LANGUAGE_REPEAT))
    wrong += 1
    if wrong >= ruleset.language_tries:
        why = reason(source, Why.LANGUAGE_TRIES, key=key, tries=wrong, language=DEFAULT_LANGUAGE)
        return LanguageStep(DEFAULT_LANGUAGE, (), wrong, why)
    return LanguageStep(None, (ruleset.language_again_prompt,), wrong, reason(source, Why.LANGUAGE_WRONG_KEY, key=key))


def check_hours(ruleset: Ruleset, now: datetime) -> HoursStep:
    """Whether the centre is open at `now`, by which rules, and what a caller hears when it is not."""
    local = calendar.in_seoul(now)
    seen = calendar.opening(ruleset.hours, local)
    reasons = [*_day_reasons(ruleset, local.date(), seen), _hours_reason(ruleset, local, seen)]
    at = f"{local:%Y-%m-%d %H:%M}"
    change = seen.closes_at if seen.open else seen.opens_at
    if change is None:
        reasons.append(reason(seen.source, Why.OPEN if seen.open else Why.CLOSED_LONG, at=at, change="further notice"))
    else:
        why = Why.OPEN if seen.open else Why.CLOSED
        reasons.append(reason(seen.source, why, at=at, change=f"{change:%Y-%m-%d %H:%M}"))
    offer: tuple[str, ...] = ()
    if not seen.open and ruleset.callback is not None and ruleset.callback.when_closed and callbacks_possible(ruleset):
        offer = (CLOSED_BOOKING,)
        reasons.append(reason(ruleset.callback.source, Why.CLOSED_BOOKING))
    say = () if seen.open else (ruleset.closed_prompt, *offer, ruleset.goodbye_prompt)
    return HoursStep(seen, say, tuple(reasons))


def menu_step(ruleset: Ruleset, menu: Menu, key: str | None, wrong: int = 0) -> MenuStep:
    """Judges a key in a topic menu; None is silence, `wrong` the number of wrong keys in this menu before this one.

    `*` is BACK and `#` REPEAT in every menu. The reason for BACK names this menu; the dialogue knows the one before.
    """
    name = menu.name
    if key is None:
        why = reason(menu.source, Why.MENU_SILENCE, menu=name, topic=menu.default_topic)
        return MenuStep(Turn.TOPIC, (), wrong, why, topic=menu.default_topic)
    if key in _EVERY_MENU:
        turn, kind = _EVERY_MENU[key]
        return MenuStep(turn, (), wrong, reason(menu.source, kind, menu=name))
    if (choice := menu.choices.get(key)) is None:
        return _wrong_key(ruleset, menu, key, wrong + 1)
    if choice.topic is not None:
        why = reason(choice.source, Why.MENU_KEY, key=key, menu=name, topic=choice.topic)
        return MenuStep(Turn.TOPIC, (), wrong, why, topic=choice.topic)
    why = reason(choice.source, Why.MENU_MORE, key=key, menu=name, next=choice.menu)
    return MenuStep(Turn.MENU, (), 0, why, menu=choice.menu)


def _wrong_key(ruleset: Ruleset, menu: Menu, key: str, wrong: int) -> MenuStep:
    if wrong >= menu.tries:
        why = reason(menu.source, Why.MENU_TRIES, key=key, menu=menu.name, tries=wrong, topic=menu.default_topic)
        return MenuStep(Turn.TOPIC, (), wrong, why, topic=menu.default_topic)
    why = reason(menu.source, Why.MENU_WRONG_KEY, key=key, menu=menu.name)
    return MenuStep(Turn.WRONG, (ruleset.wrong_key_prompt,), wrong, why)


def callbacks_possible(ruleset: Ruleset) -> bool:
    """Whether call-backs can be booked by these rules: they have them, and name a line to the outside to ring by."""
    return ruleset.callback is not None and bool(ruleset.trunks.carriers)


@dataclass(frozen=True, slots=True)
class Priority:
    """A contact's place beside its time of arrival: points (each a head start of a minute), and its strict class."""

    points: float
    order_class: int
    reasons: tuple[Reason, ...] = ()


def priority(ruleset: Ruleset, topic: str, queue: str, number: str | None = None) -> Priority:
    """The sum of the points of queue, topic and caller's number; the class of the number, else of the queue.

    KeyError for a topic or queue that no rule names. `number` as the carrier gives it: 010…, +8210…, or unknown.
    """
    waits, about = ruleset.queues[queue], ruleset.topics[topic]
    points, order_class = waits.points + about.points, waits.order_class
    reasons = []
    if waits.points:
        reasons.append(reason(waits.source, Why.POINTS_QUEUE, queue=queue, points=f"{waits.points:g}"))
    if about.points:
        reasons.append(reason(about.source, Why.POINTS_TOPIC, topic=topic, points=f"{about.points:g}"))
    digits = _national(number or "")
    caller = next((one for one in ruleset.callers if digits and one.names(digits)), None)
    if caller is not None:
        points += caller.points
        order_class = caller.order_class or order_class
        reasons.append(reason(caller.source, Why.POINTS_NUMBER, points=f"{caller.points:g}", order_class=order_class))
    return Priority(points, order_class, tuple(reasons))


def _national(number: str) -> str:
    digits = "".join(char for char in number if char in "0123456789")
    return "0" + digits[2:] if number.startswith("+82") else digits


def route(ruleset: Ruleset, language: Language, topic: str) -> Route:
    """The queue and the requirement of this topic in this language. KeyError for a topic that no rule names."""
    rule = ruleset.topics[topic]
    name = rule.queue_by_language[language]
    place = rule.queue_sources.get(language, rule.source)
    if name is None:
        why = reason(place, Why.TOPIC_NOT_SERVED, topic=topic, language=language)
        said = (ruleset.not_served_prompt,) if ruleset.not_served_prompt else ()
        return Route(language, topic, None, Requirement(language), (*said, ruleset.goodbye_prompt), (why,))
    return route_in(ruleset, language, topic, name, place)


def route_in(ruleset: Ruleset, language: Language, topic: str, name: str, place: Source) -> Route:
    """The same topic in this queue, by the rule at `place`. KeyError for a queue that no rule names."""
    queue = ruleset.queues[name]
    needed = queue.requirement(language)
    reasons = [
        reason(place, Why.TOPIC_QUEUE, topic=topic, language=language, queue=name),
        reason(
            queue.source, Why.REQUIREMENT, queue=name, requirement=needed,
            able=len(able(ruleset, name, needed)), agents=len(ruleset.agents),
        ),
    ]  # fmt: skip
    steps = tuple(Step(after_s, relaxed) for after_s, relaxed in queue.relaxed(language))
    for step, written in zip(steps, queue.steps, strict=True):
        count, after_s = len(able(ruleset, name, step.requirement)), f"{step.after_s:g}"
        reasons.append(reason(written.source, Why.STEP, after_s=after_s, requirement=step.requirement, able=count))
    return Route(language, topic, name, needed, (queue.entry_prompt,), tuple(reasons), steps)


def _day_reasons(ruleset: Ruleset, day: date, seen: Opening) -> list[Reason]:
    hours = ruleset.hours
    place = calendar.holiday_source(hours, day)
    if seen.holiday is not None:
        return [reason(place or hours.day_off_source, Why.HOLIDAY, day=day, name=seen.holiday)]
    if day in hours.removed_holidays and place is not None:
        return [reason(place, Why.HOLIDAY_REMOVED, day=day)]
    return []


def _hours_reason(ruleset: Ruleset, local: datetime, seen: Opening) -> Reason:
    hours = ruleset.hours
    day = local.date()
    for closure in hours.closures:
        if closure.source == seen.source:
            start, end = f"{closure.start:%H:%M}", _end_words(closure.end)
            return reason(closure.source, Why.HOURS_CLOSURE, day=day, start=start, end=end, name=closure.reason)
    if (special := hours.special_days.get(day)) is not None:
        return reason(special.source, Why.HOURS_SPECIAL, day=day, hours=interval_words(special.intervals))
    usual, source = calendar.pattern(hours, day)
    why = Why.HOURS_WEEKDAY if seen.day_kind is DayKind.WEEKDAY else Why.HOURS_DAY_OFF
    return reason(source, Why.HOURS_SATURDAY if source == hours.saturday_source else why, hours=interval_words(usual))


def interval_words(intervals: tuple[Interval, ...]) -> str:
    """`09:00-12:00, 13:00-18:00`, or `-` for a day without hours."""
    return ", ".join(f"{part.opens:%H:%M}-{_end_words(part.closes)}" for part in intervals) or "-"


def _end_words(clock: time) -> str:
    return "24:00" if clock == time(0) else f"{clock:%H:%M}"
