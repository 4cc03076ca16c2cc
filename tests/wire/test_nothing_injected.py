"""Promise 7: no CR, LF or NUL of anyone's reaches AMI or AGI. Every door of ours that sends, read back byte by byte.

The peer reads as Asterisk does, which is laxer than the protocol: a bare LF ends a line too. What was sent must come out
as exactly the actions and commands that were meant, or was refused as a whole.
"""

from __future__ import annotations

import contextlib
import inspect
import random
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from asterisk.agi import AGI
from asterisk.ami import Action
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.ami.client import AmiClient
from acd.ami.packets import AmiError
from acd.ami.pbx import AmiPbx
from acd.ami.tape import AmiTape
from acd.core.states import Presence
from acd.pbx import Membership
from dialplan.language import Language
from ivr.agi import AgiChannel, Limits
from tests.wire.agi_peer import ENVIRONMENT

SEED = 20261124
MANY = [5_000, pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]
PIECES = (
    "\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\ud800", "a", "1001", " ", ":", ": ", '"', "\\", ",",
    "&", ";", "=", "|", "PJSIP/1001-00000001", "Action: Originate", "\r\nAction: Originate\r\nApplication: System\r\nData: id\r\n\r\n",
    "\nHANGUP\n", "EXEC System id", "${SHELL(id)}", "$[1+1]", "가", "😀", "%0d%0a", "x" * 400,
)  # fmt: skip
HEADERS = (
    "Channel", "Digit", "Receive", "Cause", "Queue", "Interface", "MemberName", "StateInterface", "Paused", "Reason", "Caller", "WithdrawInfo",
    "Endpoint", "Destination", "From", "Base64Body", "Context", "Exten", "Variable", "Value", "Priority", "Direction", "State", "Username",
    "Secret", "Events", "Variables", "Family", "ActionID",
)  # fmt: skip
ACTIONS = (
    "PlayDTMF", "Hangup", "QueueAdd", "QueueRemove", "QueuePause", "QueueWithdrawCaller", "PJSIPQualify", "MessageSend", "Atxfer", "Setvar",
    "Redirect", "MixMonitorMute", "StopMixMonitor", "Login", "Ping", "DeviceStateList", "Status", "QueueStatus", "DBGetTree",
)  # fmt: skip


def hostile(rng: random.Random) -> str:
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(5)))


class Wire:
    """A loopback peer that keeps every byte. A context manager."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
            self.ours = socket.create_connection(("127.0.0.1", self.port))
            self.line, _ = server.accept()
        self.read = bytearray()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.line.recv(1 << 16):
                self.read += data
                if self.on_data:
                    self.line.sendall(self.on_data * data.count(b"\n"))

    on_data = b""

    def all(self) -> bytes:
        """Everything, when our end has closed."""
        self.ours.close()
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.line.close()
        return bytes(self.read)


def as_asterisk_reads(data: bytes) -> list[list[bytes]]:
    """Actions as lists of headers: a line ends at LF, a CR before it is dropped, an empty line ends the action."""
    actions: list[list[bytes]] = [[]]
    for line in data.split(b"\n")[:-1]:
        stripped = line.rstrip(b"\r")
        if stripped:
            actions[-1].append(stripped)
        else:
            actions.append([])
    assert actions.pop() == [], "half an action"
    return actions


def connected(wire: Wire) -> AmiClient:
    client = AmiClient("127.0.0.1", wire.port, "u", "s", on_packet=lambda _: None)
    client._socket = wire.ours
    client.logged_in.set()
    return client


def send_all(actions: list[tuple[str, dict[str, str], dict[str, str]]]) -> None:
    """Through the one door that writes; what the peer read is what was meant."""
    wire = Wire()
    client, meant = connected(wire), []
    for name, headers, variables in actions:
        action = Action(name, dict(headers))
        for key, value in variables.items():
            action.variables[key] = value
        try:
            assert client.send_nowait(action)
        except AmiError:
            continue
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in headers.items())]
        meant.append(
            [line.encode() for line in (*lines, *(f"Variable: {key}={value}" for key, value in variables.items()))]
        )
    assert [sorted(action) for action in as_asterisk_reads(wire.all())] == [sorted(action) for action in meant]
    assert b"\0" not in wire.read


hostile_text = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=4).map("".join)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTIONS) | hostile_text,
            st.dictionaries(st.sampled_from(HEADERS) | hostile_text, hostile_text, max_size=4),
            st.dictionaries(st.sampled_from(["RM_LANG", "DB(a/b)"]) | hostile_text, hostile_text, max_size=2),
        ),
        max_size=20,
    )
)
def test_ami_by_hypothesis(actions: list[tuple[str, dict[str, str], dict[str, str]]]) -> None:
    send_all(actions)


@pytest.mark.parametrize("count", MANY)
def test_ami_every_action_with_every_header(count: int) -> None:
    rng, left = random.Random(SEED), count
    while left > 0:
        batch = [
            (rng.choice(ACTIONS), {header: hostile(rng) for header in rng.sample(HEADERS, rng.randrange(1, 5))}, {})
            for _ in range(min(left, 2000))
        ]
        left -= len(batch)
        send_all(batch)


def test_every_action_of_ours_is_among_those_tried() -> None:
    """Each method of the two adapters, with hostile words for every argument: only these actions leave the house."""
    rng = random.Random(SEED)
    wire = Wire()
    client = connected(wire)
    client.ask = lambda name, _timeout_s, **headers: client.send(Action(name, headers))
    for adapter in (AmiPbx(client), AmiTape(client)):
        for name, method in inspect.getmembers(adapter, inspect.ismethod):
            if name.startswith("_"):
                continue
            for _ in range(100):
                method(**{one: argument(rng, one) for one in inspect.signature(method).parameters})
    for action in as_asterisk_reads(wire.all()):
        headers = [line.partition(b": ") for line in action]
        assert headers[0][2].decode() in ACTIONS
        assert {key.decode() for key, _, _ in headers[1:]} <= set(HEADERS), action


def argument(rng: random.Random, name: str) -> object:
    if name == "membership":
        presence = rng.choice(list(Presence))
        return Membership(hostile(rng), hostile(rng), hostile(rng), presence, hostile(rng), frozenset(Language))
    return {"paused": True, "reservation_id": 1}.get(name) or hostile(rng)


# --- AGI


class Counted(AgiChannel):
    """Counts the commands that have left."""

    sent = 0

    def send_command(self, command: str, *args: object) -> None:
        super().send_command(command, *args)
        self.sent += 1


def doors_of_agi() -> list[str]:
    """Every command that the adapter has, the library's own among them."""
    names = {name for base in (AgiChannel, AGI) for name, value in vars(base).items() if callable(value)}
    return sorted(
        name for name in names if not name.startswith("_") and name not in {"send_command", "get_result", "test_hangup"}
    )


@pytest.fixture
def agi() -> Iterator[tuple[Counted, Wire]]:
    wire = Wire()
    wire.line.sendall(ENVIRONMENT)
    channel = Counted(wire.ours, Limits(command_s=20.0))
    wire.on_data = b"200 result=0\n"
    yield channel, wire
    wire.all()


@pytest.mark.parametrize(
    "count", [3_000, pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(14_400)])]
)
def test_agi_every_command(agi: tuple[Counted, Wire], count: int) -> None:
    channel, wire = agi
    rng, names = random.Random(SEED), doors_of_agi()
    assert {"play", "dial", "set_variables", "stream_file", "exec_command", "set_variable", "database_put"} <= set(
        names
    )
    tried = 0
    while tried < count:
        for name in names:
            method = getattr(channel, name)
            parameters = inspect.signature(method).parameters.values()
            values = [hostile(rng) for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
            more = (
                {f"A{rng.randrange(9)}": hostile(rng)} if any(one.kind is one.VAR_KEYWORD for one in parameters) else {}
            )
            with contextlib.suppress(Exception):  # refused, one way or the other; what left is what is judged
                method(*values, **more)
            channel._gone = None
            tried += 1
    deadline = time.monotonic() + 20
    while wire.read.count(b"\n") < channel.sent and time.monotonic() < deadline:
        time.sleep(0.01)
    assert wire.read.count(b"\n") == channel.sent > count / 20
    assert b"\r" not in wire.read
    assert b"\0" not in wire.read
