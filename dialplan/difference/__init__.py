"""Two sets of rules compared for what callers and agents will notice, told in sentences with the places of both sides.

    difference(Side(old_rules, old_files), Side(new_rules, new_files), today)

Every key that differs gives at least one sentence: what has no words of its own is told by its name. Pure; `today` is
a parameter, because the effect on opening hours is looked up in the calendar for the year that begins with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dialplan.changes import Change, changes
from dialplan.difference import agents, generic, hours, menus, queues
from dialplan.difference.told import Difference, Eligible, Side, Told
from dialplan.eligibility import able, languages_of
from dialplan.language import Language
from dialplan.ruleset import Ruleset

__all__ = ["Difference", "Eligible", "Side", "Told", "difference"]

_TELLERS = {
    "hours.yaml": hours.tell,
    "menus.yaml": menus.tell,
    "queues.yaml": queues.tell,
    "agents.yaml": agents.tell,
}


def difference(old: Side, new: Side, today: date) -> Difference:
    """What changes, file by file, and how many agents could answer before and after where that number moves."""
    found: dict[str, list[Change]] = {}
    for change in changes(old.files, new.files):
        found.setdefault(change.file, []).append(change)
    told: list[Told] = []
    for file, some in found.items():
        told += _TELLERS.get(file, generic.tell)(some, old, new, today)
    return Difference(tuple(told), tuple(_eligible(old.rules, new.rules)))


def _eligible(old: Ruleset, new: Ruleset) -> Iterator[Eligible]:
    for key in dict.fromkeys([*old.queues, *new.queues]):
        for language in Language:
            before, after = _count(old, key, language), _count(new, key, language)
            if before != after:
                yield Eligible(key, language, before, after)


def _count(rules: Ruleset, key: str, language: Language) -> int | None:
    queue = rules.queues.get(key)
    if queue is None or language not in languages_of(rules, key):
        return None
    return len(able(rules, key, queue.requirement(language)))
