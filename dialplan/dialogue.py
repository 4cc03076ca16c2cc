"""The caller's way through language, hours and menus as a pure state machine over the steps of `dialplan.decision`.

    LANGUAGE --key, silence--> hours --open--> MENU --key, silence--> DONE (a route)
        ^  |--wrong key, #--'     |--closed--> DONE                | ^--wrong key, #, other menu, *
        '---------------- * in the first menu --------------------'

`begin` and `press` return the next state and what is said before it. The live session asks for a key in between; with
type-ahead it presses at once and skips what would be said. `decide` presses the keys of an imagined call.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from dialplan import calendar, overflow
from dialplan.calendar import Opening
from dialplan.decision import (
    DEFAULT_LANGUAGE,
    Outcome,
    Priority,
    Route,
    Step,
    Turn,
    check_hours,
    choose_language,
    menu_step,
    priority,
    route,
)
from dialplan.language import Language
from dialplan.queuerules import OverflowKind, Requirement
from dialplan.reasons import Reason, Why, reason
from dialplan.ruleset import Ruleset

_MAX_KEYS = 64  # of an imagined call


class Asking(StrEnum):
    """What the caller is being asked."""

    LANGUAGE = "language"
    MENU = "menu"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Where the caller stands, what was just to be said, and why.

    `say` are prompt keys in order, the question itself last. In DONE exactly one of `route` and `closed` is set.
    """

    asking: Asking
    say: tuple[str, ...]
    reasons: tuple[Reason, ...]  # of the last step only
    language: Language | None = None
    menus: tuple[str, ...] = ()  # the way here; the last one is asked
    wrong: int = 0
    opening: Opening | None = None  # once the hours were looked at
    route: Route | None = None
    closed: bool = False

    @property
    def menu(self) -> str | None:
        """The name of the menu that is asked, None outside of menus."""
        return self.menus[-1] if self.asking is Asking.MENU else None


@dataclass(frozen=True, slots=True)
class Call:
    """An imagined call: when, from which number, in which language (None: chosen by key), which keys, then silence."""

    at: datetime
    from_number: str | None = None
    language: Language | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """What would happen to a call, and why; the fields of `explain --json`."""

    at: datetime
    opening: Opening
    language: Language
    topic: str | None
    queue: str | None
    requirement: Requirement
    steps: tuple[Step, ...]
    prompts: tuple[str, ...]
    outcome: Outcome
    reasons: tuple[Reason, ...] = field(default=())
    priority: Priority | None = None  # where it waits in a queue


def begin(ruleset: Ruleset) -> Dialogue:
    """The greeting, which is also the language question."""
    return Dialogue(Asking.LANGUAGE, (ruleset.greeting,), ())


def begin_in(ruleset: Ruleset, language: Language, now: datetime) -> Dialogue:
    """A call whose language is known: the greeting, then hours and menu at once."""
    place = ruleset.language_sources.get(language, ruleset.languages_source)
    given = reason(place, Why.LANGUAGE_GIVEN, language=language)
    return _after_language(ruleset, language, now, (ruleset.greeting,), (given,))


def press(ruleset: Ruleset, dialogue: Dialogue, key: str | None, now: datetime) -> Dialogue:
    """The state after a key (one of 0-9, *, #), or after silence (None). ValueError when nothing is being asked."""
    if dialogue.asking is Asking.LANGUAGE:
        step = choose_language(ruleset, key, dialogue.wrong)
        if step.language is None:
            return replace(dialogue, say=step.say, wrong=step.wrong, reasons=(step.reason,))
        return _after_language(ruleset, step.language, now, step.say, (step.reason,))
    if dialogue.asking is Asking.MENU and dialogue.language is not None:
        return _in_menu(ruleset, dialogue, dialogue.language, key)
    raise ValueError(f"nothing is being asked in state {dialogue.asking}")


def decide(ruleset: Ruleset, call: Call) -> RouteDecision:
    """What would happen to this call: its keys in order, then silence. Keys after the decision are not looked at."""
    at = calendar.in_seoul(call.at)
    state = begin(ruleset) if call.language is None else begin_in(ruleset, call.language, at)
    prompts, reasons = list(state.say), list(state.reasons)
    keys = list(reversed(call.keys[:_MAX_KEYS]))
    while state.asking is not Asking.DONE:
        state = press(ruleset, state, keys.pop() if keys else None, at)
        prompts += state.say
        reasons += state.reasons
    language = state.language or DEFAULT_LANGUAGE
    found = state.route
    turns = overflow.near_closing(ruleset, found, at) if found else ()
    if found and turns:
        prompts = [*prompts[: len(prompts) - len(found.say)], *turns[-1].heard(ruleset)]
        reasons += [each for turn in turns for each in turn.reasons]
        found = turns[-1].route
    place = priority(ruleset, found.topic, found.queue, call.from_number) if found and found.queue else None
    return RouteDecision(
        at=at,
        opening=state.opening or calendar.opening(ruleset.hours, at),
        language=language,
        topic=state.route.topic if state.route else None,
        queue=found.queue if found else None,
        requirement=found.requirement if found else Requirement(language),
        steps=found.steps if found else (),
        prompts=tuple(prompts),
        outcome=found.outcome if found else _without_route(turns),
        reasons=(*reasons, *(place.reasons if place else ())),
        priority=place,
    )


def _without_route(turns: tuple[overflow.TurnedAway, ...]) -> Outcome:
    """Closed; or, while open, what closing time that is near leads to."""
    offer = bool(turns) and turns[-1].kind is OverflowKind.CALLBACK
    return Outcome.CALLBACK_OFFER if offer else Outcome.CLOSED


def _after_language(
    ruleset: Ruleset, language: Language, now: datetime, say: tuple[str, ...], reasons: tuple[Reason, ...]
) -> Dialogue:
    hours = check_hours(ruleset, now)
    reasons = (*reasons, *hours.reasons)
    if not hours.open:
        return Dialogue(Asking.DONE, (*say, *hours.say), reasons, language=language, opening=hours.opening, closed=True)
    first = ruleset.root_menu[language]
    return Dialogue(
        Asking.MENU,
        (*say, ruleset.menus[first].prompt),
        reasons,
        language=language,
        menus=(first,),
        opening=hours.opening,
    )


def _in_menu(ruleset: Ruleset, dialogue: Dialogue, language: Language, key: str | None) -> Dialogue:
    menu = ruleset.menus[dialogue.menus[-1]]
    step = menu_step(ruleset, menu, key, dialogue.wrong)
    match step.turn:
        case Turn.TOPIC if step.topic is not None:
            found = route(ruleset, language, step.topic)
            reasons = (step.reason, *found.reasons)
            return replace(dialogue, asking=Asking.DONE, say=found.say, reasons=reasons, route=found)
        case Turn.MENU if step.menu is not None:
            return _ask(ruleset, dialogue, _way_to(step.menu, dialogue.menus), step.reason)
        case Turn.BACK if len(dialogue.menus) > 1:
            menus = dialogue.menus[:-1]
            return _ask(ruleset, dialogue, menus, reason(menu.source, Why.MENU_BACK, menu=menus[-1]))
        case Turn.BACK:
            back = reason(ruleset.languages_source, Why.LANGUAGE_BACK)
            return replace(begin(ruleset), reasons=(back,))
        case _:
            return replace(dialogue, say=(*step.say, menu.prompt), wrong=step.wrong, reasons=(step.reason,))


def _way_to(menu: str, menus: tuple[str, ...]) -> tuple[str, ...]:
    """The way to a menu; one that was passed already ends there, so that menus in a circle make no endless way."""
    return menus[: menus.index(menu) + 1] if menu in menus else (*menus, menu)


def _ask(ruleset: Ruleset, dialogue: Dialogue, menus: tuple[str, ...], why: Reason) -> Dialogue:
    return replace(dialogue, say=(ruleset.menus[menus[-1]].prompt,), menus=menus, wrong=0, reasons=(why,))
