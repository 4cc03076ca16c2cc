"""What the rules files say about each other, and about themselves beyond types. Finds everything, changes nothing.

A name is looked up among all written names, also those whose own entry is broken, so that one mistake is told once.
Whether somebody can answer (coverage) is judged only where agents, queues and topics are all sound.
Menus and topics have their own file, `dialplan.menuchecks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

from dialplan import directorychecks, menuchecks, overflowchecks, profilechecks, queueshapes, schema, talkchecks
from dialplan.build import NOT_SERVED
from dialplan.hourrules import Interval
from dialplan.language import Language
from dialplan.validation import Files, did_you_mean, names, unknown
from dialplan.yamlsource import Document, Problem

_FOR_AGENTS = "agent_"


def check(files: Files) -> list[Problem]:
    """All problems between and within the files; empty when the rules may run."""
    found: list[Problem] = []
    if hours := files.model(schema.HoursShape):
        found += _hours(files.documents["hours.yaml"], hours)
    if agents := files.model(schema.AgentsShape):
        found += _agents(files, agents)
    if queues := files.model(queueshapes.QueuesShape):
        found += _queues(files, queues)
        found += overflowchecks.check(files, queues)
    if menus := files.model(schema.MenusShape):
        found += menuchecks.check(files, menus)
    if trunks := files.model(schema.TrunksShape):
        found += _trunks(files.documents["trunks.yaml"], trunks, agents)
    found += profilechecks.check(files)
    found += directorychecks.check(files)
    found += talkchecks.check(files)
    found += _prompts(files)
    if agents and queues and menus and not files.broken & {"agents.yaml", "queues.yaml", "menus.yaml"}:
        found += menuchecks.coverage(files, menus, queues, agents)
        found += overflowchecks.coverage(files, menus, queues, agents)
    return found


# --- hours.yaml


def _hours(document: Document, hours: schema.HoursShape) -> Iterator[Problem]:
    yield from _overlaps(document, hours.weekday, "weekday")
    yield from _overlaps(document, hours.day_off, "day_off")
    yield from _overlaps(document, hours.saturday or [], "saturday")
    for day, special in hours.special_days.items():
        yield from _overlaps(document, special.hours, "special_days", day.isoformat(), "hours")
    yield from _holidays(document, hours)
    for i, closure in enumerate(hours.closures):
        if closure.end != time(0) and closure.start >= closure.end:
            yield Problem(document.at("closures", i), f"the closure of {closure.day} ends before it begins")
            continue
        for j, other in enumerate(hours.closures[:i]):
            same_day = other.day == closure.day
            if same_day and _meet(Interval(closure.start, closure.end), Interval(other.start, other.end)):
                line = document.at("closures", j).line
                yield Problem(document.at("closures", i), f"overlaps the closure on line {line}")


def _holidays(document: Document, hours: schema.HoursShape) -> Iterator[Problem]:
    removed = hours.holidays.remove
    for i, day in enumerate(removed):
        if day in removed[:i]:
            yield Problem(document.at("holidays", "remove", i), f"{day} is removed twice")
    for day in hours.holidays.add:
        place = document.key_at("holidays", "add", day.isoformat())
        if day in removed:
            yield Problem(place, f"{day} is both added and removed")
        if day in hours.special_days and hours.special_days[day].name:
            line = document.key_at("special_days", day.isoformat()).line
            yield Problem(place, f"{day} has a name here and in special_days, line {line}; keep one")


def _overlaps(document: Document, stretches: list[Interval], *path: str) -> Iterator[Problem]:
    for i, stretch in enumerate(stretches):
        for other in stretches[:i]:
            if _meet(stretch, other):
                yield Problem(document.at(*path, i), f"{_words(stretch)} overlaps {_words(other)}")


def _meet(one: Interval, other: Interval) -> bool:
    def end(stretch: Interval) -> tuple[int, time]:
        return (1 if stretch.closes == time(0) else 0, stretch.closes)

    return (0, one.opens) < end(other) and (0, other.opens) < end(one)


def _words(stretch: Interval) -> str:
    closes = "24:00" if stretch.closes == time(0) else f"{stretch.closes:%H:%M}"
    return f"{stretch.opens:%H:%M}-{closes}"


# --- agents.yaml, queues.yaml, trunks.yaml


def _agents(files: Files, agents: schema.AgentsShape) -> Iterator[Problem]:
    document = files.documents["agents.yaml"]
    for i, skill in enumerate(agents.skills):
        if skill in agents.skills[:i]:
            yield Problem(document.at("skills", i), f"skill `{skill}` is listed twice")
    labels: dict[str, str] = {}
    for number, agent in agents.agents.items():
        yield from _agent(files, number, agent)
        if agent.name in labels:
            place = document.at("agents", number, "name")
            yield Problem(place, f"`{agent.name}` is the name of {labels[agent.name]} already")
        labels.setdefault(agent.name, number)
    keys: dict[str, str] = {}
    for name, reason in agents.away_reasons.items():
        if reason.key in keys:
            place = document.at("away_reasons", name, "key")
            yield Problem(place, f"key {reason.key} is `{keys[reason.key]}` already")
        keys.setdefault(reason.key, name)


def _agent(files: Files, number: str, agent: schema.AgentShape) -> Iterator[Problem]:
    document = files.documents["agents.yaml"]
    teams = names(files, "agents.yaml", "teams")
    skills = names(files, "agents.yaml", "skills")
    if agent.team not in teams:
        yield Problem(document.at("agents", number, "team"), unknown("team", agent.team, teams))
    for skill in agent.skills:
        if skill not in skills:
            yield Problem(document.key_at("agents", number, "skills", skill), unknown("skill", skill, skills))
    for i, language in enumerate(agent.languages):
        if language in agent.languages[:i]:
            yield Problem(document.at("agents", number, "languages", i), f"language {language} is listed twice")


def _queues(files: Files, queues: queueshapes.QueuesShape) -> Iterator[Problem]:
    document = files.documents["queues.yaml"]
    skills = names(files, "agents.yaml", "skills")
    for key, queue in queues.queues.items():
        if key == NOT_SERVED:
            yield Problem(document.key_at("queues", key), "`none` means that nobody answers; name the queue otherwise")
        for skill in queue.skills:
            if skills and skill not in skills:
                yield Problem(document.key_at("queues", key, "skills", skill), unknown("skill", skill, skills))
    for gone, heir in queues.moved_to.items():
        if gone in queues.queues:
            yield Problem(document.key_at("moved_to", gone), f"queue `{gone}` is still there: nobody need be moved")
        if heir not in queues.queues:
            yield Problem(document.at("moved_to", gone), unknown("queue", heir, queues.queues))


def _trunks(document: Document, trunks: schema.TrunksShape, agents: schema.AgentsShape | None) -> Iterator[Problem]:
    names: set[str] = set()
    for i, carrier in enumerate(trunks.carriers):
        if carrier.name in names:
            yield Problem(document.at("carriers", i, "name"), f"carrier `{carrier.name}` is named twice")
        names.add(carrier.name)
        if bool(carrier.addresses) == (carrier.registration is not None):
            place = document.at("carriers", i)
            yield Problem(place, f"carrier `{carrier.name}` needs either addresses or a registration, and only one")
    for field in ("numbers", "emergency"):
        written: list[str] = getattr(trunks, field)
        for i, number in enumerate(written):
            if number in written[:i]:
                yield Problem(document.at(field, i), f"{number} is listed twice")
            if agents and number in agents.agents:
                yield Problem(document.at(field, i), f"{number} is an agent's extension")


# --- prompts.yaml


def _prompts(files: Files) -> Iterator[Problem]:
    known = names(files, "prompts.yaml", "prompts")
    if prompts := files.model(schema.PromptsShape):
        yield from _languages(files.documents["prompts.yaml"], prompts)
    if not known:
        return
    menus, queues = files.model(schema.MenusShape), files.model(queueshapes.QueuesShape)
    if menus:
        document = files.documents["menus.yaml"]
        used: list[tuple[tuple[str, ...], str]] = [(("greeting",), menus.greeting)]
        used += [(("said", name), key) for name, key in menus.said.model_dump(exclude_none=True).items()]
        used += [(("menus", name, "prompt"), menu.prompt) for name, menu in menus.menus.items()]
        for path, key in used:
            if key not in known:
                yield Problem(document.at(*path), _unknown_prompt(key, known))
    if queues:
        document = files.documents["queues.yaml"]
        if queues.defaults.entry not in known:
            yield Problem(document.at("defaults", "entry"), _unknown_prompt(queues.defaults.entry, known))
        for name, queue in queues.queues.items():
            if queue.entry is not None and queue.entry not in known:
                yield Problem(document.at("queues", name, "entry"), _unknown_prompt(queue.entry, known))


def _languages(document: Document, prompts: schema.PromptsShape) -> Iterator[Problem]:
    """Citizens hear each sentence in four languages; what only agents hear is Korean."""
    for key, prompt in prompts.prompts.items():
        texts = prompt.texts()
        needed = (Language.KO,) if key.startswith(_FOR_AGENTS) else tuple(Language)
        if missing := [language.value for language in needed if language not in texts]:
            yield Problem(document.key_at("prompts", key), f"prompt `{key}` has no text in {', '.join(missing)}")


def _unknown_prompt(key: str, known: list[str]) -> str:
    return f"prompts.yaml has no `{key}`{did_you_mean(key, known, only=True)}"
