"""What the rules files say about each other, and about themselves beyond types. Finds everything, changes nothing.

A name is looked up among all written names, also those whose own entry is broken, so that one mistake is told once.
Whether somebody can answer (coverage) is judged only where agents, queues and topics are all sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import time
from typing import Any

from dialplan import schema
from dialplan.build import NOT_SERVED
from dialplan.ruleset import Interval, Language
from dialplan.validation import Files, did_you_mean
from dialplan.yamlsource import Document, Problem


def check(files: Files) -> list[Problem]:
    """All problems between and within the files; empty when the rules may run."""
    found: list[Problem] = []
    if hours := files.model(schema.HoursShape):
        found += _hours(files.documents["hours.yaml"], hours)
    if agents := files.model(schema.AgentsShape):
        found += _agents(files, agents)
    if queues := files.model(schema.QueuesShape):
        found += _queues(files, queues)
    if menus := files.model(schema.MenusShape):
        found += _menus(files, menus)
        found += _reachable(files, menus)
    if trunks := files.model(schema.TrunksShape):
        found += _trunks(files.documents["trunks.yaml"], trunks, agents)
    found += _prompts(files)
    if agents and queues and menus and not files.broken & {"agents.yaml", "queues.yaml", "menus.yaml"}:
        found += _coverage(files, menus, queues, agents)
    return found


def _names(files: Files, file: str, *path: str) -> list[str]:
    """Every key written at this path, sound or not."""
    target: Any = files.documents[file].value if file in files.documents else None
    for word in path:
        target = target.get(word) if isinstance(target, dict) else None
    if isinstance(target, dict):
        return list(target)
    return [word for word in target if isinstance(word, str)] if isinstance(target, list) else []


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    return f"no {what} is called `{word}`{did_you_mean(word, known)}"


# --- hours.yaml


def _hours(document: Document, hours: schema.HoursShape) -> Iterator[Problem]:
    yield from _overlaps(document, hours.weekday, "weekday")
    yield from _overlaps(document, hours.day_off, "day_off")
    for day, special in hours.special_days.items():
        yield from _overlaps(document, special.hours, "special_days", day.isoformat(), "hours")
    removed = set(hours.holidays.remove)
    for i, day in enumerate(hours.holidays.remove):
        if day in hours.holidays.remove[:i]:
            yield Problem(document.at("holidays", "remove", i), f"{day} is removed twice")
    for day in hours.holidays.add:
        if day in removed:
            yield Problem(document.key_at("holidays", "add", day.isoformat()), f"{day} is both added and removed")
        if day in hours.special_days and hours.special_days[day].name:
            line = document.key_at("special_days", day.isoformat()).line
            place = document.key_at("holidays", "add", day.isoformat())
            yield Problem(place, f"{day} has a name here and in special_days, line {line}; keep one")
    for i, closure in enumerate(hours.closures):
        if closure.end != time(0) and closure.start >= closure.end:
            yield Problem(document.at("closures", i), f"the closure of {closure.day} ends before it begins")
            continue
        for j, other in enumerate(hours.closures[:i]):
            same_day = other.day == closure.day
            if same_day and _meet(Interval(closure.start, closure.end), Interval(other.start, other.end)):
                line = document.at("closures", j).line
                yield Problem(document.at("closures", i), f"overlaps the closure on line {line}")


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
    teams = _names(files, "agents.yaml", "teams")
    for i, skill in enumerate(agents.skills):
        if skill in agents.skills[:i]:
            yield Problem(document.at("skills", i), f"skill `{skill}` is listed twice")
    names: dict[str, str] = {}
    for number, agent in agents.agents.items():
        if agent.team not in teams:
            yield Problem(document.at("agents", number, "team"), _unknown("team", agent.team, teams))
        for skill in agent.skills:
            if skill not in agents.skills:
                place = document.key_at("agents", number, "skills", skill)
                yield Problem(place, _unknown("skill", skill, agents.skills))
        for i, language in enumerate(agent.languages):
            if language in agent.languages[:i]:
                yield Problem(document.at("agents", number, "languages", i), f"language {language} is listed twice")
        if agent.name in names:
            place = document.at("agents", number, "name")
            yield Problem(place, f"`{agent.name}` is the name of {names[agent.name]} already")
        names.setdefault(agent.name, number)
    keys: dict[str, str] = {}
    for name, reason in agents.away_reasons.items():
        if reason.key in keys:
            place = document.at("away_reasons", name, "key")
            yield Problem(place, f"key {reason.key} is `{keys[reason.key]}` already")
        keys.setdefault(reason.key, name)


def _queues(files: Files, queues: schema.QueuesShape) -> Iterator[Problem]:
    document = files.documents["queues.yaml"]
    skills = _names(files, "agents.yaml", "skills")
    for key, queue in queues.queues.items():
        if key == NOT_SERVED:
            yield Problem(document.key_at("queues", key), "`none` means that nobody answers; name the queue otherwise")
        for skill in queue.skills:
            if skills and skill not in skills:
                yield Problem(document.key_at("queues", key, "skills", skill), _unknown("skill", skill, skills))


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


# --- menus.yaml


def _menus(files: Files, menus: schema.MenusShape) -> Iterator[Problem]:
    document = files.documents["menus.yaml"]
    menu_names = _names(files, "menus.yaml", "menus")
    topics = _names(files, "menus.yaml", "topics")
    queues = _names(files, "queues.yaml", "queues")
    for language, menu in menus.root.items():
        if menu not in menu_names:
            yield Problem(document.at("root", language.value), _unknown("menu", menu, menu_names))
    if menus.any_topic not in topics:
        yield Problem(document.at("any_topic"), _unknown("topic", menus.any_topic, topics))
    yield from _language_keys(document, menus)
    for name, menu_shape in menus.menus.items():
        here = ("menus", name)
        if menu_shape.silence not in topics:
            yield Problem(document.at(*here, "silence"), _unknown("topic", menu_shape.silence, topics))
        for key, choice in menu_shape.keys.items():
            place = document.at(*here, "keys", key)
            if (choice.topic is None) == (choice.menu is None):
                yield Problem(place, f"key {key} must lead to a topic or to a menu, and only one of them")
            elif choice.topic is not None and choice.topic not in topics:
                yield Problem(document.at(*here, "keys", key, "topic"), _unknown("topic", choice.topic, topics))
            elif choice.menu is not None and choice.menu not in menu_names:
                yield Problem(document.at(*here, "keys", key, "menu"), _unknown("menu", choice.menu, menu_names))
            elif choice.menu == name:
                yield Problem(document.at(*here, "keys", key, "menu"), f"key {key} leads back to its own menu")
    for key, topic in menus.topics.items():
        for language, queue in topic.queue.items():
            place = document.at("topics", key, "queue", language.value)
            if queue == NOT_SERVED:
                if language is Language.KO:
                    yield Problem(place, f"topic `{key}` must be answered in Korean; `none` is for other languages")
                elif menus.said.not_served is None:
                    yield Problem(place, "`none` needs the sentence that such a caller hears: `said.not_served`")
            elif queues and queue not in queues:
                yield Problem(place, _unknown("queue", queue, [*queues, NOT_SERVED]))


def _language_keys(document: Document, menus: schema.MenusShape) -> Iterator[Problem]:
    seen: dict[Language, str] = {}
    for key, language in menus.languages.keys.items():
        if language in seen:
            place = document.at("languages", "keys", key)
            yield Problem(place, f"key {seen[language]} chooses {language} already")
        seen.setdefault(language, key)
    for language in Language:
        if language not in seen:
            yield Problem(document.at("languages", "keys"), f"no key chooses {language}")


def _reachable(files: Files, menus: schema.MenusShape) -> Iterator[Problem]:
    """Menus that no key leads to from any language's first menu, and topics that no such menu names."""
    document = files.documents["menus.yaml"]
    reached: set[str] = set()
    open_menus = list(menus.root.values())
    topics = {menus.any_topic}
    while open_menus:
        name = open_menus.pop()
        if name in reached:
            continue
        reached.add(name)
        if name not in menus.menus:
            continue
        shape = menus.menus[name]
        topics.add(shape.silence)
        for choice in shape.keys.values():
            if choice.topic is not None:
                topics.add(choice.topic)
            if choice.menu is not None:
                open_menus.append(choice.menu)
    for name in menus.menus:
        if name not in reached:
            yield Problem(document.key_at("menus", name), f"menu `{name}` cannot be reached: no key leads to it")
    if "menus.yaml" in files.broken:
        return  # a key that was cut out may be the one that leads there
    for key in menus.topics:
        if key not in topics:
            yield Problem(document.key_at("topics", key), f"topic `{key}` cannot be reached: no key leads to it")


# --- across


def _prompts(files: Files) -> Iterator[Problem]:
    known = _names(files, "prompts.yaml", "prompts")
    if not known:
        return
    menus, queues = files.model(schema.MenusShape), files.model(schema.QueuesShape)
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


def _unknown_prompt(key: str, known: list[str]) -> str:
    return f"prompts.yaml has no `{key}`{did_you_mean(key, known, only=True)}"


def _coverage(
    files: Files, menus: schema.MenusShape, queues: schema.QueuesShape, agents: schema.AgentsShape
) -> Iterator[Problem]:
    """Every topic has an agent in every language that it names a queue for."""
    document = files.documents["menus.yaml"]
    for key, topic in menus.topics.items():
        for language, name in topic.queue.items():
            queue = queues.queues.get(name)
            if queue is None:
                continue
            able = (
                language in agent.languages and all(agent.skills.get(s, 0) >= n for s, n in queue.skills.items())
                for agent in agents.agents.values()
            )
            if any(able):
                continue
            needs = " & ".join(f"{skill}>={level}" for skill, level in sorted(queue.skills.items())) or "no skill"
            advice = "" if language is Language.KO else "; name another queue or write `none`"
            yield Problem(
                document.at("topics", key, "queue", language.value),
                f"no agent can answer topic `{key}` in {language}: queue `{name}` needs {needs}{advice}",
            )
