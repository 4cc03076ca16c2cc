"""Where a caller goes who may not wait in a queue: it is full, or the centre closes soon. Only who must wait is asked.

The live session and `explain` ask the same questions here. Pure: rules and a moment in, a frozen answer with its
reasons out. Whether a queue is full, and whether an agent is free at once, is `acd`'s to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialplan import calendar
from dialplan.decision import CLOSED_BOOKING, Route, callbacks_possible, route_in
from dialplan.language import Language
from dialplan.queuerules import Overflow, OverflowKind, Queue
from dialplan.reasons import Reason, Why, reason
from dialplan.ruleset import Ruleset

FULL_PROMPTS = ("queue_full", "try_later")
CLOSING_PROMPTS = ("closing_soon",)  # the next opening follows in words
OFFER_PROMPTS = ("callback_offer", "callback_book_offer")
CALLBACK_PROMPTS = (
    *OFFER_PROMPTS, CLOSED_BOOKING, "callback_number_lead", "callback_number_tail", "callback_type_number",
    "callback_number_wrong", "callback_number_not_allowed", "callback_date", "callback_date_wrong",
    "callback_date_closed", "callback_date_far", "callback_time", "callback_time_wrong", "callback_time_past",
    "callback_time_closed", "callback_time_lead", "callback_time_tail", "callback_no_entry", "callback_kept",
    "callback_booked", "callback_exists", "callback_too_many", "callback_unavailable", "wait_on", "callback_open",
    "callback_open_keep",
)  # fmt: skip


class NoRoom(StrEnum):
    """Why nobody begins to wait."""

    FULL = "full"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """What becomes of the caller: `say`, the offer of a call-back, `last`, goodbye; or the route to another queue.

    CALLBACK that could not be kept, for want of rules for it or of a line to the outside, is MESSAGE.
    """

    why: NoRoom
    kind: OverflowKind
    say: tuple[str, ...]  # prompt keys
    last: tuple[str, ...]
    opens_at: datetime | None  # the next opening, to be said after the first of them
    reasons: tuple[Reason, ...]
    route: Route | None = None

    def heard(self, ruleset: Ruleset) -> tuple[str, ...]:
        """The prompts up to goodbye, or those of the other queue."""
        if self.route:
            return self.route.say
        offer = OFFER_PROMPTS if self.kind is OverflowKind.CALLBACK else ()
        return (*self.say, *offer, *self.last, ruleset.goodbye_prompt)


def closing_soon(ruleset: Ruleset, queue: Queue, now: datetime) -> bool:
    """Whether nobody begins to wait in this queue any more, because the centre closes within the time of its rule.

    Who is still in the menus at closing is asked the same; without a time in the rule nobody is turned away.
    """
    if not queue.stop_queueing_before_close_s:
        return False
    seen = calendar.opening(ruleset.hours, now)
    if not seen.open or seen.closes_at is None:
        return not seen.open
    left_s = (seen.closes_at - calendar.in_seoul(now)).total_seconds()
    return left_s <= queue.stop_queueing_before_close_s


def turned_away(
    ruleset: Ruleset, language: Language, topic: str, queue: Queue, *, why: NoRoom, now: datetime
) -> TurnedAway:
    """What the rules say of a caller for whom there is no room in this queue at `now`."""
    rule = queue.when_full if why is NoRoom.FULL else queue.near_closing
    reasons = (_reason(queue, rule, why),)
    if rule.kind is OverflowKind.QUEUE and rule.queue is not None:
        found = route_in(ruleset, language, topic, rule.queue, rule.source)
        return TurnedAway(why, rule.kind, (), (), None, (*reasons, *found.reasons), found)
    kind = rule.kind if callbacks_possible(ruleset) else OverflowKind.MESSAGE
    if why is NoRoom.FULL:
        return TurnedAway(why, kind, FULL_PROMPTS[:1], FULL_PROMPTS[1:], None, reasons)
    return TurnedAway(why, kind, CLOSING_PROMPTS, (), next_opening(ruleset, now), reasons)


def next_opening(ruleset: Ruleset, now: datetime) -> datetime | None:
    """The opening after the stretch of now, or the next one when closed; None when none is in sight."""
    seen = calendar.opening(ruleset.hours, now)
    if not seen.open:
        return seen.opens_at
    return None if seen.closes_at is None else calendar.opening(ruleset.hours, seen.closes_at).opens_at


def near_closing(ruleset: Ruleset, found: Route, now: datetime) -> tuple[TurnedAway, ...]:
    """Every turn of a caller who arrives with this route at `now`, and for whom nobody is free, until one is final."""
    turns: list[TurnedAway] = []
    while found.queue is not None and closing_soon(ruleset, queue := ruleset.queues[found.queue], now):
        turn = turned_away(ruleset, found.language, found.topic, queue, why=NoRoom.CLOSING, now=now)
        turns.append(turn)
        if turn.route is None:
            break
        found = turn.route
    return tuple(turns)


def _reason(queue: Queue, rule: Overflow, why: NoRoom) -> Reason:
    instead = rule.queue or rule.kind.value
    if why is NoRoom.FULL:
        return reason(rule.source, Why.QUEUE_FULL, queue=queue.key, most=queue.max_waiting, instead=instead)
    before_s = f"{queue.stop_queueing_before_close_s:g}"
    return reason(rule.source, Why.CLOSING_SOON, queue=queue.key, before_s=before_s, instead=instead)
