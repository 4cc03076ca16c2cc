"""Consultation: an agent speaks with a colleague or an official before their citizen does (담당자 연결).

Two sessions on two channels. `by_key`, after `*2`, on the agent's: asks for the four digits and judges them. `consult`,
on the channel that the PBX rings the target over: judges again, because AMI and an agent's phone lead there too, rings,
and tells the agent why nobody came. The consultation itself is the PBX's, and goes on without the engine.
"""

from __future__ import annotations

import structlog

from acd.port import Answer, Talk
from dialplan.directory import CONSULT_S, DIGITS, Refusal, Target, endpoints, look_up
from dialplan.language import Language
from ivr.agi import AgiChannel
from ivr.features import endpoint_of
from ivr.session import Request, Services
from ivr.voice import Voice

_log = structlog.get_logger(__name__)
_KEY_S = 5.0
_LEAVES_S = 3.0  # a citizen who is sent on leaves the agent in far less
_CANCEL = "*"
_NOT_APPLICABLE, _REFUSED = "agent_not_applicable", "agent_transfer_refused"
REFUSALS = {Refusal.CLOSED: "agent_target_closed"}  # every other one: there is no such target
_NO_LINE = "agent_target_no_line"
# By DIALSTATUS. A phone that declines and one that is busy say the same (486).
_WHY_NOT = {"BUSY": "agent_target_busy", "NOANSWER": "agent_target_no_answer", "CANCEL": None, "ANSWER": None}
OUTSIDE = "b(centre-id^s^1)"  # towards a carrier: the centre's own number is shown


def by_key(services: Services, channel: AgiChannel, agent: str, talk: Talk) -> str | None:
    """`*2`: ask whom, and begin. Returns the prompt that says why not; None when it begins, or the agent let it be."""
    typed = _typed(services, channel)
    if not typed:
        return None
    rules = services.rules()
    target = look_up(rules, typed, agent, services.clock(), blind=False)
    if isinstance(target, Refusal):
        _log.info("consult.refused", agent=agent, contact_id=talk.contact_id, target=typed, why=target.value)
        return REFUSALS.get(target, _REFUSED)
    if target.queue is not None:
        return _into_queue(services, channel, agent, typed)
    if not endpoints(rules, target):
        return _NO_LINE
    return None if services.acd.consult(agent, typed, after_key=True) is Answer.DONE else _NOT_APPLICABLE


def _into_queue(services: Services, channel: AgiChannel, agent: str, typed: str) -> str | None:
    """There is nobody to speak to first: the citizen goes at once, when the agent has heard it."""
    Voice(channel, services.stopwatch).say([services.sound(Language.KO, "agent_to_queue")])
    return None if services.acd.send_on(agent, typed) is Answer.DONE else _NOT_APPLICABLE


def _typed(services: Services, channel: AgiChannel) -> str:
    """Four digits, or fewer and `#`; "" when nothing was typed, or `*`."""
    voice = Voice(channel, services.stopwatch)
    voice.say([services.sound(Language.KO, "agent_consult_number")])
    typed = ""
    while len(typed) < DIGITS and (press := voice.hear(_KEY_S)) is not None and press.key != "#":
        if press.key == _CANCEL:
            return ""
        typed += press.key
    return typed


def consult(services: Services, channel: AgiChannel, request: Request) -> None:  # noqa: ARG001 - as every agent's entry
    """Ring the target that was dialled, for the agent who transfers, or whose phone this is."""
    channel.set_variables(RM_CONSULT="judged")  # whatever follows, the PBX rings nobody by itself
    rules, typed = services.rules(), channel.env.get("agi_extension", "")
    uniqueid = channel.env.get("agi_uniqueid", "")
    transferer = endpoint_of(channel.get_variable("TRANSFERERNAME"))
    agent = transferer or endpoint_of(channel.env.get("agi_channel", ""))
    target = look_up(rules, typed, agent, services.clock(), blind=False)
    said: str | None = _REFUSED
    into_queue = False
    if agent not in rules.agents:
        _log.warning("consult.refused", by=agent, target=typed[:8], why="no agent of the rules")
    elif isinstance(target, Refusal):
        said = REFUSALS.get(target, _REFUSED)
    elif target.queue is not None:
        into_queue = bool(transferer)
        said = _into_queue(services, channel, agent, typed) if into_queue else _REFUSED
    else:
        begun = True
        if transferer:
            begun = services.acd.consult_begins(agent, typed, uniqueid)
        else:
            services.acd.calls_official(uniqueid, typed)
        said = _ring(services, channel, target) if begun else _NOT_APPLICABLE
    _log.info("consult.ended", agent=agent, target=typed, said=said)
    voice = Voice(channel, services.stopwatch)
    if said is not None:
        voice.say([services.sound(Language.KO, said)])
    elif into_queue:
        # The PBX ends this when the citizen has left. Ended before, it would join the agent with nobody, for ever.
        voice.hear(_LEAVES_S)


def _ring(services: Services, channel: AgiChannel, target: Target) -> str | None:
    """Ring until somebody answers, and stay for the talk. The prompt that says why nobody did."""
    options = "i" + ("t" if target.agent is not None else "")
    if target.official is not None and target.official.number is not None:
        options += OUTSIDE
    said: str | None = _NO_LINE
    for endpoint in endpoints(services.rules(), target):
        status = channel.dial(endpoint, CONSULT_S, options)
        if status in _WHY_NOT:
            return _WHY_NOT[status]
    return said
