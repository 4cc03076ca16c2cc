"""The small HTTP server: what it serves, and that no client can hold it up."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from engine import http as served
from engine.http import EventStream, HttpServer, Pages


class Site:
    def __init__(self) -> None:
        self.why: str | None = "the PBX is being read"
        self.board: bytes | None = b"{}"
        self.events = EventStream()
        self.server = HttpServer(
            ("127.0.0.1", 0), Pages(lambda: b"up 1\n", lambda: self.why, lambda: self.board), self.events
        )
        self.server.start()
        self.port = self.server.server_address[1]

    def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.stop()


def test_pages(site: Site) -> None:
    assert site.get("/healthz") == (200, b"ok\n")
    assert site.get("/metrics") == (200, b"up 1\n")
    assert site.get("/snapshot.json") == (200, b"{}")
    assert site.get("/readyz") == (503, b"the PBX is being read\n")
    site.why = None
    assert site.get("/readyz?x=1") == (200, b"ok\n")
    site.board = None
    assert site.get("/snapshot.json")[0] == 503
    assert site.get("/../etc/passwd")[0] == 404
    assert site.get("/metrics", "POST")[0] == 405


def test_a_stream_of_facts(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        file = line.makefile("rb")
        while file.readline().strip():
            pass
        for n in range(3):
            site.events.publish(json.dumps({"n": n}).encode() + b"\n")
        assert [json.loads(file.readline())["n"] for _ in range(3)] == [0, 1, 2]
        file.close()


def test_a_listener_that_falls_behind_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "HTTP_STREAM_BACKLOG", 5)
    listener = site.events.join()
    assert listener is not None
    for n in range(7):
        site.events.publish(b"%d\n" % n)
    assert listener.get_nowait() is None
    assert not site.events._listeners


def test_listeners_are_bounded(site: Site) -> None:
    joined = [site.events.join() for _ in range(served.HTTP_STREAMS)]
    assert all(joined)
    assert site.get("/events")[0] == 503


def test_connections_are_bounded_and_come_free(site: Site) -> None:
    lines = [socket.create_connection(("127.0.0.1", site.port), timeout=20) for _ in range(served.HTTP_CONNECTIONS + 5)]
    for line in lines:
        line.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if site.get("/healthz")[0] == 200:
                break
        time.sleep(0.01)
    else:
        pytest.fail("no place came free")


def answer_to(site: Site, *parts: bytes) -> bytes:
    """All that comes back for these bytes, until the server ends it."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                line.sendall(part)
        got = b""
        with contextlib.suppress(ConnectionError):
            while data := line.recv(4096):
                got += data
        return got


def test_a_head_is_bounded_as_a_whole(site: Site) -> None:
    line = b"X-Pad: " + b"x" * 1000 + b"\r\n"
    short = b"GET /healthz HTTP/1.1\r\n" + line * 5 + b"Connection: close\r\n\r\n"
    assert answer_to(site, short).startswith(b"HTTP/1.1 200 ")
    long = b"GET /healthz HTTP/1.1\r\n" + line * 17 + b"\r\n"
    assert answer_to(site, long).startswith(b"HTTP/1.1 431 ")
    assert answer_to(site, b"GET /" + b"x" * served.HTTP_HEAD_BYTES + b" HTTP/1.1\r\n\r\n") == b""


@pytest.mark.parametrize("begun", [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_drips_in_holds_no_thread(site: Site, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(served, "HTTP_HEAD_S", 0.5)
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(begun)
        ended = False
        for _ in range(400):  # a byte in each 50 ms: every one of them comes well within the time
            line.settimeout(0.05)
            try:
                line.sendall(b"A" if begun else b"")
                ended = line.recv(1000) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
            break
        assert ended


def test_a_client_that_reads_nothing_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "HTTP_SEND_S", 0.3)
    site.board = b"x" * 50_000_000
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(b"GET /snapshot.json HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + 20
        while site.server._places._value != served.HTTP_CONNECTIONS - 1:
            assert time.monotonic() < deadline, "it was never served"
            time.sleep(0.01)
        while site.server._places._value != served.HTTP_CONNECTIONS:
            assert time.monotonic() < deadline, "its place is held"
            time.sleep(0.01)


def test_a_body_is_no_second_request(site: Site) -> None:
    inner = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(inner)
    assert answer_to(site, head + inner).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "raw", [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"A" * 70000]
)
def test_garbage_ends_its_own_connection_only(site: Site, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        try:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass
        except OSError:  # the server may have ended it before all was sent
            pass
    assert site.get("/healthz")[0] == 200
