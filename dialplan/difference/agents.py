"""agents.yaml in words: who comes and goes, and what each may answer before and after. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from dialplan.changes import Change
from dialplan.difference import generic
from dialplan.difference.told import Side, Told
from dialplan.eligibility import languages_of, unfit
from dialplan.labels import agent_name, queue_name, skill_names
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from dialplan.words import Words, joined, languages_words, same

_MOST = 12  # queues that are named


def tell(changes: Iterable[Change], old: Side, new: Side, today: date) -> Iterator[Told]:
    """A sentence for each agent who comes, goes or changes, and for every other key."""
    del today
    by_agent: dict[str, list[Change]] = {}
    for change in changes:
        match change.path:
            case ("agents", agent, *_):
                by_agent.setdefault(agent, []).append(change)
            case ("profiles", name, *_):
                yield generic.told(change, old, new, *_profile_effect(name, new))
            case _:
                yield generic.told(change, old, new)
    for agent, some in by_agent.items():
        yield from _agent(agent, some, old, new)


def _agent(agent: str, some: list[Change], old: Side, new: Side) -> Iterator[Told]:
    before, after = answers(old.rules, agent), answers(new.rules, agent)
    lost, won = before - after, after - before
    more = []
    if won:
        more.append(Words("이제 받음: ", "can now answer: ") + _queues(won, new, old))
    if lost:
        more.append(Words("더는 받지 않음: ", "can no longer answer: ") + _queues(lost, new, old))
    for i, change in enumerate(some):
        consequence = tuple(more) if i == len(some) - 1 else ()
        if len(change.path) == 2:
            going = generic.coming_or_going(change) or same("")
            words = agent_name(agent, new.rules, old.rules) + Words(" ", ": agent ") + going
            yield Told(words, change.old, change.new, consequence)
        elif len(change.path) == 4 and change.path[2] == "skills":
            skill = change.path[3]
            name = skill_names(new.rules, old.rules).get(skill, same(skill))
            words = agent_name(agent, new.rules) + same(": ") + name + Words(" 레벨 ", " level ")
            yield Told(words + generic.arrow(skill, change.before, change.after), change.old, change.new, consequence)
        else:
            yield generic.told(change, old, new, *consequence)


def answers(rules: Ruleset, agent: str) -> frozenset[tuple[str, Language]]:
    """The queues, each in a language that leads there, whose contacts the agent may take at once; empty if unknown."""
    rule = rules.agents.get(agent)
    if rule is None:
        return frozenset()
    return frozenset(
        (key, language)
        for key, queue in rules.queues.items()
        for language in languages_of(rules, key)
        if unfit(rule, key, queue.requirement(language)) is None
    )


def _queues(pairs: frozenset[tuple[str, Language]], new: Side, old: Side) -> Words:
    keys = sorted({key for key, _ in pairs})
    told = []
    for key in keys[:_MOST]:
        languages = languages_words([language for name, language in pairs if name == key])
        told.append(queue_name(key, new.rules, old.rules) + same(" (") + languages + same(")"))
    if len(keys) > _MOST:
        told.append(Words(f"그 밖에 {len(keys) - _MOST}개 대기열", f"and {len(keys) - _MOST} more queues"))
    return joined(told)


def _profile_effect(name: str, new: Side) -> list[Words]:
    members = sum(agent.profile.name == name for agent in new.rules.agents.values())
    return [Words(f"상담사 {members}명이 이 묶음을 따릅니다", f"{members} agents follow this profile")]
