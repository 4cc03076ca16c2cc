"""A supervisor listens to an agent's talk, whispers to the agent, or joins: `*51`, `*52`, `*53` and the extension.

Only supervisors of the rules, only after their PIN, only the talk of the agent that was named, and never without an
event in the record that says who, whom and how. The caller's number is nowhere in it.
"""

from __future__ import annotations

import structlog

from acd.ami.names import parted
from acd.port import Talk
from dialplan.language import Language
from ivr.agi import AgiChannel
from ivr.session import Services
from ivr.voice import Voice

_log = structlog.get_logger(__name__)

# q: no beep, which the citizen would hear; E, S: over when the talk is; e: never another extension's channel, whatever
# keys are pressed meanwhile.
_MODES = {"*51": ("listen", "qES"), "*52": ("whisper", "qwES"), "*53": ("barge", "qBES")}
CODES = frozenset(_MODES)
PIN_DIGITS = 6
_KEY_S = 5.0
_TYPING_S = 40  # the PBX ends the call of who types nothing
_NOT_APPLICABLE, _NOBODY, _WRONG = "agent_not_applicable", "agent_not_talking", "agent_pin_wrong"
_ELSEWHERE = "agent_talk_elsewhere"


def supervise(services: Services, channel: AgiChannel, supervisor: str, code: str, target: str) -> str | None:
    """From the code to the end of the talk. Returns the prompt that says why not; None when it was done."""
    rules = services.rules()
    mode, options = _MODES[code]
    if not rules.agents[supervisor].supervisor or target not in rules.agents or target == supervisor:
        _log.warning("supervision.refused", by=supervisor, agent=target[:8], mode=mode)
        return _NOT_APPLICABLE
    talk = services.acd.talk_of(target)
    if talk is None:
        return _NOBODY
    if not services.pins.right(supervisor, _typed_pin(services, channel)):
        _log.warning("supervision.refused", by=supervisor, agent=target, mode=mode, reason="pin")
        services.acd.note(talk.contact_id, target, "supervision", f"{mode}_refused", supervisor)
        return _WRONG
    talk = services.acd.talk_of(target)
    if talk is None:
        return _NOBODY
    spied = channel_here(services, channel, talk)
    if spied is None:
        _log.warning("supervision.refused", by=supervisor, agent=target, mode=mode, reason="at another node")
        services.acd.note(talk.contact_id, target, "supervision", f"{mode}_refused", supervisor)
        return _ELSEWHERE
    channel.end_after(0)
    services.acd.note(talk.contact_id, target, "supervision", mode, supervisor)
    try:
        channel.spy(spied, f"{options}e(PJSIP/{target})")
    finally:
        services.acd.note(talk.contact_id, target, "supervision", f"{mode}_ended", supervisor)
    return None


def channel_here(services: Services, channel: AgiChannel, talk: Talk) -> str | None:
    """The agent's channel by the name that this PBX knows it by; None: another one has it, where nobody hears it."""
    own = services.handle(channel.env.get("agi_uniqueid", ""), channel.env.get("agi_channel", ""))
    node, name = parted(talk.channel)
    return name if node == parted(own)[0] else None


def _typed_pin(services: Services, channel: AgiChannel) -> str:
    """What was typed: six digits, or fewer and `#`."""
    channel.end_after(_TYPING_S)
    channel.answer()
    voice = Voice(channel, services.stopwatch)
    voice.say([services.sound(Language.KO, "agent_pin")])
    typed = ""
    while len(typed) < PIN_DIGITS and (press := voice.hear(_KEY_S)) is not None and press.key != "#":
        typed += press.key
    return typed
