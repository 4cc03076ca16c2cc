"""A PBX has died: what becomes of who waited and talked there. The dispatcher's helper, its thread only.

Nothing of it is left, so it is read as empty. Who waited is first taken out of the order, so that nobody is rung for
them, and then called back or let go (`engine.lines`); what has come since from one that runs in its place is not it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acd.ami.names import belongs
from acd.ami.view import Reread, View
from acd.core.events.contacts import ContactDeparted, Departure, FellIntoNet
from acd.core.events.event import Event
from acd.core.model import WAITING, State
from acd.port import Booking
from acd.reconcile import PbxSnapshot, adopt


class LostPbx:
    """`feed` is one step of the core."""

    def __init__(self, view: View, state: Callable[[], State], feed: Callable[[Event, float], None]) -> None:
        self._view = view
        self._state = state
        self._feed = feed

    def waiting(self, node: str, now: float) -> list[str]:
        """The contacts whose callers waited there, in their order; from now on they wait outside of every queue."""
        newer = self._reading(node).touched
        found = [
            one
            for one in self._state().contacts.values()
            if one.state in WAITING and not one.is_called() and belongs(one.id, node) and one.id not in newer
        ]
        found.sort(key=lambda one: (one.order_class, one.order_since, one.id))
        for one in found:
            self._feed(FellIntoNet(one.id), now)
        return [one.id for one in found]

    def gone(self, node: str, booked: Mapping[str, Booking], now: float) -> None:
        """Those who are not called back are over; talks there have ended, and phones registered there are away."""
        for contact_id, result in booked.items():
            if result is not Booking.KEPT:
                why = Departure.CALLBACK if result is Booking.EXISTS else Departure.PBX_LOST
                self._feed(ContactDeparted(contact_id, why), now)
        reading = self._view.rereads.get(node)
        if node:  # of a single PBX the next one knows the phones, and says so when it is read
            for event in self._view.devices(self._view.phones.node_died(node, self._reading(node).touched)):
                self._feed(event, now)
        for event in adopt(self._view, PbxSnapshot((), (), (), {}, node=node), now):
            self._feed(event, now)
        if reading is not None:  # of the one in its place, which is being read just now
            self._view.rereads[node] = reading

    def _reading(self, node: str) -> Reread:
        return self._view.rereads.get(node) or Reread()
