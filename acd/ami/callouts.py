"""The PBX's channels of call-backs: the session that rings the agent, and the way from there to the citizen.

The PBX makes a pair of Local channels for each (acd/callfiles.py): `;2` runs the session, which dials the agent, and
`;1` goes on to the citizen when that agent has answered. Their common name says whose they are. Deterministic, no I/O.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTEXT = "callback"
_NAME = re.compile(rf"(?:[a-z0-9]+:)?Local/(\d{{1,18}})-([A-Za-z0-9_.-]{{1,150}})@{CONTEXT}-[0-9a-f]+;([12])\Z")


def extension(contact_id: str, reservation_id: int) -> str:
    """What the PBX is asked for in CONTEXT; the channels are named after it."""
    return f"{reservation_id}-{contact_id}"


def parse(name: str) -> tuple[str, int, bool] | None:
    """The contact, the reservation, and whether this is the session's half; None for any other channel."""
    match = _NAME.match(name)
    return None if match is None else (match[2], int(match[1]), match[3] == "2")


@dataclass(frozen=True, slots=True)
class CallOut:
    """A session's half."""

    contact_id: str
    reservation_id: int
    name: str


class CallOuts:
    """Those that live, by Uniqueid."""

    def __init__(self) -> None:
        self._sessions: dict[str, CallOut] = {}
        self._outward: dict[str, str] = {}  # the other half -> contact
        self._citizens: dict[str, str] = {}  # the citizen's channel, not answered yet -> contact

    def seen(self, uniqueid: str, name: str) -> str | None:
        """A channel there is. The contact, if it is a session's half."""
        parsed = parse(name)
        if parsed is None:
            return None
        contact_id, reservation_id, is_session = parsed
        if not is_session:
            self._outward[uniqueid] = contact_id
            return None
        self._sessions[uniqueid] = CallOut(contact_id, reservation_id, name)
        return contact_id

    def citizen_rung(self, uniqueid: str, citizen: str) -> None:
        """The channel `uniqueid` rings the channel `citizen`."""
        contact_id = self._outward.get(uniqueid)
        if contact_id is not None:
            self._citizens[citizen] = contact_id

    def citizen_answered(self, citizen: str) -> str | None:
        """The contact whose citizen has answered with this channel; once."""
        return self._citizens.pop(citizen, None)

    def citizen_up(self, contact_id: str, answered: set[str]) -> bool:
        """Whether the citizen of this contact is on one of these channels."""
        return any(one == contact_id and citizen in answered for citizen, one in self._citizens.items())

    def forget_citizen(self, contact_id: str) -> None:
        """Their answer is known."""
        self._citizens = {citizen: one for citizen, one in self._citizens.items() if one != contact_id}

    def contact_of(self, uniqueid: str) -> str | None:
        """The contact whose session this channel is."""
        session = self._sessions.get(uniqueid)
        return None if session is None else session.contact_id

    def gone(self, uniqueid: str) -> CallOut | None:
        """The channel is over. The session that it was."""
        self._outward.pop(uniqueid, None)
        self._citizens.pop(uniqueid, None)
        return self._sessions.pop(uniqueid, None)

    def of_contact(self, contact_id: str) -> list[str]:
        """The names of the sessions of this contact."""
        return [one.name for one in self._sessions.values() if one.contact_id == contact_id]

    def of_reservation(self, contact_id: str, reservation_id: int) -> list[str]:
        """The names of the sessions that were made for this reservation. (Another engine may have had its number.)"""
        pair = (contact_id, reservation_id)
        return [one.name for one in self._sessions.values() if (one.contact_id, one.reservation_id) == pair]
