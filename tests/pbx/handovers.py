"""What the tests of handing over share: an official's phone, and a talk that is to be handed on."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager

from calls import Log, dial_in, logged_in, wait_joined, wait_prompt
from centre import Centre, CentrePhone


def official(centre: Centre, extension: str, *, answers: bool = True) -> CentrePhone:
    """An official's phone, not started yet."""
    with (centre.state / "officials.csv").open(encoding="utf-8") as file:
        secret = {row["extension"]: row["sip_secret"] for row in csv.DictReader(file)}[extension]
    return CentrePhone(centre, extension, secret, answers=answers)


@contextmanager
def talk(centre: Centre, keys: str = "10") -> Iterator[tuple[Log, CentrePhone, CentrePhone]]:
    """A citizen talks with 1001; of no topic, so that no whisper delays the talk. Log, citizen, agent."""
    with logged_in(centre, "1001") as [agent], centre.citizen() as citizen:
        log = Log(centre)
        began = dial_in(citizen, keys)
        agent.wait_talking(8, after=began)
        log.wait("contact.moved", new="connected")
        wait_joined(centre)
        yield log, citizen, agent
        citizen.hang_up()


def ask_for(agent: CentrePhone, target: str) -> float:
    """*2, and when the question has been heard, the digits; the moment at which it began."""
    began, asked = time.monotonic(), agent.heard_s()
    agent.keys("*2")
    wait_prompt(agent.centre, agent, "ko/agent_consult_number", after_s=asked)
    time.sleep(1.0)  # its other half
    agent.keys(target, gap_s=0.2)
    return began
