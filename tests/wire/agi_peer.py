"""Asterisk's side of a FastAGI connection, on a real loopback socket, byte by byte as a test wants it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Self

ENVIRONMENT = (
    b"agi_network: yes\nagi_network_script: call\nagi_request: agi://127.0.0.1/call\n"
    b"agi_channel: PJSIP/carrier-00000001\nagi_language: ko\nagi_uniqueid: rm-1700000000.1\n"
    b"agi_callerid: 01012345678\nagi_extension: 0319099000\n\n"
)


class Peer:
    """The PBX's end. `engine` is the other end, for the adapter."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.socket = socket.create_connection(listener.getsockname())
            self.engine, _ = listener.accept()
        self.socket.settimeout(20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def command(self) -> str:
        """The next line that the engine sent; "" when it closed."""
        while b"\n" not in self._read:
            received = self.socket.recv(4096)
            if not received:
                return ""
            self._read += received
        line, self._read = self._read.split(b"\n", 1)
        return line.decode()

    def answer_all(self, reply: Callable[[str], bytes | None]) -> threading.Thread:
        """Answer every command in a thread until the engine closes or `reply` gives None."""

        def run() -> None:
            try:
                while (command := self.command()) and (answer := reply(command)) is not None:
                    self.send(answer)
            except OSError:
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self.socket.close()
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
