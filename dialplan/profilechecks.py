"""What the matching rules say about each other: relaxation steps, routing profiles, numbers with priority.

Finds everything, changes nothing. A part of `dialplan.checks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dialplan import queueshapes, schema
from dialplan.agentrules import EVERY_QUEUE
from dialplan.validation import Files, names, unknown
from dialplan.yamlsource import Problem


def check(files: Files) -> Iterator[Problem]:
    """All problems of steps, profiles and callers."""
    if queues := files.model(queueshapes.QueuesShape):
        yield from _order(files, queues.defaults.steps, "defaults")
        for key, queue in queues.queues.items():
            where: tuple[str, ...] = ("defaults",)
            steps = queues.defaults.steps
            if queue.steps is not None:
                steps, where = queue.steps, ("queues", key)
                yield from _order(files, steps, *where)
            yield from _only_less(files, queue.skills, steps, where)
        yield from _callers(files, queues)
    if agents := files.model(schema.AgentsShape):
        yield from _profiles(files, agents)


def _order(files: Files, steps: list[queueshapes.StepShape], *where: str) -> Iterator[Problem]:
    """Each step comes later than the one before, and names skills that there are."""
    document = files.documents["queues.yaml"]
    known = names(files, "agents.yaml", "skills")
    last_s = 0.0
    for i, step in enumerate(steps):
        for skill in step.skills:
            if known and skill not in known:
                yield Problem(document.key_at(*where, "steps", i, "skills", skill), unknown("skill", skill, known))
        if step.after_s <= last_s:
            place = document.at(*where, "steps", i, "after_s")
            yield Problem(place, f"a step after {step.after_s:g} s follows one after {last_s:g} s")
        last_s = step.after_s


def _only_less(
    files: Files, skills: dict[str, int], steps: list[queueshapes.StepShape], where: tuple[str, ...]
) -> Iterator[Problem]:
    """A step asks for no more than what held before it, and does not take an interpreter back."""
    document = files.documents["queues.yaml"]
    before, interpreter = skills, False
    for i, step in enumerate(steps):
        for skill, level in step.skills.items():
            if level > before.get(skill, 0):
                place = document.key_at(*where, "steps", i, "skills", skill)
                yield Problem(place, f"a step may only ask for less: {skill}>={level} is more than before it")
        if interpreter and not step.allow_interpreter:
            place = document.at(*where, "steps", i)
            yield Problem(place, "the step before allows an interpreter, so this one must too")
        before, interpreter = step.skills, interpreter or step.allow_interpreter


def _callers(files: Files, queues: queueshapes.QueuesShape) -> Iterator[Problem]:
    document = files.documents["queues.yaml"]
    seen: set[str] = set()
    for i, rule in enumerate(queues.callers):
        for j, number in enumerate(rule.numbers):
            if number in seen:
                yield Problem(document.at("callers", i, "numbers", j), f"{number} is listed twice")
            seen.add(number)


def _profiles(files: Files, agents: schema.AgentsShape) -> Iterator[Problem]:
    document = files.documents["agents.yaml"]
    queues = names(files, "queues.yaml", "queues")
    known = names(files, "agents.yaml", "profiles")
    members = Counter(agent.profile or EVERY_QUEUE.name for agent in agents.agents.values())
    for name, profile in agents.profiles.items():
        rows: list[str] = []
        for i, row in enumerate(profile.queues):
            place = document.at("profiles", name, "queues", i)
            if row.queue != "*" and queues and row.queue not in queues:
                yield Problem(place, unknown("queue", row.queue, queues))
            if row.queue in rows:
                yield Problem(place, f"queue `{row.queue}` has a row already")
            rows.append(row.queue)
            if members[name] and row.reserve_idle >= members[name]:
                kept, most = row.reserve_idle, members[name]
                yield Problem(place, f"reserve_idle {kept} keeps all {most} agents of `{name}` from it for ever")
    for number, agent in agents.agents.items():
        if agent.profile is not None and agent.profile not in known and agent.profile != EVERY_QUEUE.name:
            yield Problem(document.at("agents", number, "profile"), unknown("profile", agent.profile, known))
