"""What the rules for full queues and for closing time say of other queues and of prompts. Finds all, changes nothing.

Those for call-backs among them. A part of `dialplan.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialplan import menuchecks, schema
from dialplan.overflow import CALLBACK_PROMPTS, CLOSING_PROMPTS, FULL_PROMPTS
from dialplan.queuerules import Overflow, OverflowKind
from dialplan.queueshapes import QueueDefaultsShape, QueueShape, QueuesShape
from dialplan.validation import Files, names, unknown
from dialplan.yamlsource import Path, Position, Problem

_RULES = ("when_full", "near_closing")
_PROMPTS = {"when_full": FULL_PROMPTS, "near_closing": CLOSING_PROMPTS}


def check(files: Files, queues: QueuesShape) -> Iterator[Problem]:
    """All problems of `when_full` and `near_closing`."""
    known = names(files, "queues.yaml", "queues")
    for where, rules in _written(queues):
        for name in _RULES:
            rule = getattr(rules, name)
            if rule is None:
                continue
            yield from _prompts(files, _place(files, where, name), rule, name)
            if rule.kind is OverflowKind.QUEUE and rule.queue not in known:
                yield Problem(_place(files, where, name, "queue"), unknown("queue", rule.queue or "", known))
    for name in _RULES:
        yield from _circles(files, queues, name)
    if queues.callback is not None:
        known = names(files, "prompts.yaml", "prompts")
        for key in CALLBACK_PROMPTS if known else ():
            if key not in known:
                place = files.documents["queues.yaml"].key_at("callback")
                yield Problem(place, f"prompts.yaml has no `{key}`, which call-backs need")


def coverage(
    files: Files, menus: schema.MenusShape, queues: QueuesShape, agents: schema.AgentsShape
) -> Iterator[Problem]:
    """A queue that takes another one's callers has somebody for every language in which they come."""
    for key in queues.queues:
        languages = sorted(
            {language for topic in menus.topics.values() for language, to in topic.queue.items() if to == key}
        )
        for name in _RULES:
            rule, place = _rule_of(files, queues, key, name)
            other = queues.queues.get(rule.queue or "")
            if other is None:
                continue
            for language in languages:
                if not menuchecks.somebody(agents, rule.queue or "", other.skills, language):
                    yield Problem(
                        place, f"no agent of queue `{rule.queue}` can answer {language}, in which `{key}` waits"
                    )


def _written(
    queues: QueuesShape,
) -> Iterator[tuple[Path, QueueDefaultsShape | QueueShape]]:
    yield ("defaults",), queues.defaults
    for key, queue in queues.queues.items():
        yield ("queues", key), queue


def _rule_of(files: Files, queues: QueuesShape, key: str, name: str) -> tuple[Overflow, Position]:
    """The rule that holds for a queue, and where it stands."""
    own: Overflow | None = getattr(queues.queues[key], name)
    if own is not None:
        return own, _place(files, ("queues", key), name)
    rule: Overflow = getattr(queues.defaults, name)
    return rule, _place(files, ("defaults",), name)


def _circles(files: Files, queues: QueuesShape, name: str) -> Iterator[Problem]:
    """Queues that send their callers on to one another without end."""
    told: set[frozenset[str]] = set()
    for key in queues.queues:
        way, at = [key], key
        while (to := _rule_of(files, queues, at, name)[0].queue) in queues.queues and to is not None:
            if to in way:
                circle = [*way[way.index(to) :], to]
                if frozenset(circle) not in told:
                    told.add(frozenset(circle))
                    words = f"a caller would be sent on without end, {' to '.join(circle)}; give one another `{name}`"
                    yield Problem(_rule_of(files, queues, at, name)[1], words)
                break
            way.append(to)
            at = to


def _prompts(files: Files, place: Position, rule: Overflow, name: str) -> Iterator[Problem]:
    known = names(files, "prompts.yaml", "prompts")
    if known and rule.kind is not OverflowKind.QUEUE:
        for key in _PROMPTS[name]:
            if key not in known:
                yield Problem(place, f"prompts.yaml has no `{key}`, which the caller is to hear")


def _place(files: Files, where: Path, *more: str) -> Position:
    return files.documents["queues.yaml"].at(*where, *more)
