"""What a comparison of rules gives: frozen sentences, and the two sides that they are made from."""

from __future__ import annotations

from dataclasses import dataclass

from dialplan.ruleset import Language, Ruleset, Source
from dialplan.validation import Files
from dialplan.words import Words, same


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


def queue_name(key: str, *sides: Ruleset) -> Words:
    """The queue's label, on the first side that has it; else its key."""
    for rules in sides:
        if (queue := rules.queues.get(key)) is not None:
            return _label(queue.labels, key)
    return same(f"`{key}`")


def topic_name(key: str, *sides: Ruleset) -> Words:
    """The topic's label, on the first side that has it; else its key."""
    for rules in sides:
        if (topic := rules.topics.get(key)) is not None:
            return _label(topic.labels, key)
    return same(f"`{key}`")


def agent_name(key: str, *sides: Ruleset) -> Words:
    """`상담사 07 (1007)`."""
    for rules in sides:
        if (agent := rules.agents.get(key)) is not None:
            return same(f"{agent.name} ({key})")
    return same(key)


def skill_names(*sides: Ruleset) -> dict[str, Words]:
    """Skills bear no labels of their own: a skill that is called as a queue has that queue's."""
    return {skill: queue_name(skill, *sides) for rules in sides for skill in rules.skills if skill in rules.queues}


def _label(labels: dict[Language, str], key: str) -> Words:
    return Words(labels.get(Language.KO, key), labels.get(Language.EN, key))
