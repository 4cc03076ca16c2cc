"""What there is on a call's way, and what leads where: nodes and arrows, before anybody draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dialplan.decision import interval_words
from dialplan.eligibility import able, languages_of
from dialplan.labels import queue_name, skill_names, topic_name
from dialplan.language import Language
from dialplan.menurules import Topic
from dialplan.queuerules import Queue
from dialplan.ruleset import Ruleset
from dialplan.words import Words, language_words, languages_words, number, same, skills_words


class Kind(StrEnum):
    """The columns, from left to right."""

    NUMBER = "number"
    LANGUAGE = "language"
    HOURS = "hours"
    TOPIC = "topic"
    QUEUE = "queue"
    TEAM = "team"


NOTHING = same("")


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `lines` are small print below the label; `steps` come in the order of waiting."""

    id: str
    kind: Kind
    label: Words
    lines: tuple[Words, ...] = ()
    steps: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a box to another; `label` are the keys pressed, or the number of agents."""

    start: str
    end: str
    label: Words = NOTHING
    part: bool = False  # Korean goes another way
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Graph:
    """The whole picture."""

    title: Words
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Lit:
    """The nodes that one call goes through, what of the steps it reached, and a line that tells it."""

    nodes: frozenset[str] = frozenset()
    steps: int = 0
    told: Words = NOTHING


def graph(ruleset: Ruleset) -> Graph:
    """The picture of these rules."""
    nodes = [*_entrance(ruleset), *_topics(ruleset), *_queues(ruleset), *_teams(ruleset)]
    shown = {node.id for node in nodes}
    arrows = [arrow for arrow in _arrows(ruleset) if arrow.start in shown and arrow.end in shown]
    return Graph(Words("전화 한 통이 가는 길", "The way of a call"), tuple(nodes), tuple(arrows))


def keys_to(ruleset: Ruleset) -> dict[str, list[tuple[str, ...]]]:
    """The keys that lead to each topic from the first menus, the shortest ways first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    ways: list[tuple[str, tuple[str, ...]]] = [(menu, ()) for menu in dict.fromkeys(ruleset.root_menu.values())]
    seen = {menu for menu, _ in ways}
    while ways:
        menu, before = ways.pop(0)
        for key, choice in ruleset.menus[menu].choices.items():
            way = (*before, key)
            if choice.topic is not None and way not in found.setdefault(choice.topic, []):
                found[choice.topic].append(way)
            elif choice.menu is not None and choice.menu not in seen:
                seen.add(choice.menu)
                ways.append((choice.menu, way))
    return found


def _entrance(ruleset: Ruleset) -> Iterator[Node]:
    digits = ruleset.trunks.numbers[0]
    shown = f"{digits[:3]}-{digits[3:-4]}-{digits[-4:]}" if len(digits) > 8 else digits
    greeting = ruleset.prompts.get(ruleset.greeting, {})
    first = next(iter(greeting.values()), "")
    said = Words(greeting.get(Language.KO, first), greeting.get(Language.EN, first))
    yield Node("number", Kind.NUMBER, same(shown), (Words("대표번호", "the centre's number"), said))
    for language in ruleset.language_keys.values():
        silence = (Words("누르지 않아도", "or silence"),) if language is Language.KO else ()
        yield Node(f"language:{language}", Kind.LANGUAGE, language_words(language), silence)
    hours = ruleset.hours
    yield Node(
        "hours",
        Kind.HOURS,
        Words("상담 시간", "Open"),
        (
            Words("평일 ", "weekdays ") + same(interval_words(hours.weekday)),
            Words("휴일 ", "days off ") + same(interval_words(hours.day_off)),
            *(
                (Words("토요일 ", "Saturdays ") + same(interval_words(hours.saturday)),)
                if hours.saturday is not None
                else ()
            ),
        ),
    )
    closed = ruleset.prompts.get(ruleset.closed_prompt, {})
    said_closed = Words(closed.get(Language.KO, ruleset.closed_prompt), closed.get(Language.EN, ruleset.closed_prompt))
    yield Node("closed", Kind.HOURS, Words("상담 시간 외", "Closed"), (said_closed,))


def _topics(ruleset: Ruleset) -> Iterator[Node]:
    ways = keys_to(ruleset)
    for key, topic in sorted(ruleset.topics.items(), key=lambda one: ways.get(one[0], [("~",)])[0]):
        lines = [Words(f"전화의 {topic.share:.0%}", f"{topic.share:.0%} of the calls")] if topic.share else []
        usual = topic.queue_by_language[Language.KO]
        for queue, languages in by_queue(topic).items():
            if queue != usual:
                where = Words("상담하지 않음", "not served") if queue is None else queue_name(queue, ruleset)
                foreign = len(languages) == len(Language) - 1
                who = Words("한국어 외", "all but Korean") if foreign else languages_words(languages)
                lines.append(who + same(" → ") + where)
        yield Node(f"topic:{key}", Kind.TOPIC, topic_name(key, ruleset), tuple(lines))


def by_queue(topic: Topic) -> dict[str | None, list[Language]]:
    """The languages that wait in each queue; None: those that are not served."""
    found: dict[str | None, list[Language]] = {}
    for language, queue in topic.queue_by_language.items():
        found.setdefault(queue, []).append(language)
    return found


def _queues(ruleset: Ruleset) -> Iterator[Node]:
    names = skill_names(ruleset)
    for key, queue in ruleset.queues.items():
        asked = skills_words(queue.skills, known=key, names=names)
        counts = [
            Words(language_words(language).ko, language.value)
            + same(f" {len(able(ruleset, key, queue.requirement(language)))}")
            for language in languages_of(ruleset, key)
        ]
        who = Words(" · ".join(one.ko for one in counts), " · ".join(one.en for one in counts))
        yield Node(f"queue:{key}", Kind.QUEUE, queue_name(key, ruleset), (asked, who), tuple(_steps(queue, names)))


def _steps(queue: Queue, names: dict[str, Words]) -> Iterator[Words]:
    if queue.sticky is not None:
        wait_s = number(queue.sticky.wait_s)
        yield Words(f"{wait_s}초까지 지정상담원", f"{wait_s} s for the agent of last time")
    for step in queue.steps:
        reached = skills_words(step.skills, known=queue.key, names=names)
        wait_s = number(step.after_s)
        yield Words(f"{wait_s}초 → ", f"{wait_s} s → ") + reached


def _teams(ruleset: Ruleset) -> Iterator[Node]:
    sizes = Counter(agent.team for agent in ruleset.agents.values())
    for team in ruleset.teams:
        labels = ruleset.team_labels.get(team, {})
        label = Words(labels.get(Language.KO, team), labels.get(Language.EN, team))
        yield Node(f"team:{team}", Kind.TEAM, label, (Words(f"상담사 {sizes[team]}명", f"{sizes[team]} agents"),))


def _arrows(ruleset: Ruleset) -> Iterator[Arrow]:
    for key, language in ruleset.language_keys.items():
        yield Arrow("number", f"language:{language}", same(key))
        yield Arrow(f"language:{language}", "hours")
        yield Arrow(f"language:{language}", "closed", part=True)
    ways = keys_to(ruleset)
    for key, topic in ruleset.topics.items():
        pressed = same(", ".join("·".join(way) for way in ways.get(key, [])))
        yield Arrow("hours", f"topic:{key}", pressed)
        for queue, languages in by_queue(topic).items():
            yield Arrow(f"topic:{key}", f"queue:{queue}", part=Language.KO not in languages)
    for key, queue_rule in ruleset.queues.items():
        led = languages_of(ruleset, key)
        who = {agent.id: agent.team for one in led for agent in able(ruleset, key, queue_rule.requirement(one))}
        for team, count in Counter(who.values()).items():
            yield Arrow(f"queue:{key}", f"team:{team}", same(f"{count}"), weight=count)
