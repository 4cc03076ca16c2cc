"""What the core wants done, as frozen data: the outputs of `step`. The dispatcher carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.core.facts import Fact
from acd.core.records import quick
from acd.core.states import Presence


class Notice(StrEnum):
    """What an agent is told on their phone or desk; the words are in `acd.notices`."""

    NOT_RESPONDING = "not_responding"
    REGISTERED_ELSEWHERE = "registered_elsewhere"  # told to the phone that has lost its registration to another


@quick
@dataclass(frozen=True, slots=True)
class Assign:
    """Wake this caller's session: it is to ring this agent. Repeated by the dispatcher until taken.

    `call_back`: there is no session yet; the PBX is asked for one that rings the agent first, then the citizen.
    """

    contact_id: str
    agent_id: str
    reservation_id: int
    ring_timeout_s: float
    call_back: bool = False


@dataclass(frozen=True, slots=True)
class Unassign:
    """The reservation is void. A session that has not taken it must not; one that rings must stop ringing."""

    contact_id: str
    agent_id: str
    reservation_id: int


@dataclass(frozen=True, slots=True)
class HandOver:
    """The core has given the contact up, because its session takes nothing: if it lives, it goes to the safety net."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """Make the agent's membership in the fallback queues follow the presence (AVAILABLE, AWAY or OFFLINE only).

    NOT_RESPONDING and ERROR are mirrored as AWAY with the reasons `not_responding` and `error`.
    """

    agent_id: str
    presence: Presence
    reason: str | None


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the agent something, when they can hear it."""

    agent_id: str
    notice: Notice


@quick
@dataclass(frozen=True, slots=True)
class Note:
    """A fact for the subscribers: journal, metrics, log, desks."""

    fact: Fact


Command = Assign | Unassign | HandOver | Mirror | Tell | Note
