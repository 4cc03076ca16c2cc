"""A running call centre for tests: `./ringmaster up` as an operator starts it, on free ports, in a folder of its own.

with Centre.start(tmp_path, "--at", "2026-11-24T10:00") as centre:
    with centre.agent("1001") as agent, centre.citizen("01012345678") as citizen:
        ...
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from engine import pbx, ready
from engine.phone import Phone, Said
from engine.settings import RunSettings, child_environment

START_WITHIN_S = 60
NUMBER = "0319099000"
# The seconds that a test names are those of a quiet machine; one that others use too is late. A wait is given so much
# more before it fails, which costs nothing when what it waits for comes sooner.
LATE_S = 20.0
# The same for a promise that is held against the clock ("within 3 s"): what would take its place takes longer still.
SLACK_S = 5.0


class CentrePhone(Phone):
    """A phone at this centre, whose owner knows that the machine may be late."""

    def __init__(self, centre: Centre, user: str, secret: str | None = None, **more: Any) -> None:
        super().__init__(user, centre.sip, secret, **more)
        self.centre = centre

    def wait(
        self, kind: str, within_s: float, *, after: float = 0.0, matching: Callable[[Said], bool] | None = None
    ) -> Said:
        try:
            return super().wait(kind, within_s + LATE_S, after=after, matching=matching)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\n{self.centre.said()}") from late


class Centre:
    """Everything that `up` has started. Use it as a context manager: it ends what it started, and nothing else."""

    def __init__(self, process: subprocess.Popen[bytes], state: Path, log: Path) -> None:
        self.process = process
        self.state = state
        self.log = log
        self._joined: list[subprocess.Popen[bytes]] = []

    @classmethod
    def start(cls, folder: Path, *up_args: str, wait: bool = True) -> Self:
        """Start it with `up`'s own words; returns when calls are taken (or at once, with `wait=False`)."""
        state = folder / "state"
        log = folder / "up.log"
        words = list(up_args)
        for option in ("--sip-port", "--http-port", "--ami-port", "--agi-port"):
            if option not in words:
                words += [option, "0"]
        centre = cls(_spawn(["up", "--state", str(state), *words], log), state, log)
        if wait:
            try:
                centre.wait_ready()
            except BaseException:
                centre.stop()
                raise
        return centre

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- what it says of itself

    @property
    def ready(self) -> dict[str, Any]:
        """ready.json, as it is now."""
        return json.loads((self.state / "ready.json").read_text())

    @property
    def settings(self) -> RunSettings:
        return RunSettings.load(self.state)

    @property
    def engine_pid(self) -> int:
        return int(self.ready["pid"])

    @property
    def asterisk_pid(self) -> int:
        return int(self.ready["asterisk_pid"])

    @property
    def sip(self) -> tuple[str, int]:
        return self.ready["sip"]["host"], self.ready["sip"]["port"]

    def wait_ready(self, within_s: float = START_WITHIN_S, *, not_pid: int | None = None) -> dict[str, Any]:
        """Wait until calls are taken (by another engine than `not_pid`)."""

        def taken() -> dict[str, Any] | None:
            if self.process.poll() is not None and not self._joined:
                raise AssertionError(f"up has ended with {self.process.returncode}:\n{self.said()}")
            now = ready.load(self.state)
            return self.ready if now is not None and now.pid != not_pid and ready.alive(now.pid) else None

        return wait_for(taken, within_s, lambda: f"no centre is ready:\n{self.said()}")

    def said(self, lines: int = 40) -> str:
        """The end of what it logged."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def metrics(self) -> str:
        """What /metrics says."""
        return self.get("/metrics")

    def get(self, path: str) -> str:
        """An HTTP answer of the engine."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ready['http']['port']}{path}", timeout=LATE_S) as answer:
            return answer.read().decode()

    def console(self, command: str) -> str:
        """What Asterisk's console answers."""
        return pbx.console(self.settings, command)

    def channels(self) -> list[str]:
        """The names of the channels that exist now."""
        lines = self.console("core show channels concise").splitlines()
        return [line.split("!")[0] for line in lines if "!" in line]

    def talks(self) -> int:
        """Pairs of channels that Asterisk has joined: that is a moment after the phone's 200 and our log line."""
        rows = [line.split() for line in self.console("bridge show all").splitlines()]
        return sum(row[2:3] == ["2"] for row in rows)

    def queue_members(self, queue: str) -> str:
        return self.console(f"queue show {queue}")

    def waiting_in(self, queue: str) -> int:
        """Callers in one of Asterisk's own queues."""
        listed = self.console(f"queue show {queue}")
        return int(listed.split(" has ")[1].split(" calls")[0]) if " has " in listed else 0

    # --- phones

    @property
    def accounts(self) -> dict[str, dict[str, str]]:
        """agents.csv by extension."""
        with (self.state / "agents.csv").open(encoding="utf-8") as file:
            return {row["extension"]: row for row in csv.DictReader(file)}

    def agent(self, extension: str, *, answers: bool = True) -> CentrePhone:
        """An agent's phone, not started yet; as a context manager it starts, registers and ends."""
        return CentrePhone(self, extension, self.accounts[extension]["sip_secret"], answers=answers)

    def citizen(self, number: str = "01012345678", *, address: str = "127.0.0.1") -> CentrePhone:
        """A citizen's phone, not started yet; `address`: of the carrier that it calls through."""
        return CentrePhone(self, number, address=address)

    def code(self, phone: Phone, code: str) -> None:
        """Dial a feature code from an agent's phone and wait until the PBX has ended its call."""
        began = phone.call(code)
        phone.wait_ended(8, after=began)

    # --- failures

    def kill_engine(self) -> int:
        """kill -9; the pid that was killed."""
        pid = self.engine_pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop_engine(self) -> int:
        """SIGSTOP: a hung engine; its pid."""
        pid = self.engine_pid
        os.kill(pid, signal.SIGSTOP)
        return pid

    def engine_only(self, *words: str) -> None:
        """Join an engine to the Asterisk that runs (`up --engine-only`), and wait until it takes calls."""
        before = self.ready["pid"]
        self._joined.append(_spawn(["up", "--engine-only", "--state", str(self.state), *words], self.log))
        self.wait_ready(not_pid=before)

    def stand_by(self) -> None:
        """Start a second engine (`up --standby`); returns when it waits for its turn."""
        began = len(self.said(1000).split("standing by:"))
        words = ["up", "--standby", "--state", str(self.state), "--http-port", "0", "--agi-port", "0"]
        self._joined.append(_spawn(words, self.log))
        wait_for(lambda: len(self.said(1000).split("standing by:")) > began, START_WITHIN_S, self.said)

    def kill_with_parent(self) -> int:
        """kill -9 of the `up` whose engine serves, which takes that along but not Asterisk; the engine's pid."""
        known = self.ready
        os.kill(known["supervisor_pid"], signal.SIGKILL)
        return int(known["pid"])

    def stop(self, within_s: float = 12) -> float:
        """SIGTERM to the one pid; the seconds that it took. Whatever is left is killed, by its own pid."""
        began = time.monotonic()
        known = ready.load(self.state)
        processes = [*self._joined, self.process]
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            try:
                process.wait(within_s + LATE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        took = time.monotonic() - began
        if known is not None:
            for pid in (known.pid, known.asterisk_pid, *(node.asterisk_pid for node in known.nodes)):
                if pid and ready.alive(pid) and self._is_ours(pid):
                    os.kill(pid, signal.SIGKILL)
        return took

    def _is_ours(self, pid: int) -> bool:
        try:
            return str(self.state).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False


def wait_for(condition: Callable[[], Any], within_s: float, otherwise: Callable[[], str] | str = "") -> Any:
    """The condition's first true value; an AssertionError with `otherwise` when there was none in time, and not late."""
    deadline = time.monotonic() + within_s + LATE_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            said = otherwise() if callable(otherwise) else otherwise
            raise AssertionError(said or f"not within {within_s} s, nor {LATE_S} s later")
        time.sleep(0.02)


def ringmaster(*words: str, within_s: float = 60) -> subprocess.CompletedProcess[str]:
    """A command as a person runs it, to its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "engine", *words],
        capture_output=True, text=True, timeout=within_s + LATE_S, check=False, env=child_environment(), stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _spawn(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "engine", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=child_environment(),
            # Its group is not ours: a Ctrl-C at the tests is not one at the centre.
            start_new_session=True,
        )
