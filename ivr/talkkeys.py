"""An agent's keys in a talk: `*2`, `*3`, and what each does (`*4` is ivr/abuse.py). Never a citizen's keys.

The PBX runs this on the agent's own channel (features.conf, context `talk-key`), taken out of the talk for so long:
what is said here only the agent hears, and the citizen hears nothing, or music where features.conf names a class.
When it returns, or the engine dies, the talk goes on. Who the agent is comes from the channel, and the talk from the
PBX's events; a key that does not apply changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from acd.port import Talk
from dialplan.language import Language
from ivr.agi import AgiChannel
from ivr.consult import by_key
from ivr.features import endpoint_of
from ivr.recording import pause_key
from ivr.session import Request, Services
from ivr.voice import Voice

_log = structlog.get_logger(__name__)
_NOT_APPLICABLE = "agent_not_applicable"

# (services, the agent's channel, the agent, the talk) -> the prompt that the agent hears, None for no word.
TalkKey = Callable[[Services, AgiChannel, str, Talk], str | None]

ACTIONS: Mapping[str, TalkKey] = {"2": by_key, "3": pause_key}


def talk_key(services: Services, channel: AgiChannel, request: Request) -> None:
    """Carry out the key (`?key=3` is `*3`) and tell the agent what came of it."""
    key = request.parameters.get("key", "")
    agent = endpoint_of(channel.env.get("agi_channel", ""))
    action, talk = ACTIONS.get(key), services.acd.talk_of(agent)
    said: str | None = _NOT_APPLICABLE
    if action is not None and talk is not None and agent in services.rules().agents:
        said = action(services, channel, agent, talk)
    _log.info("talkkey.pressed", agent=agent, key=key, contact_id=talk.contact_id if talk else None, said=said)
    if said is not None:
        Voice(channel, services.stopwatch).say([services.sound(Language.KO, said)])
