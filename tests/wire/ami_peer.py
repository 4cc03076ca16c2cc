"""A peer that speaks AMI over a real loopback socket, for wire tests: what Asterisk would send, and worse."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

GREETING = b"Asterisk Call Manager/9.0.0\r\n"


def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait for a condition, bounded."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.002)


class AmiPeer:
    """Accepts connections one after the other; answers Login and Ping unless told to be silent; keeps all actions."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.actions: list[dict[str, str]] = []
        self.raw = b""
        self.silent = False
        self.refuse_login = False
        self.answers: dict[str, list[str]] = {}  # action name -> packets; {id} is replaced by the ActionID
        self.connections: list[socket.socket] = []
        self.logins = 0
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            if not self.silent:
                connection.sendall(GREETING)
            while received := connection.recv(65536):
                data += received
                self.raw += received
                while b"\r\n\r\n" in data:
                    packet, data = data.split(b"\r\n\r\n", 1)
                    self._action(connection, packet.decode())

    def _action(self, connection: socket.socket, text: str) -> None:
        headers = dict(line.split(": ", 1) for line in text.split("\r\n"))
        self.actions.append(headers)
        if self.silent:
            return
        name = headers["Action"]
        action_id = headers.get("ActionID")
        tail = f"\r\nActionID: {action_id}" if action_id else ""
        if name == "Login":
            if self.refuse_login:
                connection.sendall(f"Response: Error{tail}\r\nMessage: Authentication failed\r\n\r\n".encode())
                return
            self.logins += 1
            connection.sendall(f"Response: Success{tail}\r\nMessage: Authentication accepted\r\n\r\n".encode())
        elif name in self.answers:
            for packet in self.answers[name]:
                connection.sendall((packet.format(id=action_id).replace("\n", "\r\n") + "\r\n\r\n").encode())
        elif name == "Ping":
            connection.sendall(f"Response: Success{tail}\r\nPing: Pong\r\n\r\n".encode())

    def send(self, data: bytes) -> None:
        self.connections[-1].sendall(data)

    def cut(self) -> None:
        """End the newest connection."""
        with contextlib.suppress(OSError):
            self.connections[-1].shutdown(socket.SHUT_RDWR)
        self.connections[-1].close()

    def close(self) -> None:
        self.server.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
