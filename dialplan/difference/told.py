"""What a comparison of rules gives: frozen sentences, and the two sides that they are made from."""

from __future__ import annotations

from dataclasses import dataclass

from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.validation import Files
from dialplan.words import Words


@dataclass(frozen=True, slots=True)
class Side:
    """One folder of rules: what it means, and what is written where."""

    rules: Ruleset
    files: Files


@dataclass(frozen=True, slots=True)
class Told:
    """One change: the sentence, the places on both sides, and what follows from it."""

    words: Words
    old: Source
    new: Source
    more: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Eligible:
    """How many agents meet a queue's requirement in a language; None: nobody is led there on that side."""

    queue: str
    language: Language
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """All of it. Empty when the rules mean the same."""

    told: tuple[Told, ...]
    eligible: tuple[Eligible, ...]
