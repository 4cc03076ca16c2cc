"""What happened in a talk that matters later in it, or after it: a warning was said, it was handed on. Thread-safe.

Marks are small and are forgotten from the oldest on, so nobody has to clean up after a talk that ended anyhow.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TypeVar

from acd.core.facts import Fact, TalkNoted

K = TypeVar("K")
MOST = 20_000


class TalkMarks:
    """`receive` is a subscriber's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._warned: dict[tuple[str, str], None] = {}
        self._handed_on: dict[str, None] = {}

    def warn(self, contact_id: str, agent_id: str) -> bool:
        """The agent warns the citizen; False: it was done in this talk already, and this is the end."""
        with self._lock:
            if (contact_id, agent_id) in self._warned:
                return False
            _remember(self._warned, (contact_id, agent_id))
            return True

    def handed_on(self, contact_id: str) -> bool:
        """Whether another than the first agent, or an official, took the contact over."""
        with self._lock:
            return contact_id in self._handed_on

    def receive(self, facts: Sequence[Fact]) -> None:
        """Mark what was transferred."""
        for fact in facts:
            if isinstance(fact, TalkNoted) and fact.what == "transfer" and fact.detail.endswith(":answered"):
                with self._lock:
                    _remember(self._handed_on, fact.contact_id)


def _remember(marks: dict[K, None], key: K) -> None:
    marks[key] = None
    while len(marks) > MOST:
        del marks[next(iter(marks))]
