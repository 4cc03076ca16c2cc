"""What the engine before this one had in hand, beside what the PBX says now: the dispatcher's helper, its thread only.

The PBX knows who waits, rings and talks; the journal knows who was wrapping up, whose answer has been counted, and
whose contact has no end yet. Without a journal nothing is remembered, and nothing else is different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from acd.ami.view import View
from acd.core.events.contacts import Channel
from acd.core.events.event import Event
from acd.core.events.found import EndedUnseen, TalkAdopted, WrapupRestored
from acd.core.memory import Memory
from acd.core.model import WAITING, State
from acd.core.states import ContactState


class Remembering:
    """Nothing is remembered until `memory` is set."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.memory: Memory | None = None

    def told(self, event: Event) -> Event:
        """A talk that is found in the PBX at the engine's start counts as answered if no engine has seen its answer."""
        if not isinstance(event, TalkAdopted) or self.memory is None:
            return event
        known = self.memory.contacts.get(event.contact_id)
        if known is not None:
            counts = known.state in WAITING and not known.answered
            return replace(event, counts=counts, first_queued_at=known.first_queued_at)
        if event.first_queued_at is None:
            return event
        return replace(event, counts=True, offered=True)  # it fell from the menu into the safety net

    def left_over(self, state: State, unknown: Callable[[str], bool] = lambda _: False) -> Iterator[Event]:
        """When the callers who waited are back: how all goes on of which the PBX knows nothing any more.

        Once; of contacts whose PBX has not been read yet (`unknown`), when it has.
        """
        memory, self.memory = self.memory, None
        if memory is None:
            return
        later = {key: one for key, one in memory.contacts.items() if unknown(key)}
        if later:
            self.memory = Memory(later)
        contacts = {key: one for key, one in memory.contacts.items() if key not in state.contacts and key not in later}
        for wrapup in memory.wrapups:
            known = contacts.get(wrapup.contact_id)
            if known is not None and known.state is ContactState.WRAPUP:
                del contacts[wrapup.contact_id]
                yield WrapupRestored(wrapup.agent_id, known, wrapup.since, extended=wrapup.extended)
        for known in contacts.values():
            waits = known.state in (*WAITING, ContactState.IVR)
            back = known.contact_id in self._view.queue_callers
            if (
                not back
                and not (waits and self._view.caller_lives(known.contact_id))
                and (known.channel == Channel.VOICE or known.state is ContactState.CONNECTED)
            ):
                yield EndedUnseen(known)  # the others are on their way back to us
