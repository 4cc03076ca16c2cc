"""Calls of one number against the operators' bound (`flood` in trunks.yaml): who is let in, who hears why not.

A window that slides over the calls that were let in, so that a caller who goes on trying is let in at the rule's pace
and no faster. No I/O, no clock: `now` is a parameter (epoch seconds). Thread-safe; what it remembers is bounded.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from dialplan.flood import WITHHELD, bound, caller_of
from dialplan.limits import FLOOD_NUMBERS, FLOOD_WORDS_AT_ONCE
from dialplan.trunkrules import FloodRule, Trunks

WORDS_S = 20.0  # how long the sentence in four languages holds a line


class Verdict(StrEnum):
    """What becomes of a call."""

    ADMITTED = "admitted"
    WORDS = "words"  # hears that there are too many calls, in four languages
    BUSY = "busy"  # the busy tone: so many hear the words already that they would fill the lines


class Flood:
    """One for the engine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()  # who was let in last stands last
        self._here: Counter[str] = Counter()  # calls in sessions
        self._words: deque[float] = deque(maxlen=FLOOD_WORDS_AT_ONCE)  # when the latest of them began

    @contextmanager
    def call(self, trunks: Trunks, number: str, now: float) -> Iterator[Verdict]:
        """For as long as the call is in its session. `number` as the carrier gives it."""
        caller = caller_of(number)
        rule = bound(trunks, caller)
        if rule is None:
            yield Verdict.ADMITTED
            return
        with self._lock:
            verdict = self._judge(rule, caller, now)
            if verdict is Verdict.ADMITTED:
                self._here[caller] += 1
        try:
            yield verdict
        finally:
            if verdict is Verdict.ADMITTED:
                with self._lock:
                    self._here[caller] -= 1
                    if not self._here[caller]:
                        del self._here[caller]

    def remembered(self) -> int:
        """Numbers that it knows of."""
        return len(self._calls)

    def _judge(self, rule: FloodRule, caller: str, now: float) -> Verdict:
        self._forget(now - rule.per_s)
        calls = self._calls.setdefault(caller, deque())
        while calls and calls[0] <= now - rule.per_s:
            calls.popleft()
        most = rule.calls_per_number if caller != WITHHELD else rule.withheld or 0
        if len(calls) >= most or (caller != WITHHELD and self._here[caller] >= rule.at_once):
            return self._refuse(now)
        calls.append(now)
        self._calls.move_to_end(caller)
        if len(self._calls) > FLOOD_NUMBERS:
            self._calls.popitem(last=False)
        return Verdict.ADMITTED

    def _refuse(self, now: float) -> Verdict:
        if len(self._words) == FLOOD_WORDS_AT_ONCE and self._words[0] > now - WORDS_S:
            return Verdict.BUSY
        self._words.append(now)
        return Verdict.WORDS

    def _forget(self, before: float) -> None:
        """Who was let in last before that, from the front; at most a few at a time, so that no call pays for many."""
        for _ in range(4):
            first = next(iter(self._calls), None)
            if first is None or (self._calls[first] and self._calls[first][-1] > before):
                return
            del self._calls[first]
