"""An engine fails under a full house, again and again: who fell into the safety net how soon, who talks on, who is back in
which order. What the programs `kill` and `hang` share; they differ in how it fails.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.churn import Churn
from tests.chaos.job import Finding, Job, worst
from tests.chaos.town import PATIENCE_S, Town, numbers, spread, town
from tests.pbx.centre import wait_for

HEARD_WITHIN_S = 3.0
PLACE_WITHIN_S = 0.01  # first_queued_at is kept to the millisecond
CHURN_AGENTS, CHURN_CALLERS = ("1901", "1902", "1903"), 4


@dataclass(frozen=True, slots=True)
class Failure:
    """`what` happens to the engine so long after those who shall be caught in the menus began to dial."""

    what: str
    after_s: float
    dial_at_s: tuple[float, ...]

    def __str__(self) -> str:
        return f"{self.what} after {self.after_s:.2f} s, {len(self.dial_at_s)} dial in"


def planned(job: Job, kinds: Sequence[str], count: int, fallers: int) -> list[Failure]:
    """The seed's failures."""
    draw, plan = job.rng("failures"), []
    for n in range(count):
        after_s = draw.uniform(0.5, 4.0)
        plan.append(Failure(kinds[n % len(kinds)], after_s, tuple(draw.uniform(0.0, after_s) for _ in range(fallers))))
    return plan


def house(
    job: Job, kinds: Sequence[str], *, talks: int, waiting: int, failures: int, fallers: int, max_calls: int = 400
) -> list[Finding]:
    """One house under so many failures; `fallers` dial in before each."""
    plan = job.follow(planned(job, kinds, failures, fallers))
    sets = (
        f"trunks.max_calls={max_calls}", f"queues.defaults.max_waiting={max_calls}", "queues.defaults.wrapup_s=1",
        "queues.defaults.whisper=false",
    )  # fmt: skip
    with town(job, sets=sets, agents=4 + talks, inject=True) as one:
        full = House(one, job, talks=talks, waiting=waiting)
        for failure in job.within(plan):
            full.fails(failure, fail)
        return full.findings(full.serve_all())


@dataclass(slots=True)
class Count:
    """What was seen so far."""

    failures: int = 0
    fallen: int = 0
    fell_s: list[float] = field(default_factory=list)
    not_fallen: list[str] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    talks_cut: set[str] = field(default_factory=set)
    not_back: list[str] = field(default_factory=list)
    places: int = 0
    moved: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)  # of agents and callers, how often there when it failed


class House:
    """Talks that last, callers who wait all the time, and the churn."""

    def __init__(self, town: Town, job: Job, *, talks: int, waiting: int) -> None:
        self.town, self.job, self.count = town, job, Count()
        self.told = town.told
        self._next = 0
        self.talking, self.waiting = numbers(200, talks), numbers(300, waiting)
        agents = [str(1905 + n) for n in range(talks)]
        list(town.pool.map(town.agent, agents))
        self.agents = agents
        town.call_all(self.talking)
        wait_for(lambda: all(town.talks_of(one) for one in agents), 2 * PATIENCE_S, town.centre.said)
        town.call_all(self.waiting)
        self.first_at: dict[str, float] = {}
        wait_for(self._all_queued, 2 * PATIENCE_S, lambda: f"{len(self.first_at)} of {waiting} wait")
        self.churn = Churn(town, CHURN_AGENTS, CHURN_CALLERS, job.rng("churn"))
        self.churn.kept = self._waits_in_korean
        job.say(f"{talks} talk, {waiting} wait, {CHURN_CALLERS} come and go")

    def fails(self, failure: Failure, how: Callable[[Town, str], None]) -> None:
        """One failure, until everybody is back."""
        town, count = self.town, self.count
        fallers = numbers(400, self._next + len(failure.dial_at_s))[self._next :]
        self._next += len(fallers)
        begun = time.monotonic()
        keys = {number: "10" if n % 2 else "" for n, number in enumerate(fallers)}
        threads = spread(lambda number: town.call(number, keys[number]), failure.dial_at_s, fallers)
        time.sleep(max(0.0, begun + failure.after_s - time.monotonic()))
        self._note_states()
        pid = town.centre.engine_pid
        failed_at = time.monotonic()
        how(town, failure.what)
        count.failures += 1
        for thread in threads:
            thread.join(PATIENCE_S)
        must = [*self.waiting, *fallers]
        try:
            wait_for(lambda: len(town.net.since(failed_at, must)) == len(must), PATIENCE_S)
        except AssertionError:
            fell = town.net.since(failed_at, must)
            count.not_fallen += [f"{failure}: {number}" for number in must if number not in fell]
        fell = town.net.since(failed_at, must)
        count.fallen += len(fell)
        count.fell_s += fell.values()
        count.not_fallen += [f"{failure}: {number} was hung up on" for number in town.gone(must)]
        town.centre.wait_ready(PATIENCE_S, not_pid=pid)
        count.ready_s.append(time.monotonic() - failed_at)
        self._come_back(failed_at, must, failure)
        count.talks_cut |= set(town.gone(self.talking))
        town.hang_up(fallers)
        self.job.say(
            f"{count.failures}: {failure.what}, fell within {worst(list(fell.values())):.2f} s, new engine after {count.ready_s[-1]:.2f} s"
        )

    def _note_states(self) -> None:
        board = self.town.board()
        seen = {agent["work"] for agent in board["agents"]} | ({"menu"} if board["in_menu"] else set())
        seen |= {"waiting"} if board["waiting"] else set()
        for state in seen - {"idle"}:
            self.count.states[state] = self.count.states.get(state, 0) + 1

    def _queued_since(self, line: int) -> dict[str, float]:
        """Contact: first queued at, of what was told from this line on."""
        return {
            one["contact_id"]: one["first_queued_at"] for one in self.told.lines("contact.moved", new="queued")[line:]
        }

    def _waits_in_korean(self, number: str) -> bool:
        contact = self.town.net.uniqueids.get(number)
        return bool(self.told.lines("contact.moved", new="queued", contact_id=contact, language="ko"))

    def _all_queued(self) -> bool:
        queued = self._queued_since(0)
        ids = self.town.net.uniqueids
        self.first_at = {number: queued[ids[number]] for number in self.waiting if ids.get(number) in queued}
        self._from_line = len(self.told.lines("contact.moved", new="queued"))
        return len(self.first_at) == len(self.waiting)

    def _come_back(self, failed_at: float, must: list[str], failure: Failure) -> None:
        """Everybody is the engine's again, in the same places."""
        ids, count, line = self.town.net.uniqueids, self.count, self._from_line
        try:
            wait_for(lambda: {ids[one] for one in must} <= self._queued_since(line).keys(), PATIENCE_S)
        except AssertionError:
            back = self._queued_since(line)
            count.not_back += [f"{failure}: {one}" for one in must if ids[one] not in back]
        back = self._queued_since(line)
        self._from_line = len(self.told.lines("contact.moved", new="queued"))
        kept = [one for one in self.waiting if ids[one] in back]
        count.places += len(kept)
        order = sorted(kept, key=lambda one: back[ids[one]])
        right = sorted(kept, key=lambda one: self.first_at[one])
        for number, wanted in zip(order, right, strict=True):
            if self._apart(number, wanted) or abs(back[ids[number]] - self.first_at[number]) > PLACE_WITHIN_S:
                count.moved.append(f"{failure}: {number} by {back[ids[number]] - self.first_at[number]:.3f} s")

    def serve_all(self) -> int:
        """The talks end, their agents serve those who waited, each a moment; who was matched out of order."""
        town = self.town
        self.churn.stop()
        line = len(self.told.lines("contact.matched"))
        for extension in self.agents:
            town.agents[extension].on_answer = lambda dialog, now: (
                town.loop.later(0.2, lambda: town.end(dialog)) if dialog.cseq >= 100 else None
            )
            for talk in town.talks_of(extension):
                town.end(talk)
        by_id = {town.net.uniqueids[one]: one for one in self.waiting}

        def matched() -> list[str]:
            found = [one["contact_id"] for one in self.told.lines("contact.matched")[line:]]
            return list(dict.fromkeys(by_id[one] for one in found if one in by_id))

        patience_s = PATIENCE_S + 2.0 * len(self.waiting)
        wait_for(lambda: len(matched()) == len(self.waiting), patience_s, lambda: f"{len(matched())} were served")
        wait_for(lambda: len(town.gone(self.waiting)) == len(self.waiting), patience_s, "they do not end")
        right = sorted(self.waiting, key=lambda one: self.first_at[one])
        return sum(self._apart(one, wanted) for one, wanted in zip(matched(), right, strict=True))

    def _apart(self, one: str, other: str) -> bool:
        """Whether they did not come at the same moment: the PBX keeps a place in time to the millisecond."""
        return abs(self.first_at[one] - self.first_at[other]) > PLACE_WITHIN_S

    def findings(self, out_of_order: int) -> list[Finding]:
        """By promise."""
        count, churn = self.count, self.churn
        states = ", ".join(f"{name} {times}" for name, times in sorted(count.states.items()))
        late = sum(one > HEARD_WITHIN_S for one in count.fell_s)
        return [
            Finding(
                "callers who did not reach the fallback queue", 1, count.fallen + len(count.not_fallen),
                len(count.not_fallen) + len(count.not_back),
                f"{count.failures} failures; there was, so often: {states}{_some(count.not_fallen + count.not_back)}", late,
                {"slowest fall (s)": worst(count.fell_s), "slowest new engine (s)": worst(count.ready_s)},
            ),
            Finding(
                "talks that were cut", 2, len(self.talking) * count.failures, len(count.talks_cut),
                f"{len(self.talking)} talks under {count.failures} failures{_some(sorted(count.talks_cut))}",
            ),
            Finding(
                "waiting callers out of their place", 3, count.places + len(self.waiting), len(count.moved) + out_of_order,
                f"{len(self.waiting)} callers, {count.failures} failures, then served in order{_some(count.moved)}",
            ),
            Finding(
                "callers of the churn who were not served", 1, churn.ended, len(churn.lost),
                f"caught at random in menu, ring, talk, hold, wrap-up{_some(churn.lost)}",
            ),
        ]  # fmt: skip


def fail(town: Town, what: str) -> None:
    """Let the engine fail so."""
    if what == "kill -9":
        town.centre.kill_engine()
    elif what == "SIGSTOP":
        town.centre.stop_engine()
    else:
        pid = town.centre.engine_pid
        switch = town.centre.state.parent / "switches" / "stall"
        switch.write_text(what)
        wait_for(lambda: not _lives(pid), PATIENCE_S, f"nobody killed an engine with a stuck {what}")
        switch.unlink()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return True


def _some(problems: Sequence[str]) -> str:
    return f"; {'; '.join(problems[:5])}" if problems else ""
