"""The agent's `*4`: the warning that the law asks for; pressed again in the same talk, the announcement and the end.

The PBX runs this on the citizen's channel (features.conf, context `talk-abuse`), while the agent hears that an
announcement is being made. When it returns, or the engine dies, the talk goes on; only this file ends it. What the
citizen may press meanwhile means nothing: a warning is heard to its end.
"""

from __future__ import annotations

import structlog

from ivr import remembered
from ivr.agi import AgiChannel
from ivr.session import Request, Services
from ivr.voice import Voice

_log = structlog.get_logger(__name__)
WHAT = "abuse"  # of TalkNoted
WARNED, ENDED = "warned", "ended"


def abuse(services: Services, channel: AgiChannel, request: Request) -> None:  # noqa: ARG001 - as every agent's entry
    """Warn, or end. On any other channel than a talking citizen's it does nothing."""
    contact_id = services.acd.contact_of(channel.env.get("agi_uniqueid", ""))
    agent = services.acd.agent_talking_to(contact_id) if contact_id is not None else None
    _log.info("talkkey.pressed", agent=agent, key="4", contact_id=contact_id)
    if contact_id is None or agent is None:
        return
    language = remembered.language(channel)
    voice = Voice(channel, services.stopwatch)
    if services.marks.warn(contact_id, agent):
        services.acd.note(contact_id, agent, WHAT, WARNED)
        voice.say([services.sound(language, "abuse_warning")], listen_for=frozenset())
        return
    services.acd.note(contact_id, agent, WHAT, ENDED)
    voice.say([services.sound(language, "abuse_end")], listen_for=frozenset())
    channel.hangup()
