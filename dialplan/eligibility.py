"""Who could answer: the agents that a queue's requirement and the routing profiles leave. Pure counting, no presence.

`decision`, `diff`, the warnings of `validate` and `explain --why-not` all ask here, so their numbers agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dialplan.agentrules import AgentRule
from dialplan.language import Language
from dialplan.queuerules import Queue, Requirement
from dialplan.ruleset import Ruleset


class Unfit(StrEnum):
    """What keeps an agent from a queue's contacts for good: the codes of a Decision that presence can't change."""

    LANGUAGE = "language"
    SKILL = "skill"
    NOT_SERVED = "not_served"


@dataclass(frozen=True, slots=True)
class Served:
    """A topic in a language, and the queue that it waits in."""

    language: Language
    topic: str
    queue: Queue


def able(ruleset: Ruleset, queue: str, needed: Requirement) -> tuple[AgentRule, ...]:
    """The agents who may answer it, whatever they are doing, by id."""
    return tuple(agent for agent in ruleset.agents.values() if unfit(agent, queue, needed) is None)


def unfit(agent: AgentRule, queue: str, needed: Requirement) -> Unfit | None:
    """What keeps the agent from it: language before skill before profile; None: they may answer it."""
    if needed.language is not None and needed.language not in agent.languages:
        return Unfit.LANGUAGE
    if not needed.met_by(agent.languages, agent.skills):
        return Unfit.SKILL
    return Unfit.NOT_SERVED if agent.profile.row(queue) is None else None


def served(ruleset: Ruleset) -> Iterator[Served]:
    """Every topic in every language that has a queue for it."""
    for topic in ruleset.topics.values():
        for language, queue in topic.queue_by_language.items():
            if queue is not None:
                yield Served(language, topic.key, ruleset.queues[queue])


def languages_of(ruleset: Ruleset, queue: str) -> tuple[Language, ...]:
    """The languages in which topics lead to this queue, in the usual order."""
    led = {one.language for one in served(ruleset) if one.queue.key == queue}
    return tuple(language for language in Language if language in led)


def requirements(queue: Queue, language: Language) -> tuple[tuple[float, Requirement], ...]:
    """What is asked for from how many seconds of waiting on, the queue's own first."""
    return ((0.0, queue.requirement(language)), *queue.relaxed(language))
