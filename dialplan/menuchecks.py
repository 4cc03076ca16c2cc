"""Menus and topics: names that exist, keys that lead somewhere, nothing out of reach, somebody for every topic.

Part of `dialplan.checks`; finds everything, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialplan import queueshapes, schema
from dialplan.agentrules import EVERY_QUEUE
from dialplan.build import NOT_SERVED
from dialplan.language import Language
from dialplan.validation import Files, names, unknown
from dialplan.yamlsource import Document, Problem


def check(files: Files, menus: schema.MenusShape) -> Iterator[Problem]:
    """All problems of menus.yaml, but for prompts and for who can answer."""
    document = files.documents["menus.yaml"]
    menu_names = names(files, "menus.yaml", "menus")
    topics = names(files, "menus.yaml", "topics")
    for language, menu in menus.root.items():
        if menu not in menu_names:
            yield Problem(document.at("root", language.value), unknown("menu", menu, menu_names))
    if menus.any_topic not in topics:
        yield Problem(document.at("any_topic"), unknown("topic", menus.any_topic, topics))
    yield from _language_keys(document, menus)
    for name, menu_shape in menus.menus.items():
        if menu_shape.silence not in topics:
            place = document.at("menus", name, "silence")
            yield Problem(place, unknown("topic", menu_shape.silence, topics))
    yield from _choice_problems(files, menus)
    for key, topic in menus.topics.items():
        for language, queue in topic.queue.items():
            yield from _queue_of_topic(files, menus, key, language, queue)
    yield from _reachable(files, menus)


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


def _choice_problems(files: Files, menus: schema.MenusShape) -> Iterator[Problem]:
    for name, menu in menus.menus.items():
        for key, choice in menu.keys.items():
            yield from _choice(files, name, key, choice)


def _choice(files: Files, menu: str, key: str, choice: schema.ChoiceShape) -> Iterator[Problem]:
    document = files.documents["menus.yaml"]
    here = ("menus", menu, "keys", key)
    menu_names = names(files, "menus.yaml", "menus")
    topics = names(files, "menus.yaml", "topics")
    if (choice.topic is None) == (choice.menu is None):
        yield Problem(document.at(*here), f"key {key} must lead to a topic or to a menu, and only one of them")
    elif choice.topic is not None and choice.topic not in topics:
        yield Problem(document.at(*here, "topic"), unknown("topic", choice.topic, topics))
    elif choice.menu is not None and choice.menu not in menu_names:
        yield Problem(document.at(*here, "menu"), unknown("menu", choice.menu, menu_names))
    elif choice.menu == menu:
        yield Problem(document.at(*here, "menu"), f"key {key} leads back to its own menu")


def _queue_of_topic(
    files: Files, menus: schema.MenusShape, topic: str, language: Language, queue: str
) -> Iterator[Problem]:
    place = files.documents["menus.yaml"].at("topics", topic, "queue", language.value)
    queues = names(files, "queues.yaml", "queues")
    if queue != NOT_SERVED:
        if queues and queue not in queues:
            yield Problem(place, unknown("queue", queue, [*queues, NOT_SERVED]))
    elif language is Language.KO:
        yield Problem(place, f"topic `{topic}` must be answered in Korean; `none` is for other languages")
    elif menus.said.not_served is None:
        yield Problem(place, "`none` needs the sentence that such a caller hears: `said.not_served`")


def _reachable(files: Files, menus: schema.MenusShape) -> Iterator[Problem]:
    """Menus that no key leads to from any language's first menu, and topics that no such menu names."""
    document = files.documents["menus.yaml"]
    menu_names, topics = _reached(menus)
    lost = any(_choice_problems(files, menus)) or any(menu not in menus.menus for menu in menus.root.values())
    if lost or "menus.yaml" in files.broken:
        return  # a key that leads nowhere may be the one that was to lead there
    for name in menus.menus:
        if name not in menu_names:
            yield Problem(document.key_at("menus", name), f"menu `{name}` cannot be reached: no key leads to it")
    for key in menus.topics:
        if key not in topics:
            yield Problem(document.key_at("topics", key), f"topic `{key}` cannot be reached: no key leads to it")


def _reached(menus: schema.MenusShape) -> tuple[set[str], set[str]]:
    """The menus and topics that a caller can come to."""
    reached: set[str] = set()
    topics = {menus.any_topic}
    ahead = list(menus.root.values())
    while ahead:
        name = ahead.pop()
        if name in reached or name not in menus.menus:
            continue
        reached.add(name)
        shape = menus.menus[name]
        topics.add(shape.silence)
        topics.update(choice.topic for choice in shape.keys.values() if choice.topic is not None)
        ahead += [choice.menu for choice in shape.keys.values() if choice.menu is not None]
    return reached, topics


def coverage(
    files: Files, menus: schema.MenusShape, queues: queueshapes.QueuesShape, agents: schema.AgentsShape
) -> Iterator[Problem]:
    """Every topic has an agent in every language that it names a queue for."""
    document = files.documents["menus.yaml"]
    for key, topic in menus.topics.items():
        for language, name in topic.queue.items():
            queue = queues.queues.get(name)
            if queue is None or not set(queue.skills) <= set(agents.skills):
                continue  # a name that does not exist is an error of its own, which says what was meant
            if somebody(agents, name, queue.skills, language):
                continue
            needs = " & ".join(f"{skill}>={level}" for skill, level in sorted(queue.skills.items())) or "no skill"
            advice = "" if language is Language.KO else "; name another queue or write `none`"
            yield Problem(
                document.at("topics", key, "queue", language.value),
                f"no agent can answer topic `{key}` in {language}: queue `{name}` needs {needs}{advice}",
            )


def somebody(agents: schema.AgentsShape, queue: str, skills: dict[str, int], language: Language) -> bool:
    """Whether an agent speaks the language, has the queue's skills, and serves it."""
    return any(
        language in agent.languages
        and all(agent.skills.get(s, 0) >= n for s, n in skills.items())
        and serves(agents, agent, queue)
        for agent in agents.agents.values()
    )


def serves(agents: schema.AgentsShape, agent: schema.AgentShape, queue: str) -> bool:
    """Whether the agent's routing profile has a row for this queue."""
    profile = agents.profiles.get(agent.profile or EVERY_QUEUE.name)
    return profile is None or any(row.queue in ("*", queue) for row in profile.queues)
