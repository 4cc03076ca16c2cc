"""Pausing and stopping a recording over AMI: MixMonitorMute, StopMixMonitor. The caller's thread waits for the answer.

An agent is told "paused" only when the PBX has said so. Never called by the dispatcher's thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from acd.ami.client import AmiClient
from acd.ami.names import parted
from acd.ami.packets import AmiError

ANSWER_WITHIN_S = 1.0


class AmiTape:
    """The recordings of one Asterisk. Beginning one is the session's: AMI may only with the right to run programs."""

    def __init__(self, client: AmiClient) -> None:
        self._client = client

    def pause(self, channel: str, *, paused: bool) -> bool:
        """Silence in place of both voices, so that the recording keeps its length; or the voices again."""
        return self._done("MixMonitorMute", channel, Direction="both", State="1" if paused else "0")

    def stop(self, channel: str) -> bool:
        """End it."""
        return self._done("StopMixMonitor", channel)

    def _done(self, action: str, channel: str, **more: str) -> bool:
        if not channel:
            return False
        try:
            self._client.ask(action, ANSWER_WITHIN_S, Channel=channel, **more)
        except AmiError:
            return False
        return True


class Tapes:
    """`ivr.recorder.Tape` for several Asterisks: the recording of a channel is its node's."""

    def __init__(self, tapes: Mapping[str, AmiTape]) -> None:
        """By the nodes' names."""
        self._tapes = dict(tapes)

    def pause(self, channel: str, *, paused: bool) -> bool:
        """On the channel's node."""
        node, name = parted(channel)
        return node in self._tapes and self._tapes[node].pause(name, paused=paused)

    def stop(self, channel: str) -> bool:
        """On the channel's node."""
        node, name = parted(channel)
        return node in self._tapes and self._tapes[node].stop(name)
