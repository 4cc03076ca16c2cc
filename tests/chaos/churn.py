"""Calls that come, are served and end all the time, in Japanese, by agents who speak nothing else: what other faults hit.

A caller who is hung up on without having talked to anybody is lost. One who was caught before the choice of a language
waits in the Korean queue for agents who are not there: `kept` says so, and they hang up. Agents ring a while, talk a while, put every third
caller on hold, write up; so at any moment someone is in each of the contact's states.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from random import Random

from tests.bench.sip_ua import Dialog, Ua
from tests.chaos.town import PATIENCE_S, Town

ANSWERS_AFTER_S, TALKS_S = (0.1, 1.2), (0.3, 1.5)
SERVED_WITHIN_S = 90.0  # however many faults come meanwhile
KEYS = "30"


class Churn:
    """`callers` at a time, for these agents, until `stop`; each caller dials with a number of their own."""

    def __init__(
        self,
        town: Town,
        agents: Sequence[str],
        callers: int,
        rng: Random,
        *,
        keys: str = KEYS,
        prefix: str = "0107",
        answers_after_s: tuple[float, float] = ANSWERS_AFTER_S,
        talks_s: tuple[float, float] = TALKS_S,
    ) -> None:
        self._town, self._rng, self._keys = town, rng, keys
        self._answers_after_s, self._talks_s = answers_after_s, talks_s
        self._numbers = (f"{prefix}{n:07d}" for n in itertools.count(1))
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self.talked: set[str] = set()
        self.lost: list[str] = []
        self.served = self.elsewhere = 0
        self.waits_s: list[float] = []
        self.paused = threading.Event()  # set: nobody new dials
        self.kept: Callable[[str], bool] = lambda number: False
        for extension in agents:
            phone = town.agent(extension)
            phone.on_answer = self.answered
            phone.answer_after_s = self._rng.uniform(*self._answers_after_s)
        self.logged_in_anew = 0
        self._agents = tuple(agents)
        self._threads = [threading.Thread(target=self._calls, daemon=True) for _ in range(callers)]
        self._threads.append(threading.Thread(target=self._tends, daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def ended(self) -> int:
        """Callers of whom it is known how it ended."""
        return self.served + self.elsewhere + len(self.lost)

    def stop(self, *, stay: bool = False) -> None:
        """Nobody new; returns when those who are on the line are served, or lost. Its agents log out, or `stay`."""
        self._ending.set()
        for thread in self._threads:
            thread.join(SERVED_WITHIN_S + PATIENCE_S)
        for extension in () if stay else self._agents:
            self._town.dial_code(extension, "*13")

    # -- the agents' side, in the loop's thread

    def answered(self, dialog: Dialog, now: float) -> None:
        if dialog.cseq < 100:
            return  # a code of their own
        with self._lock:
            number = next((caller for _, caller in reversed(self._town.rung) if caller in dialog.remote), "")
            self.talked.add(number or dialog.remote)
            talk_s, hold = self._rng.uniform(*self._talks_s), self._rng.random() < 0.33
            dialog.ua.answer_after_s = self._rng.uniform(*self._answers_after_s)
        if hold:
            self._town.loop.later(talk_s * 0.5, lambda: _hold(dialog))
        self._town.loop.later(talk_s, lambda: self._town.end(dialog))

    def _tends(self) -> None:
        """An agent whose phone was too slow for the engine dials *11, as people do when they see it."""
        while not self._ending.wait(2.0):
            try:
                states = {agent["id"]: agent["presence"] for agent in self._town.board()["agents"]}
                for one in self._agents:
                    if states[one] in ("not_responding", "error") and not self._town.talks_of(one):
                        self._town.dial_code(one, "*11")
                        self.logged_in_anew += 1
            except (OSError, ValueError, KeyError, AssertionError):
                continue  # nobody is there to ask

    # -- a caller's side, each in a thread of their own

    def _calls(self) -> None:
        while not self._ending.is_set():
            if self.paused.is_set():
                self._ending.wait(0.05)
                continue
            with self._lock:
                number, pause_s = next(self._numbers), self._rng.uniform(0.0, 0.5)
            self._one(number)
            self._ending.wait(pause_s)

    def _one(self, number: str) -> None:
        begun = time.monotonic()
        try:
            dialog = self._town.call(number, self._keys)
        except AssertionError as error:
            self.lost.append(f"{number}: {error}")
            return
        while not (ended := dialog.ended.wait(1.0)) and time.monotonic() < begun + SERVED_WITHIN_S:
            if self.kept(number):
                break
        if not ended and self.kept(number):
            self.elsewhere += 1
        elif number in self.talked:
            self.served += 1
            self.waits_s.append(time.monotonic() - begun)
        else:
            said = "hung up on without a talk" if ended else "not served"
            self.lost.append(f"{number}: {said} after {time.monotonic() - begun:.1f} s")
        if not ended:
            dialog.hang_up()


def _hold(dialog: Dialog) -> None:
    if not dialog.ended.is_set():
        ua: Ua = dialog.ua
        dialog.request("INVITE", ua.sdp().replace("sendrecv", "sendonly"))
