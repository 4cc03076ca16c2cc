"""A centre to be broken, and its people: agents' phones, citizens on a few carrier lines, all SIP user agents of this process.

A caller is known by their number. What became of each is told by the phones and by the PBX's own events (`Net`), not
by the engine, which is what is being killed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from acd.ami.client import AmiClient
from acd.ami.packets import Packet
from engine.settings import default_rules
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.chaos.job import Job
from tests.pbx.centre import NUMBER, Centre, wait_for
from tests.pbx.loglines import LogLines

LINES = 10
JAPANESE = 4
BYE_AGAIN_S = (1.0, 4.0)
PATIENCE_S = 30.0  # for what must come, however slow the machine is
INJECT = Path(__file__).parent / "inject"
AT = ("--at", "2026-11-24T10:00")


class Net:
    """The PBX's own word on who is in one of its queues, and when they came there (monotonic seconds)."""

    def __init__(self, centre: Centre) -> None:
        ami = centre.ready["ami"]
        self.joined: dict[str, float] = {}  # number: the latest time
        self.uniqueids: dict[str, str] = {}  # number: the contact's id
        self._client = AmiClient(
            "127.0.0.1", centre.settings.ami_port, ami["user"], ami["secret"], on_packet=self._take
        )
        self._client.start()
        assert self._client.logged_in.wait(PATIENCE_S), "the witness could not log in to AMI"

    def _take(self, packet: Packet) -> None:
        if packet.name == "QueueCallerJoin":
            self.joined[packet.get("CallerIDNum")] = time.monotonic()
        elif packet.name == "Newchannel" and packet.get("Exten"):
            self.uniqueids[packet.get("CallerIDNum")] = packet.get("Uniqueid")

    def since(self, at: float, numbers: Sequence[str]) -> dict[str, float]:
        """Of these, who fell after `at`, and how long after."""
        return {one: self.joined[one] - at for one in numbers if self.joined.get(one, 0.0) >= at}

    def close(self) -> None:
        self._client.stop()


class Town:
    """The centre's people. `close` ends all phones."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.loop = Loop()
        self.loop.start()
        self.net = Net(centre)
        self.told = LogLines(centre.log)
        self.agents: dict[str, Ua] = {}
        self.rung: list[tuple[str, str]] = []  # agent, caller's number, in the order of the INVITEs
        self.callers: dict[str, Dialog] = {}
        self._lines = [(Ua(self.loop, f"carrier{n}", centre.sip), threading.Lock()) for n in range(LINES)]
        self._next_line = itertools.cycle(self._lines)
        self.pool = ThreadPoolExecutor(LINES)

    def close(self) -> None:
        self.pool.shutdown()
        for ua in (*self.agents.values(), *(ua for ua, _ in self._lines)):
            ua.close()
        self.net.close()
        self.loop.stop()

    # -- agents

    def agent(self, extension: str, *, code: str = "*11", answer_after_s: float | None = 0.0) -> Ua:
        """A phone that is registered and has dialled this code."""
        phone = Ua(self.loop, extension, self.centre.sip, self.centre.accounts[extension]["sip_secret"])
        phone.answer_after_s = answer_after_s
        phone.on_invite = lambda dialog, text, now: self.rung.append((extension, _caller(text)))
        self.agents[extension] = phone.register(PATIENCE_S)
        if code:
            self.dial_code(extension, code)
        return phone

    def dial_code(self, extension: str, code: str) -> None:
        """Dial it and wait until the PBX ends the call."""
        assert self.agents[extension].call(code).ended.wait(PATIENCE_S), f"{extension}: {code} does not end"

    def talks_of(self, extension: str) -> list[Dialog]:
        """The agent's side of talks that run; codes of theirs are none."""
        dialogs = list(self.agents[extension].dialogs.values())
        return [one for one in dialogs if one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set()]

    def end(self, talk: Dialog) -> None:
        """Hang up, and say so again: a PBX that is still busy with the answer overhears the first BYE."""
        if not talk.ended.is_set():
            talk.hang_up()
            for after_s in BYE_AGAIN_S:
                self.loop.later(after_s, lambda: talk.request("BYE") and None)

    # -- citizens

    def call(self, number: str, keys: str = "10") -> Dialog:
        """Call the centre and press keys into the greeting; returns when they are pressed."""
        ua, lock = next(self._next_line)
        dialog = ua.call(NUMBER, number)
        self.callers[number] = dialog
        assert dialog.answered.wait(PATIENCE_S), f"{number} was not answered: {dialog.status}"
        if keys:
            time.sleep(0.4)  # nobody presses a key sooner, and Answer() waits for sound
            with lock:
                ua.press(dialog, keys)
        return dialog

    def call_all(self, numbers: Sequence[str], keys: str = "10") -> list[Dialog]:
        """Side by side on all lines."""
        return list(self.pool.map(lambda number: self.call(number, keys), numbers))

    def hang_up(self, numbers: Sequence[str]) -> None:
        """Those who are still there."""
        for number in numbers:
            if not self.callers[number].ended.is_set():
                self.callers[number].hang_up()

    def gone(self, numbers: Sequence[str]) -> list[str]:
        """Those whom the centre has hung up on."""
        return [number for number in numbers if self.callers[number].ended.is_set()]

    # -- the engine's word

    def began(self, number: str) -> bool:
        """Whether the engine has begun to speak with this caller."""
        contact = self.net.uniqueids.get(number)
        return bool(contact and self.told.lines("call.began", call_id=contact))

    def board(self) -> dict[str, Any]:
        return json.loads(self.centre.get("/snapshot.json"))

    def waiting(self) -> int:
        """Who waits or is being rung for, by the engine; -1 while it cannot say."""
        try:
            return sum(line["count"] for line in self.board()["waiting"].values())
        except (OSError, ValueError):
            return -1

    def state(self, extension: str) -> str:
        one = next(agent for agent in self.board()["agents"] if agent["id"] == extension)
        return f"{one['presence']}/{one['work']}"

    def wait_waiting(self, count: int) -> None:
        """Until so many wait."""
        wait_for(
            lambda: self.waiting() == count,
            PATIENCE_S,
            lambda: f"{self.waiting()} wait, not {count}:\n{self.centre.said()}",
        )

    def metric(self, name: str) -> float:
        """One of /metrics, without labels."""
        return next(
            float(line.split()[1]) for line in self.centre.metrics().splitlines() if line.startswith(f"{name} ")
        )

    def illegal(self) -> list[str]:
        """What a core that has met a bug logs."""
        text = self.centre.log.read_text(errors="replace")
        return [
            line[:300] for line in text.splitlines() if "illegal_transition" in line or '"level": "critical"' in line
        ]


@contextmanager
def town(job: Job, *words: str, sets: Sequence[str] = (), agents: int = 0, inject: bool = False) -> Iterator[Town]:
    """A centre of its own on a working day at ten. `agents`: at least so many in the rules; `inject`: see inject/."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        words = (*AT, *words, *(word for one in sets for word in ("--set", one)))
        if agents:
            words = (*words, "--rules", str(rules_with(folder / "rules", agents)))
        if inject:
            stack.enter_context(_injected(folder / "switches"))
        centre = stack.enter_context(Centre.start(folder, *words))
        one = Town(centre)
        stack.callback(one.close)
        yield one
        for line in one.illegal():
            job.say(line)


@contextmanager
def _injected(switches: Path) -> Iterator[None]:
    """Processes that are started now run inject/sitecustomize.py."""
    switches.mkdir()
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "RINGMASTER_CHAOS")}
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(INJECT), before["PYTHONPATH"]]))
    os.environ["RINGMASTER_CHAOS"] = str(switches)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def rules_with(folder: Path, agents: int) -> Path:
    """The city's rules with at least so many agents more, of whom the first four speak Japanese and nothing else."""
    shutil.copytree(default_rules(), folder)
    file = folder / "agents.yaml"
    text = file.read_text(encoding="utf-8")
    lines = [
        f"  {1901 + n}: {{name: 상담사 {901 + n}, team: team1, languages: [{'ja' if n < JAPANESE else 'ko'}], skills: {{city: 3}}}}"
        for n in range(agents)
    ]
    file.write_text(text.rstrip("\n") + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


def numbers(prefix: int, count: int) -> list[str]:
    """Citizens' numbers that nobody else has."""
    return [f"010{prefix:03d}{n:05d}" for n in range(count)]


def spread(what: Callable[[str], Any], delays_s: Sequence[float], who: Sequence[str]) -> list[threading.Thread]:
    """Start `what` for each after its delay; joined by the caller."""
    threads = [threading.Timer(delay_s, what, [one]) for delay_s, one in zip(delays_s, who, strict=True)]
    for thread in threads:
        thread.start()
    return threads


def _caller(invite: str) -> str:
    found = re.search(r"^(?:From|f):.*?sip:([^@>;]+)@", invite, re.MULTILINE)
    return found.group(1) if found else ""
