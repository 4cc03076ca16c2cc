"""The places of a centre's engines on one state folder: which is free, and whose engine takes the calls.

A place is taken by the `up` that holds its lock, `STATE/up.lock` or `STATE/up.second.lock`, however that one ends.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from engine import ready
from engine.onlyone import AlreadyRunning, only_one
from engine.settings import RunSettings
from engine.standby.rules import FIRST, SECOND


def running_on(state: Path) -> str:
    """The words for one that is taken."""
    return f"a centre is running on {state}"


def refuse_a_second(state: Path) -> None:
    """AlreadyRunning, which names it, when another `up` runs on this state. (Its ports are taken too: hardly news.)"""
    with suppress(FileNotFoundError), only_one(state / "up.lock", running_on(state), create=False):
        pass


def free_place(first: RunSettings) -> str | None:
    """Where an engine may join: the second place if it can be, else the first; None when both have an `up`."""
    return next((place for place in (SECOND, FIRST) if not _is_taken(first, place)), None)


def other_serves(settings: RunSettings) -> bool:
    """Whether the engine of the other place takes this centre's calls: ready.json is its, and its `up` lives."""
    known = ready.load(settings.state)
    return known is not None and known.place != settings.place and _is_taken(settings, known.place)


def _is_taken(settings: RunSettings, place: str) -> bool:
    try:
        with only_one(settings.model_copy(update={"place": place}).lock("up"), "", create=False):
            return False
    except FileNotFoundError:
        return False
    except AlreadyRunning:
        return True
