"""The board between the dispatcher and the sessions: who is to ring whom, until the session has taken it.

The wake-up key only wakes; what to do is read here. One small lock, never held across I/O. Written by the
dispatcher, read and taken from by any session's thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from acd.port import Assignment

WAKE_EVERY_S = 0.1  # a key that comes 120 ms before the session reads is lost (measured): say it again

REMEMBERED_S = 600.0  # a session that has not come for it by then is dead


@dataclass(slots=True)
class _Posted:
    assignment: Assignment
    channel: str
    wake_at: float
    taken: bool = False


class AssignmentBoard:
    """Assignments by contact, one each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posted: dict[str, _Posted] = {}
        self._to_net: dict[str, float] = {}  # contact -> when it was given up

    def post(self, assignment: Assignment, channel: str, now: float) -> None:
        """From now on the contact's session may take it; it has just been woken."""
        with self._lock:
            self._posted[assignment.contact_id] = _Posted(assignment, channel, now + WAKE_EVERY_S)

    def take(self, contact_id: str, reservation_id: int | None = None) -> Assignment | None:
        """The assignment, once; that of this reservation, if one is named."""
        with self._lock:
            posted = self._posted.get(contact_id)
            if posted is None or posted.taken or reservation_id not in (None, posted.assignment.reservation_id):
                return None
            posted.taken = True
            return posted.assignment

    def void(self, contact_id: str, reservation_id: int) -> bool:
        """The reservation is over. True when the session had taken it, and so may be dialling."""
        with self._lock:
            posted = self._posted.get(contact_id)
            if posted is None or posted.assignment.reservation_id != reservation_id:
                return False
            del self._posted[contact_id]
            return posted.taken

    def pending(self, contact_id: str) -> bool:
        """Whether an assignment waits to be taken or is being rung: then nothing may be announced."""
        with self._lock:
            return contact_id in self._posted or contact_id in self._to_net

    def send_to_net(self, contact_id: str, now: float) -> None:
        """The session, if it still lives, is to leave for the safety net."""
        with self._lock:
            self._posted.pop(contact_id, None)
            self._to_net = {one: since for one, since in self._to_net.items() if now - since < REMEMBERED_S}
            self._to_net[contact_id] = now

    def taken_to_net(self, contact_id: str) -> bool:
        """Whether the contact is to leave; said once."""
        with self._lock:
            return self._to_net.pop(contact_id, None) is not None

    def due_wakes(self, now: float) -> Iterator[str]:
        """Channels that are to be woken again, because nobody has taken what waits for them."""
        with self._lock:
            due = [one for one in self._posted.values() if one.channel and not one.taken and one.wake_at <= now]
            for one in due:
                one.wake_at = now + WAKE_EVERY_S
        return iter([one.channel for one in due])

    def next_wake_at(self) -> float | None:
        """When `due_wakes` has something again; None when everything is taken."""
        with self._lock:
            return min((one.wake_at for one in self._posted.values() if one.channel and not one.taken), default=None)
