"""What the core remembers: contacts, agents, reservations, lanes. Mutable, and changed by `acd.core` alone.

Readers outside take `acd.core.snapshot`. Holds data and the few questions about it that every part asks; decides
nothing, and reads no clock. Times are epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from acd.core.events.contacts import Channel
from acd.core.handover import Handover
from acd.core.history import Handling, Patience, Waits
from acd.core.seoul import day_number, midnight
from acd.core.states import ContactState, Presence, Work
from acd.core.timers import Timers
from dialplan.queuerules import CallbackRule
from dialplan.source import Source

if TYPE_CHECKING:
    from acd.core.events.callbacks import CitizenResult
    from acd.core.idle import IdleOrder
    from acd.core.stages import Ladder
    from dialplan.agentrules import AgentRule
    from dialplan.language import Language
    from dialplan.queuerules import Queue, Requirement, Strategy

POINT_S = 60.0  # one priority point is a head start of a minute (routing.md, Matching 1)

WAITING = frozenset({ContactState.QUEUED, ContactState.RESERVED})
TALKING = frozenset({Work.CONNECTED, Work.HOLD})
OFF_DUTY = frozenset({Presence.OFFLINE, Presence.AWAY})

# Asked several times in each step, and until Python 3.12 an enum finds its member by a call.
_IDLE, _OTHER, _AVAILABLE, _OFFLINE = Work.IDLE, Work.OTHER, Presence.AVAILABLE, Presence.OFFLINE


@dataclass(frozen=True, slots=True)
class Limits:
    """The core's own times, in seconds; those of a queue are in its rule."""

    no_ringing_s: float = 1.5  # from Dial to RINGING; then the phone is dead
    own_hangup_s: float = 1.0  # a 486 this soon after the agent's own hang-up is the old call's echo
    retry_after_s: float = 0.2  # time for the phone to finish that hang-up
    not_taken_s: float = 5.0  # a session takes its assignment in milliseconds; the wake is repeated every 100
    not_taken_times: int = 3  # then the session is given up, so that it does not hold agents for ever
    ring_slack_s: float = 2.0  # Dial's own time-out comes first; this is for the case that its end is lost
    back_s: float = 1.5  # the queue lets go of a caller within a second of its ring's end: so long the agent is kept
    grace_s: float = 10.0  # an unreachable phone is not rung at once, and ERROR after this long
    doubt_s: float = 3.0  # the PBX's "idle" right after a dead leg is that leg's echo, and no sign of life
    to_citizen_s: float = 20.0  # from the agent's answer to the citizen's ringing: the whisper is in it
    citizen_slack_s: float = 10.0  # beyond the citizen's ring time-out: carriers in turn, then a sentence to the agent


# Of rules that offer none, for those that are open still.
DEFAULT_CALLBACK = CallbackRule(60.0, 3, 600.0, 30.0, 3, 500, 30, 7, Source("queues.yaml", 1))


@dataclass(slots=True, eq=False)
class Reservation:
    """One contact tied to one agent. Its deadline is the agent's RESERVATION timer."""

    id: int
    contact: Contact
    agent: Agent
    idle_since: float  # the agent's place among the idle, given back when the caller hangs up
    dialled: bool = False
    rang_at: float | None = None
    retried: bool = False
    retry_due: bool = False  # the leg gave an early 486, and is dialled again at the deadline
    of_queue: bool = False  # the PBX's own queue rings: not ours to end, and nobody's fault when nobody answers
    agent_there: bool = False  # of a call-back: the agent has answered, and waits for the citizen
    citizen_dialled: bool = False
    citizen_failed: CitizenResult | None = None


@dataclass(slots=True, eq=False)
class Contact:
    """One request of a citizen, from its first queue until its wrap-up is done."""

    id: str
    channel: Channel
    language: Language
    topic: str
    queue: Queue
    requirement: Requirement
    points: float
    first_queued_at: float
    order_since: float  # first_queued_at; after a talk now - waited_s, so that a talk jumps nobody
    waited_before_s: float  # spans of waiting that are over
    state: ContactState = ContactState.IVR
    waiting_since: float | None = None  # set exactly while QUEUED or RESERVED
    lane: Lane | None = None  # set exactly while QUEUED and not in the net
    in_net: bool = False  # its caller sits in the PBX's own queue: no session of ours could ring anybody for it
    out: bool = False  # QUEUED, and rung for by somebody who is no agent; `in_net` then, as no session could ring ours
    order: Order = (1, 0.0, "")  # its key in the lane
    order_class: int = 1  # served before all higher ones
    ladder: Ladder | None = None  # the stages of its waiting, while it has a lane
    step: int = 0  # relaxation steps that its waiting time has passed
    needs: Requirement | None = None  # what the last of them asks for; None: `requirement`
    sticky: str | None = None  # the agent of last time, whom it may wait for
    kept_by: Agent | None = None  # that agent, while it does; it then stands with them, not in its lane
    staged: bool = False  # it has a STAGE timer
    estimated_s: float | None = None  # the whole wait, as estimated when it began
    caller: str | None = None  # a keyed hash of the caller's number, for the memory of last agents
    handover: Handover | None = None  # what its agent wrote for whoever has it next
    agent_id: str | None = None
    reservation: Reservation | None = None
    excluded: set[str] = field(default_factory=set)  # agents who did not answer it; each has an EXCLUSION timer
    queues_entered: set[str] = field(default_factory=set)
    counts: bool = False  # its next answer counts for the queue's service level
    not_taken: int = 0
    attempts: int = 0  # of a call-back: how often the citizen was rung
    due_at: float = 0.0  # of a call-back: when the citizen is to be called, opening hours apart
    call_out: int | None = None  # of a call-back in a talk: the reservation whose session holds it; None: not known
    promised: bool = False  # a call-back that was counted when its caller left the line: not offered again
    handed_on_by: str | None = None  # the agent to whom it returns when the ring after a transfer is not answered
    connected_at: float = 0.0
    hold_since: float | None = None
    held_s: float = 0.0

    def waited_s(self, now: float) -> float:
        """Time spent QUEUED and RESERVED so far, in seconds, never falling."""
        since = self.waiting_since
        return self.waited_before_s if since is None else self.waited_before_s + (now - since)

    def asks(self) -> Requirement:
        """Who may answer it now, after the steps that its waiting time has passed."""
        return self.needs or self.requirement

    def is_called(self) -> bool:
        """Whether it is a call-back with nobody on the line: booked, waiting, or rung."""
        return self.channel is Channel.CALLBACK and self.state not in (ContactState.CONNECTED, ContactState.WRAPUP)

    def virtual_time(self) -> float:
        """What the order of all waiting contacts is made by (routing.md, Matching 1)."""
        return self.order_since - POINT_S * self.points


@dataclass(slots=True, eq=False)
class Agent:
    """One agent of the rules: their own word, the engine's word, and their phone."""

    id: str
    rule: AgentRule
    since: float  # when presence or work last changed
    day: int = 0
    presence: Presence = Presence.OFFLINE
    work: Work = Work.IDLE
    reason: str | None = None
    ears: list[Ear] = field(default_factory=list)  # the lanes that the agent listens to
    group: Group | None = None  # set when the profile keeps some of its agents idle
    kept: list[Entry] = field(default_factory=list)  # contacts that wait for this agent alone, sorted
    busy_since: float = 0.0  # when the talk began that the agent is in, or wraps up
    idle_since: float = 0.0
    idle_stamp: int = 0  # not 0 exactly while listed as idle in the lanes
    contact: Contact | None = None  # RESERVED, CONNECTED, HOLD, and in WRAPUP the one it is for
    reservation: Reservation | None = None
    excluded_by: set[str] = field(default_factory=set)  # contacts that exclude this agent
    asked: tuple[Presence, str | None] | None = None  # asked for during a call
    before_error: tuple[Presence, str | None] = (Presence.AVAILABLE, None)
    reachable: bool = True
    doubt_until: float = 0.0
    device_busy: bool = False
    wrapup_extend_s: float = 0.0  # what an extension adds; 0 once it has been used
    leaving: bool = False  # no longer in the rules, gone when the current call is over
    contact_today_s: float = 0.0
    duty_today_s: float = 0.0

    def offerable(self) -> bool:
        """Whether the agent may be offered a contact now."""
        return self.work is _IDLE and self.presence is _AVAILABLE and self.reachable and not self.leaving

    def account(self, now: float) -> None:
        """Book the time since the last change for `occupancy`; a new day in Seoul starts from nothing."""
        today = day_number(now)
        since = self.since
        if today != self.day:
            self.day, self.contact_today_s, self.duty_today_s = today, 0.0, 0.0
            since = max(since, midnight(now))
        if self.presence is not _OFFLINE:
            self.duty_today_s += now - since
            if self.work is not _IDLE and self.work is not _OTHER:
                self.contact_today_s += now - since

    def occupancy(self) -> float:
        """Share (0-1) of today's time on duty that was spent in contacts, up to the last change."""
        return self.contact_today_s / self.duty_today_s if self.duty_today_s > 0 else 0.0


@dataclass(slots=True, eq=False)
class Group:
    """The agents of a routing profile that keeps some of them idle for its own queues."""

    name: str
    idle: dict[str, Agent] = field(default_factory=dict)
    reserves: set[int] = field(default_factory=set)  # the `reserve_idle` of its rows


@dataclass(slots=True, eq=False)
class Lane:
    """The waiting contacts and the idle agents of one queue's requirement: the index that matching works on.

    A contact stands in one lane at a time, and an agent listens to every lane whose requirement they meet and whose
    queue their profile shows them. A relaxation step, or a delay that a profile waits for, moves a contact to
    another lane; one that is kept for its agent of last time stands with that agent.
    """

    queue: Queue
    requirement: Requirement
    passed_s: float  # its contacts have waited at least this long, one of the delays of the profiles
    idle: IdleOrder
    waiting: list[Entry] = field(default_factory=list)  # sorted: class, virtual time, id
    reserving: dict[str, tuple[Group, int]] = field(default_factory=dict)  # groups that keep agents from it
    agents: dict[str, Agent] = field(default_factory=dict)  # who meets the requirement
    on_duty: set[str] = field(default_factory=set)  # of these, who is neither OFFLINE nor AWAY
    idle_count: int = 0
    rivals: tuple[Lane, ...] = ()  # lanes that share an agent on duty, this one first; valid at `rivals_version`
    rivals_version: int = -1
    weights: tuple[tuple[list[Entry], float], ...] = ()  # rivals' contacts, and the share of their agents in this one
    weights_version: int = -1
    weights_at: float = 0.0


class Ear(NamedTuple):
    """A lane that an agent listens to, with what their profile says of its queue."""

    lane: Lane
    rank: int
    reserve: int


Order = tuple[int, float, str]  # class, virtual time, id
Entry = tuple[int, float, str, Contact]
LaneKey = tuple[str, "Strategy", "Requirement", float]  # a queue may have changed its strategy under those who wait


@dataclass(slots=True, eq=False)
class State:
    """All of the ACD. Changed by `step` only."""

    limits: Limits
    queues: dict[str, Queue]
    now: float
    agents: dict[str, Agent] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    lanes: dict[LaneKey, Lane] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)  # by profile, those with a reserve
    delays: dict[str, tuple[float, ...]] = field(default_factory=dict)  # by queue: those of profiles, as far as asked
    ladders: dict[tuple[int, Requirement, Language], Ladder] = field(default_factory=dict)  # by the queue's identity
    kept: list[Entry] = field(default_factory=list)  # those who wait for their agent of last time, sorted
    queued: int = 0  # contacts that could be matched
    handling: Handling = field(default_factory=Handling)
    patience: Patience = field(default_factory=Patience)
    wrapping: dict[str, Agent] = field(default_factory=dict)  # in WRAPUP
    waits: dict[Language, Waits] = field(default_factory=dict)  # of those who had to wait and were answered
    timers: Timers = field(default_factory=Timers)
    callback: CallbackRule = DEFAULT_CALLBACK
    closed_until: float | None = None  # citizens are not called before
    freed: list[Agent] = field(default_factory=list)  # to be matched at the end of this step
    relisted: list[Agent] = field(default_factory=list)  # the same, who were idle already: new rules
    unplaced: list[tuple[Contact, str]] = field(default_factory=list)  # the same, with the Decision's trigger
    serial: int = 0  # of reservations and idle stamps; only grows
    duty_version: int = 0  # grows when lanes come or agents go on or off duty
    spent_s: dict[tuple[str, Presence, Work], float] = field(default_factory=dict)  # agents' time by team, closed spans

    def closed(self) -> bool:
        """Whether citizens may not be called now."""
        return self.closed_until is not None and self.closed_until > self.now
