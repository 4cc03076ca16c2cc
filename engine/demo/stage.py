"""Lets the simulated people use their phones: who dials, presses, answers and hangs up, and when.

One thread, one heap of things to do, one queue of what the phones report; it never blocks on a phone. Times inside
are monotonic seconds.
"""

from __future__ import annotations

import heapq
import itertools
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.demo.people import Caller, People
from engine.demo.phones import LONGEST_CALL_S, Kind, PhoneBank, PhoneEvent

BUSIEST_SWING = 0.3  # calls come 30 % faster and slower in turns
SWING_PERIOD_S = 180.0
KEY_AFTER_AWAY_S = 1.2  # the PBX hangs up after 3 s, whether a reason came or not
BACK_AFTER_NO_ANSWER_S = 20.0


@dataclass(slots=True)
class Tally:
    """What became of the calls, as the citizens saw it."""

    placed: int = 0
    answered: int = 0  # talked with an agent
    gave_up: int = 0  # hung up while they waited
    lost: int = 0  # cut off before an agent answered, or refused
    no_line: int = 0  # not placed: every citizen's phone was in use
    reasons: list[str] = field(default_factory=list)  # of the first lost ones


@dataclass(slots=True)
class _Call:
    """A citizen's call in progress."""

    user: str
    caller: Caller
    number: int  # tells this call from a later one of the same phone
    established: bool = False
    agent: str | None = None
    ended_by_us: bool = False


class Stage:
    """The play. `run` returns when `stop` is set; an exception of the phones ends it too."""

    def __init__(
        self,
        people: People,
        agents: PhoneBank,
        citizens: PhoneBank,
        events: queue.SimpleQueue[PhoneEvent],
        *,
        agent_ids: list[str],
        numbers: list[str],
        representative: str,
        calls_per_minute: float,
        login_done_s: float = 8.0,
    ) -> None:
        """`events` is what both banks report into. Nobody calls before `login_done_s`."""
        self._people = people
        self._agents = agents
        self._citizens = citizens
        self._events = events
        self._agent_ids = frozenset(agent_ids)
        self._representative = representative
        self._rate = calls_per_minute
        self._login_done_s = login_done_s
        self._idle_numbers = list(numbers)
        self._calls: dict[str, _Call] = {}
        self._ringing: dict[str, str] = {}  # agent -> the call id that rings or talks
        self._talks: set[str] = set()  # agents in a talk
        self._todo: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._started = 0.0
        self.tally = Tally()

    def run(self, stop: threading.Event) -> None:
        """Play until `stop`. Raises PhoneError when the phones have ended."""
        self._started = time.monotonic()
        for agent in sorted(self._agent_ids):
            self._in(self._people.login_s(), lambda agent=agent: self._code(agent, "*11"))  # type: ignore[misc]
        self._in(self._login_done_s, self._next_call)
        while not stop.is_set():
            now = time.monotonic()
            while self._todo and self._todo[0][0] <= now:
                heapq.heappop(self._todo)[2]()
            until = min(0.25, self._todo[0][0] - now) if self._todo else 0.25
            try:
                self._heard(self._events.get(timeout=max(0.001, until)))
            except queue.Empty:
                continue

    def _in(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._todo, (time.monotonic() + seconds, next(self._order), what))

    # Citizens

    def _next_call(self) -> None:
        phase = 2 * math.pi * (time.monotonic() - self._started) / SWING_PERIOD_S
        self._in(self._people.gap_s(self._rate * (1 + BUSIEST_SWING * math.sin(phase))), self._next_call)
        caller = self._people.caller()
        if not self._idle_numbers:
            self.tally.no_line += 1
            return
        # The phone that has rested longest: a citizen does not call again at once.
        user = self._idle_numbers.pop(0)
        call = self._calls[user] = _Call(user, caller, next(self._order))
        self.tally.placed += 1
        self._citizens.dial(user, self._representative)
        self._in(LONGEST_CALL_S, lambda: self._too_long(call))

    def _press(self, call: _Call, at: int) -> None:
        if not self._current(call) or call.agent is not None:
            return
        presses = call.caller.presses
        if at < len(presses):
            self._citizens.press(call.user, presses[at].key)
            after_s = presses[at + 1].after_s if at + 1 < len(presses) else 0
            self._in(after_s, lambda: self._press(call, at + 1))
        else:
            self._in(call.caller.patience_s, lambda: self._give_up(call))

    def _give_up(self, call: _Call) -> None:
        if self._current(call) and call.agent is None:
            self.tally.gave_up += 1
            self._end(call)

    def _too_long(self, call: _Call) -> None:
        if call.agent is None:
            self._give_up(call)
        else:
            self._end(call)

    def _end(self, call: _Call) -> None:
        if self._current(call):
            call.ended_by_us = True
            self._citizens.hangup(call.user)

    def _current(self, call: _Call) -> bool:
        return self._calls.get(call.user) is call and not call.ended_by_us

    def _citizen_heard(self, event: PhoneEvent) -> None:
        call = self._calls.get(event.user)
        if call is None:
            return
        if event.kind is Kind.ESTABLISHED and not call.established:
            call.established = True
            first_s = call.caller.presses[0].after_s if call.caller.presses else 0.0
            self._in(first_s, lambda: self._press(call, 0))
        elif event.kind is Kind.CLOSED:
            if call.agent is None and not call.ended_by_us:
                self.tally.lost += 1
                if len(self.tally.reasons) < 10:
                    self.tally.reasons.append(f"{event.reason or 'hung up'} ({call.caller.language.value})")
            del self._calls[event.user]
            self._idle_numbers.append(event.user)

    # Agents

    def _code(self, agent: str, code: str) -> None:
        """Dial a feature code, unless a call is there: then a little later."""
        if agent in self._ringing:
            self._in(5.0, lambda: self._code(agent, code))
            return
        self._agents.dial(agent, code)

    def _agent_heard(self, event: PhoneEvent) -> None:
        agent = event.user
        if event.kind is Kind.INCOMING:
            self._ringing[agent] = event.call_id
            how = self._people.answering()
            if how.answers:
                self._in(how.after_s, lambda: self._answer(agent, event.call_id))
            else:
                self._in(BACK_AFTER_NO_ANSWER_S, lambda: self._code(agent, "*11"))
        elif event.kind is Kind.ESTABLISHED and self._ringing.get(agent) == event.call_id:
            self._talk(agent, event)
        elif event.kind is Kind.CLOSED and self._ringing.get(agent) == event.call_id:
            del self._ringing[agent]
            if agent in self._talks:
                self._talks.remove(agent)
                self._after_talk(agent)

    def _answer(self, agent: str, call_id: str) -> None:
        if self._ringing.get(agent) == call_id:
            self._agents.accept(agent, call_id)

    def _talk(self, agent: str, event: PhoneEvent) -> None:
        self._talks.add(agent)
        call = self._calls.get(event.peer)
        if call is None or call.agent is not None:
            # The number was not shown: the agent ends this talk, whoever it is.
            self._in(20.0, lambda: self._agent_hangs_up(agent, event.call_id))
            return
        call.agent = agent
        self.tally.answered += 1
        ends: Callable[[], None] = lambda: self._agent_hangs_up(agent, event.call_id)  # noqa: E731
        if call.caller.hangs_up_first:
            ends = lambda: self._end(call)  # noqa: E731
        self._in(call.caller.talk_s, ends)

    def _agent_hangs_up(self, agent: str, call_id: str) -> None:
        if self._ringing.get(agent) == call_id:
            self._agents.hangup(agent)

    def _after_talk(self, agent: str) -> None:
        if pause := self._people.pause_after_call():
            self._in(1.0, lambda: self._go_away(agent, pause.key))
            self._in(1.0 + pause.lasts_s, lambda: self._code(agent, "*11"))
        elif (early_s := self._people.wrapup_s()) is not None:
            self._in(early_s, lambda: self._code(agent, "*14"))

    def _go_away(self, agent: str, key: str) -> None:
        if agent not in self._ringing:
            self._agents.dial(agent, "*12")
            self._in(KEY_AFTER_AWAY_S, lambda: self._agents.press(agent, key))

    def _heard(self, event: PhoneEvent) -> None:
        if event.user in self._agent_ids:
            self._agent_heard(event)
        else:
            self._citizen_heard(event)
