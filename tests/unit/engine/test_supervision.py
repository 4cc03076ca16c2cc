"""The parent with engines of the test's own making: one that will not end, one that ends at once, one that hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import ready, up
from engine.settings import RunSettings, child_environment, free_port

PARENT = """
import sys
from pathlib import Path
from engine import up
from engine.settings import RunSettings
settings = RunSettings.load(Path(sys.argv[1]))
options = up.Options(restart=True, engine_only=True, engine_command=(sys.executable, "-c", sys.argv[2]))
sys.exit(up.run(settings, None, None, options))
"""

# A stand-in answers /readyz and beats like an engine; what else it does is the test's.
ENGINE = """
import http.server, os, signal, sys, threading, time
from pathlib import Path
from engine.heartbeat import Heartbeat
from engine.settings import RunSettings
settings = RunSettings.load(Path(sys.argv[2]))
beats = Heartbeat(settings.heartbeat)
def beat():
    while True:
        beats.dispatcher()
        if not Path(settings.state / "deaf").exists():
            beats.acceptor()
        time.sleep(0.1)
threading.Thread(target=beat, daemon=True).start()
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer.allow_reuse_address = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", settings.http_port), Page)
%s
server.serve_forever()
"""


class Supervised:
    """A parent that runs on `state`."""

    def __init__(self, state: Path, doing: str) -> None:
        settings = RunSettings(
            state=state, rules=state, sounds=state, bind="127.0.0.1", sip_port=1, http_port=free_port(set()), ami_port=2,
            agi_port=3, rtp_start=10000, rtp_end=19999, run_dir=state, pbx_external=True,
        )  # fmt: skip
        settings.save()
        nowhere = ready.Address(host="127.0.0.1", port=1)
        ready.Ready(
            sip=nowhere, http=nowhere, agi=nowhere, pid=1, asterisk_pid=None, supervisor_pid=1,
            ami=ready.AmiAddress(host="127.0.0.1", port=1, user="u", secret="s"),
        ).save(state)  # fmt: skip
        self.state = state
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PARENT, str(state), ENGINE % doing],
            env=child_environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def engine(self, *, other_than: int = 1, within_s: float = 40) -> int:
        """The pid of a ready engine, another than that one."""
        deadline = time.monotonic() + within_s
        while (known := ready.load(self.state)) is None or known.pid == other_than:
            assert time.monotonic() < deadline, "no engine is ready"
            time.sleep(0.02)
        return known.pid

    def end(self) -> float:
        """Ask it to end; the seconds that it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=40)
        return time.monotonic() - began


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Supervised]]:
    running: list[Supervised] = []
    yield running
    for one in running:
        one.end()


def test_an_engine_that_will_not_end_is_ended(tmp_path: Path, started: list[Supervised]) -> None:
    parent = Supervised(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    started.append(parent)
    engine = parent.engine()
    assert parent.end() < 15
    assert parent.process.returncode == 0
    assert not ready.alive(engine)


def test_an_engine_that_dies_at_its_first_starts_ends_up_with_its_last_words(tmp_path: Path) -> None:
    parent = Supervised(tmp_path, "import no_such_module")
    _, said = parent.process.communicate(timeout=60)
    assert parent.process.returncode == 1
    assert said.count("ModuleNotFoundError") == up.FIRST_TRIES
    assert "the engine ended 3 times before it took calls (exit code 1)" in said
    assert "another in 1 s" in said
    assert "another in 2 s" in said


def test_later_deaths_back_off_and_end_nothing(tmp_path: Path, started: list[Supervised]) -> None:
    """Callers are in the safety net meanwhile: an engine that was ready once is tried for as long as it takes."""
    marker = "if (settings.state / 'broken').exists(): (settings.state / f'tried{os.getpid()}').touch(); sys.exit(3)"
    parent = Supervised(tmp_path, marker)
    started.append(parent)
    engine = parent.engine()
    (tmp_path / "broken").touch()
    os.kill(engine, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(list(tmp_path.glob("tried*"))) < 4:  # after 1, 1, 2 and 4 s
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert parent.process.poll() is None
    (tmp_path / "broken").unlink()
    assert parent.engine(other_than=engine, within_s=40) != engine


def test_an_engine_whose_accept_loop_alone_is_stuck_is_replaced(tmp_path: Path, started: list[Supervised]) -> None:
    parent = Supervised(tmp_path, "")
    started.append(parent)
    engine = parent.engine()
    (tmp_path / "deaf").touch()
    deadline = time.monotonic() + 20
    while ready.alive(engine):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (tmp_path / "deaf").unlink()
    assert parent.engine(other_than=engine) != engine


def test_a_hangup_signal_is_passed_on(tmp_path: Path, started: list[Supervised]) -> None:
    parent = Supervised(tmp_path, 'signal.signal(signal.SIGHUP, lambda *_: Path(settings.state / "reloaded").touch())')
    started.append(parent)
    parent.engine()
    os.kill(parent.process.pid, signal.SIGHUP)
    deadline = time.monotonic() + 20
    while not (tmp_path / "reloaded").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert parent.process.poll() is None
