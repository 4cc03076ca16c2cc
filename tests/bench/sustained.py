"""How many calls a second the machine sustains, and what ends it: `python -m tests.bench.sustained [--json]`.

SIPp is the city, 43 phones in this process are the agents (they answer at once, talk a third of a second and hang up), the
engine has the city's own rules with a wrap-up of 0; all of them share the machine's cores. Each step is ten seconds of
one rate, and it holds when every target does: no call fails, each is answered by an agent, the first prompt comes
soon, the phone is rung soon after the match, and the AMI reader leaves nothing unread. The rate doubles until a step
does not hold, then the gap is halved. The shares of the processors at the highest rate say what limits it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.first_rtp import call_s, speaks
from tests.bench.house import board, on_duty
from tests.bench.journalmoves import answered_among, moves_since, ring_delays_s
from tests.bench.rows import Row, finish, percentile, row, told
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.bench.sippload import CALL_S, Citizens
from tests.bench.unread import Unread
from tests.bench.wallboard import cpu_s
from tests.pbx.centre import NUMBER, Centre, wait_for

STEP_S, TALK_S = 10.0, 0.3
FIRST_RATE, TOP_RATE = 5.0, 160.0
HALVINGS = 3
LEAST_BAR = 5.0  # calls a second: 18,000 an hour, seventy times the city's busiest
PROMPT_OVER_IDLE_MS, RING_P99_MS, UNREAD_MS = 30.0, 50.0, 50.0
PROBE_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Step:
    """What ten seconds at one rate gave. Milliseconds."""

    rate: float
    calls: int
    unanswered: int
    sipp_failed: bool
    prompt_p50: float
    ring_p99: float
    unread: float
    shares: dict[str, float]  # per cent of one core

    def missed(self, idle_prompt: float) -> list[str]:
        """The targets that did not hold, in words."""
        found = []
        if self.sipp_failed:
            found.append("SIPp saw a call fail")
        if self.unanswered:
            found.append(f"{self.unanswered} of {self.calls} not answered")
        if self.prompt_p50 > idle_prompt + PROMPT_OVER_IDLE_MS:
            found.append(f"first prompt {self.prompt_p50:.0f} ms, {idle_prompt:.0f} when idle")
        if self.ring_p99 > RING_P99_MS:
            found.append(f"match to INVITE p99 {self.ring_p99:.0f} ms")
        if self.unread > UNREAD_MS:
            found.append(f"AMI unread for {self.unread:.0f} ms")
        return found


class Prober(threading.Thread):
    """One more citizen, who only listens for the first sound, again and again."""

    def __init__(self, ua: Ua) -> None:
        super().__init__(name="prober", daemon=True)
        self._ua, self._ending = ua, threading.Event()
        self.heard_ms: list[float] = []

    def run(self) -> None:
        while not self._ending.wait(PROBE_EVERY_S):
            heard_s = call_s(self._ua, NUMBER)
            self.heard_ms.append(5_000.0 if heard_s is None else 1000 * heard_s)

    def stop(self) -> None:
        """After the call that it is at."""
        self._ending.set()
        self.join(10)


class Load:
    """A centre with its agents on duty, on which steps are tried."""

    def __init__(self, folder: Path, centre: Centre, loop: Loop) -> None:
        self._folder, self._centre, self._loop = folder, centre, loop
        self._calls = 0
        self._from_epoch_s = time.time() - time.perf_counter()
        self._rung: dict[str, list[float]] = {}
        self._phones = on_duty(loop, centre, sorted(centre.accounts), on_invite=self._invited, on_answer=self._answered)
        self._prober = Ua(loop, "01099990000", centre.sip)
        self._prober.on_answer = lambda dialog, now: speaks(self._prober, dialog)
        self.idle_prompt = statistics.median(1000 * (call_s(self._prober, NUMBER) or 5.0) for _ in range(10))

    def _invited(self, dialog: Dialog, text: str, now: float) -> None:
        self._rung.setdefault(dialog.ua.user, []).append(self._from_epoch_s + now)

    def _answered(self, dialog: Dialog, now: float) -> None:
        if dialog.cseq >= 100:  # theirs, not a code of ours
            self._loop.later(TALK_S, lambda: None if dialog.ended.is_set() else dialog.hang_up())

    def step(self, rate: float, profile: Path | None = None) -> Step:
        """Ten seconds of it, and what follows until nobody is left. `profile`: what the engine did meanwhile, by py-spy."""
        self._rung.clear()
        begun, count = time.time(), round(rate * STEP_S)
        citizens = Citizens(self._folder, self._centre.sip, rate, count, self._calls)
        self._calls += count
        watch, prober = Unread(int(self._centre.ready["ami"]["port"])), Prober(self._prober)
        watch.start()
        prober.start()
        pids = {"Asterisk": self._centre.asterisk_pid, "engine": self._centre.engine_pid, "SIPp": citizens.pid}
        pids["agents' phones and this bench"] = 0
        before = {name: self._cpu(pid) for name, pid in pids.items()}
        spy = None if profile is None else _spy(self._centre.engine_pid, profile)
        time.sleep(STEP_S - 0.2)
        lasted = time.time() - begun
        shares = {name: 100 * (self._cpu(pid) - before[name]) / lasted for name, pid in pids.items()}
        if spy is not None:
            spy.wait(20)
        watch.stop()
        prober.stop()
        held = citizens.wait(CALL_S + 15)
        wait_for(self._quiet, 30, lambda: f"channels are left: {self._centre.channels()[:5]}")
        moves = moves_since(self._centre.state / "journal.sqlite", begun)
        rang = [1000 * one for one in ring_delays_s(moves, self._rung)]
        unanswered = count - answered_among(moves)
        for phone in self._phones:
            phone.dialogs.clear()
        return Step(
            rate, count, max(0, unanswered), not held, percentile(prober.heard_ms or [5_000.0], 0.5),
            percentile(rang or [5_000.0], 0.99), 1000 * watch.longest_s, shares,
        )  # fmt: skip

    def _cpu(self, pid: int) -> float:
        return cpu_s(pid) if pid else time.process_time()

    def _quiet(self) -> bool:
        return not self._centre.channels() and all(one["work"] == "idle" for one in board(self._centre)["agents"])


def _spy(pid: int, into: Path) -> subprocess.Popen[bytes]:
    """Stacks of the threads that hold the interpreter, a line each (flame graph's raw form)."""
    words = ["py-spy", "record", "--pid", str(pid), "--gil", "--nonblocking", "--threads", "--rate", "200"]
    return subprocess.Popen(
        [*words, "--format", "raw", "--duration", str(round(STEP_S) - 1), "--output", str(into)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def run(rate: float | None, profile: Path | None) -> list[Row]:
    """The rows; of one step when the rate is given."""
    sys.setswitchinterval(0.0005)
    loop = Loop()
    loop.start()
    words = ["--no-restart", "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0"]
    words += ["--set", "trunks.max_calls=1000", "--set", "queues.defaults.max_waiting=1000"]
    with tempfile.TemporaryDirectory(prefix="bench-sustained-") as name, Centre.start(Path(name), *words) as centre:
        load = Load(Path(name), centre, loop)
        best, worst = search(load) if rate is None else _judged(load, rate, None, None, profile)
    loop.stop()
    return rows_of(best, worst, load.idle_prompt)


def search(load: Load) -> tuple[Step | None, Step | None]:
    """The highest rate that held, and the lowest that did not."""
    best: Step | None = None
    worst: Step | None = None
    rate = FIRST_RATE
    while worst is None and rate <= TOP_RATE:
        best, worst, rate = *_judged(load, rate, best, worst), rate * 2
    for _ in range(HALVINGS if best and worst else 0):
        assert best is not None
        assert worst is not None
        best, worst = _judged(load, (best.rate + worst.rate) / 2, best, worst)
    return best, worst


def _judged(
    load: Load, rate: float, best: Step | None, worst: Step | None, profile: Path | None = None
) -> tuple[Step | None, Step | None]:
    step = load.step(rate, profile)
    missed = step.missed(load.idle_prompt)
    print(
        f"  {rate:g} calls/s: {'; '.join(missed) or 'holds'}; {told_shares(step.shares)}", file=sys.stderr, flush=True
    )
    return (best, step) if missed else (step, worst)


def told_shares(shares: dict[str, float]) -> str:
    """In words."""
    return ", ".join(f"{name} {share:.0f} %" for name, share in shares.items()) + " of a core"


def rows_of(best: Step | None, worst: Step | None, idle_prompt: float) -> list[Row]:
    """What was found."""
    if best is None:
        assert worst is not None
        return [
            row("sustained: calls a second", None, "calls/s", LEAST_BAR, False, "; ".join(worst.missed(idle_prompt)))
        ]
    limit = "nothing up to the highest that was tried" if worst is None else "; ".join(worst.missed(idle_prompt))
    next_rate = "" if worst is None else f"at {worst.rate:g}: "
    targets: Sequence[tuple[str, float, float]] = (
        ("first prompt p50", best.prompt_p50, idle_prompt + PROMPT_OVER_IDLE_MS),
        ("match to INVITE p99", best.ring_p99, RING_P99_MS),
        ("AMI unread without a break", best.unread, UNREAD_MS),
    )
    return [
        row("sustained: calls a second", best.rate, "calls/s", LEAST_BAR, best.rate >= LEAST_BAR,
            f"{best.calls} calls, all answered; {next_rate}{limit}"),
        *(row(f"sustained: {name}", value, "ms", bar, True, f"at {best.rate:g} calls/s") for name, value, bar in targets),
        *(told(f"sustained: {name}", share, "% of a core", f"at {best.rate:g} calls/s")
          for name, share in best.shares.items()),
    ]  # fmt: skip


def main() -> int:
    """Exit 1 when the bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sustained")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rate", type=float, help="one step at this rate, instead of the search")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="with --rate: the engine's stacks (needs py-spy)")
    options = parser.parse_args()
    return finish(run(options.rate, options.profile), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
