"""Call-backs: what their book and their sessions tell the dispatcher. Part of `acd.dispatcher`."""

from __future__ import annotations

from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
)
from acd.core.events.legs import TalkEnded
from acd.doors.door import Door


class CallbackDoor(Door):
    """For `acd.callbacks.book`, which keeps them on the disk."""

    def callback_booked(self, booked: CallbackBooked) -> None:
        """It is on the disk: the contact has no caller on the line any more."""

        def begin(now: float) -> None:
            self._writer.view.detach_caller(booked.contact_id)
            self._writer.alive.add(booked.contact_id)
            self._writer.on_line.discard(booked.contact_id)
            self._writer.feed(booked, now)

        self._inbox.put(begin)

    def close_callback(self, contact_id: str, why: CallbackEnd) -> None:
        """It is not needed any more."""
        self._inbox.put(lambda now: self._writer.feed(CallbackClosed(contact_id, why), now))

    def citizen_dialled(self, contact_id: str) -> bool:
        """Whether the citizen may be rung now: an agent is reserved for it, and they were not rung for that agent yet.

        True once for each ring of an agent, and then it is an attempt.
        """

        def ask(now: float) -> bool:
            contact = self._writer.state.contacts.get(contact_id)
            reservation = contact.reservation if contact is not None and contact.is_called() else None
            if reservation is None or reservation.citizen_dialled:
                return False
            self._writer.feed(CitizenDialled(contact_id), now)
            return True

        return self._inbox.ask(ask, False)

    def citizen_over(self, contact_id: str, result: CitizenResult | None) -> None:
        """The session's word, the second witness: not reached, or (None) talked with, and that is over."""

        def over(now: float) -> None:
            if result is not None:
                self._writer.feed(CitizenFailed(contact_id, result), now)
                return
            contact = self._writer.state.contacts.get(contact_id)
            if contact is not None and contact.is_called():  # the talk came and went out of the PBX's sight
                agent_id = contact.reservation.agent.id if contact.reservation is not None else None
                self._writer.feed(CitizenAnswered(contact_id, agent_id), now)
            self._writer.feed(TalkEnded(contact_id), now)
            self._writer.feed(CallbackClosed(contact_id, CallbackEnd.KEPT), now)  # if nobody knows with whom

        self._inbox.put(over)
