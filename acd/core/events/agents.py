"""What agents ask for, and what the PBX says of their phones."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.states import Presence


@dataclass(frozen=True, slots=True)
class PresenceAsked:
    """The agent's own word: AVAILABLE, AWAY with a reason, OFFLINE. During a call it takes effect after it.

    It is also a sign of life: AVAILABLE ends ERROR and NOT_RESPONDING.
    """

    agent_id: str
    presence: Presence
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WrapupEndAsked:
    """The agent ends the wrap-up early."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class WrapupExtendAsked:
    """The agent extends the wrap-up, once."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """The PBX's word about the agent's phone. `busy`: in use or ringing, by whatever call.

    `busy` while the agent is RESERVED or talks is taken for our own call, and forgotten with its end: a phone that
    is still in a call of its own then must be reported once more. While the agent is in ERROR, repeat `reachable` at
    every sign of life (registration, answered OPTIONS): that is what ends it.
    """

    agent_id: str
    reachable: bool
    busy: bool
