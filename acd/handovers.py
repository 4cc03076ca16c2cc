"""What agents ask to have done with their citizen, and what became of it: consultations, and sending on.

The dispatcher's thread only. Whom a citizen may be handed to is judged before (dialplan/directory.py); here it is only
done, by the PBX's hands, and noted.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from acd.ami.consults import Consult
from acd.ami.view import View
from acd.core.facts import Fact, TalkNoted
from acd.pbx import Pbx
from acd.port import Answer

_log = structlog.get_logger(__name__)


class Handovers:
    """The writer's helper for this."""

    def __init__(self, view: View, pbx: Pbx, publish: Callable[[Fact], None]) -> None:
        self._view = view
        self._pbx = pbx
        self._publish = publish

    def consult(self, agent_id: str, target: str, *, after_key: bool) -> Answer:
        """See `acd.port.Acd.consult`. One at a time."""
        leg = self._view.legs.talk_leg(agent_id)
        if leg is None or self._view.consults.of_contact(leg.contact_id) is not None:
            return Answer.NOT_APPLICABLE
        if after_key:
            self._view.consults.wanted[leg.uniqueid] = target
        else:
            self._begin(leg.name, target)
        return Answer.DONE

    def consult_begins(self, agent_id: str, target: str, local: str) -> bool:
        """See `acd.port.Acd.consult_begins`."""
        leg = self._view.legs.talk_leg(agent_id)
        if leg is None:
            return False
        self._view.consults.begin(Consult(leg.contact_id, agent_id, target, local))
        return True

    def send_on(self, agent_id: str, target: str, now: float) -> Answer:
        """See `acd.port.Acd.send_on`."""
        leg = self._view.legs.talk_leg(agent_id)
        if leg is None:
            return Answer.NOT_APPLICABLE
        self._view.legs.agent_hung_up(agent_id, now)
        self._view.legs.end(leg)
        self._view.transferred[leg.contact_id] = now
        self._send_on(leg.contact_id, target)
        return Answer.DONE

    def follow(self, now: float) -> None:
        """Do and note what the packet that was just read has led to."""
        view = self._view
        while view.noted:
            contact_id, to, detail, by = view.noted.pop(0)
            self._publish(TalkNoted(now, contact_id, to, "transfer", detail, by))
            channel = view.caller_channel.get(contact_id)
            if detail == "consult:answered" and to not in view.agents and channel:
                self._pbx.name_official(channel, to)  # never without a channel: that would name everybody's
        while view.to_consult:
            self._begin(*view.to_consult.pop(0))
        while view.to_send_on:
            self._send_on(*view.to_send_on.pop(0))

    def _begin(self, channel: str, target: str) -> None:
        sent = self._pbx.consult(channel, target)
        _log.info("consult.asked", channel=channel, target=target, sent=sent)

    def _send_on(self, contact_id: str, target: str) -> None:
        channel = self._view.caller_channel.get(contact_id)
        sent = channel is not None and self._pbx.send_on(channel, target)
        _log.info("contact.sent_on", contact_id=contact_id, target=target, sent=sent)
