"""What the journal remembers of an engine that has ended: contacts that were not over, wrap-ups that ran. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core.states import ContactState
from dialplan.language import Language


@dataclass(frozen=True, slots=True)
class ContactKnown:
    """A contact as it was last seen, at `at` (epoch seconds)."""

    contact_id: str
    language: Language
    topic: str
    queue: str
    state: ContactState
    agent_id: str | None
    first_queued_at: float
    waited_s: float
    at: float
    channel: str = "voice"
    handled_s: float = 0.0  # WRAPUP: the talk before it, hold included
    answered: bool = False  # it has talked with somebody before: its answer is counted


@dataclass(frozen=True, slots=True)
class WrapupKnown:
    """An agent's wrap-up that had not ended: since when, and whether it has been extended already."""

    agent_id: str
    contact_id: str
    since: float
    extended: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """Of the engine before this one."""

    contacts: dict[str, ContactKnown] = field(default_factory=dict)  # those that were not over
    wrapups: tuple[WrapupKnown, ...] = ()
