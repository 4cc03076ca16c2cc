"""/snapshot.json: what a wallboard is told of the centre, as JSON (`web.board` reads it).

Counts, states and staff labels; nobody's number. Only puts together what it is given: reads no clock and no state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from acd.core.figures import AgentFigures
from acd.core.snapshot import Snapshot
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from engine import agentstoday


def as_json(
    seen: Snapshot,
    rules: Ruleset,
    today: Mapping[str, Any],
    estimates: Mapping[tuple[str, Language], float],
    agents_today: Mapping[str, AgentFigures],
    *,
    in_menu: int,
    ami_connected: bool,
    is_open: bool,
) -> bytes:
    """The body. `today` is `engine.today.Today.as_json`; `estimates` are seconds by queue and language."""
    board = {
        "at": seen.at,
        "threshold_s": max((queue.service_level_s for queue in rules.queues.values()), default=20.0),
        "in_menu": in_menu,
        "callbacks": {"booked": seen.callbacks_booked, "due": seen.callbacks_due},
        "ami_connected": ami_connected,
        "open": is_open,
        "waiting": {
            language.value: {
                "count": waiting(seen, language),
                "oldest_s": seen.oldest_wait_s(language),
                # Of one who comes now, whatever they ask for: the longest of the language's queues.
                "estimated_s": max((s for (_, of), s in estimates.items() if of is language), default=None),
            }
            for language in Language
        },
        "agents": [
            {
                "id": agent.agent_id,
                "name": agent.name,
                "team": agent.team,
                "presence": agent.presence.value,
                "work": agent.work.value,
                "reason": agent.reason,
                "lasted_s": round(agent.lasted_s, 1),
                "reachable": agent.reachable,
                "contact_id": agent.contact_id,
                "today": agentstoday.as_json(agents_today.get(agent.agent_id, AgentFigures())),
            }
            for agent in seen.agents
        ],
        "teams": {key: {lang.value: text for lang, text in label.items()} for key, label in rules.team_labels.items()},
        "wallboard": asdict(rules.wallboard),
        **today,
    }
    return json.dumps(board, ensure_ascii=False).encode()


def waiting(seen: Snapshot, language: Language) -> int:
    """Callers of this language who wait for an agent, one who is being rung for included."""
    return sum(line.queued + line.reserved for line in seen.lines if line.language is language)
