"""New rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from dialplan.agentrules import AgentRule
from dialplan.queuerules import CallbackRule, Queue


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """Rules were loaded: the agents and queues that there are from now on.

    `moved_to`: queues that are gone, each with the one that takes those who wait in it. `callback` None: those that
    are open are kept as before.
    """

    agents: dict[str, AgentRule] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    moved_to: dict[str, str] = field(default_factory=dict)
    callback: CallbackRule | None = None
