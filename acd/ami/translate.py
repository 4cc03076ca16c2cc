"""From what the PBX says to what happened to contacts and agents: AMI packets in, core events out.

Deterministic and without I/O: the dispatcher calls it with each packet and the time. The table names the room that
reads each packet; what is remembered between packets is the view (acd/ami/view.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from acd.ami import calls, queues, transfers
from acd.ami.packets import Packet
from acd.ami.view import View
from acd.core.events.event import Event

_READERS: dict[str, Callable[[View, Packet], list[Event]]] = {
    "Newchannel": calls.new_channel,
    "Newstate": calls.new_state,
    "DialBegin": calls.dial_begin,
    "DialState": calls.dial_state,
    "DialEnd": calls.dial_end,
    "HangupRequest": calls.hangup_request,
    "SoftHangupRequest": calls.soft_hangup,
    "Hangup": calls.hangup,
    "Hold": partial(calls.hold, on_hold=True),
    "Unhold": partial(calls.hold, on_hold=False),
    "BlindTransfer": transfers.blind_transfer,
    "AttendedTransfer": transfers.attended_transfer,
    "QueueCallerJoin": queues.queue_join,
    "QueueCallerLeave": queues.queue_leave,
    "DeviceStateChange": queues.device_state,
    "ContactStatus": queues.contact_status,
}
EVENTS = tuple(_READERS)  # all that the PBX is asked to send


def translate(view: View, packet: Packet, now: float) -> list[Event]:
    """What this packet means for contacts and agents; nothing for most packets. `now` is epoch seconds."""
    reader = _READERS.get(packet.name)
    view.now = now
    return reader(view, packet) if reader else []
