"""What a reading of the PBX says of one channel (`acd.reconcile`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """One live channel. `age_s` is its life so far."""

    uniqueid: str
    name: str
    linkedid: str
    state: str
    bridge: str
    age_s: float
    variables: dict[str, str]
