"""The sessions that call a citizen back: the agent is rung first, then the PBX asks for the number, then says the end.

Scripts of the PBX's contexts `callback` (on the half that rings the agent) and `callback-citizen` (on the half that
goes on when the agent has answered). Nothing is dialled but what the engine allows in that moment: a session that
comes late, twice, or to another engine ends at once. The talk goes on in the PBX, whatever becomes of the engine.
"""

from __future__ import annotations

import structlog

from acd.port import Assignment, CallbackWanted
from ivr import remembered, whisper
from ivr.agi import AgiChannel
from ivr.remembered import Wanted
from ivr.session import Phase, Request, Services
from ivr.waiting import TRANSFER_CONTEXT

_log = structlog.get_logger(__name__)
_ANNOUNCED = "agent_callback"


def ring_agent(services: Services, channel: AgiChannel, request: Request) -> None:
    """Ring the agent who is reserved for this call-back, tell them whom they get, and stay for the talk."""
    del request
    contact_id, number = channel.get_variable("RM_CONTACT"), channel.get_variable("RM_RESERVATION")
    kept = services.callbacks.wanted(contact_id)
    assignment = services.acd.take(contact_id, int(number)) if number.isdecimal() else None
    if kept is None or not isinstance(assignment, Assignment):
        _log.info("callback.session_void", contact_id=contact_id, known=kept is not None)
        return
    rules, now = services.rules(), services.now()
    wanted = _wanted(services, kept)
    remembered.write(
        channel, wanted, contact_id=contact_id, language=kept.language, now=now, __TRANSFER_CONTEXT=TRANSFER_CONTEXT
    )
    words: tuple[str, ...] = ()
    if wanted.queue.whisper:
        since = now - (kept.slot_at or wanted.first_queued_at)
        spoken = whisper.keys(rules, kept.language, kept.topic, max(0.0, since))
        words = tuple(key for key in (_ANNOUNCED, *spoken) if key in rules.prompts)
    variables = {"RM_PHASE": Phase.RINGING.value, whisper.VARIABLE: whisper.value(words)}
    options = "gi" + ("U(whisper)" if words else "")
    status = channel.dial(assignment.endpoint, assignment.ring_timeout_s, options, **variables)
    services.acd.dial_returned(contact_id, assignment.reservation_id, status)
    _log.info("callback.agent_over", contact_id=contact_id, agent=assignment.agent_id, dialstatus=status)


def _wanted(services: Services, kept: CallbackWanted) -> Wanted:
    """What the channel is to remember, should the agent's phone transfer the citizen."""
    rules, now = services.rules(), services.now()
    queue = rules.queues.get(kept.queue) or rules.queues.get(rules.moved_to.get(kept.queue, ""))
    return Wanted(
        queue=queue or next(iter(rules.queues.values())),
        topic=kept.topic,
        requirement=kept.requirement,
        first_words=(),
        first_queued_at=min(now, kept.first_queued_at or now),
        waited_s=kept.waited_s,
    )


def give_number(services: Services, channel: AgiChannel, request: Request) -> None:
    """The agent is there: RM_NUMBER is the citizen's number, if it may be dialled now; else it stays empty."""
    del request
    rule = services.rules().callback
    digits = services.callbacks.may_dial(channel.get_variable("RM_CONTACT"))
    if digits is not None:
        channel.set_variables(RM_NUMBER=digits, RM_RING_S=str(round(rule.ring_timeout_s if rule is not None else 30)))


def take_report(services: Services, channel: AgiChannel, request: Request) -> None:
    """What became of the citizen's call; RM_HANDLED tells the PBX that it need not remember it."""
    del request
    contact_id, status = channel.get_variable("RM_CONTACT"), channel.get_variable("DIALSTATUS")
    _log.info("callback.citizen_over", contact_id=contact_id, dialstatus=status)
    services.callbacks.dialled(contact_id, status)
    channel.set_variables(RM_HANDLED="1")
