"""A peer that speaks AMI and has as many calls as it is told, as fast as they are read. A process of its own.

Each call is the 20 events that Asterisk 22.10.1 sent for one (`tests/bench/one_call.ami`, recorded): a citizen waits, an
agent's phone is rung, they talk, the agent hangs up. `python -m tests.bench.ami_replay` prints its port; then each line
of its standard input is a JSON list of [call's number, agent], whose events it sends interleaved as they would come.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

RECORDED = Path(__file__).with_name("one_call.ami")


def caller_of(number: int) -> tuple[str, str]:
    """A call's Uniqueid and its channel."""
    return f"pbx1-1800000000.{2 * number}", f"PJSIP/anonymous-{2 * number:08x}"


def events_of(recorded: str, number: int, agent: str) -> list[str]:
    """One call's events, in their order."""
    uniqueid, channel = caller_of(number)
    text = recorded.format(
        caller=uniqueid,
        caller_channel=channel,
        leg=f"pbx1-1800000000.{2 * number + 1}",
        leg_channel=f"PJSIP/{agent}-{2 * number + 1:08x}",
        agent=agent,
        bridge=f"00000000-0000-0000-0000-{number:012x}",
        at=f"{time.time():.6f}",
    )
    return [f"{event}\r\n\r\n" for event in text.split("\r\n\r\n") if event]


def interleaved(recorded: str, calls: Sequence[tuple[int, str]]) -> bytes:
    """Several calls at once: the first event of each, then the second of each."""
    of_each = [events_of(recorded, number, agent) for number, agent in calls]
    return "".join(event for together in zip(*of_each, strict=True) for event in together).encode()


def _swallow(connection: socket.socket) -> None:
    """What the engine asks for (wake-up keys) is read, and not done."""
    with contextlib.suppress(OSError):
        while connection.recv(1 << 16):
            pass


def main() -> int:
    """Until the standard input ends."""
    recorded = RECORDED.read_bytes().decode()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"Asterisk Call Manager/9.0.0\r\n")
            login = b""
            while not login.endswith(b"\r\n\r\n"):
                login += connection.recv(4096)
            headers = dict(line.split(": ", 1) for line in login.decode().split("\r\n") if line)
            connection.sendall(f"Response: Success\r\nActionID: {headers['ActionID']}\r\n\r\n".encode())
            threading.Thread(target=_swallow, args=(connection,), daemon=True).start()
            for line in sys.stdin:
                connection.sendall(interleaved(recorded, json.loads(line)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
