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
    music = remembered.wanted(call.channel, call.rules, call.language, call.services.now()).queue.music
    call.channel.music(music)
    if target in call.rules.agents and _talk(call, target, music):
        return goodbye(call)
    call.say("transfer_failed")
    call.channel.music(music)
    if back_to and _talk(call, back_to, music):
        return goodbye(call)
    return resume(call)


def _talk(call: Call, agent_id: str, music: str) -> bool:
    """Ring this agent for the contact, if the dispatcher lets it. False: not let, or no answer."""
    assignment: Assignment | None = call.services.acd.rejoin(call.contact_id, call.channel_name, agent_id)
    if assignment is None:
        return False
    answered = ring(call, assignment, music)
    if not answered:
        call.channel.music(music)
    return answered
