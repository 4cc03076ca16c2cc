"""How tests of the dispatcher begin: an agent on duty, a PBX that has been read."""

from __future__ import annotations

from acd.core.states import Presence
from acd.port import Answer
from acd.reconcile import MemberSeen, PbxSnapshot
from acd.seen import ChannelSeen
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until


def available(centre: Centre, agent: str, phone: Phone | None = None) -> Phone:
    made = centre.twin.register(agent, phone)
    assert centre.dispatcher.ask_presence(agent, Presence.AVAILABLE) is Answer.DONE
    return made


def member(queue: str, agent: str, *, paused: bool = False, reason: str = "") -> MemberSeen:
    return MemberSeen(f"fallback-{queue}", f"PJSIP/{agent}", paused, reason)


def waiting(contact: str, queued_at: float) -> ChannelSeen:
    found = {"RM_PHASE": "waiting", "RM_LANG": "ko", "RM_CONTACT": contact, "RM_QUEUED_AT": str(queued_at)}
    return ChannelSeen(contact, f"PJSIP/carrier-{contact}", contact, "6", "", 60.0, found)


def settled(centre: Centre) -> None:
    """The PBX was read, and had nobody in it."""
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot((), (), (), {}))
    until(centre.dispatcher.settled.is_set)
