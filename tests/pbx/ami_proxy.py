"""A TCP proxy between engine and PBX, so that a test can cut AMI: closed, or half-open (nothing comes, nothing goes)."""

from __future__ import annotations

import contextlib
import socket
import threading


class AmiProxy:
    """Forwards to `target` until told otherwise."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.open = threading.Event()
        self.open.set()
        self.held = False  # half-open: bytes are swallowed
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if not self.open.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(self.target, timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.held:
                    sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Close what there is, and refuse what comes, until `mend`."""
        self.open.clear()
        self._close()

    def hold(self) -> None:
        """Half-open: connections stay, nothing passes, new ones too, until `mend`."""
        self.held = True

    def mend(self) -> None:
        """Let pass again. Connections that were held are closed: their bytes are gone."""
        if self.held:
            self.held = False
            self._close()
        self.open.set()

    def _close(self) -> None:
        for pair in self._pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._pairs.clear()

    def close(self) -> None:
        """End it."""
        self.server.close()
        self._close()
