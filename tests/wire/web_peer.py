"""The pages' process as `up` starts it, beside the engine's own HTTP server with figures that a test sets."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Self

from acd.journal.migrate import migrate
from engine import ready
from engine.http import EventStream, HttpServer, Pages
from engine.settings import child_environment

AGENTS = [("1001", "team1", "available", "connected"), ("1002", "team1", "away", "idle"),
          ("1003", "team2", "available", "idle"), ("1004", "team2", "offline", "idle")]  # fmt: skip


def snapshot(**changed: Any) -> dict[str, Any]:
    """A whole /snapshot.json, with these keys changed."""
    return {
        "at": time.time(), "since": time.time() - 3600, "threshold_s": 20.0, "in_menu": 1, "open": True,
        "waiting": {"ko": {"count": 2, "oldest_s": 12.0, "estimated_s": 25.0}},
        "agents": [
            {"id": key, "name": f"상담사 {key[2:]}", "team": team, "presence": presence, "work": work, "reason": None}
            for key, team, presence, work in AGENTS
        ],
        "teams": {"team1": {"ko": "1팀", "en": "Team 1"}, "team2": {"ko": "2팀", "en": "Team 2"}},
        "counts": {"offered": 1234, "answered": 1200, "answered_within": 1180, "abandoned": 20, "abandoned_short": 5,
                   "flowed_out": 2, "transferred": 400, "to_officials": 310},
        "decisions": [],
        **changed,
    }  # fmt: skip


class Engine:
    """What a wallboard sees of an engine: a real HTTP server. `figures` may be changed at any time."""

    def __init__(self) -> None:
        self.figures: Callable[[], dict[str, Any] | None] = snapshot
        self.asked = 0
        self.events = EventStream()
        self._server = HttpServer(("127.0.0.1", 0), Pages(lambda: b"", lambda: None, self._body), self.events)
        self._server.start()
        self.port = self._server.server_address[1]

    def _body(self) -> bytes | None:
        self.asked += 1
        figures = self.figures()
        return None if figures is None else json.dumps(figures).encode()

    def happen(self) -> float:
        """Something happens now; its time."""
        at = time.time()
        self.events.publish(json.dumps({"fact": "AgentMoved", "at": at}).encode() + b"\n")
        return at

    def stop(self) -> None:
        self._server.stop()


class Site:
    """`./ringmaster wallboard` on a state of its own; a context manager."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.state = folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        if not (self.state / "journal.sqlite").exists():
            migrate(self.state / "journal.sqlite")
        self.engine: Engine | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.cli", "wallboard", "--state", str(self.state), "--port", "0", *words],
            env=child_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline()
        self.port = int(self.said.split("http://")[1].split("/")[0].rpartition(":")[2])
        self.url = f"http://127.0.0.1:{self.port}"
        self.pid = self._process.pid

    def start_engine(self) -> Engine:
        """An engine, known by ready.json."""
        self.engine = Engine()
        here = ready.Address(host="127.0.0.1", port=self.engine.port)
        ami = ready.AmiAddress(host="127.0.0.1", port=1, user="", secret="")
        ready.Ready(
            sip=here, http=here, ami=ami, agi=here, pid=1, asterisk_pid=None, supervisor_pid=1
        ).save(self.state)  # fmt: skip
        return self.engine

    def stop_engine(self) -> None:
        """As when it is killed: ready.json stays."""
        if self.engine is not None:
            self.engine.stop()
            self.engine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> float:
        """SIGTERM; the seconds until it had ended, with exit code 0."""
        began = time.monotonic()
        self.stop_engine()
        self._process.terminate()
        code = self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert code == 0
        return time.monotonic() - began

    def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET", body: str | None = None,
            ) -> tuple[HTTPResponse, bytes]:  # fmt: skip
        """An answer and its body, whatever its status; redirections are not followed."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return answer, answer.read()
        finally:
            line.close()


class Stream:
    """A viewer's stream: `wait(condition)` gives the first screen that fulfils it."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._answer = urllib.request.urlopen(
            urllib.request.Request(f"{url}/events", headers=headers or {}), timeout=30
        )
        self.screens: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._answer:
                if line.startswith(b"data: "):
                    with self._changed:
                        self.screens.append(json.loads(line[6:]))
                        self._changed.notify_all()
        except (OSError, ValueError, AttributeError):
            return

    def wait(
        self, condition: Callable[[dict[str, Any]], bool], within_s: float = 20, *, since: int | None = None
    ) -> dict[str, Any]:
        """The first screen that is so, from now on or from the `since`th on."""
        deadline = time.monotonic() + within_s
        with self._changed:
            seen = len(self.screens) if since is None else since
            while True:
                for screen in self.screens[seen:]:
                    if condition(screen):
                        return screen
                seen = len(self.screens)
                left = deadline - time.monotonic()
                assert left > 0, f"no such screen; the last: {self.screens[-1:]}"
                self._changed.wait(left)

    def close(self) -> None:
        self._answer.close()
