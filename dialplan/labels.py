"""What topics, queues, agents and skills are called: their labels in Korean and English. Pure."""

from __future__ import annotations

from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.words import Words, same


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
