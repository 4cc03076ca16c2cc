"""From where calls come, and how many of one number, as frozen data: trunks.yaml, checked.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from dialplan.numbers import listed
from dialplan.source import Source


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier's trunk: by source address, or by registration (then `registration` names host and user)."""

    name: str
    addresses: tuple[str, ...]
    registration: str | None
    source: Source
    encrypted: bool = False  # SIP over TLS, sound as SRTP, both ways; anything else of this carrier is refused


@dataclass(frozen=True, slots=True)
class FloodRule:
    """How many calls of one number are let in: in any `per_s` seconds, and at once; `withheld`: of all without one."""

    calls_per_number: int
    per_s: float
    at_once: int
    withheld: int | None  # None: not bounded
    exempt: tuple[str, ...]  # whole numbers, or beginnings that end in `*`
    source: Source
    development: bool = False  # it holds while no carrier is named too, when all calls are this machine's own

    def exempts(self, number: str) -> bool:
        """Whether a number of digits only is one of those that are not counted."""
        return listed(number, self.exempt)


@dataclass(frozen=True, slots=True)
class Trunks:
    """trunks.yaml: carriers, the numbers that are the centre's, and the address that media is offered at."""

    numbers: tuple[str, ...]
    carriers: tuple[Carrier, ...]
    external_media_address: str | None
    emergency: tuple[str, ...]  # dialled natively by agents, before any allow-list
    flood: FloodRule | None = None  # None: calls of one number are not bounded

    def lets_in(self, address: str) -> bool:
        """Whether an INVITE from this address of the machine itself may be a citizen's call. Names are of nobody."""
        if not self.carriers:
            return True
        try:
            here = ip_address(address)
        except ValueError:
            return False
        return any(here in ip_network(one) for each in self.carriers for one in each.addresses)
