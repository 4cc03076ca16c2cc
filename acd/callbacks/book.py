"""The book of call-backs: takes bookings from sessions, lets the core know, and keeps the file as the core decides.

A booking is on the disk before anybody is told of it. Every number passes the allow-list when it is booked and again
when it is dialled, and an attempt is on the disk before the citizen is rung. What ends an attempt or a call-back comes
as facts and is written by a thread of its own, again and again until the file takes it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from acd.callbacks.store import CallbackStore, Kept, StoreAway
from acd.core.events.callbacks import CallbackBooked, CallbackEnd, CitizenResult
from acd.core.events.contacts import Channel
from acd.core.facts import CallbackNoted, ContactMoved, Fact
from acd.core.seoul import DAY_S, midnight
from acd.core.states import ContactState
from acd.dispatcher import Dispatcher
from acd.port import Booking, CallbackWanted, OpenCallback
from dialplan import numbers
from dialplan.ruleset import Ruleset

_TRY_AGAIN_S = 1.0
_OVER = frozenset({"kept", "failed", "rang_in", "withdrawn", "on_line"})  # a CallbackNoted that closes
_WAIT = frozenset({ContactState.QUEUED, ContactState.RESERVED, ContactState.IVR})
_RESULTS = {"BUSY": CitizenResult.BUSY, "NOANSWER": CitizenResult.NO_ANSWER, "CANCEL": CitizenResult.NO_ANSWER}
_log = structlog.get_logger(__name__)


class CallbackBook:
    """`acd.port.Callbacks`. `receive` is a subscriber's; `restore` is called once, before the PBX is read."""

    def __init__(
        self,
        store: CallbackStore,
        dispatcher: Dispatcher,
        *,
        rules: Callable[[], Ruleset],
        clock: Callable[[], float],
        identify: Callable[[str], str | None],
    ) -> None:
        """`clock` is epoch seconds, the dispatcher's own; `identify` gives a keyed hash for a number."""
        self._store = store
        self._dispatcher = dispatcher
        self._rules = rules
        self._clock = clock
        self._identify = identify
        self._open: dict[str, Kept] = {}
        self._held: dict[str, tuple[CallbackWanted, float]] = {}  # callers who wait, and since when
        self._lock = threading.Lock()
        self._works = True  # the file was read or written when it was last tried
        self._unread = False
        self._facts: deque[CallbackNoted] = deque()
        self._news = threading.Event()
        self._stopping = False
        self._keeper = threading.Thread(target=self._keep, name="callbacks", daemon=True)

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Keep the file from now on."""
        self._keeper.start()

    def stop(self) -> None:
        """Write what is left, bounded."""
        self._stopping = True
        self._news.set()
        if self._keeper.is_alive():
            self._keeper.join(2.0)
        self._store.release()

    def restore(self) -> None:
        """Tell the core of every call-back that is open. One whose citizen was being rung is not rung again at once."""
        try:
            found = self._store.open_ones()
        except StoreAway as error:
            self._away("callbacks.unread", error)
            self._unread = True  # the keeper tries again
            return
        self._works, self._unread = True, False
        rule, now = self._rules().callback, self._clock()
        for kept in found:
            one = kept
            if kept.wanted.slot_at is None and kept.attempts == 0:  # it has waited on, as long as it was the same day
                waited_s = kept.wanted.waited_s + max(0.0, now - max(kept.booked_at, midnight(now)))
                one = replace(kept, wanted=replace(kept.wanted, waited_s=waited_s))
            if kept.dialled_at is not None:
                retry_s = rule.retry_every_s if rule is not None else 600.0
                one = replace(one, due_at=max(kept.due_at, kept.dialled_at + retry_s))
            self._remember(one)
            self._dispatcher.callback_booked(_event(one, restored=True))
        _log.info("callbacks.restored", open=len(found))

    def answered_meanwhile(self, contacts: Mapping[str, float]) -> None:
        """Citizens who have answered, and when (epoch seconds), by the PBX: one whose talk it has no more was kept.

        To be told after the PBX's talks: a call-back that is one of them is not open any more.
        """
        with self._lock:
            rung = {key: one.dialled_at for key, one in self._open.items() if one.dialled_at is not None}
        for contact_id, at in contacts.items():
            if contact_id in rung and at >= int(rung[contact_id]):
                self._dispatcher.close_callback(contact_id, CallbackEnd.KEPT)

    # -- acd.port.Callbacks -------------------------------------------------------------------------------------------

    def offered(self) -> bool:
        """See the port."""
        rules = self._rules()
        return rules.callback is not None and bool(rules.trunks.carriers) and self._works

    def book(self, wanted: CallbackWanted) -> Booking:
        """See the port."""
        rules, now = self._rules(), self._clock()
        rule = rules.callback
        if rule is None or not rules.trunks.carriers:
            return Booking.UNAVAILABLE
        if wanted.slot_at is not None and not now - 60.0 <= wanted.slot_at <= now + (rule.days_ahead + 1) * DAY_S:
            return Booking.UNAVAILABLE
        number = numbers.check(wanted.number, rules.trunks.numbers)
        caller = self._identify(number.digits)
        if not number.allowed or caller is None:
            _log.warning("callback.refused", contact_id=wanted.contact_id, kind=number.kind.value)
            return Booking.NOT_ALLOWED
        new = Kept(
            replace(wanted, number=number.digits), caller, now, now if wanted.slot_at is None else wanted.slot_at
        )
        try:
            refused = self._store.book(new, rule)
        except StoreAway as error:
            self._away("callback.not_kept", error)
            return Booking.UNAVAILABLE
        self._works = True
        if refused is not None:
            _log.info("callback.refused", contact_id=wanted.contact_id, why=refused.value)
            return refused
        self._remember(new)
        self._dispatcher.callback_booked(_event(new, restored=False))
        return Booking.KEPT if wanted.slot_at is None else Booking.BOOKED

    def hold(self, wanted: CallbackWanted) -> None:
        """See the port."""
        with self._lock:
            self._held[wanted.contact_id] = wanted, self._clock()

    def keep_lost(self, contacts: Sequence[str]) -> dict[str, Booking]:
        """The PBX that had these callers is dead: book each in turn, as if they had asked to keep their place."""
        results = {}
        for contact_id in contacts:
            with self._lock:
                held = self._held.pop(contact_id, None)
            if held is None:
                results[contact_id] = Booking.UNAVAILABLE
                continue
            wanted, since = held
            waited_s = wanted.waited_s + max(0.0, self._clock() - since)
            results[contact_id] = self.book(replace(wanted, waited_s=waited_s))
            if results[contact_id] is Booking.KEPT:
                self._dispatcher.note(contact_id, "", "pbx", "died")
        return results

    def open_for(self, number: str) -> OpenCallback | None:
        """See the port."""
        caller = self._identify(numbers.normalise(number) or "")
        with self._lock:
            kept = next((one for one in self._open.values() if one.caller == caller), None)
        return None if kept is None else OpenCallback(kept.wanted.contact_id, kept.wanted.slot_at, kept.booked_at)

    def wanted(self, contact_id: str) -> CallbackWanted | None:
        """See the port."""
        with self._lock:
            kept = self._open.get(contact_id)
        return None if kept is None else kept.wanted

    def may_dial(self, contact_id: str) -> str | None:
        """See the port. The core is asked first: it knows of one ring of an agent, and of one dialling in that."""
        rules, wanted = self._rules(), self.wanted(contact_id)
        number = numbers.check(wanted.number, rules.trunks.numbers) if wanted is not None else None
        if number is None or not number.allowed:
            _log.error("callback.not_dialled", contact_id=contact_id, known=wanted is not None)
            return None
        if not self._dispatcher.citizen_dialled(contact_id):
            _log.warning("callback.not_dialled", contact_id=contact_id, why="nobody is reserved for it")
            return None
        now = self._clock()
        try:
            self._store.begin_attempt(contact_id, now)
        except StoreAway as error:  # without that note a new engine might dial again
            self._away("callback.not_dialled", error)
            self._dispatcher.citizen_over(contact_id, CitizenResult.NO_LINE)
            return None
        with self._lock:
            if (kept := self._open.get(contact_id)) is not None:
                self._open[contact_id] = replace(kept, attempts=kept.attempts + 1, dialled_at=now)
        return number.digits

    def dialled(self, contact_id: str, dialstatus: str) -> None:
        """See the port."""
        result = None if dialstatus == "ANSWER" else _RESULTS.get(dialstatus, CitizenResult.NO_LINE)
        self._dispatcher.citizen_over(contact_id, result)

    # -- facts --------------------------------------------------------------------------------------------------------

    def receive(self, facts: Sequence[Fact]) -> None:
        """Follow what became of call-backs; close that of a citizen who has rung in and was answered."""
        for fact in facts:
            if isinstance(fact, CallbackNoted) and fact.what != "booked":
                self._facts.append(fact)
                self._news.set()
            elif isinstance(fact, ContactMoved):
                if fact.new not in _WAIT:
                    with self._lock:
                        self._held.pop(fact.contact_id, None)
                if fact.new is ContactState.CONNECTED and fact.caller is not None:
                    self._rang_in(fact)

    def _rang_in(self, fact: ContactMoved) -> None:
        """Somebody is talked with: if they rang in, they need no call-back any more."""
        if fact.channel != Channel.VOICE.value:
            return
        with self._lock:
            found = [one.wanted.contact_id for one in self._open.values() if one.caller == fact.caller]
        for contact_id in found:
            if contact_id != fact.contact_id:
                self._dispatcher.close_callback(contact_id, CallbackEnd.RANG_IN)

    def _keep(self) -> None:
        while self._unread and not self._stopping:
            time.sleep(_TRY_AGAIN_S)
            self.restore()
        while not (self._stopping and not self._facts):
            self._news.wait()
            self._news.clear()
            while self._facts:
                try:
                    self._follow(self._facts[0])
                except StoreAway as error:
                    self._away("callbacks.not_written", error)
                    if self._stopping:
                        return
                    time.sleep(_TRY_AGAIN_S)
                    continue
                self._works = True
                self._facts.popleft()

    def _follow(self, fact: CallbackNoted) -> None:
        contact_id = fact.contact_id
        if fact.what in _OVER:
            self._store.close(contact_id, fact.what, fact.at)
            with self._lock:
                self._open.pop(contact_id, None)
        elif fact.due_at is not None:
            self._store.end_attempt(contact_id, fact.attempts, fact.due_at)
            with self._lock:
                if (kept := self._open.get(contact_id)) is not None:
                    self._open[contact_id] = replace(kept, attempts=fact.attempts, due_at=fact.due_at, dialled_at=None)

    def _remember(self, kept: Kept) -> None:
        with self._lock:
            self._open[kept.wanted.contact_id] = kept

    def _away(self, event: str, error: StoreAway) -> None:
        self._works = False
        _log.error(event, error=str(error))


def _event(kept: Kept, *, restored: bool) -> CallbackBooked:
    wanted = kept.wanted
    first = wanted.first_queued_at
    since = kept.booked_at if wanted.slot_at is None else wanted.slot_at
    return CallbackBooked(
        contact_id=wanted.contact_id,
        language=wanted.language,
        topic=wanted.topic,
        queue=wanted.queue,
        requirement=wanted.requirement,
        first_queued_at=since if first is None else first,
        due_at=kept.due_at,
        slot_at=wanted.slot_at,
        waited_s=wanted.waited_s,
        points=wanted.points,
        order_class=wanted.order_class,
        caller=kept.caller,
        attempts=kept.attempts,
        counted=first is not None,
        restored=restored,
    )
