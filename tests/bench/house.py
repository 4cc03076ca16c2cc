"""Many phones at one centre: agents on duty and callers who wait, all of them in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
