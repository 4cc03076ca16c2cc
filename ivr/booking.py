"""The talk in which a caller books a call-back: the time, if one is to be chosen, and the number, each read back.

    DATE --4 digits, #--> TIME --4 digits, #--> TIME_RIGHT --1--> NUMBER_RIGHT --1--> DONE
     ^  '--no such day--'  ^  '--closed, past--'   |    (a place in the queue begins at NUMBER_RIGHT)
     '------------------------------------- 2 -----'              |  ^
                                                   NUMBER <-- 2 --'  '-- #, full length, an allowed number
    Silence and wrong keys are asked again, with the reason; after `TRIES` of them, and at *, GIVEN_UP.

Pure: keys and `now` in, the next state out, with what is said before the caller is heard. No I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dialplan import calendar, numbers
from dialplan.language import Language
from dialplan.limits import NUMBER_DIGITS
from dialplan.numbers import NumberKind
from dialplan.ruleset import Ruleset
from ivr import say

TRIES = 3  # of each question
_RIGHT, _OTHER, _END, _BACK = "1", "2", "#", "*"
_SHORTCUTS = {"1": 0, "2": 1}  # today, tomorrow
_DIGITS = 4  # MMDD, HHMM


class Asking(StrEnum):
    """What the caller is being asked."""

    DATE = "date"
    TIME = "time"
    TIME_RIGHT = "time_right"
    NUMBER_RIGHT = "number_right"
    NUMBER = "number"
    DONE = "done"
    GIVEN_UP = "given_up"


TYPED = frozenset({Asking.DATE, Asking.TIME, Asking.NUMBER})
ENDS = frozenset({Asking.DONE, Asking.GIVEN_UP})


@dataclass(frozen=True, slots=True)
class Talk:
    """Where the talk stands, and what is said now: keys of prompts and of `ivr.say`, nothing while digits come in.

    In DONE `number` is set, and `slot` where a time was to be chosen.
    """

    asking: Asking
    say: tuple[str, ...]
    language: Language
    number: str = ""  # national digits, which may be dialled
    slot: datetime | None = None
    typed: str = ""
    wrong: int = 0  # at this question


def begin(rules: Ruleset, language: Language, number: str, *, choose_time: bool) -> Talk:
    """The first question. `number` as the carrier gives it; a withheld one, or one not to be dialled, must be typed."""
    checked = numbers.check(number, rules.trunks.numbers)
    talk = Talk(Asking.DATE, ("callback_date",), language, checked.digits if checked.allowed else "")
    if choose_time:
        return talk
    reason = () if checked.allowed or not checked.digits else ("callback_number_not_allowed",)
    return _number_question(talk, *reason)


def press(rules: Ruleset, talk: Talk, key: str | None, now: datetime) -> Talk:
    """The state after a key (0-9, *, #), or after silence (None). ValueError when nothing is being asked."""
    if talk.asking in ENDS:
        raise ValueError(f"nothing is being asked in state {talk.asking}")
    if key == _BACK and not talk.typed:
        return replace(talk, asking=Asking.GIVEN_UP, say=())
    return _judge_typed(rules, talk, key, calendar.in_seoul(now)) if talk.asking in TYPED else _judge_answer(talk, key)


def _judge_typed(rules: Ruleset, talk: Talk, key: str | None, now: datetime) -> Talk:
    """One more digit, or the end of them by #, by silence or because no more can come; * begins them anew."""
    if key is not None and key not in (_END, _BACK):
        talk = replace(talk, typed=talk.typed + key, say=())
        if not _all_there(talk):
            return talk
    if key == _BACK or not talk.typed:
        return _again(talk)
    match talk.asking:
        case Asking.DATE:
            return _judge_date(rules, talk, now)
        case Asking.TIME:
            return _judge_time(rules, talk, now)
        case _:
            return _judge_number(rules, talk)


def _all_there(talk: Talk) -> bool:
    if talk.asking is Asking.NUMBER:
        return numbers.complete(talk.typed) or len(talk.typed) >= NUMBER_DIGITS
    return len(talk.typed) >= _DIGITS


def _judge_answer(talk: Talk, key: str | None) -> Talk:
    of_time = talk.asking is Asking.TIME_RIGHT
    if key == _RIGHT:
        return _number_question(talk) if of_time else replace(talk, asking=Asking.DONE, say=())
    if key == _OTHER and of_time:
        return _next(talk, Asking.DATE, slot=None)
    if key == _OTHER:
        return _next(talk, Asking.NUMBER, number="")
    return _again(talk, *(() if key in (None, _END) else ("wrong_key",)))


def _judge_date(rules: Ruleset, talk: Talk, now: datetime) -> Talk:
    day = _day(talk.typed, now.date())
    if day is None:
        return _again(talk, "callback_date_wrong")
    if (day - now.date()).days > _days_ahead(rules):
        return _again(talk, "callback_date_far")
    last = [part.closes for part in calendar.intervals(rules.hours, day)][-1:]
    if not last or (day == now.date() and last[0] != time(0) and now.time() >= last[0]):
        return _again(talk, "callback_date_closed")
    return _next(talk, Asking.TIME, slot=datetime.combine(day, time(0), calendar.SEOUL))


def _day(typed: str, today: date) -> date | None:
    """The day that MMDD or a shortcut means, never one that is past; None: no day of the calendar."""
    if typed in _SHORTCUTS:
        return today + timedelta(days=_SHORTCUTS[typed])
    if len(typed) != _DIGITS:
        return None
    for year in (today.year, today.year + 1):
        try:
            day = date(year, int(typed[:2]), int(typed[2:]))
        except ValueError:
            continue  # 29 February is there in some years only
        if day >= today:
            return day
    return None


def _judge_time(rules: Ruleset, talk: Talk, now: datetime) -> Talk:
    """The first slot at that time or after it: 1410 is half past two, by slots of 30 minutes."""
    digits = talk.typed.zfill(_DIGITS)
    hour, minute = int(digits[:2]), int(digits[2:])
    if talk.slot is None or len(digits) != _DIGITS or len(talk.typed) < _DIGITS - 1 or hour > 23 or minute > 59:
        return _again(talk, "callback_time_wrong")
    step = rules.callback.slot_minutes if rules.callback else 1
    rounded = -(-(hour * 60 + minute) // step) * step
    slot = datetime.combine(talk.slot.date(), time(0), calendar.SEOUL) + timedelta(minutes=rounded)
    if slot <= now:
        return _again(talk, "callback_time_past")
    if not calendar.is_open(rules.hours, slot):
        return _again(talk, "callback_time_closed")
    return _next(talk, Asking.TIME_RIGHT, slot=slot)


def _judge_number(rules: Ruleset, talk: Talk) -> Talk:
    checked = numbers.check(talk.typed, rules.trunks.numbers)
    if checked.allowed:
        return _next(talk, Asking.NUMBER_RIGHT, number=checked.digits)
    wrong = checked.kind is NumberKind.UNKNOWN
    return _again(talk, "callback_number_wrong" if wrong else "callback_number_not_allowed")


def _number_question(talk: Talk, *reason: str) -> Talk:
    asked = _next(talk, Asking.NUMBER_RIGHT if talk.number else Asking.NUMBER)
    return replace(asked, say=(*reason, *asked.say))


def _next(talk: Talk, asking: Asking, *, number: str | None = None, slot: datetime | None = None) -> Talk:
    kept = talk.slot if slot is None and asking is not Asking.DATE else slot
    talk = replace(talk, asking=asking, typed="", wrong=0, number=talk.number if number is None else number, slot=kept)
    return replace(talk, say=question(talk))


def _again(talk: Talk, *reason: str) -> Talk:
    talk = replace(talk, typed="", wrong=talk.wrong + 1)
    if talk.wrong >= TRIES:
        return replace(talk, asking=Asking.GIVEN_UP, say=(*reason, "callback_no_entry"))
    return replace(talk, say=(*reason, *question(talk)))


def question(talk: Talk) -> tuple[str, ...]:
    """What asks for what is being asked, as keys of recordings; what was typed is read back."""
    grammar = say.grammar(talk.language.value)
    match talk.asking:
        case Asking.DATE:
            return ("callback_date",)
        case Asking.TIME:
            return ("callback_time",)
        case Asking.TIME_RIGHT if talk.slot is not None:
            told = grammar.moment(talk.slot.date(), talk.slot.time())
            return ("callback_time_lead", *told.pieces, "callback_time_tail")
        case Asking.NUMBER_RIGHT:
            told = grammar.digits(numbers.in_groups(talk.number))
            return ("callback_number_lead", *told.pieces, "callback_number_tail")
        case Asking.NUMBER:
            return ("callback_type_number",)
        case _:
            return ()


def _days_ahead(rules: Ruleset) -> int:
    return rules.callback.days_ahead if rules.callback else 0
