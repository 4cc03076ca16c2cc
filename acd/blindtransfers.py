"""Blind transfers by agents' phones that are under way: by whom, to whom, and what became of each.

Deterministic, no I/O; the dispatcher's thread only.
"""

from __future__ import annotations

from acd.core.facts import ContactMoved, TalkNoted
from acd.core.states import FINAL_CONTACT_STATES, ContactState


class BlindTransfers:
    """One at most for each contact, while nobody has it yet."""

    def __init__(self) -> None:
        self._under_way: dict[str, tuple[str, str]] = {}

    def begins(self, contact_id: str, by: str, to: str) -> None:
        """The contact has arrived, to ring `to`. A second try for another agent is the same transfer."""
        self._under_way.setdefault(contact_id, (by, to))

    def outcome(self, fact: ContactMoved) -> TalkNoted | None:
        """What became of it, once somebody has the contact, or nobody will."""
        if fact.new is not ContactState.CONNECTED and fact.new not in FINAL_CONTACT_STATES:
            return None
        transfer = self._under_way.pop(fact.contact_id, None)
        if transfer is None:
            return None
        by, to = transfer
        result = "abandoned"
        if fact.new is ContactState.CONNECTED:
            result = "returned" if fact.agent_id == by else "answered" if fact.agent_id == to else "requeued"
        return TalkNoted(fact.at, fact.contact_id, fact.agent_id or to, "transfer", f"blind:{result}", by)
