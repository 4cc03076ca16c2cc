"""Phones that did not ring, and how their agents come back: the dispatcher's helper, its thread only.

The PBX asks each phone every ten seconds whether it is there, and tells only when the answer changes. A phone that was
gone for a moment, just when it was called, would stay in ERROR for ever: so the PBX is told to ask at once. When that
has led to no word of "unreachable" in the time that an answer may take, the phone has answered. One that answers and
still does not ring is believed more slowly each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acd.ami.view import View
from acd.core.facts import Fact, ReservationEnded
from acd.pbx import Pbx

ASK_AFTER_S = 3.0  # as long as the core doubts (`Limits.doubt_s`)
ASK_AFTER_AT_MOST_S = 60.0
ANSWERED_AFTER_S = 2.5  # pjsip.conf: qualify_timeout is 2 s


@dataclass(slots=True)
class _Dead:
    ask_at: float
    judge_at: float | None = None


class DeadPhones:
    """Told of every fact; asked at every beat."""

    def __init__(self, view: View, pbx: Pbx) -> None:
        self._view = view
        self._pbx = pbx
        self._times: dict[str, int] = {}  # in a row
        self._dead: dict[str, _Dead] = {}

    def told(self, fact: Fact) -> None:
        """How a ring ended."""
        if not isinstance(fact, ReservationEnded):
            return
        if fact.result == "unreachable":
            times = self._times[fact.agent_id] = self._times.get(fact.agent_id, 0) + 1
            wait_s = min(ASK_AFTER_S * 2 ** (times - 1), ASK_AFTER_AT_MOST_S)
            self._dead[fact.agent_id] = _Dead(fact.at + wait_s)
        elif fact.rang_s > 0:
            self._times.pop(fact.agent_id, None)

    def alive(self, now: float) -> Iterable[str]:
        """Agents whose phones have answered; they are to be reported anew."""
        for agent_id, dead in list(self._dead.items()):
            if not self._view.phones.reachable.get(agent_id, False):
                del self._dead[agent_id]  # the PBX has seen it go, and will see it come
            elif dead.judge_at is None:
                if now >= dead.ask_at and self._pbx.qualify(agent_id, self._view.phones.home.get(agent_id, "")):
                    dead.judge_at = now + ANSWERED_AFTER_S
            elif now >= dead.judge_at:
                del self._dead[agent_id]
                yield agent_id
