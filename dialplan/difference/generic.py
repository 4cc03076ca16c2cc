"""A change of any key in words: whose it is, what the key is called, its values. What every other teller falls to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from dialplan.changes import ABSENT, Absent, Change, Value
from dialplan.difference.told import Side, Told
from dialplan.fieldwords import NOTHING, field_words, value_words
from dialplan.labels import agent_name, queue_name, topic_name
from dialplan.words import Words, clipped, joined, same

_TEXT_MOST = 200


def tell(changes: Iterable[Change], old: Side, new: Side, today: date) -> Iterator[Told]:
    """A sentence for each change."""
    del today
    for change in changes:
        yield told(change, old, new)


def told(change: Change, old: Side, new: Side, *more: Words) -> Told:
    """The sentence of one change."""
    owner, rest = subject(change, old, new)
    return Told(sentence(owner, change.file, rest or change.path[-1:], change.before, change.after), change.old,
                change.new, more)  # fmt: skip


def sentence(
    owner: Words | None, file: str, path: tuple[str, ...], before: Value | Absent, after: Value | Absent
) -> Words:
    """`여권 대기열: 후처리 30초 → 20초`; `path` is what is below the owner."""
    stem = file.removesuffix(".yaml")
    key = path[-1] if path else stem
    names = [field_words(word, (stem, *path[:i])) for i, word in enumerate(path)]
    name = Words(" ".join(one.ko for one in names), " ".join(one.en for one in names))
    what = arrow(key, before, after)
    head = name if owner is None else owner + same(": ") + name if path else owner
    return head + same(" ") + what if path else head + same(": ") + what


def arrow(key: str, before: Value | Absent, after: Value | Absent) -> Words:
    """`30초 → 20초`; of lists that share items only what comes and goes."""
    if isinstance(before, list) and isinstance(after, list):
        gone = [item for item in before if item not in after]
        come = [item for item in after if item not in before]
        if gone and len(gone) == len(come) and all(isinstance(item, dict) for item in gone + come):
            return _pairs(gone, come)
        if (gone or come) and len(gone) < len(before):
            parts = []
            if come:
                parts.append(Words("추가 ", "added ") + value_words(key, come))
            if gone:
                parts.append(Words("삭제 ", "removed ") + value_words(key, gone))
            return Words(", ".join(part.ko for part in parts), ", ".join(part.en for part in parts))
        if not gone and not come:
            return Words("순서 ", "order ") + _arrow(value_words(key, before), value_words(key, after))
    return _arrow(_side(key, before), _side(key, after))


def _pairs(gone: list[Value], come: list[Value]) -> Words:
    """Items that changed a part of themselves, each by its first key: `tax: 이 시간 뒤에 보임 20초 → 30초`."""
    told = []
    for was, now in zip(gone, come, strict=True):
        assert isinstance(was, dict)
        assert isinstance(now, dict)
        first = next(iter(now), "")
        name = value_words(first, now.get(first))
        for key in dict.fromkeys([*was, *now]):
            before, after = was.get(key, ABSENT), now.get(key, ABSENT)
            if before != after:
                told.append(name + same(": ") + field_words(key) + same(" ") + arrow(key, before, after))
    return joined(told)


def _arrow(before: Words, after: Words) -> Words:
    return Words(_clip(before.ko, after.ko), _clip(before.en, after.en))


def _clip(before: str, after: str) -> str:
    return f"{clipped(before, _TEXT_MOST)} → {clipped(after, _TEXT_MOST)}"


def _side(key: str, value: Value | Absent) -> Words:
    return NOTHING if value is ABSENT else value_words(key, value)


def subject(  # noqa: PLR0911 - a table of paths
    change: Change, old: Side, new: Side
) -> tuple[Words | None, tuple[str, ...]]:
    """Whose key it is, in words, and the path below that."""
    sides = (new.rules, old.rules)
    path = change.path
    match (change.file, *path):
        case ("queues.yaml", "queues", key, *_):
            return queue_name(key, *sides) + Words(" 대기열", " queue"), path[2:]
        case ("queues.yaml", "moved_to", key):
            return Words(f"없앤 대기열 {key}", f"queue {key}, which is gone"), path[:1]
        case ("menus.yaml", "topics", key, *_):
            return topic_name(key, *sides) + Words(" 업무", " topic"), path[2:]
        case ("menus.yaml", "menus", key, *_):
            return Words(f"{key} 메뉴", f"menu {key}"), path[2:]
        case ("agents.yaml", "agents", key, *_):
            return agent_name(key, *sides), path[2:]
        case ("agents.yaml", "profiles" | "teams" | "away_reasons" as kind, key, *_):
            return field_words(kind) + same(f" {key}"), path[2:]
        case ("directory.yaml", "officials", key, *_):
            return Words(f"담당자 {key}", f"official {key}"), path[2:]
        case ("prompts.yaml", "prompts", key, *_):
            return Words(f"안내 말 `{key}`", f"prompt `{key}`"), path[2:]
        case _:
            return None, path


def coming_or_going(change: Change) -> Words | None:
    """`추가`, `삭제`, or None for a change of what is on both sides."""
    if change.before is ABSENT:
        return Words("추가", "added")
    return Words("삭제", "removed") if change.after is ABSENT else None
