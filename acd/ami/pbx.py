"""The dispatcher's port to the PBX, over AMI. No answer is awaited; what Asterisk refuses is logged by the caller's id.

The wake-up key is D: no citizen's phone has it on its keypad, and whoever sends it all the same gains nothing.
"""

from __future__ import annotations

import base64
import re

import structlog
from asterisk.ami import Action

from acd.ami.client import AmiClient
from acd.ami.names import label
from acd.ami.packets import AmiError, Packet
from acd.callfiles import CallFiles
from acd.core.states import Presence
from acd.notices import WAY_BACK
from acd.pbx import Membership
from dialplan.language import Language

WAKE_KEY = "D"
CONSULT_CONTEXT, SEND_ON_CONTEXT = "consult", "agent-transfer"
NOT_NEWS = (  # what Asterisk says when a queue is as it should be, or does what it was asked, already
    "Already requested",
    "Already there",
    "Not there",
    "Interface not found",
)

# What a phone may call itself: it is a part of what Asterisk is asked to do.
_CONTACT = re.compile(r"sips?:[\w.+-]+@[\w.:\[\]-]+(;[\w.=-]+)*", re.ASCII)

_log = structlog.get_logger(__name__)


class AmiPbx:
    """One Asterisk, through one AMI client."""

    def __init__(self, client: AmiClient, call_files: CallFiles | None = None) -> None:
        """`call_files` None: nobody is called back."""
        self._client = client
        self._call_files = call_files

    def wake(self, channel: str) -> bool:
        """PlayDTMF as received from the caller: the session's read returns."""
        return self._send(Action("PlayDTMF", {"Channel": channel, "Digit": WAKE_KEY, "Receive": "true"}))

    def hang_up(self, channel: str) -> bool:
        """Hang up one channel, by its exact name."""
        return self._send(Action("Hangup", {"Channel": channel, "Cause": "16"}))

    def mirror(self, membership: Membership) -> bool:
        """A member of the queue of each language while logged in, paused while away."""
        member = membership.presence in (Presence.AVAILABLE, Presence.AWAY)
        paused = "true" if membership.presence is Presence.AWAY else "false"
        sent = True
        for language in Language:
            where = {"Queue": f"fallback-{language.value}", "Interface": membership.endpoint}
            if not member or language not in membership.languages:
                sent &= self._request("QueueRemove", where)
                continue
            sent &= self._request(
                "QueueAdd",
                where | {"MemberName": label(membership.name), "StateInterface": membership.endpoint, "Paused": paused},
            )
            reason = {"Reason": label(membership.reason)} if membership.reason and paused == "true" else {}
            sent &= self._request("QueuePause", where | {"Paused": paused} | reason)
        return sent

    def withdraw(self, queue: str, channel: str) -> bool:
        """Ask; the PBX does it at once, or when the phone that rings for this caller has stopped."""
        return self._request("QueueWithdrawCaller", {"Queue": queue, "Caller": channel, "WithdrawInfo": "engine"})

    def qualify(self, agent_id: str, node: str = "") -> bool:  # noqa: ARG002 - the port's
        """OPTIONS, now."""
        return self._request("PJSIPQualify", {"Endpoint": agent_id})

    def tell(self, agent_id: str, text: str, node: str = "", uri: str | None = None) -> bool:  # noqa: ARG002 - the port's
        """A SIP MESSAGE, which desk phones and softphones show. One that can't be reached is logged, and no more."""
        if uri is not None and not _CONTACT.fullmatch(uri):
            _log.warning("agent.contact_not_told", agent=agent_id)
            return False
        return self._request(
            "MessageSend",
            {
                "Destination": f"pjsip:{agent_id}" if uri is None else f"pjsip:{agent_id}/{uri}",
                "From": f'"Ringmaster" <sip:{WAY_BACK}@127.0.0.1>',
                "Base64Body": base64.b64encode(text.encode()).decode(),
            },
        )

    def call_back(self, contact_id: str, reservation_id: int, node: str = "") -> bool:  # noqa: ARG002 - the port's
        """By a call file, not by AMI: this user has no right to originate (docs/adr/0014)."""
        return self._call_files is not None and self._call_files.put(contact_id, reservation_id)

    def consult(self, channel: str, target: str) -> bool:
        """The PBX hears the feature's code and the digits as if the agent had pressed them."""
        return self._request("Atxfer", {"Channel": channel, "Context": CONSULT_CONTEXT, "Exten": target})

    def name_official(self, channel: str, official: str) -> bool:
        """The variable RM_OFFICIAL. Without a channel Asterisk would set it for all of them: then nothing is sent."""
        if not channel:
            return False
        return self._request("Setvar", {"Channel": channel, "Variable": "RM_OFFICIAL", "Value": official})

    def send_on(self, channel: str, target: str) -> bool:
        """Redirect: the caller's session ends, and another begins there."""
        return self._request(
            "Redirect", {"Channel": channel, "Context": SEND_ON_CONTEXT, "Exten": target, "Priority": "1"}
        )

    def silence_s(self, node: str = "") -> float:  # noqa: ARG002 - the port's
        """Seconds since anything was heard."""
        return self._client.silence_s()

    def connected(self, node: str = "") -> bool:  # noqa: ARG002 - the port's
        """Whether the client is logged in."""
        return self._client.logged_in.is_set()

    def _send(self, action: Action) -> bool:
        try:
            return self._client.send_nowait(action)
        except AmiError as error:  # a channel name with a line end in it: no such channel of Asterisk's exists
            _log.error("ami.action_refused", action=action.name, error=str(error))
            return False

    def _request(self, name: str, headers: dict[str, str]) -> bool:
        """Send, and log what Asterisk refuses: a wrong configuration of the queues would stay unseen otherwise."""

        def answered(response: Packet) -> None:
            message = response.get("Message")
            if response.status.lower() == "error" and not any(known in message for known in NOT_NEWS):
                where = headers.get("Queue") or headers.get("Destination") or headers.get("Channel")
                _log.warning("ami.action_failed", action=name, where=where, message=message)

        try:
            self._client.request(Action(name, dict(headers)), callback=answered)
        except AmiError as error:
            _log.warning("ami.action_not_sent", action=name, error=str(error))
            return False
        return True
