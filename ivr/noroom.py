"""A caller who may not wait, because the queue is full or the centre closes soon: the words, and the way elsewhere.

What the rules say of them is `dialplan.overflow`'s. An agent who comes free while the words are said still takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from acd.core.events.contacts import Departure
from dialplan import calendar
from dialplan.decision import Route, priority
from dialplan.overflow import NoRoom, TurnedAway
from dialplan.queuerules import OverflowKind
from ivr import callbacks, say
from ivr.remembered import Wanted
from ivr.session import Call, Outcome, Phase

_ENDS = {
    NoRoom.FULL: (Departure.FULL, Outcome.FULL),
    NoRoom.CLOSING: (Departure.CLOSED, Outcome.CLOSED),
}


def elsewhere(call: Call, wanted: Wanted, route: Route) -> Wanted:
    """What is waited for in the queue that takes this one's callers; the moment of arrival stays."""
    queue = call.rules.queues[route.queue or ""]
    place = priority(call.rules, route.topic, queue.key, call.number)
    return replace(
        wanted,
        queue=queue,
        requirement=route.requirement,
        first_words=route.say,
        points=place.points,
        order_class=place.order_class,
    )


def farewell(call: Call, wanted: Wanted, turn: TurnedAway, matched: Callable[[], bool]) -> Outcome | None:
    """Why not, when again, a call-back where the rules offer one, goodbye. None: an agent came free meanwhile."""
    call.voice.say(with_opening(call, turn.say, turn.opens_at), until=matched, listen_for=frozenset())
    if turn.kind is OverflowKind.CALLBACK and callbacks.offered(call) and not matched():
        booked = callbacks.offer_once(call, wanted, matched)
        if booked is not None:
            return booked
    call.voice.say(call.sounds(*turn.last), until=matched, listen_for=frozenset())
    if matched():
        return None
    departure, outcome = _ENDS[turn.why]
    call.services.acd.depart(call.contact_id, departure)
    call.offered = False
    call.set_phase(Phase.DONE)
    call.say(call.rules.goodbye_prompt)
    call.channel.hangup()
    return outcome


def with_opening(call: Call, prompts: tuple[str, ...], opens_at: datetime | None) -> list[str]:
    """The prompts as sounds, the next opening in words after the first, where there is one within sight."""
    first, *rest = prompts
    words: tuple[str, ...] = ()
    if opens_at is not None:
        now = calendar.in_seoul(call.services.clock())
        words = say.opening(call.language.value, calendar.in_seoul(opens_at), now).pieces
    return call.sounds(first, *words, *rest)
