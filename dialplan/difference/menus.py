"""menus.yaml in words: what each key does, and where each topic waits in each language. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from dialplan.changes import ABSENT, Absent, Change, Value
from dialplan.difference import generic
from dialplan.difference.told import Side, Told
from dialplan.eligibility import able
from dialplan.labels import queue_name, topic_name
from dialplan.language import Language
from dialplan.words import Words, language_words, languages_words, same


def tell(changes: Iterable[Change], old: Side, new: Side, today: date) -> Iterator[Told]:
    """A sentence for each change; a key, a topic and a topic's queue have their own."""
    del today
    queues: dict[tuple[str, Value | Absent, Value | Absent], list[Change]] = {}
    keys: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        match change.path:
            case ("topics", topic, "queue", _):
                queues.setdefault((topic, str(change.before), str(change.after)), []).append(change)
            case ("menus", menu, "keys", key, *_):
                keys.setdefault((menu, key), []).append(change)
            case ("languages", "keys", key):
                yield Told(
                    Words(f"언어 선택 {key}번: ", f"language key {key}: ")
                    + _language(change.before) + same(" → ") + _language(change.after),
                    change.old, change.new,
                )  # fmt: skip
            case ("topics", topic) if change.before is ABSENT:
                yield Told(topic_name(topic, new.rules) + Words(" 업무 추가", " topic added"), change.old, change.new,
                           tuple(_ways(new, topic)))  # fmt: skip
            case ("topics", topic) if change.after is ABSENT:
                words = topic_name(topic, old.rules) + Words(" 업무 삭제", " topic removed")
                yield Told(words, change.old, change.new)
            case ("menus", menu, "silence"):
                words = Words(f"{menu} 메뉴에서 누르지 않으면: ", f"menu {menu}, on silence: ")
                words += _topic(change.before, old) + same(" → ") + _topic(change.after, new)
                yield Told(words, change.old, change.new)
            case _:
                yield generic.told(change, old, new)
    for (menu, key), some in keys.items():
        words = Words(f"{menu} 메뉴 {key}번: ", f"menu {menu}, key {key}: ")
        words += _does(old, menu, key) + same(" → ") + _does(new, menu, key)
        yield Told(words, some[0].old, some[0].new)
    for (topic, _, _), some in queues.items():
        yield _queue_of_topic(topic, some, old, new)


def _queue_of_topic(topic: str, some: list[Change], old: Side, new: Side) -> Told:
    languages = [Language(change.path[-1]) for change in some]
    was, now = (side.rules.topics[topic].queue_by_language[languages[0]] for side in (old, new))
    words = topic_name(topic, new.rules) + same(", ") + languages_words(languages)
    words += Words(": 대기열 ", ": queue ") + _queue(was, old) + same(" → ") + _queue(now, new)
    more = []
    for language in languages:
        before, after = _able(old, was, language), _able(new, now, language)
        name = language_words(language)
        more.append(
            Words(
                f"{name.ko}: 받을 수 있는 상담사 {before}명 → {after}명",
                f"{name.en}: {before} → {after} agents who can answer",
            )
        )
    return Told(words, some[0].old, some[0].new, tuple(more))


def _able(side: Side, queue: str | None, language: Language) -> int:
    return 0 if queue is None else len(able(side.rules, queue, side.rules.queues[queue].requirement(language)))


def _ways(side: Side, topic: str) -> Iterator[Words]:
    for menu in side.rules.menus.values():
        for key, choice in menu.choices.items():
            if choice.topic == topic:
                yield Words(f"{menu.name} 메뉴 {key}번", f"menu {menu.name}, key {key}")
    for language, queue in side.rules.topics[topic].queue_by_language.items():
        count = _able(side, queue, language)
        yield (
            language_words(language) + same(": ") + _queue(queue, side)
            + Words(f", 받을 수 있는 상담사 {count}명", f", {count} agents who can answer")
        )  # fmt: skip


def _queue(queue: str | None, side: Side) -> Words:
    return Words("상담하지 않음", "not served") if queue is None else queue_name(queue, side.rules)


def _topic(topic: Value | Absent, side: Side) -> Words:
    return Words("없음", "none") if topic is ABSENT else topic_name(str(topic), side.rules)


def _language(code: Value | Absent) -> Words:
    return Words("없음", "none") if code is ABSENT else language_words(Language(str(code)))


def _does(side: Side, menu: str, key: str) -> Words:
    rule = side.rules.menus.get(menu)
    choice = rule.choices.get(key) if rule is not None else None
    if choice is None:
        return Words("없음", "none")
    if choice.topic is not None:
        return topic_name(choice.topic, side.rules)
    return Words(f"{choice.menu} 메뉴", f"menu {choice.menu}")
