"""Callers of a scenario who take a call-back: the keys go through the same talk as the live session's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.core.events.callbacks import CallbackBooked
from dialplan.decision import callbacks_possible, route
from dialplan.overflow import OFFER_PROMPTS
from ivr import booking
from ivr.booking import ENDS, Asking

if TYPE_CHECKING:
    from tests.scenarios.pure import Line, Play


def offer(play: Play, line: Line) -> None:
    """What a caller who still waits then hears, by the rules."""
    contact = play.state.contacts.get(line.call.id)
    if callbacks_possible(play.rules) and contact is not None and not line.gone and not contact.is_called():
        line.heard += OFFER_PROMPTS
        line.offered = True


def book(play: Play, line: Line, keys: str) -> None:
    """1 or 2 after an offer, or 1 after the closed message, and what is typed then; silence after it."""
    closed = line.outcome == "closed" and not line.facts
    if not line.offered and not (closed and "closed_booking" in line.heard):
        return
    talk = booking.begin(play.rules, line.language, line.call.number or "", choose_time=closed or keys[0] == "2")
    left = list(keys[1:])
    while True:
        line.heard += [key for key in talk.say if key in play.rules.prompts]
        if talk.asking in ENDS:
            break
        talk = booking.press(play.rules, talk, left.pop(0) if left else None, play.clock(0))
    if talk.asking is not Asking.DONE:
        return
    offered = line.offer
    found = route(play.rules, line.language, offered.topic if offered else play.rules.any_topic)
    contact = play.state.contacts.get(line.call.id)
    slot_at = None if talk.slot is None else talk.slot.timestamp()
    line.heard += ["callback_kept" if slot_at is None else "callback_booked", play.rules.goodbye_prompt]
    line.outcome = "callback"
    play.feed(
        CallbackBooked(
            line.call.id, line.language, found.topic, offered.queue if offered else found.queue or "", found.requirement,
            first_queued_at=play.now if contact is None else contact.first_queued_at,
            due_at=play.now if slot_at is None else slot_at, slot_at=slot_at,
            waited_s=0.0 if contact is None else contact.waited_s(play.now), counted=contact is not None,
        )
    )  # fmt: skip
