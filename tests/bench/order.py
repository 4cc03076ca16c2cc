"""Order and priority, beside app_queue on the same PBX: `python -m tests.bench.order [--json]`.

Two queues share two agents, and twenty callers come to either of them by chance: how many pairs are served against the order in
which they came (an *inversion*: an agent is rung for B while A, who came before and whom the same agent serves, waits)?
Then a caller of a plain queue comes among callers of a preferred one who never cease: how long does the one wait?
app_queue's queues have the safety net's own settings, and for the second question a weight; ours a tenth of a point
(6 s of head start). All phones are in this process: one clock.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine import pbxconfig
from tests.bench.rows import Row, finish, most, told
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.pbx.centre import NUMBER, Centre, wait_for

CALLERS = 20
TALK_S = 0.4
AT_ONCE_S = 0.05  # two agents who are free at the same moment are rung in any order
POINTS = 0.1
HEAD_START_S = 60 * POINTS
PREFERRED_CALLERS = 8
STARVED_AFTER_S = 25.0
WAIT_BAR_S = HEAD_START_S + 4.0  # those who came before it, and the talk that runs
QUEUES = """
[{name}]
strategy = leastrecent
timeout = 10
retry = 1
autofill = yes
wrapuptime = 0
ringinuse = no
joinempty = yes
leavewhenempty = no
weight = {weight}
"""


class Side:
    """The agents of one of the two routers: they answer at once, talk a little, hang up; who was rung, and when."""

    def __init__(self, loop: Loop, centre: Centre, agents: tuple[str, ...]) -> None:
        self.loop = loop
        self.rung: list[tuple[str, float]] = []
        self.phones = [Ua(loop, one, centre.sip, centre.accounts[one]["sip_secret"]).register() for one in agents]
        for phone in self.phones:
            phone.on_invite = self._invited
            phone.on_answer = self._answered

    def _invited(self, dialog: Dialog, text: str, now: float) -> None:
        sender = re.search(r"^(?:From|f):.*?sip:([^@>;]+)@", text, re.MULTILINE)
        if sender:
            self.rung.append((sender.group(1), now))

    def _answered(self, dialog: Dialog, now: float) -> None:
        if dialog.cseq >= 100:  # theirs, not a code of ours
            self.loop.later(TALK_S, lambda: None if dialog.ended.is_set() else dialog.hang_up())

    def rung_for(self, number: str) -> float | None:
        """When the first agent was rung for this caller."""
        return next((at for one, at in self.rung if one == number), None)


def inversions(came: list[str], rung: list[tuple[str, float]]) -> int:
    """Pairs in which the later caller was rung for first."""
    at: dict[str, float] = {}
    for number, when in rung:
        at.setdefault(number, when)
    served = [number for number in came if number in at]
    return sum(
        at[later] < at[earlier] - AT_ONCE_S for place, earlier in enumerate(served) for later in served[place + 1 :]
    )


def mixed(loop: Loop, centre: Centre, side: Side, dial: Callable[[Ua, int], Dialog], begin: Callable[[], None]) -> int:
    """Twenty callers come, each to one of the queues, while nobody serves; then `begin`. The inversions."""
    side.rung.clear()
    draw = random.Random(7)
    callers = [Ua(loop, f"0101234{number:04d}", centre.sip) for number in range(CALLERS)]
    dialogs = [dial(caller, draw.randrange(2)) for caller in callers]
    begin()
    wait_for(lambda: len({one for one, _ in side.rung}) >= CALLERS, 90, lambda: f"{len(side.rung)} were served")
    for dialog in dialogs:
        dialog.ended.wait(5)
    for caller in callers:
        caller.close()
    return inversions([caller.user for caller in callers], side.rung)


class Preferred(threading.Thread):
    """Calls the preferred queue, is served, and calls again at once."""

    def __init__(self, ua: Ua, dial: Callable[[Ua], Dialog], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._ua, self._dial, self._ending = ua, dial, stop

    def run(self) -> None:
        while not self._ending.is_set():
            dialog = self._dial(self._ua)
            while not dialog.ended.wait(0.1) and not self._ending.is_set():
                pass
            if not dialog.ended.is_set():
                dialog.hang_up()
            self._ua.dialogs.pop(dialog.call_id, None)


def waits_s(loop: Loop, centre: Centre, side: Side, dial: Callable[[Ua, int], Dialog]) -> float | None:
    """How long the plain queue's one caller waits among the preferred ones; None: not served at all."""
    stop = threading.Event()
    many = [
        Preferred(Ua(loop, f"0105555{n:04d}", centre.sip), lambda ua: dial(ua, 0), stop)
        for n in range(PREFERRED_CALLERS)
    ]
    for one in many:
        one.start()
    wait_for(lambda: len(side.rung) >= PREFERRED_CALLERS, 30, "the preferred callers are not served")
    side.rung.clear()
    plain = Ua(loop, "01077770000", centre.sip)
    dialog = dial(plain, 1)
    begun = time.perf_counter()  # it has pressed its keys, and waits from now on
    deadline = time.monotonic() + STARVED_AFTER_S
    while (at := side.rung_for(plain.user)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    for one in many:
        one.join(5)
    if not dialog.ended.is_set():
        dialog.hang_up()
    return None if at is None else at - begun


def run() -> list[Row]:
    """Both questions to both, as `./ringmaster bench` prints them."""
    sys.setswitchinterval(0.0005)
    loop = Loop()
    loop.start()
    sets = ("queues.defaults.wrapup_s=0", f"queues.queues.vehicle.points={POINTS}")
    words = ("--no-restart", "--at", "2026-11-24T10:00", *(word for one in sets for word in ("--set", one)))
    with tempfile.TemporaryDirectory(prefix="bench-order-") as folder, Centre.start(Path(folder), *words) as centre:
        _make_queues(centre)
        theirs = Side(loop, centre, ("1011", "1012"))

        def queue(ua: Ua, number: int, names: tuple[str, str] = ("bench-a", "bench-b")) -> Dialog:
            return _answered(ua.call(f"90{_NUMBERS[names[number % 2]]}"))

        def members(*names: str, agents: tuple[str, ...] = ("1011", "1012")) -> None:
            for name in names:
                for agent in agents:
                    centre.console(f"queue add member PJSIP/{agent} to {name}")

        their_inversions = mixed(loop, centre, theirs, queue, lambda: members("bench-a", "bench-b"))
        members("bench-preferred", "bench-plain", agents=("1011",))
        their_wait = waits_s(loop, centre, theirs, lambda ua, n: queue(ua, n, ("bench-preferred", "bench-plain")))

        ours = Side(loop, centre, ("1001", "1005"))

        def engine(ua: Ua, number: int, keys: tuple[str, str] = ("13", "10")) -> Dialog:
            dialog = _answered(ua.call(NUMBER))
            time.sleep(0.3)  # nobody presses a key sooner
            ua.press(dialog, keys[number % 2])
            return dialog

        def available(*phones: Ua) -> None:
            for phone in phones:
                assert phone.call("*11").ended.wait(8)

        our_inversions = mixed(loop, centre, ours, engine, lambda: available(*ours.phones))
        assert ours.phones[1].call("*13").ended.wait(8)
        our_wait = waits_s(loop, centre, ours, lambda ua, n: engine(ua, n, ("12", "10")))
        for phone in (*ours.phones, *theirs.phones):
            phone.close()
    loop.stop()
    callers = f"{CALLERS} callers, 2 queues, 2 agents who serve both"
    among = f"among {PREFERRED_CALLERS} preferred callers who never cease"
    starved = "not served" if their_wait is None else "served"
    return [
        most("order: inversions", our_inversions, "pairs", 0, callers),
        told("order: inversions, app_queue", their_inversions, "pairs", callers),
        most("order: a plain caller's wait", our_wait, "s", WAIT_BAR_S, f"{among}, {HEAD_START_S:.0f} s of head start"),
        told(
            "order: a plain caller's wait, app_queue", their_wait or STARVED_AFTER_S, "s",
            f"{among}, weight 10: {starved} in {STARVED_AFTER_S:.0f} s",
        ),
    ]  # fmt: skip


_NUMBERS = {"bench-a": 1, "bench-b": 2, "bench-preferred": 3, "bench-plain": 4}


def _make_queues(centre: Centre) -> None:
    """app_queue's own queues beside the centre's, and numbers that lead into them."""
    file = pbxconfig.etc_dir(centre.settings) / "queues.conf"
    made = "".join(QUEUES.format(name=name, weight=10 if name == "bench-preferred" else 0) for name in _NUMBERS)
    file.write_text(file.read_text(encoding="utf-8") + made, encoding="utf-8")
    centre.console("queue reload all")
    for name, number in _NUMBERS.items():
        centre.console(f"dialplan add extension 90{number},1,Answer() into from-carrier")
        centre.console(f"dialplan add extension 90{number},2,Queue({name}) into from-carrier")


def _answered(dialog: Dialog) -> Dialog:
    assert dialog.answered.wait(8), f"not answered: {dialog.status}"
    return dialog


def main() -> int:
    """Exit 1 beyond a bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    return finish(run(), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
