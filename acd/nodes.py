"""Several Asterisks as the one PBX that the dispatcher knows: each action goes to the node that it is for.

A channel's name says whose it is. What is for all (an agent's place in the fallback queues, so that each node can do
without the engine) goes to all; what is for a phone, to the node where it is registered, or to another one that is
there. Returns at once, like the ports behind it.
"""

from __future__ import annotations

from collections.abc import Mapping

from acd.ami.names import parted
from acd.pbx import Membership, Pbx


class Nodes:
    """`acd.pbx.Pbx` for two or more."""

    def __init__(self, pbxes: Mapping[str, Pbx]) -> None:
        """By the nodes' names; the first one is asked where nothing says which."""
        self._pbxes = dict(pbxes)
        self._first = next(iter(self._pbxes))

    def wake(self, channel: str) -> bool:
        """On the channel's node."""
        pbx, name = self._of(channel)
        return pbx.wake(name)

    def hang_up(self, channel: str) -> bool:
        """On the channel's node."""
        pbx, name = self._of(channel)
        return pbx.hang_up(name)

    def mirror(self, membership: Membership) -> bool:
        """On every node; one that is away is told when it is back (`acd.writer.Writer.adopt_reading`)."""
        sent = [pbx.mirror(membership) for node, pbx in self._pbxes.items() if pbx.connected(node)]
        return all(sent)

    def withdraw(self, queue: str, channel: str) -> bool:
        """On the channel's node."""
        pbx, name = self._of(channel)
        return pbx.withdraw(queue, name)

    def qualify(self, agent_id: str, node: str) -> bool:
        """Where the phone is registered."""
        return self._at(node).qualify(agent_id, node)

    def tell(self, agent_id: str, text: str, node: str, uri: str | None = None) -> bool:
        """Where the phone is registered."""
        return self._at(node).tell(agent_id, text, node, uri)

    def call_back(self, contact_id: str, reservation_id: int, node: str) -> bool:
        """Where the agent's phone is registered, or on another node that is there."""
        return self._present(node).call_back(contact_id, reservation_id, node)

    def consult(self, channel: str, target: str) -> bool:
        """On the channel's node."""
        pbx, name = self._of(channel)
        return pbx.consult(name, target)

    def name_official(self, channel: str, official: str) -> bool:
        """On the channel's node."""
        pbx, name = self._of(channel)
        return pbx.name_official(name, official)

    def send_on(self, channel: str, target: str) -> bool:
        """On the channel's node."""
        pbx, name = self._of(channel)
        return pbx.send_on(name, target)

    def silence_s(self, node: str) -> float:
        """Of that node."""
        return self._at(node).silence_s(node)

    def connected(self, node: str) -> bool:
        """To that node."""
        return self._at(node).connected(node)

    def _present(self, node: str) -> Pbx:
        """That node, or the first other one that is connected."""
        there = [node, *(one for one in self._pbxes if one != node)]
        found = next((one for one in there if one in self._pbxes and self._pbxes[one].connected(one)), node)
        return self._at(found)

    def _at(self, node: str) -> Pbx:
        return self._pbxes.get(node) or self._pbxes[self._first]

    def _of(self, channel: str) -> tuple[Pbx, str]:
        node, name = parted(channel)
        return self._at(node), name
