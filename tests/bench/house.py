"""A bench's centre and its many phones: agents on duty, callers who wait, citizens who call again and again."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.pbx.centre import NUMBER, Centre, wait_for

T = TypeVar("T")
GENERAL = "10"  # Korean, any agent
ANSWER_S = 0.5  # Answer() waits this long for sound, and a key before that is lost


def at_once(what: Callable[[int], T], times: int, *, together: int = 10) -> list[T]:
    """`what(0)`, `what(1)`, … by so many threads; the answers in order."""
    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(what, range(times)))


@contextmanager
def opened(*words: str) -> Iterator[tuple[Loop, Centre]]:
    """A centre in a folder of its own, by `up`'s own words, on a Tuesday at ten; and the loop of its phones."""
    loop = Loop()
    loop.start()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Centre.start(Path(folder), "--no-restart", "--at", "2026-11-24T10:00", *words) as centre,
    ):
        yield loop, centre
    loop.stop()
    for error in loop.errors[:3]:
        print(f"phone: {error!r}", file=sys.stderr)


class Citizen(threading.Thread):
    """Calls again and again: presses 1 and 0, waits to be served, is hung up on. `served`: how many calls ended so."""

    def __init__(self, ua: Ua, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.ua, self.stopping = ua, stop
        self.served = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            dialog = self.ua.call(NUMBER)
            if not dialog.answered.wait(5):
                continue
            time.sleep(0.3)
            self.ua.press(dialog, GENERAL)
            while not dialog.ended.wait(0.2) and not self.stopping.is_set():
                pass
            if dialog.ended.is_set():
                self.served += 1
            else:
                dialog.hang_up()
            self.ua.dialogs.pop(dialog.call_id, None)


def citizens(loop: Loop, centre: Centre, count: int, stop: threading.Event) -> list[Citizen]:
    """So many who call until `stop`, none at the same moment as the one before."""
    made = [Citizen(Ua(loop, f"0101234{n:04d}", centre.sip), stop) for n in range(count)]
    for one in made:
        one.start()
        time.sleep(0.1)
    return made


def on_duty(
    loop: Loop,
    centre: Centre,
    extensions: Sequence[str],
    *,
    on_invite: Callable[[Dialog, str, float], None] = lambda dialog, text, now: None,
    on_answer: Callable[[Dialog, float], None] = lambda dialog, now: None,
) -> list[Ua]:
    """Phones of agents who are available, and answer at once. The callbacks are the phones' own (`Ua`)."""
    accounts = centre.accounts

    def one(at: int) -> Ua:
        phone = Ua(loop, extensions[at], centre.sip, accounts[extensions[at]]["sip_secret"]).register(15)
        phone.on_invite, phone.on_answer = on_invite, on_answer
        assert phone.call("*11").ended.wait(15)
        return phone

    return at_once(one, len(extensions))


def call_in(loop: Loop, centre: Centre, number: str, keys: str = GENERAL) -> Dialog:
    """One caller on a phone of their own, who has pressed these keys."""
    dialog = Ua(loop, number, centre.sip).call(NUMBER)
    assert dialog.answered.wait(20), f"{number} was not answered: {dialog.status}"
    time.sleep(ANSWER_S)
    dialog.ua.press(dialog, keys)
    return dialog


def board(centre: Centre) -> dict[str, Any]:
    """What wallboards show."""
    shown: dict[str, Any] = json.loads(centre.get("/snapshot.json"))
    return shown


def waiting(centre: Centre) -> int:
    """Callers who wait for an agent."""
    return sum(line["count"] for line in board(centre)["waiting"].values())


def wait_waiting(centre: Centre, count: int, within_s: float = 60) -> None:
    """Until so many wait."""
    wait_for(lambda: waiting(centre) == count, within_s, lambda: f"{waiting(centre)} wait, not {count}")
