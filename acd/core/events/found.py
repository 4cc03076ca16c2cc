"""What an engine finds that it did not do itself: rings and talks of the PBX's own, and what was before a restart."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.memory import ContactKnown
from acd.core.states import Presence
from dialplan.language import Language


@dataclass(frozen=True, slots=True)
class RingAdopted:
    """The safety net's queue rings this agent for this caller, of whom the engine may know nothing yet.

    The caller is in the net from then on, as FellIntoNet says.
    """

    contact_id: str
    agent_id: str
    language: Language
    topic: str
    queue: str
    first_queued_at: float
    resumed: bool  # True: an engine has counted it as offered


@dataclass(frozen=True, slots=True)
class RingEnded:
    """The queue has stopped ringing this agent for this caller, without an answer."""

    contact_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class TalkAdopted:
    """After a restart: the PBX says that this agent talks with this caller since `since` (epoch seconds).

    A contact that the core does not know counts as answered with `counts`: no engine has seen its answer;
    `first_queued_at` is then when it began to wait. `offered`: no engine has seen it wait either.
    """

    contact_id: str
    agent_id: str
    language: Language
    topic: str
    queue: str
    since: float
    first_queued_at: float | None = None
    official: bool = False  # they are an official of the directory, and nobody's agent
    counts: bool = False
    offered: bool = False


@dataclass(frozen=True, slots=True)
class PresenceRestored:
    """After a restart: what the fallback queues say of the agent. Never told to the agent, never mirrored back.

    AWAY with the reasons `not_responding` and `error` (see Mirror) brings those presences back.
    """

    agent_id: str
    presence: Presence
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WrapupRestored:
    """After a restart: this agent was wrapping up this contact since `since`; the rest goes on. Told once."""

    agent_id: str
    contact: ContactKnown
    since: float
    extended: bool


@dataclass(frozen=True, slots=True)
class EndedUnseen:
    """After a restart: a contact was not over by the journal, and the PBX knows nothing of it any more. Told once."""

    contact: ContactKnown
