"""Consultations and talks with officials that a reading of the PBX finds: a new engine takes them over.

A consultation is known by its Local channel, whose name has the target; a talk with an official by the variable that
was set on the citizen's channel when they got them. Deterministic, no I/O. A part of `acd.reconcile`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from acd.ami.consults import Consult
from acd.ami.legs import Leg
from acd.ami.names import parted
from acd.ami.view import View
from acd.core.events.event import Event
from acd.core.events.found import TalkAdopted
from acd.seen import ChannelSeen

_LOCAL = re.compile(r"(?:[a-z0-9]+:)?Local/([0-9]{4})@consult-[0-9a-f]+;2")
_UP = "6"


def adopt_consults(view: View, seen: Mapping[str, ChannelSeen]) -> set[str]:
    """Take over those that are under way. Returns the Uniqueids of the parties, who are no citizen's agents."""
    parties: set[str] = set()
    for local in list(seen.values()):
        found = _LOCAL.fullmatch(local.name)
        if found is None:
            continue
        near = next((one for one in seen.values() if one.name == f"{local.name[:-1]}1"), None)
        citizen = seen.get(local.linkedid)
        party = _party(local, seen)
        if party is not None:
            parties.add(party.uniqueid)
        agent = None if near is None else _agent(view, near, seen)
        if citizen is None or agent is None or "RM_PHASE" not in citizen.variables:
            continue
        contact_id = citizen.variables.get("RM_CONTACT") or citizen.uniqueid
        known = view.consults.of_contact(contact_id)
        if known is not None and known.local == local.uniqueid:
            continue
        consult = Consult(contact_id, agent, found[1], local.uniqueid)
        if party is not None:
            consult.party, consult.party_name, consult.answered = party.uniqueid, party.name, bool(local.bridge)
        view.consults.begin(consult)
    return parties


def _party(local: ChannelSeen, seen: Mapping[str, ChannelSeen]) -> ChannelSeen | None:
    """Who is rung over this Local channel, or talks over it."""
    others = [one for one in seen.values() if one.linkedid == local.linkedid and not _is_local(one)]
    if local.bridge:
        return next((one for one in others if one.bridge == local.bridge), None)
    return next((one for one in others if one.state != _UP and one.uniqueid != local.linkedid), None)


def _is_local(channel: ChannelSeen) -> bool:
    return parted(channel.name)[1].startswith("Local/")


def _agent(view: View, near: ChannelSeen, seen: Mapping[str, ChannelSeen]) -> str | None:
    if not near.bridge:
        return None
    together = (view.agent_of(one.name) for one in seen.values() if one.bridge == near.bridge)
    return next((agent for agent in together if agent is not None), None)


def adopt_officials(view: View, seen: Mapping[str, ChannelSeen], now: float) -> list[Event]:
    """Citizens who talk with an official: that talk goes on in the record, and ends it."""
    events: list[Event] = []
    for citizen in seen.values():
        official = citizen.variables.get("RM_OFFICIAL")
        # Only a citizen's channel has a phase.
        if not official or "RM_PHASE" not in citizen.variables or not citizen.bridge:
            continue
        contact_id = citizen.variables.get("RM_CONTACT") or citizen.uniqueid
        others = (one for one in seen.values() if one.bridge == citizen.bridge and one.uniqueid != citizen.uniqueid)
        other = next((one for one in others if view.agent_of(one.name) is None), None)
        if other is None or other.uniqueid in view.legs.by_uniqueid or _is_local(other):
            continue
        leg = Leg(contact_id, official, other.uniqueid, other.name, now - other.age_s, None)
        leg.rang = leg.answered = True
        view.legs.by_uniqueid[leg.uniqueid] = leg
        view.callers[citizen.uniqueid] = contact_id
        view.caller_channel[contact_id] = citizen.name
        what = view.attributes(citizen.uniqueid)
        since = now - other.age_s
        events.append(TalkAdopted(contact_id, official, what.language, what.topic, what.queue, since, official=True))
    return events
