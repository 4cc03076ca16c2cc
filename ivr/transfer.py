"""A blind transfer by an agent's phone (SIP REFER): the caller left their session and arrives here.

They arrive whatever was dialled. The contact is found again by the channel's Uniqueid. Agents may be rung; all else
leads back to the agent who transferred, and where that is not possible back into the queue, with the caller's place.
"""

from __future__ import annotations

import structlog

from acd.port import Assignment
from ivr import remembered
from ivr.flow import resume
from ivr.session import Call, Outcome
from ivr.waiting import goodbye, ring

_log = structlog.get_logger(__name__)


def transferred(call: Call) -> Outcome:
    """From the arrival in the transfer context to the end of the call."""
    acd = call.services.acd
    call.language = remembered.language(call.channel)
    target = call.channel.get_variable("RM_TARGET")
    contact_id = acd.contact_of(call.contact_id)
    if contact_id is None:  # a talk of the safety net's queue, or one that began before this engine
        _log.warning("transfer.unknown_contact", target_known=target in call.rules.agents)
        return resume(call)
    call.contact_id, call.offered = contact_id, True
    back_to = acd.agent_talking_to(contact_id)
    _log.info("transfer.asked", contact_id=contact_id, by=back_to, to_agent=target in call.rules.agents)
    wanted = remembered.wanted(call.channel, call.rules, call.language, call.services.now(), call.number)
    music = wanted.queue.music
    call.channel.music(music)
    # At once, before any sentence: a contact that nobody claims is soon taken for ended.
    assignment = acd.rejoin(contact_id, call.channel_name, target) if target in call.rules.agents else None
    if assignment is None and back_to:
        assignment = acd.rejoin(contact_id, call.channel_name, back_to)
    while assignment is not None:
        if ring(call, assignment, wanted, None):
            return goodbye(call)
        call.channel.music(music)
        assignment = _next(call, back_to)
    return resume(call, ("transfer_failed",))


def _next(call: Call, back_to: str | None) -> Assignment | None:
    """After no answer: whom the dispatcher has chosen meanwhile, else the agent who transferred."""
    acd = call.services.acd
    match acd.take(call.contact_id):
        case Assignment() as assignment:
            return assignment
        case None if back_to:
            return acd.rejoin(call.contact_id, call.channel_name, back_to)
        case _:
            return None
