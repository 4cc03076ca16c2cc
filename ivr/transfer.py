"""A citizen was sent on without a word before: by an agent's phone (SIP REFER), or by the engine's own redirect.

They left their session and arrive here, whatever was dialled. The contact is found again by the channel's Uniqueid.
Whom the directory allows is rung, a queue takes them with their place; all else leads back to the agent who
transferred, and where that is not possible back into the queue that they came from.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from acd.port import Assignment
from dialplan.decision import priority
from dialplan.directory import CONSULT_S, Refusal, Target, endpoints, look_up
from dialplan.queuerules import Queue
from ivr import recording, remembered
from ivr.consult import OUTSIDE
from ivr.flow import resume, through_the_menus, topics_again
from ivr.remembered import Wanted
from ivr.session import Call, Outcome, Phase
from ivr.waiting import goodbye, ring, wait_and_talk

_log = structlog.get_logger(__name__)


def transferred(call: Call) -> Outcome:
    """From the arrival in the transfer context to the end of the call."""
    acd = call.services.acd
    call.language = remembered.language(call.channel)
    recording.remembered(call)
    typed = call.channel.get_variable("RM_TARGET")
    contact_id = acd.contact_of(call.contact_id)
    if contact_id is None:  # a talk of the safety net's queue, or one that began before this engine
        _log.warning("transfer.unknown_contact", target_known=typed in call.rules.agents)
        return resume(call)
    call.contact_id, call.offered = contact_id, True
    back_to = acd.agent_talking_to(contact_id)
    target = look_up(call.rules, typed, back_to or "", call.services.clock(), blind=True)
    refused = target.value if isinstance(target, Refusal) else None
    _log.info("transfer.asked", contact_id=contact_id, by=back_to, refused=refused)
    wanted = remembered.wanted(call.channel, call.rules, call.language, call.services.now(), call.number)
    call.channel.music(wanted.queue.music)
    if isinstance(target, Target) and target.queue is not None:
        return _to_queue(call, wanted, target.queue)
    if isinstance(target, Target) and target.official is not None and _official_has_them(call, wanted, target):
        return goodbye(call)
    # At once, before any sentence: a contact that nobody claims is soon taken for ended.
    assignment = None
    if isinstance(target, Target) and target.agent is not None:
        assignment = acd.rejoin(contact_id, call.channel_name, target.id)
    if assignment is None and back_to:
        assignment = acd.rejoin(contact_id, call.channel_name, back_to)
    while assignment is not None:
        if ring(call, assignment, wanted, None):
            return goodbye(call)
        call.channel.music(wanted.queue.music)
        assignment = _next(call, back_to)
    return resume(call, ("transfer_failed",))


def _to_queue(call: Call, wanted: Wanted, queue: Queue) -> Outcome:
    """Into another queue, in the language as before. The core keeps the place: a talk jumps nobody."""
    waited_s, now = call.services.acd.sent_to_queue(call.contact_id, queue.key), call.services.now()
    if waited_s is not None:
        wanted = replace(wanted, waited_s=waited_s, first_queued_at=now - waited_s)
    place = priority(call.rules, wanted.topic, queue.key, call.number)
    there = replace(
        wanted,
        queue=queue,
        requirement=queue.requirement(call.language),
        first_words=(queue.entry_prompt,),
        points=place.points,
        order_class=place.order_class,
        resumed=False,
        handed_on_by=call.services.acd.agent_talking_to(call.contact_id),
    )
    outcome = wait_and_talk(call, there)
    return outcome if outcome is not None else through_the_menus(call, topics_again(call))


def _official_has_them(call: Call, wanted: Wanted, target: Target) -> bool:
    """Ring the official and stay for the talk. False: back to the agent, under music."""
    acd, official = call.services.acd, target.official
    acd.ring_official(call.contact_id, call.channel_name, target.id)
    recording.before_official(call)
    call.voice.keys.clear()
    call.say("transferring_official")
    options = f"gim({wanted.queue.music})" + (OUTSIDE if official is not None and official.number is not None else "")
    for endpoint in endpoints(call.rules, target):
        call.dialling = True
        variables = {"RM_PHASE": Phase.RINGING.value, "RM_OFFICIAL": target.id}
        status = call.channel.dial(endpoint, CONSULT_S, options, **variables)
        call.dialling = False
        _log.info("transfer.official_rang", contact_id=call.contact_id, official=target.id, dialstatus=status)
        if status == "ANSWER":
            return True
        if status in ("BUSY", "NOANSWER"):
            break
    call.channel.set_variables(RM_PHASE=Phase.WAITING.value, DIALSTATUS="")
    call.channel.music(wanted.queue.music)
    return False


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
