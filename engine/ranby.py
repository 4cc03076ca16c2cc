"""The rules that a state's centre runs by: for the commands that tell of the past in words."""

from __future__ import annotations

from pathlib import Path

from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine.commands.rules_folder import cache_folder
from engine.settings import RunSettings


def rules_of(state: Path) -> Ruleset | None:
    """None when there are none, or they are broken: then ids stand for names."""
    try:
        settings = RunSettings.load(state)
        return load(settings.rules, settings.overrides, cache_folder())
    except (RulesError, OSError, ValueError):
        return None
