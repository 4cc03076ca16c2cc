"""Today's figures and the last decisions, for wallboards: a subscriber of facts. The day begins at midnight in Seoul.

The official figures are the journal's; these begin with what the journal has of today, so that an engine that was
started at noon shows the morning too.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from acd.core.facts import NOT_COUNTED, ContactMoved, Decision, Fact, TalkNoted
from acd.core.seoul import midnight
from acd.core.states import ContactState
from acd.journal.read import FLOWED_OUT, Figures, is_transfer

DECISIONS = 30


class Today:
    """Thread-safe. `sentence(decision)` gives its Korean and its English words; who is no agent is an official."""

    def __init__(
        self, now: float, sentence: Callable[[Decision], tuple[str, str]], is_agent: Callable[[str], bool]
    ) -> None:
        self._lock = threading.Lock()
        self._since = midnight(now)
        self._counts = self._nothing()
        self._decisions: deque[Decision] = deque(maxlen=DECISIONS)
        self._sentence = sentence
        self._is_agent = is_agent

    @staticmethod
    def _nothing() -> dict[str, int]:
        names = (
            "offered",
            "answered",
            "answered_within",
            "abandoned",
            "abandoned_short",
            "flowed_out",
            "callbacks_kept",
            "transferred",
            "to_officials",
        )
        return dict.fromkeys(names, 0)

    def add(self, earlier: Figures) -> None:
        """What the journal has of today from before this engine."""
        with self._lock:
            for name in self._counts:
                self._counts[name] += getattr(earlier, name)

    def receive(self, facts: Sequence[Fact]) -> None:
        """Count what happened."""
        with self._lock:
            for fact in facts:
                if midnight(fact.at) > self._since:
                    self._since, self._counts = midnight(fact.at), self._nothing()
                if isinstance(fact, Decision):
                    if fact.outcome == "match":
                        self._decisions.appendleft(fact)
                elif isinstance(fact, ContactMoved):
                    self._count(fact)
                elif isinstance(fact, TalkNoted):
                    self._counts["transferred"] += is_transfer(fact)
                    self._counts["to_officials"] += is_transfer(fact) and not self._is_agent(fact.agent_id)

    def _count(self, fact: ContactMoved) -> None:
        counts = self._counts
        counts["offered"] += fact.offered
        if fact.new is ContactState.CONNECTED and fact.within_threshold is not None:
            counts["answered"] += 1
            counts["answered_within"] += fact.within_threshold
        elif fact.detail == "kept":
            counts["callbacks_kept"] += 1
        elif fact.new is ContactState.ABANDONED and fact.detail not in NOT_COUNTED:
            counts["abandoned"] += 1
            counts["abandoned_short"] += fact.detail == "short"
        elif fact.new in FLOWED_OUT and fact.detail not in NOT_COUNTED:
            counts["flowed_out"] += 1

    def as_json(self) -> dict[str, Any]:
        """The parts of /snapshot.json that come from facts: since, counts, decisions (the newest first)."""
        with self._lock:
            since, counts, decisions = self._since, dict(self._counts), list(self._decisions)
        said = []
        for decision in decisions:
            ko, en = self._sentence(decision)
            said.append({"at": decision.at, "contact_id": decision.contact_id, "ko": ko, "en": en})
        return {"since": since, "counts": counts, "decisions": said}
