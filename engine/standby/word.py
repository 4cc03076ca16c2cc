"""The PBX's word on who serves: two variables of Asterisk's, written over AMI connections of their own.

ENGINE is "PLACE NUMBER", the number growing with each writing, so that nobody compares clocks. AGI is the address at
which calls find the engine: a call never tries one engine after the other. Neither survives the PBX's restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from acd.ami.client import AmiClient
from acd.ami.packets import AmiError
from engine.standby.rules import named

ANSWER_WITHIN_S = 0.4  # of each PBX, one after the other: beside one that hangs, a beat still comes within SILENCE_S


@dataclass(frozen=True, slots=True)
class PbxAddress:
    """One PBX's AMI, and the address by which it reaches this engine."""

    host: str
    port: int
    agi: str  # agi://127.0.0.1:4573


class PbxWord:
    """All PBXs of a centre. Used by one thread at a time."""

    def __init__(self, place: str, user: str, secret: str, addresses: Sequence[PbxAddress]) -> None:
        self._place = place
        self._numbers = count(1)
        self._lines = [
            (AmiClient(one.host, one.port, user, secret, on_packet=lambda _: None, events=False), one.agi)
            for one in addresses
        ]

    def start(self) -> None:
        """Connect, and go on doing so."""
        for client, _ in self._lines:
            client.start()

    def stop(self) -> None:
        """End the connections. What was written stays: it names who served last."""
        for client, _ in self._lines:
            client.stop()

    def read(self) -> list[str | None]:
        """Each PBX's word: "" where nobody has said one, None where it does not answer."""
        return [self._ask(client) for client, _ in self._lines]

    def who_serves(self) -> str | None:
        """A place that is named by any PBX, another's before this one's own; None when none is."""
        places = {named(word) for word in self.read() if word}
        return next(iter(places - {self._place}), None) or next(iter(places), None)

    def write(self) -> None:
        """Say wherever a PBX answers that this engine serves."""
        number = next(self._numbers)
        for client, agi in self._lines:
            with suppress(AmiError):
                client.ask("Setvar", ANSWER_WITHIN_S, Variable="AGI", Value=agi)
                client.ask("Setvar", ANSWER_WITHIN_S, Variable="ENGINE", Value=f"{self._place} {number}")

    def _ask(self, client: AmiClient) -> str | None:
        if not client.logged_in.is_set():
            return None
        try:
            said = client.ask("Getvar", ANSWER_WITHIN_S, Variable="ENGINE").get("Value")
        except AmiError:
            return None
        return "" if said == "(null)" else said
