"""What a session does about recording: the notice that the citizen hears first, the PBX's MixMonitor, the agent's *3.

The law wants the notice heard before the citizen is joined with an agent; nobody's match may wait for it. So it is the
first sentence of waiting, and who is matched before its end hears it from the PBX while the agent's phone rings (a
class of musiconhold.conf begins with it). An agent who answers sooner is joined when it is over (context `whisper`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from acd.port import Talk
from dialplan.queuerules import Queue
from dialplan.talkrules import NOTICE_PROMPT, RecordingClass
from ivr.agi import AgiChannel
from ivr.recorder import Toggled
from ivr.session import Call, Services

_log = structlog.get_logger(__name__)
# On the caller's channel: until when the notice is heard (epoch seconds), inherited by the agent's leg, and the class.
UNTIL, CLASS = "RM_NOTICE_UNTIL", "RM_RECORDING"
_HEARD = "0"  # of UNTIL
START_S = 0.25  # from the variable's setting to the music's first sample
_SAID = {
    Toggled.PAUSED: "agent_recording_paused",
    Toggled.RESUMED: "agent_recording_resumed",
    Toggled.NONE: "agent_recording_none",
    Toggled.UNCHANGED: "agent_recording_unchanged",
}


@dataclass(frozen=True, slots=True)
class Dialling:
    """How a Dial is to be made: with these variables, under this music; `gated`: the agent may have to wait."""

    music: str
    variables: Mapping[str, str]
    gated: bool = False


def notice_due(call: Call, queue: Queue) -> bool:
    """Whether this caller's talk will be recorded and they have not heard so."""
    return call.services.recorder is not None and _kind(call, queue) is not None and not call.notice_heard


def say_notice(call: Call, until: Callable[[], bool]) -> None:
    """Say it while they wait; cut short, it counts as not heard."""
    call.notice_heard = call.voice.say(call.sounds(NOTICE_PROMPT), until=until)


def before_dial(call: Call, queue: Queue) -> Dialling:
    """Have the talk recorded, if its queue says so, and the notice heard before it."""
    kind, recorder = _kind(call, queue), call.services.recorder
    if kind is None or recorder is None:
        _stop(call)
        return Dialling(queue.music, {})
    if not call.recorded:
        call.recorded = recorder.begin(call.contact_id, kind, call.channel)
    if not call.recorded:
        return Dialling(queue.music, {})
    if call.notice_heard:
        return Dialling(queue.music, {f"__{UNTIL}": _HEARD, CLASS: kind.name})
    ends_at = call.services.now() + START_S + call.services.length_s(call.language, NOTICE_PROMPT)
    return Dialling(f"notice-{call.language.value}", {f"__{UNTIL}": f"{ends_at:.3f}", CLASS: kind.name}, gated=True)


def after_dial(call: Call, dialling: Dialling, *, answered: bool) -> Mapping[str, str]:
    """Who was joined has heard the notice; who was not, only if the phone rang for long enough.

    Returns what the caller's channel is to be told when they wait on.
    """
    if dialling.gated:
        call.notice_heard = answered or call.services.now() >= float(dialling.variables[f"__{UNTIL}"])
    return {f"__{UNTIL}": ""} if dialling.gated and not call.notice_heard else {}


def before_official(call: Call) -> None:
    """The citizen is to be rung through to an official: what is said there is recorded only if the class says so."""
    kind = call.rules.recordings.classes.get(call.channel.get_variable(CLASS)) if call.recorded else None
    if kind is not None and not kind.officials:
        _stop(call)


def _stop(call: Call) -> None:
    """The contact goes where nothing is recorded."""
    if call.recorded and call.services.recorder is not None:
        call.channel.stop_recording()
        call.channel.set_variables(**{CLASS: ""})
        call.recorded = False
        call.services.recorder.stopped(call.contact_id)


def remembered(call: Call) -> None:
    """What the caller's channel knows of an earlier session: a notice that was heard, a recording that goes on."""
    until = call.channel.get_variable(UNTIL)
    try:
        call.notice_heard = until != "" and float(until) <= call.services.now()
    except ValueError:
        call.notice_heard = False
    call.recorded = call.channel.get_variable(CLASS) != ""


def pause_key(services: Services, channel: AgiChannel, agent: str, talk: Talk) -> str:  # noqa: ARG001 - as every key's
    """`*3`: pause, or go on. It acts before anything is said; the citizen hears nothing of it."""
    recorder = services.recorder
    toggled = Toggled.NONE if recorder is None else recorder.toggle(talk.contact_id, agent)
    _log.info("recording.toggled", contact_id=talk.contact_id, agent=agent, result=toggled.value)
    return _SAID[toggled]


def _kind(call: Call, queue: Queue) -> RecordingClass | None:
    return call.rules.recordings.classes.get(queue.recording or "")
