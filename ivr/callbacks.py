"""Call-backs as a caller meets them: the talk that books one, what came of it in words, and the offer while waiting.

What the keys mean is `ivr.booking`'s, what may be booked is the book's (`acd.port.Callbacks`). While the caller types,
the contact keeps its place: a match ends every sentence and every question at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

import structlog

from acd.port import Booking, CallbackWanted
from dialplan.decision import CLOSED_BOOKING, callbacks_possible
from dialplan.overflow import OFFER_PROMPTS
from ivr import booking
from ivr.booking import ENDS, TYPED, Asking, Talk
from ivr.remembered import Wanted
from ivr.session import Call, Outcome, Phase

_log = structlog.get_logger(__name__)
ANSWER_S, DIGIT_S = 6.0, 4.0  # for an answer; between two digits
OFFER_S = 4.0  # for a key after an offer that is made once
OFFER_AGAIN_S = 120.0
KEEP_KEY, TIME_KEY = "1", "2"
_MUSIC = "default"
_BOOKED = {Booking.KEPT: "callback_kept", Booking.BOOKED: "callback_booked"}
_NOT_BOOKED = {
    Booking.EXISTS: "callback_exists",
    Booking.NOT_ALLOWED: "callback_number_not_allowed",
    Booking.TOO_MANY_FOR_NUMBER: "callback_too_many",
    Booking.TOO_MANY_TODAY: "callback_too_many",
    Booking.UNAVAILABLE: "callback_unavailable",
}


def offered(call: Call) -> bool:
    """Whether a call-back can be booked now: by the rules, with a line to the outside, in a book that works."""
    return callbacks_possible(call.rules) and call.services.callbacks.offered()


def book(
    call: Call, wanted: Wanted, *, choose_time: bool, queued: bool = True, matched: Callable[[], bool] = lambda: False
) -> Outcome | None:
    """From the first question to goodbye. None: nothing was booked, and it was said why; or an agent came free.

    `queued`: the caller has a place. After a booking the contact is the book's, and nothing more is told of this call.
    """
    talk = _ask(call, booking.begin(call.rules, call.language, call.number, choose_time=choose_time), matched)
    if talk is None:
        return None
    if talk.asking is Asking.GIVEN_UP:
        call.voice.say(call.sounds(*talk.say), until=matched)
        return None
    found = call.services.callbacks.book(_wanted(call, wanted, talk, queued=queued))
    _log.info("callback.asked", contact_id=call.contact_id, result=found.value, chosen=choose_time)
    if found not in _BOOKED:
        call.voice.say(call.sounds(_NOT_BOOKED[found]), until=matched)
        return None
    return leave(call, _BOOKED[found])


def hold(call: Call, wanted: Wanted) -> None:
    """Who waits here would be called back, should their PBX die with them."""
    call.services.callbacks.hold(_place(call, wanted))


def offer_once(call: Call, wanted: Wanted, matched: Callable[[], bool]) -> Outcome | None:
    """The offer to a caller who may not wait. None: not taken, nothing came of it, or an agent came free."""
    keys = frozenset({KEEP_KEY, TIME_KEY})
    pressed = _choose(call, OFFER_PROMPTS, keys, matched)
    if pressed not in keys or matched():
        return None
    return book(call, wanted, choose_time=pressed == TIME_KEY, matched=matched)


def offer_closed(call: Call, wanted: Wanted, languages: frozenset[str]) -> Outcome | None:
    """Outside the opening hours: 1 books a call. None: goodbye, or a key of another language waits to be used."""
    if call.services.callbacks.open_for(call.number) is not None:
        call.voice.say(call.sounds("callback_open"), listen_for=languages)
        return None
    if not offered(call):
        return None
    pressed = _choose(call, (CLOSED_BOOKING,), languages | {KEEP_KEY}, lambda: False)
    if pressed == KEEP_KEY:
        return book(call, wanted, choose_time=True, queued=False)
    if pressed in languages:
        call.voice.keys.press(pressed, call.voice.now_s())
    return None


def _choose(call: Call, prompts: tuple[str, ...], keys: frozenset[str], matched: Callable[[], bool]) -> str | None:
    """The first of these keys, pressed while the prompts are said or soon after."""
    voice = call.voice
    voice.keys.clear()  # what was typed ahead was no answer to this
    voice.say(call.sounds(*prompts), until=matched, listen_for=keys)
    if not voice.keys and not matched():
        call.channel.music(_MUSIC)
    pressed = voice.hear(OFFER_S, until=matched)
    return pressed.key if pressed else None


def leave(call: Call, *words: str) -> Outcome:
    """What was done, goodbye. The contact is not this session's any more."""
    call.offered = False
    call.set_phase(Phase.DONE)
    call.voice.keys.clear()
    call.voice.say(call.sounds(*words, call.rules.goodbye_prompt), listen_for=frozenset())
    call.channel.hangup()
    return Outcome.CALLBACK


def _ask(call: Call, talk: Talk, matched: Callable[[], bool]) -> Talk | None:
    """The talk's end; None when an agent came free."""
    voice = call.voice
    while talk.asking not in ENDS:
        if talk.say:
            voice.say(call.sounds(*talk.say), until=matched)
            if not voice.keys and not matched():
                call.channel.music(_MUSIC)  # nobody hears silence while they think
        pressed = voice.hear(DIGIT_S if talk.asking in TYPED and talk.typed else ANSWER_S, until=matched)
        if matched():
            return None
        talk = booking.press(call.rules, talk, pressed.key if pressed else None, call.services.clock())
    return talk


def _place(call: Call, wanted: Wanted) -> CallbackWanted:
    """The caller's place as it is, for the number that the carrier gives."""
    return CallbackWanted(
        contact_id=call.contact_id,
        number=call.number,
        language=call.language,
        topic=wanted.topic,
        queue=wanted.queue.key,
        requirement=wanted.requirement,
        first_queued_at=wanted.first_queued_at,
        waited_s=wanted.waited_s,
        points=wanted.points,
        order_class=wanted.order_class,
    )


def _wanted(call: Call, wanted: Wanted, talk: Talk, *, queued: bool) -> CallbackWanted:
    now = call.services.now()
    slot_at = None
    if talk.slot is not None:  # the hours may be judged by another clock (`--at`) than the one that calls back
        slot_at = talk.slot.timestamp() - call.services.clock().timestamp() + now
    place = _place(call, wanted)
    since = place.first_queued_at if queued else None
    return replace(place, number=talk.number, first_queued_at=since, slot_at=slot_at)


class Offer:
    """The offer to one waiting caller: when it is due, what it says, and which keys mean something after it.

    Who has a call-back already is told so at once, and may keep that; others may keep this place (1) or choose a time
    (2) once they have waited for the time of the rule.
    """

    class Choice(Enum):
        """What the caller wants."""

        KEEP_OPEN = "keep_open"  # the call-back that they have
        PLACE = "place"
        TIME = "time"

    def __init__(self, call: Call, waited_s: float) -> None:
        self._call = call
        rule = call.rules.callback
        self._due_s = float("inf")
        self._said = False
        self._has_one = False
        if rule is not None:
            self._has_one = call.services.callbacks.open_for(call.number) is not None
            after_s = 0.0 if self._has_one else max(0.0, rule.offer_after_s - waited_s)
            self._due_s = call.voice.now_s() + after_s

    @property
    def due_s(self) -> float:
        """When it is due, on the clock of `Voice.now_s`."""
        return self._due_s

    def words(self) -> tuple[str, ...]:
        """What is said now; nothing before it is due. It is taken for said."""
        now_s = self._call.voice.now_s()
        if now_s < self._due_s:
            return ()
        self._due_s = now_s + OFFER_AGAIN_S
        if self._has_one:
            words: tuple[str, ...] = () if self._said else ("callback_open", "callback_open_keep")
        else:
            words = OFFER_PROMPTS if offered(self._call) else ()
        self._said = self._said or bool(words)
        return words

    def choice(self, key: str) -> Choice | None:
        """What a key means; None before the offer, and for every other key."""
        if not self._said:
            return None
        if self._has_one:
            return self.Choice.KEEP_OPEN if key == KEEP_KEY else None
        return {KEEP_KEY: self.Choice.PLACE, TIME_KEY: self.Choice.TIME}.get(key)
