"""Names for the rows of reports: queues, topics, teams and agents by the rules that the state last ran with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from acd.journal.report import By
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine.ranby import rules_of
from web.reports.columns import Labels

AGAIN_AFTER_S = 60.0


def of(state: Path) -> Labels:
    """A lookup that reads the rules at its first use, and again a minute later."""
    read_at, rules = float("-inf"), None

    def label(by: By, key: str, language: str) -> str:
        nonlocal read_at, rules
        if time.monotonic() - read_at > AGAIN_AFTER_S:
            read_at, rules = time.monotonic(), rules_of(state)
        return key if rules is None else _label(rules, by, key, Language(language))

    return label


def _label(rules: Ruleset, by: By, key: str, language: Language) -> str:
    named: Mapping[Language, str] = {}
    match by:
        case By.QUEUE if key in rules.queues:
            named = rules.queues[key].labels
        case By.TOPIC if key in rules.topics:
            named = rules.topics[key].labels
        case By.TEAM:
            named = rules.team_labels.get(key, {})
        case By.AGENT if key in rules.agents:
            return f"{key} {rules.agents[key].name}"
        case _:
            pass
    return named.get(language, key)
