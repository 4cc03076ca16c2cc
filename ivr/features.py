"""An agent's feature codes: what `*11` and the others do, and what the agent hears after it.

A code acts before it speaks, even when it is hung up at once. Who the agent is comes from the phone's account
(the channel's endpoint), never from a caller id, which anyone may write. RM_HANDLED tells the PBX's context that
the engine has acted; without it the context does by itself what it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from acd.core.states import Presence
from acd.port import Acd, Answer
from dialplan.language import Language
from dialplan.ruleset import Ruleset
from ivr import supervision
from ivr.agi import AgiChannel
from ivr.session import Request, Services
from ivr.voice import Voice

_log = structlog.get_logger(__name__)
_ENDPOINT = re.compile(r"PJSIP/([A-Za-z0-9]+)-[0-9a-f]+")
_REASON_S = 2.5  # the PBX ends the call 3 s after its beginning
_NOT_APPLICABLE = "agent_not_applicable"


@dataclass(frozen=True, slots=True)
class _Code:
    """One code: what it asks of the dispatcher, and what is said when it is done, and when it comes after the call."""

    act: Callable[[Acd, str], Answer]
    done: str
    after_call: str


_CODES = {
    "*11": _Code(lambda acd, agent: acd.ask_presence(agent, Presence.AVAILABLE), "agent_available", "agent_available"),
    "*12": _Code(lambda acd, agent: acd.ask_presence(agent, Presence.AWAY), "agent_away", "agent_away_after_call"),
    "*13": _Code(
        lambda acd, agent: acd.ask_presence(agent, Presence.OFFLINE), "agent_logged_out", "agent_logged_out_after_call"
    ),
    "*14": _Code(lambda acd, agent: acd.end_wrapup(agent), "agent_wrapup_ended", "agent_wrapup_ended"),
    "*15": _Code(lambda acd, agent: acd.extend_wrapup(agent), "agent_wrapup_extended", "agent_wrapup_extended"),
}
_AWAY = "*12"


def feature(services: Services, channel: AgiChannel, request: Request) -> None:
    """Carry out the code that was dialled, `*11` or `*121`, and confirm it in Korean."""
    dialled = request.parameters.get("code") or channel.env.get("agi_extension", "")
    if not dialled.startswith("*"):
        dialled = f"*{dialled}"
    rules = services.rules()
    agent = endpoint_of(channel.env.get("agi_channel", ""))
    code, digit = dialled[:3], dialled[3:]
    if agent not in rules.agents:
        _log.warning("feature.refused", reason="no agent of the rules", code=code)
        prompt = "agent_unknown"
    elif code in supervision.CODES:
        channel.set_variables(RM_HANDLED="1")
        said = supervision.supervise(services, channel, agent, code, digit)
        if said is None:
            channel.hangup()
            return
        prompt = said
    else:
        prompt = _act(services.acd, rules, agent, code, digit)
        _log.info("feature.done", agent=agent, code=code, said=prompt)
    channel.set_variables(RM_HANDLED="1")
    channel.answer()
    voice = Voice(channel, services.stopwatch)
    if agent and code == _AWAY and not digit and prompt != _NOT_APPLICABLE:
        prompt = _ask_reason(services, voice, rules, agent) or prompt
    voice.say([services.sound(Language.KO, prompt)])
    channel.hangup()


def endpoint_of(channel_name: str) -> str:
    """The account whose phone this channel is: `1001` of `PJSIP/1001-0000002a`; "" for any other channel."""
    found = _ENDPOINT.fullmatch(channel_name)
    return found.group(1) if found else ""


def _act(acd: Acd, rules: Ruleset, agent: str, code: str, digit: str) -> str:
    """Do it; the prompt that tells what came of it."""
    known = _CODES.get(code)
    if known is None:
        return _NOT_APPLICABLE
    if code == _AWAY and digit:
        reason = rules.presence_keys.get(digit)
        if reason is None:
            return _NOT_APPLICABLE
        return _told(known, acd.ask_presence(agent, Presence.AWAY, reason))
    if digit:
        return _NOT_APPLICABLE
    return _told(known, known.act(acd, agent))


def _ask_reason(services: Services, voice: Voice, rules: Ruleset, agent: str) -> str | None:
    """The agent is away already; the key says why. None when no key came in time."""
    begun_s = voice.now_s()
    voice.say([services.sound(Language.KO, "agent_away_menu")])
    pressed = voice.hear(max(0.0, _REASON_S - (voice.now_s() - begun_s)))
    if pressed is None:
        return None
    prompt = _act(services.acd, rules, agent, _AWAY, pressed.key)
    _log.info("feature.reason_given", agent=agent, reason=rules.presence_keys.get(pressed.key))
    return prompt


def _told(code: _Code, answer: Answer) -> str:
    match answer:
        case Answer.DONE:
            return code.done
        case Answer.AFTER_CALL:
            return code.after_call
        case Answer.NOT_APPLICABLE:
            return _NOT_APPLICABLE


def ping(services: Services, channel: AgiChannel, request: Request) -> None:  # noqa: ARG001 - as every agent's entry
    """The PBX asks whether anybody is there, before it gives up on the engine."""
    channel.set_variables(RM_PONG="1")
