"""queues.yaml in words: who may answer and from when, and every other key as it holds for each queue.

A default counts where no queue says otherwise, so changes are told for the queues that they reach. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from dialplan.changes import ABSENT, Absent, Change, Path, Value, place, values
from dialplan.difference import generic
from dialplan.difference.told import Side, Told
from dialplan.eligibility import able, languages_of
from dialplan.labels import queue_name, skill_names
from dialplan.language import Language
from dialplan.queuerules import Queue, Requirement
from dialplan.source import Source
from dialplan.words import Words, joined, language_words, languages_words, number, same, skills_words, to

_FILE = "queues.yaml"
_OWN = frozenset({"label", "skills"})  # of each queue alone: never a default
_STEPS_NAMED = frozenset({"steps", "skills"})  # told with the numbers of agents


class _Seen:
    """The files' values on both sides, read once: a key as it holds for a queue."""

    def __init__(self, old: Side, new: Side) -> None:
        self._sides = [values(side.files, _FILE) for side in (old, new)]

    def both(self, key: str, field: str) -> tuple[Value | Absent, Value | Absent]:
        """Before and after: the queue's own, else the default."""
        before, after = (_effective(side, key, field) for side in self._sides)
        return before, after

    def alike(self, key: str, field: str) -> bool:
        """Whether a key that a queue writes, or no longer writes, says what the default said."""
        before, after = self.both(key, field)
        return before == after


def _effective(side: Value, key: str, field: str) -> Value | Absent:
    assert isinstance(side, dict)
    queues, defaults = side["queues"], side["defaults"]
    assert isinstance(queues, dict)
    assert isinstance(defaults, dict)
    own = queues.get(key)
    assert isinstance(own, dict)
    written = own.get(field)
    return written if written is not None or field in _OWN else defaults.get(field, ABSENT)


@dataclass(frozen=True, slots=True)
class _Effective:
    """A key as it holds for some queues."""

    path: Path
    before: Value | Absent
    after: Value | Absent


def tell(changes: Iterable[Change], old: Side, new: Side, today: date) -> Iterator[Told]:
    """A sentence for each change, queues with the same one together."""
    del today
    some = list(changes)
    told_fields: set[tuple[str, str]] = set()  # queue and key
    seen = _Seen(old, new)
    fields = {
        change.path[1] if change.path[0] == "defaults" else change.path[2]
        for change in some
        if change.path[0] == "defaults" or (change.path[0] == "queues" and len(change.path) > 2)
    }
    both = [key for key in new.rules.queues if key in old.rules.queues]
    for field in sorted(fields - _STEPS_NAMED):
        yield from _field(field, both, old, new, seen, told_fields)
    for key in both:
        if fields & _STEPS_NAMED:
            yield from _who(key, old, new, told_fields)
    for change in some:
        match change.path:
            case ("queues", key) if change.before is ABSENT:
                yield _comes(change, new, key)
            case ("queues", key) if change.after is ABSENT:
                words = queue_name(key, old.rules) + Words(" 대기열 삭제", " queue removed")
                yield Told(words, change.old, change.new, _heir(key, new))
            case ("queues", key, field, *_) if (key, field) in told_fields or (key in both and seen.alike(key, field)):
                continue
            case ("defaults", field, *_) if any(known == field for _, known in told_fields):
                continue
            case ("defaults" | "queues", *_):
                yield generic.told(change, old, new, Words("달라지는 대기열이 없습니다", "no queue is affected"))
            case _:
                yield generic.told(change, old, new)


def _field(  # noqa: PLR0917 - of one tell
    field: str, keys: list[str], old: Side, new: Side, seen: _Seen, told_fields: set[tuple[str, str]]
) -> Iterator[Told]:
    groups: dict[str, tuple[_Effective, list[str]]] = {}
    for key in keys:
        for one in _below((field,), *seen.both(key, field)):
            groups.setdefault(repr(one), (one, []))[1].append(key)
            told_fields.add((key, field))
    for one, reached in groups.values():
        owner = _names(reached, keys, new)
        places = [_place(side, reached[0], one.path) for side in (old, new)]
        yield Told(generic.sentence(owner, _FILE, one.path, one.before, one.after), places[0], places[1])


def _names(reached: list[str], keys: list[str], new: Side) -> Words:
    """The queues by name; all of them, or all but a few, in one word."""
    others = [key for key in keys if key not in reached]
    if len(reached) == 1 or len(reached) <= len(others):
        return joined([queue_name(key, new.rules) for key in reached]) + Words(" 대기열", " queue")
    but = joined([queue_name(key, new.rules) for key in others])
    return Words("모든 대기열", "every queue") + (Words(f"({but.ko} 제외)", f" but {but.en}") if others else same(""))


def _below(path: Path, before: Value | Absent, after: Value | Absent) -> Iterator[_Effective]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _below((*path, key), before.get(key, ABSENT), after.get(key, ABSENT))
    elif before != after:
        yield _Effective(path, before, after)


def _place(side: Side, key: str, path: Path) -> Source:
    """Where it is written for this queue: in the queue, else in the defaults."""
    document = side.files.documents[_FILE]
    own = ("queues", key, *path)
    return place(side.files, _FILE, own if own[:3] in document.values else ("defaults", *path))


# --- who may answer, and from when


def _who(key: str, old: Side, new: Side, told_fields: set[tuple[str, str]]) -> Iterator[Told]:
    before, after = old.rules.queues[key], new.rules.queues[key]
    owner = queue_name(key, new.rules)
    names = skill_names(new.rules, old.rules)
    if before.skills != after.skills:
        told_fields.add((key, "skills"))
        words = owner + Words(" 대기열: 조건 ", " queue: required ")
        words += _skills(before, before.skills, names) + same(" → ") + _skills(after, after.skills, names)
        counts = [
            _moved(
                language,
                _number(old, key, before.requirement(language)),
                _number(new, key, after.requirement(language)),
            )
            for language in _languages(old, new, key)
        ]
        yield Told(words, _place(old, key, ("skills",)), _place(new, key, ("skills",)), tuple(counts))
    if _steps(before) != _steps(after):
        told_fields.add((key, "steps"))
        places = _place(old, key, ("steps",)), _place(new, key, ("steps",))
        head = owner + same(", ") + languages_words(_languages(old, new, key)) + same(": ")
        for words, more in _step_changes(key, before, after, new):
            yield Told(head + words, *places, more)


def _steps(queue: Queue) -> list[tuple[float, tuple[tuple[str, int], ...], bool]]:
    return [(step.after_s, step.skills, step.any_language) for step in queue.steps]


def _step_changes(key: str, before: Queue, after: Queue, new: Side) -> Iterator[tuple[Words, tuple[Words, ...]]]:
    names = skill_names(new.rules)
    was = {(skills, any_language): after_s for after_s, skills, any_language in _steps(before)}
    still = {(skills, any_language) for _, skills, any_language in _steps(after)}
    held: tuple[tuple[str, int], ...] = after.skills
    for i, (after_s, skills, any_language) in enumerate(_steps(after)):
        wait_s = was.get((skills, any_language))
        reached = _skills(after, skills, names)
        if any_language:
            reached += Words("(통역)", " (with an interpreter)")
        if wait_s is None:
            words = Words(
                f"{_skills(after, held, names).ko}에서 {to(reached.ko)} {number(after_s)}초 뒤 완화",
                f"relaxes from {_skills(after, held, names).en} to {reached.en} after {number(after_s)} s",
            )
            more = tuple(
                _moved(
                    language,
                    _number(new, key, _needs(after, language, i)),
                    _number(new, key, _needs(after, language, i + 1)),
                )
                for language in languages_of(new.rules, key)
            )
            yield words, more
        elif wait_s != after_s:
            yield (
                Words(f"{to(reached.ko)} 완화 ", f"relaxes to {reached.en} ")
                + Words(
                    f"{number(wait_s)}초 뒤 → {number(after_s)}초 뒤", f"after {number(wait_s)} s → {number(after_s)} s"
                ),
                (),
            )
        held = skills
    for after_s, skills, any_language in _steps(before):
        if (skills, any_language) not in still:
            reached = _skills(before, skills, names)
            yield (
                Words(
                    f"{number(after_s)}초 뒤 {to(reached.ko)} 완화하던 것을 없앰",
                    f"no longer relaxes to {reached.en} after {number(after_s)} s",
                ),
                (),
            )


def _needs(queue: Queue, language: Language, step: int) -> Requirement:
    """What holds after so many steps."""
    return queue.requirement(language) if step == 0 else queue.relaxed(language)[step - 1][1]


def _skills(queue: Queue, skills: Iterable[tuple[str, int]], names: dict[str, Words]) -> Words:
    return skills_words(skills, known=queue.key, names=names)


def _languages(old: Side, new: Side, key: str) -> list[Language]:
    led = {*languages_of(old.rules, key), *languages_of(new.rules, key)}
    return [language for language in Language if language in led]


def _number(side: Side, key: str, needed: Requirement) -> int:
    return len(able(side.rules, key, needed))


def _moved(language: Language, before: int, after: int) -> Words:
    name = language_words(language)
    return Words(
        f"{name.ko}: 받을 수 있는 상담사 {before}명 → {after}명", f"{name.en}: {before} → {after} agents who can answer"
    )


def _comes(change: Change, new: Side, key: str) -> Told:
    queue = new.rules.queues[key]
    words = queue_name(key, new.rules) + Words(" 대기열 추가: 조건 ", " queue added: required ")
    words += _skills(queue, queue.skills, skill_names(new.rules))
    more = [
        language_words(language)
        + Words(": 받을 수 있는 상담사 ", ": agents who can answer: ")
        + _count(_number(new, key, queue.requirement(language)))
        for language in languages_of(new.rules, key)
    ]
    more += [words for words, _ in _step_changes(key, replace(queue, steps=()), queue, new)]
    return Told(
        words,
        change.old,
        change.new,
        tuple(more) or (Words("이 대기열로 가는 업무가 없습니다", "no topic leads here"),),
    )


def _count(agents: int) -> Words:
    return Words(f"{agents}명", f"{agents}")


def _heir(key: str, new: Side) -> tuple[Words, ...]:
    if (heir := new.rules.moved_to.get(key)) is not None:
        name = queue_name(heir, new.rules)
        return (Words(f"기다리던 전화는 {name.ko} 대기열로", f"those who wait there move to {name.en}"),)
    return (
        Words(
            "기다리던 전화가 갈 곳이 없어 실행 중에는 적용되지 않음(moved_to)",
            "a running centre refuses this: nothing says where those who wait go (moved_to)",
        ),
    )
