"""What readers ask of the ACD: a frozen copy at one moment, a caller's position, what keeps a pair apart. Reads only.

A snapshot costs O(contacts + agents): taken once a second at most. A position costs one binary search a lane.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from acd.core.estimate import estimate, eta_s
from acd.core.events.contacts import Channel
from acd.core.lanes import lane_of, meets
from acd.core.model import POINT_S, Agent, Contact, Lane, State
from acd.core.passedover import blocked
from acd.core.states import ContactState, Presence, Work
from dialplan.language import Language

OVERDUE_S = 600.0  # a call-back that has been due for so long is overdue


@dataclass(frozen=True, slots=True)
class Line:
    """The contacts of one queue and language.

    `oldest_wait_s`: of those QUEUED or RESERVED whose caller is on the line (a call-back has none); None: nobody is.
    """

    queue: str
    language: Language
    queued: int
    reserved: int
    talking: int
    oldest_wait_s: float | None


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent. `lasted_s`: how long presence and work have been what they are."""

    agent_id: str
    name: str
    team: str
    presence: Presence
    work: Work
    reason: str | None
    lasted_s: float
    reachable: bool
    contact_id: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ACD at `at` (epoch seconds)."""

    at: float
    lines: tuple[Line, ...]  # only those with a contact in them
    agents: tuple[AgentView, ...]  # by id
    agent_counts: dict[tuple[str, Presence, Work], int]  # by team
    agent_seconds: dict[tuple[str, Presence, Work], float]  # by team, since the ACD began, up to `at`
    in_menu: int  # contacts that went back to the menu from a queue
    callbacks_booked: int = 0  # that wait for their time, or for the opening
    callbacks_due: int = 0  # that wait for an agent, or are rung; they are in `lines` too
    callbacks_overdue: tuple[tuple[str, int], ...] = ()  # by queue: due for `OVERDUE_S`, and nobody has answered

    def queued(self, language: Language) -> int:
        """Contacts of this language that wait and ring nowhere yet."""
        return sum(line.queued for line in self.lines if line.language is language)

    def oldest_wait_s(self, language: Language) -> float | None:
        """The longest waiting time of this language in seconds; None: nobody waits."""
        waits = (line.oldest_wait_s for line in self.lines if line.language is language)
        return max((wait for wait in waits if wait is not None), default=None)


class _Tally:
    __slots__ = ("oldest_wait_s", "queued", "reserved", "talking")

    def __init__(self) -> None:
        self.queued = self.reserved = self.talking = 0
        self.oldest_wait_s: float | None = None


def snapshot(state: State, now: float) -> Snapshot:
    """A copy of the ACD at `now`."""
    now = max(now, state.now)
    tallies: dict[tuple[str, Language], _Tally] = {}
    in_menu = booked = due = 0
    overdue: Counter[str] = Counter()
    for contact in state.contacts.values():
        booked += contact.state is ContactState.CALLBACK_BOOKED
        due += contact.waiting_since is not None and contact.is_called()
        if contact.waiting_since is not None and contact.is_called() and now - contact.due_at >= OVERDUE_S:
            overdue[contact.queue.key] += 1
        if contact.state is ContactState.IVR:
            in_menu += 1
            continue
        tally = tallies.setdefault((contact.queue.key, contact.language), _Tally())
        if contact.state is ContactState.CONNECTED:
            tally.talking += 1
        elif contact.waiting_since is not None:
            if contact.state is ContactState.QUEUED:
                tally.queued += 1
            else:
                tally.reserved += 1
            if not contact.is_called():
                tally.oldest_wait_s = max(tally.oldest_wait_s or 0.0, contact.waited_s(now))
    counts: dict[tuple[str, Presence, Work], int] = {}
    seconds = dict(state.spent_s)
    agents = []
    for agent in sorted(state.agents.values(), key=lambda one: one.id):
        spell = (agent.rule.team, agent.presence, agent.work)
        counts[spell] = counts.get(spell, 0) + 1
        seconds[spell] = seconds.get(spell, 0.0) + (now - agent.since)
        agents.append(
            AgentView(
                agent.id,
                agent.rule.name,
                agent.rule.team,
                agent.presence,
                agent.work,
                agent.reason,
                now - agent.since,
                agent.reachable,
                None if agent.contact is None else agent.contact.id,
            )
        )
    lines = tuple(
        Line(queue, language, tally.queued, tally.reserved, tally.talking, tally.oldest_wait_s)
        for (queue, language), tally in sorted(tallies.items())
        if tally.queued or tally.reserved or tally.talking
    )
    late = tuple(sorted(overdue.items()))
    return Snapshot(now, lines, tuple(agents), counts, seconds, in_menu, booked, due, late)


def why_not(contact: Contact, agent: Agent) -> str | None:
    """The code of what keeps this agent from this contact now; None: nothing does. Cheap: asked by people."""
    asks, row = contact.asks(), agent.rule.profile.row(contact.queue.key)
    code: str | None = None
    if contact.kept_by is not None and contact.kept_by is not agent:
        code = "kept"
    elif contact.kept_by is None and asks.language is not None and asks.language not in agent.rule.languages:
        code = "language"
    elif contact.kept_by is None and not meets(agent, asks):
        code = "skill"
    elif contact.kept_by is None and row is None:
        code = "not_served"
    elif agent.id in contact.excluded:
        code = "excluded"
    elif agent.presence is not Presence.AVAILABLE:
        code = "not_available"
    elif not agent.offerable():
        code = "busy"
    elif contact.kept_by is None and contact.lane is not None and agent.id not in contact.lane.agents:
        code = "delayed"
    elif contact.kept_by is None and contact.lane is not None and blocked(agent, contact.lane):
        code = "reserved"
    return code


def position(state: State, contact_id: str) -> int | None:
    """1-based place of a QUEUED contact among all that compete for its agents on duty; None when it is not QUEUED.

    Lanes compete when an agent who is neither OFFLINE nor AWAY listens to both. One binary search a lane. A contact
    that waits for its agent of last time competes for that agent only.
    """
    contact = state.contacts.get(contact_id)
    if contact is None or contact.lane is None:
        return None
    lane, order = contact.lane, contact.order
    ahead = sum(bisect_left(rival.waiting, order) for rival in _rivals(state, lane))
    for *_, kept in state.kept[: bisect_left(state.kept, order)]:
        ahead += kept.kept_by is not None and kept.kept_by.id in lane.on_duty
    return ahead + 1


def has_room(state: State, queue: str) -> bool:
    """Whether fewer callers wait in this queue, ringing nowhere yet, than its rule allows; True where there is none."""
    rule = state.queues.get(queue)
    if rule is None:
        return True
    waiting = [lane.waiting for lane in state.lanes.values() if lane.queue.key == queue]
    waiting.append([entry for entry in state.kept if entry[3].queue.key == queue])
    if sum(map(len, waiting)) < rule.max_waiting:
        return True
    return sum(entry[3].channel is Channel.VOICE for entries in waiting for entry in entries) < rule.max_waiting


def estimated_wait_s(state: State, contact_id: str) -> float | None:
    """How much longer a QUEUED contact will wait, in seconds; None: unknown."""
    contact = state.contacts.get(contact_id)
    return None if contact is None else estimate(state, contact)


def estimated_arrival_s(state: State, queue: str, language: Language) -> float | None:
    """How long a contact will wait that comes now, in seconds; 0: an agent is idle for it; None: unknown."""
    rule = state.queues.get(queue)
    if rule is None:
        return None
    lane = lane_of(state, rule, rule.requirement(language))
    if any(not blocked(agent, lane) for agent in lane.idle):
        return 0.0
    return eta_s(state, lane, (rule.order_class, state.now - POINT_S * rule.points, "~"))


def _rivals(state: State, lane: Lane) -> tuple[Lane, ...]:
    if lane.rivals_version != state.duty_version:
        lane.rivals = (lane, *(one for one in state.lanes.values() if one is not lane and _compete(one, lane)))
        lane.rivals_version = state.duty_version
    return lane.rivals


def _compete(one: Lane, other: Lane) -> bool:
    same = one.requirement == other.requirement and one.queue.key == other.queue.key  # another delay, or strategy
    return same or not one.on_duty.isdisjoint(other.on_duty)
