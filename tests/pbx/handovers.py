"""What the tests of handing over share: an official's phone, and a talk that is to be handed on."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager

from calls import Log, dial_in, logged_in
from centre import Centre

from engine.phone import Phone


def official(centre: Centre, extension: str, *, answers: bool = True) -> Phone:
    """An official's phone, not started yet."""
    with (centre.state / "officials.csv").open(encoding="utf-8") as file:
        secret = {row["extension"]: row["sip_secret"] for row in csv.DictReader(file)}[extension]
    return Phone(extension, centre.sip, secret, answers=answers)


@contextmanager
def talk(centre: Centre, keys: str = "10") -> Iterator[tuple[Log, Phone, Phone]]:
    """A citizen talks with 1001; of no topic, so that no whisper delays the talk. Log, citizen, agent."""
    with logged_in(centre, "1001") as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = dial_in(citizen, keys)
        agent.wait_talking(8, after=began)
        log.wait("contact.moved", new="connected")
        yield log, citizen, agent
        citizen.hang_up()


def ask_for(agent: Phone, target: str) -> float:
    """*2, and when the question has been heard, the digits; the moment at which it began."""
    began = time.monotonic()
    agent.keys("*2")
    time.sleep(2.6)
    agent.keys(target, gap_s=0.2)
    return began
