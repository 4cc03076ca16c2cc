"""No client holds up the pages: places are not held by silence, by drops of a head, by an answer that is not taken."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplan.limits import WEB_CONNECTIONS
from engine.settings import child_environment

# The pages' server with shorter times and fewer places, in a process of its own as `up` runs it.
SERVER = """
import socket, sys
from pathlib import Path
import web.connection, web.app, web.serve
web.connection.WEB_HEAD_S = float(sys.argv[2])
web.connection.WEB_SEND_S = 1.0
web.app.WEB_FORM_S = 0.5
web.serve.WEB_CONNECTIONS = int(sys.argv[3])
from acd.journal.migrate import migrate
from web.login import Gate
store = Path(sys.argv[1]) / "journal.sqlite"
migrate(store)
sock = socket.create_server(("127.0.0.1", 0))
sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
print(sock.getsockname()[1], flush=True)
web.serve.serve(sock, lambda: None, store, lambda *_: {}, Gate("secret" if len(sys.argv) > 4 else None))
"""


HELD = 55_000  # bytes of answers: more than the kernel keeps here, less than the 64 KiB at which writing pauses


class Server:
    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", SERVER, str(folder), *words],
            env=child_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        deadline = time.monotonic() + 20
        while self.status("/healthz") != 200:
            if time.monotonic() > deadline:
                self.stop()
                raise AssertionError("the pages do not answer")
            time.sleep(0.05)

    def status(self, path: str) -> int:
        """Of an answer; 0: there was none."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", path)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()

    def length(self, ask: str) -> int:
        """Of the answer to this."""
        with self.connect() as line:
            line.sendall(f"{ask}Connection: close\r\n\r\n".encode())
            got = b""
            while more := line.recv(65536):
                got += more
        return len(got)

    def has(self, line: socket.socket) -> bool:
        """Whether the server's process still has its end of this line."""
        ours, theirs = (f"0100007F:{port:04X}" for port in (line.getsockname()[1], self.port))
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any((row[1], row[2]) == (theirs, ours) and row[9] != "0" for row in rows)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def stop(self) -> None:
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("pages"), "0.5", str(WEB_CONNECTIONS), "locked")
    yield server
    server.stop()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, "600", "10")
    yield server
    server.stop()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_a_head_has_its_time_as_a_whole(quick: Server, begun: bytes) -> None:
    with quick.connect() as line:
        line.sendall(begun)
        line.settimeout(0.05)
        for _ in range(400):
            try:
                line.sendall(b"A" if begun else b"")
                assert line.recv(1000) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                pass
            return
        pytest.fail("the place is held")


def test_a_second_head_has_its_time_too(quick: Server) -> None:
    with quick.connect() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        got = b""
        while b"ok\n" not in got:
            got += line.recv(1000)
        line.sendall(b"GET /heal")
        assert line.recv(1000) == b""


def test_a_form_that_drips_in_is_refused(quick: Server) -> None:
    with quick.connect() as line:
        line.sendall(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n\r\npass")
        assert line.recv(1000).startswith(b"HTTP/1.1 403 ")


def test_an_answer_that_is_not_taken_ends_the_connection(quick: Server) -> None:
    """Pipelined: more answers than the kernel keeps for a client."""
    with quick.connect() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setblocking(False)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                line.send(b"GET /static/page.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100)
            except BlockingIOError:
                time.sleep(0.01)
            except ConnectionError:
                return
        pytest.fail("the connection is kept")


@pytest.mark.parametrize("last", ["Connection: close", "no header", None])
def test_who_takes_nothing_does_not_hold_a_connection_that_ends(quick: Server, last: str | None) -> None:
    """Answers that the server holds, too few for it to stop writing; then the end: asked for, by a fault, by time."""
    ask = "GET /static/page.css HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    answer = quick.length(ask)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(20)
        line.connect(("127.0.0.1", quick.port))
        line.sendall((f"{ask}\r\n" * (HELD // answer) + (f"{ask}{last}\r\n\r\n" if last else "")).encode())
        deadline = time.monotonic() + 30
        while quick.has(line):
            assert time.monotonic() < deadline, "the connection is kept"
            time.sleep(0.05)


def test_who_asks_gets_the_place_of_who_does_not(small: Server) -> None:
    lines = [small.connect() for _ in range(40)]
    try:
        for _ in range(5):
            assert small.status("/healthz") == 200
    finally:
        for line in lines:
            line.close()
