"""Callers who wait in the PBX's own queues, and their way back to the engine.

Every caller in a fallback queue is asked out of it, in the order in which they came; those in `overflow` after them, as
far as there is room. A caller is ours again only when `/resume` connects; until then they take room nevertheless: an
engine that has just begun has no sessions, and must not let all of `overflow` in before those who were in already.
While a phone rings for one in the queue, the PBX holds the withdrawal back until the ring's end, and an answer there is
a talk of the queue.

An engine whose clock is behind that of the one before finds callers who came in the future. All who wait then are
carried over by the same seconds: they keep their order, and nobody who comes later stands before them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from acd.ami.names import parted
from acd.ami.view import FALLBACK_PREFIX, OVERFLOW, Attributes, QueueCaller, View
from acd.pbx import Pbx
from dialplan.language import Language
from dialplan.ruleset import Ruleset

RETRY_AFTER_S = 2.0
TRIES = 5  # a caller whose session fails each time is left to the queue, which at least answers
WAIT_FOR_ALL_S = 1.5  # agents are offered nothing until those who waited are back, but not longer than this
REMEMBERED = 5000
COMING_WITHIN_S = 10.0  # who has not come by then is kept by a phone that rings, or has an agent of the queue's
CLOCK_BACK_MOST_S = 86400.0  # a place further in the future was written by no clock

_log = structlog.get_logger(__name__)


class Returning:
    """The dispatcher's helper for this; used by its thread only."""

    def __init__(self, view: View, pbx: Pbx, room: Callable[[], int]) -> None:
        self._view = view
        self._pbx = pbx
        self._room = room
        self._asked: dict[str, tuple[int, float]] = {}  # Uniqueid -> (times, when last)
        self._coming: dict[str, float] = {}  # Uniqueid -> when last asked; no session has them yet
        self._expected: set[str] = set()
        self._expected_until = 0.0
        self._clock_back_s: dict[str, float] = {}

    def carry_over(self, now: float) -> None:
        """At the engine's start, before anybody is asked out."""
        callers = [one for one in self._view.queue_callers.values() if one.queued_at < now + CLOCK_BACK_MOST_S]
        back_s = max((caller.queued_at for caller in callers), default=now) - now
        if back_s > 0:
            self._clock_back_s = {caller.uniqueid: back_s for caller in callers}
            _log.warning("clock.went_back", seconds=back_s, callers=len(callers))

    def clock_back_s(self, contact_id: str) -> float:
        """By how much the clock that wrote this caller's place in time was ahead of ours; any thread may ask."""
        return self._clock_back_s.get(contact_id, 0.0)

    def returned(self, contact_id: str) -> None:
        """`/resume` has connected for this caller."""
        self._coming.pop(contact_id, None)

    def sweep(self, now: float) -> None:
        """Ask out whoever may come now."""
        if not self._view.queue_callers:
            return
        self._coming = {
            one: asked_at
            for one, asked_at in self._coming.items()
            if one in self._view.channels and now - asked_at < COMING_WITHIN_S
        }
        room = self._room() - len(self._coming)
        for caller in sorted(self._view.queue_callers.values(), key=_turn):
            if caller.left or not self._pbx.connected(parted(caller.channel)[0]):
                continue
            times, asked_at = self._asked.get(caller.uniqueid, (0, 0.0))
            if times >= TRIES:
                continue
            # While a phone rings for them, the PBX keeps what it was asked until the ring's end.
            if times and (now - asked_at < RETRY_AFTER_S or caller.ringing):
                continue
            if caller.uniqueid not in self._coming:
                if caller.queue == OVERFLOW and room <= 0:
                    break  # all that follow are of `overflow`
                room -= 1
            self._withdraw(caller, times, now)

    def expect_all(self, now: float) -> None:
        """After the engine's start: the agents wait for these. Those for whom a phone rings are not waited for."""
        self._expected_until = now + WAIT_FOR_ALL_S
        self._expected = {
            caller.uniqueid
            for caller in self._view.queue_callers.values()
            if caller.queue.startswith(FALLBACK_PREFIX) and not caller.ringing and not caller.left
        }

    def came_back(self, contact_id: str) -> None:
        """The session of this caller offers it again."""
        self._asked.pop(contact_id, None)
        self._expected.discard(contact_id)

    def everybody_back(self, now: float) -> bool:
        """Whether nobody is missing who was waited for, or the time for it is over."""
        self._expected = {one for one in self._expected if one in self._view.channels}
        return not self._expected or now >= self._expected_until

    def _withdraw(self, caller: QueueCaller, times: int, now: float) -> None:
        self._asked[caller.uniqueid] = (times + 1, now)
        self._coming[caller.uniqueid] = now
        while len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]
        sent = self._pbx.withdraw(caller.queue, caller.channel)
        _log.info("caller.asked_back", contact_id=caller.uniqueid, queue=caller.queue, times=times + 1, sent=sent)


def _turn(caller: QueueCaller) -> tuple[bool, float, str]:
    return caller.queue == OVERFLOW, caller.queued_at, caller.uniqueid


def guess_attributes(rules: Ruleset, variables: Mapping[str, str], pbx_queue: str) -> Attributes:
    """What a caller is that the engine finds in the PBX: its own variables, else the language of the PBX's queue."""
    code = variables.get("RM_LANG") or pbx_queue.removeprefix(FALLBACK_PREFIX)
    language = Language(code) if code in set(Language) else Language.KO
    topic = variables.get("RM_TOPIC", "")
    if topic not in rules.topics:
        topic = rules.any_topic
    queue = variables.get("RM_QUEUE", "")
    if queue not in rules.queues:
        queue = rules.topics[topic].queue_by_language.get(language) or next(iter(rules.queues))
    return Attributes(language, topic, queue)
