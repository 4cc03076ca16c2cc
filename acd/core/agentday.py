"""What each agent did since midnight in Seoul: a fold over facts, the journal's and live ones alike. Pure.

An agent is in one state at a time (work before presence: an agent who is away and still talks, talks). A state begins
with an AgentMoved and lasts until the next one, until the end of the engine that said it (`engine_ended`: what agents
do while there is none is nobody's to know), or until now. A day begins with what its agents are in at midnight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core.facts import AgentMoved, ContactMoved, Fact, ReservationEnded
from acd.core.figures import AgentFigures
from acd.core.seoul import DAY_S, midnight
from acd.core.states import ContactState, Presence, Work

_BY_WORK = {Work.CONNECTED: "talk", Work.HOLD: "hold", Work.WRAPUP: "wrapup", Work.RESERVED: "ringing"}
_BY_PRESENCE = {Presence.NOT_RESPONDING: "not_responding", Presence.ERROR: "error"}
_NO_REASON = "other"

_Spell = tuple[str, str]  # what the time is booked as, and for `away` the reason


@dataclass(slots=True)
class _Tally:
    spell: _Spell | None = None  # None: off duty, or not known
    since: float = 0.0
    spent_s: dict[_Spell, float] = field(default_factory=dict)
    contacts: set[str] = field(default_factory=set)
    rings: dict[str, int] = field(default_factory=dict)

    def book(self, until: float) -> None:
        if self.spell is not None and until > self.since:
            self.spent_s[self.spell] = self.spent_s.get(self.spell, 0.0) + until - self.since
        self.since = max(self.since, until)


class AgentsDay:
    """One day of all agents. Facts come in their order; `since` is the midnight it begins with, in epoch seconds."""

    def __init__(self, since: float) -> None:
        self.since = since
        self._tallies: dict[str, _Tally] = {}

    def receive(self, fact: Fact) -> None:
        """One more fact. One of before `since` only says what an agent is in when the day begins."""
        if isinstance(fact, AgentMoved):
            self.moved(fact.at, fact.agent_id, fact.presence, fact.work, fact.reason)
        elif isinstance(fact, ContactMoved):
            if fact.new is ContactState.CONNECTED and fact.agent_id is not None:
                self.talked(fact.at, fact.agent_id, fact.contact_id)
        elif isinstance(fact, ReservationEnded):
            self.rang(fact.at, fact.agent_id, fact.result)

    def moved(self, at: float, agent_id: str, presence: Presence, work: Work, reason: str | None) -> None:
        """What AgentMoved says."""
        self._turn_to(at)
        tally, at = self._of(agent_id), max(at, self.since)
        tally.book(at)
        tally.spell, tally.since = _spell(presence, work, reason), at

    def talked(self, at: float, agent_id: str, contact_id: str) -> None:
        """What a ContactMoved to CONNECTED says."""
        self._turn_to(at)
        if at >= self.since:
            self._of(agent_id).contacts.add(contact_id)

    def rang(self, at: float, agent_id: str, result: str) -> None:
        """What ReservationEnded says."""
        self._turn_to(at)
        if at >= self.since:
            rings = self._of(agent_id).rings
            rings[result] = rings.get(result, 0) + 1

    def engine_ended(self, at: float) -> None:
        """The engine that told of these facts has ended: until another one speaks, nothing is known of anybody."""
        self._turn_to(at)
        for tally in self._tallies.values():
            tally.book(max(at, self.since))
            tally.spell = None

    def figures(self, now: float) -> dict[str, AgentFigures]:
        """By agent, up to `now`; agents who did nothing today, and were not on duty, are missing."""
        self._turn_to(now)
        found = {}
        for agent_id, tally in sorted(self._tallies.items()):
            tally.book(now)
            if tally.spent_s or tally.contacts or tally.rings:
                found[agent_id] = _figures(tally)
        return found

    def _of(self, agent_id: str) -> _Tally:
        return self._tallies.setdefault(agent_id, _Tally())

    def _turn_to(self, now: float) -> None:
        if now < self.since + DAY_S:
            return
        self.since = midnight(now)
        for tally in self._tallies.values():
            tally.since, tally.spent_s = self.since, {}
            tally.contacts, tally.rings = set(), {}


def _spell(presence: Presence, work: Work, reason: str | None) -> _Spell | None:
    if work in _BY_WORK:
        return (_BY_WORK[work], "")
    if presence in _BY_PRESENCE:
        return (_BY_PRESENCE[presence], "")
    if presence is Presence.AWAY:
        return ("away", reason or _NO_REASON)
    if presence is Presence.AVAILABLE:
        return ("other" if work is Work.OTHER else "idle", "")
    return None


def _figures(tally: _Tally) -> AgentFigures:
    spent, rings = tally.spent_s, tally.rings
    return AgentFigures(
        answered=len(tally.contacts),
        talk_s=spent.get(("talk", ""), 0.0),
        hold_s=spent.get(("hold", ""), 0.0),
        wrapup_s=spent.get(("wrapup", ""), 0.0),
        ringing_s=spent.get(("ringing", ""), 0.0),
        idle_s=spent.get(("idle", ""), 0.0),
        other_s=spent.get(("other", ""), 0.0),
        not_responding_s=spent.get(("not_responding", ""), 0.0),
        error_s=spent.get(("error", ""), 0.0),
        away_s={reason: spent_s for (what, reason), spent_s in sorted(spent.items()) if what == "away"},
        no_answer=rings.get("no_answer", 0),
        busy=rings.get("busy", 0),
        declined=rings.get("declined", 0),
        unreachable=rings.get("unreachable", 0),
    )
