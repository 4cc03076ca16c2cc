"""Callers who may take a call-back: a house with a line to the outside, and what was said and booked in it."""

from __future__ import annotations

from datetime import datetime

from acd.port import CallbackWanted
from dialplan.language import Language
from dialplan.queuerules import Requirement
from ivr import say
from ivr.flow import receive
from ivr.session import Outcome, _to_the_end
from tests.unit.ivr.house import SEOUL, TUESDAY_10, House, rules

MOBILE = "01012345678"
LINE = "trunks.carriers=[{name: carrier_a, addresses: [203.0.113.10]}]"
OFFER = ["ko/callback_offer", "ko/callback_book_offer"]
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=SEOUL)
IN_QUEUE_S = 1.0  # the keys that lead there are typed ahead


def house(*words: str, number: str = MOBILE, at: datetime = TUESDAY_10) -> House:
    made = House(at, rules(LINE, *words), agi_callerid=number)
    made.acd.ahead = 2
    return made


def calls(one: House, keys: str = "13") -> Outcome:
    one.channel.press(0.5, keys)
    return _to_the_end(one.call(), receive)


def sentences(one: House) -> list[str]:
    """All that was said after the menus, without music."""
    heard = one.channel.heard
    begin = heard.index("music:default") if "music:default" in heard else 0
    return [sound for sound in heard[begin:] if not sound.startswith("music:")]


def digits(number: str, language: str = "ko") -> list[str]:
    pieces = say.grammar(language).digits(number).pieces
    return [
        f"{language}/callback_number_lead",
        *(f"{language}/{piece}" for piece in pieces),
        f"{language}/callback_number_tail",
    ]


def booked(one: House) -> list[CallbackWanted]:
    return list(one.callbacks.open.values())


def has_one(one: House) -> None:
    """The caller has an open call-back already."""
    one.callbacks.open[MOBILE] = CallbackWanted(
        "earlier", MOBILE, Language.KO, "any", "general", Requirement(Language.KO)
    )
