"""What the dispatcher needs of the PBX: the port. `acd.ami.pbx.AmiPbx` is the real one, tests have a working twin.

Every method returns at once and awaits no answer: the dispatcher's time is every caller's time. False or an
empty answer means that the PBX was out of reach; the next re-read (acd/reconcile.py) puts right what was missed.
Where there are several Asterisks, a channel's name says whose it is, and so does `node` (acd/ami/names.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from acd.core.states import Presence
from dialplan.language import Language


@dataclass(frozen=True, slots=True)
class Membership:
    """What an agent is to be in the fallback queues."""

    agent_id: str
    name: str
    endpoint: str
    languages: frozenset[Language]
    presence: Presence  # AVAILABLE, AWAY or OFFLINE
    reason: str | None


class Pbx(Protocol):
    """The PBX's hands and pulse."""

    def wake(self, channel: str) -> bool:
        """Press the wake-up key on the caller's channel, as if the caller had."""

    def hang_up(self, channel: str) -> bool:
        """End this channel."""

    def mirror(self, membership: Membership) -> bool:
        """Make the agent's place in the fallback queues so."""

    def withdraw(self, queue: str, channel: str) -> bool:
        """Ask the PBX to take this caller out of its queue; the caller's session comes by /resume."""

    def qualify(self, agent_id: str, node: str) -> bool:
        """Have the PBX ask the agent's phone at once whether it is there; what it finds out comes as an event."""

    def tell(self, agent_id: str, text: str, node: str, uri: str | None = None) -> bool:
        """Show a text on the agent's phone; on the one at `uri` when the extension is another's by now."""

    def call_back(self, contact_id: str, reservation_id: int, node: str) -> bool:
        """Make a session that takes this reservation's assignment and rings the agent, then the citizen."""

    def consult(self, channel: str, target: str) -> bool:
        """Have the agent on this channel speak with `target` (context `consult`); the caller hears music."""

    def name_official(self, channel: str, official: str) -> bool:
        """Write on the citizen's channel whom they talk with now, for an engine that comes later."""

    def send_on(self, channel: str, target: str) -> bool:
        """Take this caller out of their talk, into context `agent-transfer`, as an agent's phone would."""

    def silence_s(self, node: str) -> float:
        """Seconds since the PBX was last heard."""

    def connected(self, node: str) -> bool:
        """Whether there is a connection that is logged in."""
