"""Numbers, places, waits, times and dates in the words of four languages.

Asterisk has no Korean grammar, and no number library knows native counters, so this is ours. Every function
returns a `Spoken`: the sentence as text, its reading, and the keys of the recordings that say it. Those recordings
are a closed set (`pieces`): small sets are whole sentences, which sound best, the rest is put together. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Protocol

from ivr.say import en, ja, ko, zh
from ivr.say.spoken import Piece, Spoken

__all__ = ["PAUSE", "Grammar", "Piece", "Spoken", "grammar", "opening", "pieces"]

PAUSE = "pause"  # a short silence between groups of digits; made, not spoken


class Grammar(Protocol):
    """What each language module offers."""

    def number(self, value: int) -> Spoken:
        """A cardinal number, 0 to 9999."""

    def position(self, value: int) -> Spoken:
        """The sentence that tells the place in the queue, 1 to 999."""

    def wait(self, wait_s: float) -> Spoken:
        """The sentence that tells the estimated wait, rounded up."""

    def clock(self, at: time) -> Spoken:
        """A time of day to the minute."""

    def calendar_date(self, day: date) -> Spoken:
        """Month, day and weekday."""

    def moment(self, day: date, at: time) -> Spoken:
        """A date with its weekday, and the time of day."""

    def opening(self, day: str, on: date, at: time) -> Spoken:
        """The sentence that tells the next opening; `day`: today, tomorrow, weekday or date. Use `opening` below."""

    def people(self, count: int) -> Spoken:
        """A number of people, 1 to 999."""

    def times(self, count: int) -> Spoken:
        """How often, 1 to 999."""

    def digits(self, telephone: str) -> Spoken:
        """A telephone number digit by digit."""

    def pieces(self) -> dict[str, Piece]:
        """Every recording that the functions may name, but for PAUSE."""


_GRAMMARS: Mapping[str, Grammar] = {"ko": ko, "en": en, "ja": ja, "zh": zh}


def grammar(lang: str) -> Grammar:
    """Returns the grammar of ko, en, ja or zh; KeyError for any other."""
    return _GRAMMARS[lang]


def opening(lang: str, opens_at: datetime, now: datetime) -> Spoken:
    """The sentence that tells the next opening as seen from `now`, both in the centre's zone.

    Today and tomorrow by those words, up to six days ahead by the weekday, later by the date.
    """
    days = (opens_at.date() - now.date()).days
    if days < 0:
        raise ValueError(f"an opening on {opens_at:%Y-%m-%d} is past on {now:%Y-%m-%d}")
    day = "today" if days == 0 else "tomorrow" if days == 1 else "weekday" if days < 7 else "date"
    return grammar(lang).opening(day, opens_at.date(), opens_at.time())


def pieces(lang: str) -> dict[str, Piece]:
    """Returns the recordings of one language by key."""
    return grammar(lang).pieces()
