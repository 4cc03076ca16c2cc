"""Malformed input on real sockets: FastAGI, AMI and the engine's HTTP. No crash, no 5xx, and who comes after is served."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from acd.ami.client import AmiClient
from acd.ami.packets import Packet
from engine.http import EventStream, HttpServer, Pages
from ivr.agi import AgiFault, Limits
from ivr.entrances import Doors, open_doors
from ivr.session import Services
from tests.corpus.generate import cases, many
from tests.unit.ivr.house import TUESDAY_10, city, sound
from tests.unit.ivr.twins import TwinAcd

SEED = 20261124
COUNTS = [150, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
HTTP_COUNTS = [1500, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]
FAULTS = {
    "agi.session_failed",
    "agi.connection_failed",
    "call.failed",
    "call.apology_failed",
    "feature.failed",
    "http.connection_failed",
}


@pytest.fixture
def faults() -> Iterator[list[dict[str, Any]]]:
    """What the log says of faults of ours, by any thread."""
    seen: list[dict[str, Any]] = []

    def keep(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] in FAULTS and not isinstance(sys.exc_info()[1], AgiFault):  # that is the peer's
            seen.append(event | {"exc": traceback.format_exc()})
        raise structlog.DropEvent

    before = structlog.get_config()["processors"]
    structlog.configure(processors=[keep])
    yield seen
    structlog.configure(processors=before)


# --- FastAGI


@pytest.fixture
def doors() -> Iterator[Doors]:
    services = Services(
        acd=TwinAcd(time.monotonic),
        rules=city,
        clock=lambda: TUESDAY_10,
        sound=sound,
        limits=Limits(environment_s=5.0, command_s=0.5),
    )
    doors = open_doors(services, ("127.0.0.1", 0))
    yield doors
    doors.stop()


def said_to(doors: Doors, data: bytes) -> bytes:
    """What the engine says to a PBX that sends this and closes its half."""
    got = b""
    line = socket.create_connection(("127.0.0.1", doors.port), timeout=20)
    with line, contextlib.suppress(OSError):  # it was refused before its end
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        while received := line.recv(4096):
            got += received
    return got


@pytest.mark.parametrize(("name", "data"), cases("agi"), ids=[name for name, _ in cases("agi")])
def test_agi(doors: Doors, faults: list[dict[str, Any]], name: str, data: bytes) -> None:
    said = said_to(doors, data)
    if name.startswith("accept"):
        assert said.startswith(b"EXEC MSet"), "the session has not begun"
    if name.startswith("refuse"):
        assert said == b""
    assert not faults


@pytest.mark.parametrize("count", COUNTS)
def test_damaged_agi(doors: Doors, faults: list[dict[str, Any]], count: int) -> None:
    for number, data in enumerate(many("agi", SEED, count)):
        said_to(doors, data)
        assert not faults, f"case {number} of seed {SEED}: {data!r}: {faults}"
    plain = dict(cases("agi"))["accept-plain"]
    assert said_to(doors, plain).startswith(b"EXEC MSet")
    deadline = time.monotonic() + 20
    while doors.connections():
        assert time.monotonic() < deadline, "sessions are left"
        time.sleep(0.01)


# --- AMI


class Peer:
    """Sends what it is given to each who connects, and tells whether they have gone by themselves."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.packets: list[Packet] = []

    def serve(self, data: bytes, *, then_close: bool = False) -> tuple[bool, int]:
        """(whether the client left by itself, the packets that it understood) for one connection."""
        self.packets = []
        client = AmiClient("127.0.0.1", self.port, "user", "secret", on_packet=self.packets.append)
        client.connect()
        line, _ = self.server.accept()
        with line:
            line.settimeout(10)
            left = False
            with contextlib.suppress(ConnectionError):
                threading.Thread(target=_send, args=(line, data, then_close), daemon=True).start()
                left = self._left(line)
            client.drop_connection("the test is over")
            client._drop("the test is over")
            assert not client._thread.is_alive()
        return left, len(self.packets)

    def _left(self, line: socket.socket) -> bool:
        """A marker follows what was sent: it is understood, or the client has gone."""
        deadline = time.monotonic() + 10
        line.settimeout(0.01)
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                return line.recv(1) == b""
            if any(packet.name == "Marker" for packet in self.packets):
                return False
        return False


def _send(line: socket.socket, data: bytes, then_close: bool) -> None:
    with contextlib.suppress(OSError):
        line.sendall(data + b"\r\n\r\nEvent: Marker\r\n\r\n")
        if then_close:
            line.shutdown(socket.SHUT_WR)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.server.close()


SENT = [(name, data) for name, data in cases("ami") if not name.startswith("survive") and name != "refuse-nothing"]


@pytest.mark.parametrize(("name", "data"), SENT, ids=[name for name, _ in SENT])
def test_ami(peer: Peer, name: str, data: bytes) -> None:
    left, understood = peer.serve(data)
    assert left is name.startswith("refuse"), name
    if name.startswith("accept"):
        assert understood >= 1


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(7200)])])
def test_damaged_ami_ends_no_thread(peer: Peer, count: int) -> None:
    for data in many("ami", SEED, count):
        peer.serve(b"Asterisk Call Manager/9.0.0\r\n" + data + b"\r\n\r\n", then_close=True)
    left, understood = peer.serve(dict(cases("ami"))["accept-plain"])
    assert (left, understood) == (False, 2)


# --- HTTP


@pytest.mark.parametrize("count", HTTP_COUNTS)
def test_http(faults: list[dict[str, Any]], count: int) -> None:
    server = HttpServer(("127.0.0.1", 0), Pages(lambda: b"up 1\n", lambda: None, lambda: b"{}"), EventStream())
    server.start()
    statuses: set[bytes] = set()
    try:
        for number, sent in enumerate(many("http", SEED, count)):
            answer = b""
            line = socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=20)
            with line, contextlib.suppress(OSError):
                line.sendall(sent)
                line.shutdown(socket.SHUT_WR)
                answer = line.recv(4096)
            status = answer.split(b" ", 2)[1:2] if answer.startswith(b"HTTP/1.") else []
            statuses.update(status)
            assert not status or not status[0].startswith(b"5"), (
                f"request {number} of seed {SEED}: {sent!r}: {answer!r}"
            )
        assert {b"200", b"400", b"404", b"405", b"431"} <= statuses
        unexpected = [
            one for one in faults if not any(word in one["exc"] for word in ("ConnectionResetError", "BrokenPipeError"))
        ]
        assert not unexpected
    finally:
        server.stop()
