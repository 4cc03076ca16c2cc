"""What the sessions dial at this moment, and what is believed of it while the PBX is out of sight.

While AMI is silent and FastAGI alive the sessions are the only witnesses: an assignment that is taken then counts as
ringing, and one whose Dial has not come back in time as answered, until the PBX is read anew. Deterministic, no I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from acd.core.events.event import Event
from acd.core.events.legs import LegAnswered, LegRang
from acd.core.model import Contact, State
from acd.port import Assignment

ANSWERED_UNSEEN_S = 1.0  # after Dial's own time-out: then it must have been answered


class Dialling:
    """Assignments that were taken and are not over, with the time of taking."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[Assignment, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._taken)

    def begins(self, assignment: Assignment, now: float) -> None:
        """Its session dials now."""
        self._taken[assignment.reservation_id] = (assignment, now)

    def over(self, reservation_id: int) -> str:
        """The dial is over, or of no interest any more. The agent it rang; "" when it was not known."""
        taken = self._taken.pop(reservation_id, None)
        return taken[0].agent_id if taken is not None else ""

    def forget_contact(self, contact_id: str) -> None:
        """The contact is over. (Its caller hung up within Dial: the session reports nothing.)"""
        self._taken = {key: taken for key, taken in self._taken.items() if taken[0].contact_id != contact_id}

    def believed(self, state: State, now: float, out_of_sight: Callable[[str], bool]) -> Iterator[Event]:
        """What must have happened, where nothing is heard of the PBX that has the contact's caller."""
        for reservation_id, (one, taken_at) in list(self._taken.items()):
            contact = state.contacts.get(one.contact_id)
            if contact is None or not is_reserved(contact, reservation_id) or not out_of_sight(one.contact_id):
                continue
            assert contact.reservation is not None
            if contact.reservation.rang_at is None:
                yield LegRang(one.contact_id, one.agent_id, reservation_id)
            elif now >= taken_at + one.ring_timeout_s + ANSWERED_UNSEEN_S:
                yield LegAnswered(one.contact_id, one.agent_id)


def is_reserved(contact: Contact, reservation_id: int) -> bool:
    """Whether this reservation is the one that the contact has now."""
    return contact.reservation is not None and contact.reservation.id == reservation_id
