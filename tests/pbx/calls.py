"""What the call tests share: the engine's own words, who is where, and what a recording has in it."""

from __future__ import annotations

import csv
import json
import stat
import time
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from centre import NUMBER, Centre, CentrePhone, wait_for
from loglines import LogLines

from dialplan.numbers import masked
from engine import ears
from engine.phone import RATE_HZ, Phone


class Log(LogLines):
    """The engine's log lines from now on, and waits for them."""

    def __init__(self, centre: Centre) -> None:
        super().__init__(centre.log)
        self._centre = centre

    def wait(self, event: str, within_s: float = 5, **wanted: Any) -> dict[str, Any]:
        """The first such line, waited for."""
        found = wait_for(
            lambda: self.lines(event, **wanted), within_s, lambda: f"no {event} {wanted}:\n{self._centre.said()}"
        )
        return found[0]


def agents_of(centre: Centre) -> dict[str, dict[str, Any]]:
    """The wallboard's agents by extension."""
    return {agent["id"]: agent for agent in json.loads(centre.get("/snapshot.json"))["agents"]}


def wait_state(centre: Centre, extension: str, presence: str, work: str, within_s: float = 5) -> None:
    """Wait until the agent is so."""

    def so() -> bool:
        agent = agents_of(centre)[extension]
        return (agent["presence"], agent["work"]) == (presence, work)

    wait_for(
        so, within_s, lambda: f"{extension} is {agents_of(centre)[extension]}, not {presence} {work}:\n{centre.said()}"
    )


def wait_joined(centre: Centre, talks: int = 1) -> None:
    """Wait until Asterisk has joined so many pairs: transfers and keys before are nobody's, and no person is so quick."""
    wait_for(lambda: centre.talks() == talks, 5, lambda: f"{centre.talks()} talks, not {talks}:\n{centre.said()}")


def wait_quiet(centre: Centre, within_s: float = 8) -> None:
    """Wait until no call is left anywhere."""
    wait_for(lambda: not centre.channels(), within_s, lambda: f"channels are left: {centre.channels()}")


def say_code(centre: Centre, phone: Phone, code: str, presence: str, work: str = "idle") -> None:
    """Dial a code and hang up as soon as it has acted: nobody listens to the confirmation."""
    began = phone.call(code)
    wait_for(
        lambda: agents_of(centre)[phone.user]["presence"] == presence,
        5,
        lambda: f"{code} did nothing:\n{centre.said()}",
    )
    phone.hang_up()
    phone.wait_ended(5, after=began)
    wait_state(centre, phone.user, presence, work)


@contextmanager
def logged_in(centre: Centre, *extensions: str, answers: bool = True) -> Iterator[list[CentrePhone]]:
    """These agents' phones, registered and available; logged out at the end, so that the next test finds nobody."""
    with ExitStack() as stack:
        phones = [stack.enter_context(centre.agent(extension, answers=answers)) for extension in extensions]
        for phone in phones:
            say_code(centre, phone, "*11", "available")
        try:
            yield phones
        finally:
            for phone in phones:
                if phone.alive:
                    phone.hang_up()
            wait_quiet(centre)
            for phone in phones:
                if phone.alive:
                    say_code(centre, phone, "*13", "offline")


def dial_in(citizen: CentrePhone, keys: str = "") -> float:
    """Call the centre and type ahead; the moment at which it was dialled."""
    log = Log(citizen.centre)
    began = citizen.call(NUMBER)
    citizen.wait_talking(8, after=began)
    if keys:
        wait_heeded(log, citizen.user)
        citizen.keys(keys, gap_s=0.2)
    return began


def wait_heeded(log: Log, number: str) -> None:
    """Wait until the engine has this number's call: Asterisk drops keys before. Nobody presses one at once."""
    log.wait("call.began", script="call", number=masked(number))
    time.sleep(0.3)


def pin(centre: Centre, supervisor: str) -> str:
    """A supervisor's, as the operators read it."""
    path = centre.state / "supervisors.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open() as file:
        return {row["extension"]: row["pin"] for row in csv.DictReader(file)}[supervisor]


def type_pin(phone: Phone, code: str, typed: str) -> float:
    """Dial a supervisor's code and type the PIN; when it was dialled."""
    began = phone.call(code)
    phone.wait_talking(4, after=began)
    time.sleep(0.5)
    phone.keys(typed)
    return began


def longest_silence_s(samples: array[int]) -> float:
    """The longest stretch without sound in a recording."""
    return ears.longest_silence_s(ears.loudness(samples))


def prompts_heard(centre: Centre, samples: array[int], *names: str) -> list[ears.Heard]:
    """Which of these prompts (`ko/closed`) are in the recording, and when."""
    recordings = ears.prompts_in(centre.settings.sounds)
    hearing = ears.Ears(ears.known({name: recordings[name] for name in names}))
    return hearing.hear(samples)


def wait_prompt(centre: Centre, phone: Phone, name: str, within_s: float = 10, *, after_s: float = 0.0) -> None:
    """Wait until the phone's latest call has heard this prompt (`ko/closed`), in what it hears from `after_s` on."""
    hearing = ears.Ears(ears.known({name: ears.prompts_in(centre.settings.sounds)[name]}))
    taken = round(after_s * RATE_HZ)

    def heard() -> list[ears.Heard]:
        nonlocal taken
        fresh = phone.heard()[taken:]
        taken += len(fresh)
        time.sleep(0.1)  # listening costs more than waiting
        return hearing.hear(fresh)

    wait_for(heard, within_s, lambda: f"{name} is not heard in {phone.heard_s():.1f} s:\n{centre.said()}")


def sleep_until(moment_s: float) -> None:
    """Wait for a moment of a call: a caller presses a key when they press it, there is nothing to wait for."""
    time.sleep(max(0.0, moment_s - time.monotonic()))
