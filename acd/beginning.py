"""An engine's start: every PBX is read, those who waited are back, and then the agents may be offered calls.

A node that is not there is not waited for; it is read when it comes, and until then nobody says what became of its
calls. The dispatcher's helper, its thread only.
"""

from __future__ import annotations

from collections.abc import Iterable

from acd.ami.names import belongs
from acd.ami.view import View
from acd.core.events.found import PresenceRestored
from acd.core.states import Presence
from acd.reconcile import PbxSnapshot, presences

PATIENCE_S = 2.0  # for the other nodes, once one has been read


class Beginning:
    """Until `over`, what the queues say of agents counts; from then on the engine's word does."""

    def __init__(self, view: View, nodes: Iterable[str]) -> None:
        self._view = view
        self._unread = set(nodes)  # those that no reading has come from yet
        self._awaited = set(self._unread)
        self._seen: list[PbxSnapshot] = []
        self._until = 0.0
        self._spoken: set[str] = set()  # agents who have said something since
        self.over = False

    def read(self, seen: PbxSnapshot, now: float) -> bool:
        """A reading has come. Whether it is the first one of its node."""
        self._awaited.discard(seen.node)
        if not self.over:
            self._until = self._until or now + PATIENCE_S
            self._seen = [one for one in self._seen if one.node != seen.node] + [seen]
        first = seen.node in self._unread
        self._unread.discard(seen.node)
        return first

    def not_there(self, node: str) -> None:
        """Nobody answers there: it is not waited for."""
        self._awaited.discard(node)

    def complete(self, now: float) -> bool:
        """Whether all are read that are waited for; never before one is."""
        return bool(self._seen) and (not self._awaited or now >= self._until)

    def unknown(self, contact_id: str) -> bool:
        """Whether its node has not been read: nothing is known of what became of it."""
        return any(belongs(contact_id, node) for node in self._unread)

    def spoke(self, agent_id: str) -> None:
        """What the agent says now is newer than what the queues remember."""
        self._spoken.add(agent_id)

    def presences(self, reasons: Iterable[str]) -> list[PresenceRestored]:
        """What the queues say of every agent: those of the node where the phone is registered, else of any."""
        known = list(reasons)
        said = {one.node: {it.agent_id: it for it in presences(self._view, one, known)} for one in self._seen}
        found = []
        for agent in sorted(self._view.agents - self._spoken):
            at_home = said.get(self._view.phones.home.get(agent, ""))
            anywhere = max(
                (of_node[agent] for of_node in said.values()), key=lambda one: one.presence is not Presence.OFFLINE
            )
            found.append(at_home[agent] if at_home is not None else anywhere)
        return found

    def all_read(self) -> bool:
        """Whether every node has been read."""
        return not self._unread
