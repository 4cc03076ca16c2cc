"""What the wallboard's page shows, as JSON: a board and the last hour, each figure with its level by the bounds.

Pure: `now` is given. Counts and shares only; no agent, no contact and no number leaves the centre this way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from acd.core.states import Presence, Work
from web.board import Board
from web.feed import Seen
from web.hour import LastHour
from web.levels import falling, rising

# The columns of the agents' table, and the states that count into each. Who is logged out is not counted.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "available": (Presence.AVAILABLE.value,),
    "reserved": (Work.RESERVED.value,),
    "talking": (Work.CONNECTED.value, Work.HOLD.value),
    "wrapup": (Work.WRAPUP.value,),
    "away": (Presence.AWAY.value,),
    "unavailable": (Work.OTHER.value, Presence.NOT_RESPONDING.value, Presence.ERROR.value),
}


def encode(seen: Seen, hour: LastHour | None, now: float) -> bytes:
    """One line of JSON. `now` is this process's clock, epoch seconds; the page takes the age from it."""
    return json.dumps(screen(seen, hour, now), ensure_ascii=False, separators=(",", ":")).encode()


def screen(seen: Seen, hour: LastHour | None, now: float) -> dict[str, Any]:
    """The same as data."""
    board = seen.board
    return {
        "problem": seen.problem,
        "age_s": None if board is None else round(max(0.0, now - board.at), 2),
        "fact_at": seen.fact_at,
        "board": None if board is None else _board(board),
        "hour": None if hour is None else hour.as_json(),
    }


def _board(board: Board) -> dict[str, Any]:
    rule, counts = board.rule, board.counts
    service_level = board.service_level
    oldest_s = max((line.oldest_s for line in board.waiting if line.oldest_s is not None), default=None)
    estimated_s = max((line.estimated_s for line in board.waiting if line.estimated_s is not None), default=None)
    return {
        "at": board.at,
        "open": board.is_open,
        "variant": rule.service_level_variant,
        "threshold_s": board.threshold_s,
        "figures": {
            "handled": {"value": counts.answered, "level": None},
            "to_officials": {"value": counts.to_officials, "level": None},
            "answer_rate": {"value": counts.answer_rate, "level": rising(counts.answer_rate, rule.answer_rate)},
            "service_level": {"value": service_level, "level": rising(service_level, rule.service_level)},
            "waiting": {"value": board.waiting_now, "level": falling(board.waiting_now, rule.waiting)},
            "oldest": {"value": oldest_s, "level": falling(oldest_s, rule.oldest_wait_s)},
            "estimated": {"value": estimated_s, "level": falling(estimated_s, rule.estimated_wait_s)},
        },
        "languages": [
            {
                "language": line.language,
                "count": line.count,
                "oldest": {"value": line.oldest_s, "level": falling(line.oldest_s, rule.oldest_wait_s)},
                "estimated": {"value": line.estimated_s, "level": falling(line.estimated_s, rule.estimated_wait_s)},
            }
            for line in board.waiting
        ],
        "agents": _agents(board),
    }


def _agents(board: Board) -> list[dict[str, Any]]:
    """A row for each team, and one of all (team None)."""
    counted = Counter((agent.team, agent.state) for agent in board.agents)
    teams = sorted({agent.team for agent in board.agents})
    rows = [
        {
            "team": team,
            "label": dict(board.teams.get(team, {})),
            "counts": [sum(counted[team, state] for state in states) for states in COLUMNS.values()],
        }
        for team in teams
    ]
    every = [sum(column) for column in zip(*(row["counts"] for row in rows), strict=True)] or [0] * len(COLUMNS)
    return [*rows, {"team": None, "label": {}, "counts": every}]
