"""Whom an agent may hand a citizen on to: what was typed in, a target or the reason why not out. Pure.

The one judge for all three ways (keys, AMI, the phone's REFER). A target that is not in the rules is refused, whatever
it is; outside numbers are in the rules only, and on the allow-list (dialplan/numbers.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dialplan import calendar
from dialplan.agentrules import AgentRule, Official
from dialplan.queuerules import Queue
from dialplan.ruleset import Ruleset
from dialplan.trunkrules import Carrier

CONSULT_S = 20.0  # an official who has not answered by then does not: back to the agent
OVER_TLS = ";transport=tls"  # the end of a URI that is rung over TLS
DIGITS = 4  # every code and extension has so many


class Refusal(StrEnum):
    """Why a target is none."""

    UNKNOWN = "unknown"  # no agent, official or queue of the rules
    SELF = "self"  # the agent who asks
    CLOSED = "closed"  # the official is not at work now
    NOT_BLIND = "not_blind"  # only after a word with them


@dataclass(frozen=True, slots=True)
class Target:
    """Exactly one of the three is set. `id` is what was typed."""

    id: str
    agent: AgentRule | None = None
    official: Official | None = None
    queue: Queue | None = None


def look_up(rules: Ruleset, typed: str, by: str, at: datetime, *, blind: bool) -> Target | Refusal:
    """Judge what agent `by` typed, at this moment. `blind`: nobody speaks with the target first."""
    directory = rules.directory
    if typed == by:
        return Refusal.SELF
    if (agent := rules.agents.get(typed)) is not None:
        return Refusal.NOT_BLIND if blind and not directory.blind_to_agents else Target(typed, agent=agent)
    if (official := directory.officials.get(typed)) is not None:
        if not at_work(rules, official, at):
            return Refusal.CLOSED
        return Refusal.NOT_BLIND if blind and not official.blind else Target(typed, official=official)
    queue = rules.queues.get(directory.queues.get(typed, ""))
    return Refusal.UNKNOWN if queue is None else Target(typed, queue=queue)


def at_work(rules: Ruleset, official: Official, at: datetime) -> bool:
    """Whether the desk is staffed: its own hours on working days of the centre's calendar."""
    hours = replace(rules.hours, weekday=official.hours, day_off=(), saturday=None, special_days={}, closures=())
    return calendar.is_open(hours, at)


def endpoints(rules: Ruleset, target: Target) -> tuple[str, ...]:
    """What the PBX dials for an agent or an official, one after the other: several where there are several carriers."""
    number = target.official.number if target.official is not None else None
    if number is None:
        return (f"PJSIP/{target.id}",)
    return tuple(
        f"PJSIP/carrier-{carrier.name}/{carrier_uri(carrier, number, host)}"
        for carrier in rules.trunks.carriers
        for host in carrier_hosts(carrier)
    )


def carrier_uri(carrier: Carrier, number: str, host: str) -> str:
    """Where a number is rung at one of the carrier's hosts: SIP, in the clear or over TLS."""
    return f"sip:{number}@{host}{OVER_TLS if carrier.encrypted else ''}"


def carrier_hosts(carrier: Carrier) -> tuple[str, ...]:
    """host[:port] to send calls to: the registrar, or each single address (a network is only for what comes in)."""
    if carrier.registration:
        return (carrier.registration.rpartition("@")[2],)
    single = (address for address in carrier.addresses if "/" not in address or address.endswith(("/32", "/128")))
    return tuple(address.split("/")[0] for address in single)
