"""Everything in the engine's process that follows the facts: figures, metrics, the stream of events, the log.

One subscriber, in the order in which they happened; the journal and what is kept of call-backs and talks have theirs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import structlog

from acd.core.facts import Decision, Fact
from acd.journal.codec import to_dict

_log = structlog.get_logger(__name__)

_EVENT_NAMES = {
    "ContactMoved": "contact.moved",
    "ReservationEnded": "reservation.ended",
    "AgentMoved": "agent.moved",
    "Decision": "contact.matched",
    "TalkNoted": "talk.noted",
    "HandoverWritten": "handover.written",
    "CallbackNoted": "callback.noted",
    "SurveyAnswered": "survey.answered",
}
_NOT_LOGGED = frozenset({"passed_over", "at", "caller", "asked", "notes"})
_NOT_FED = frozenset({"asked", "notes"})  # agents' own words about a citizen: the feed asks nobody who they are


class Live:
    """`followers` get each batch of facts first; then every fact goes to `feed`, as a line of JSON, and to the log."""

    def __init__(self, followers: Sequence[Callable[[Sequence[Fact]], None]], feed: Callable[[bytes], None]) -> None:
        self._followers = followers
        self._feed = feed

    def receive(self, facts: Sequence[Fact]) -> None:
        """In their order."""
        for follow in self._followers:
            follow(facts)
        for fact in facts:
            data = to_dict(fact)
            fed = {key: value for key, value in data.items() if key not in _NOT_FED}
            self._feed((json.dumps(fed, ensure_ascii=False) + "\n").encode())
            name = _EVENT_NAMES[data.pop("fact")]
            if isinstance(fact, Decision) and fact.outcome != "match":
                name = "contact.not_matched" if fact.contact_id is not None else "agent.not_matched"
            _log.info(name, **{key: value for key, value in data.items() if key not in _NOT_LOGGED})
