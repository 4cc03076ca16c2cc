"""Consultations that are under way: an agent speaks with somebody while their citizen hears music (AMI Atxfer).

The PBX rings the target over a Local channel in context `consult`; whom that rings in turn is the other party. The
consultation ends in one of three ways: the agent hangs up and citizen and party are joined, the citizen hangs up, or
the Local channel is gone and agent and citizen are back with each other. Deterministic and without I/O.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Consult:
    """One of them. `local` is the Uniqueid of the Local channel's far end; `party` is set while the target is rung."""

    contact_id: str
    agent_id: str
    target: str
    local: str
    party: str = ""
    party_name: str = ""
    answered: bool = False
    phone_holds: bool = False  # the agent's phone has put the party on hold by itself
    citizen_leaves: bool = False  # has hung up; whatever ends now ends for that reason


class Consults:
    """All of them, at most one for each contact."""

    def __init__(self) -> None:
        self._by_contact: dict[str, Consult] = {}
        self._own: dict[str, str] = {}  # agent's channel (Uniqueid) that dialled an official by itself -> target
        self._officials: dict[str, str] = {}  # the channel that such a call rings -> target
        self.wanted: dict[str, str] = {}  # agent's channel (Uniqueid) -> target: begins when its key's session is over

    def begin(self, consult: Consult) -> None:
        """The Local channel is there and will ring the target."""
        self._by_contact[consult.contact_id] = consult

    def of_contact(self, contact_id: str) -> Consult | None:
        """The contact's consultation."""
        return self._by_contact.get(contact_id)

    def all(self) -> tuple[Consult, ...]:
        """All of them."""
        return tuple(self._by_contact.values())

    def of_local(self, uniqueid: str) -> Consult | None:
        """The one whose Local channel this is."""
        return next((one for one in self._by_contact.values() if one.local == uniqueid), None)

    def begin_own(self, channel: str, target: str) -> None:
        """An agent's phone calls an official by itself: perhaps to join a citizen with them (REFER with Replaces)."""
        self._own[channel] = target

    def official_at(self, channel: str) -> str | None:
        """Whom an agent's own call has on this channel."""
        return self._officials.get(channel)

    def rings(self, local: str, party: str, name: str) -> None:
        """The Local channel, or the agent's own call, rings this one."""
        if (target := self._own.get(local)) is not None:
            self._officials[party] = target
        if (consult := self.of_local(local)) is not None:
            consult.party, consult.party_name, consult.answered = party, name, False

    def is_up(self, party: str) -> None:
        """The party on that channel has answered."""
        for one in self._by_contact.values():
            if one.party == party:
                one.answered = True

    def gone(self, party: str) -> None:
        """That channel has ended."""
        self._own.pop(party, None)
        self._officials.pop(party, None)
        for one in self._by_contact.values():
            if one.party == party:
                one.party, one.party_name, one.answered = "", "", False

    def over(self, contact_id: str) -> Consult | None:
        """Forget the contact's consultation, and return it."""
        return self._by_contact.pop(contact_id, None)
