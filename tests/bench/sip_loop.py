"""Sockets and timers of many SIP user agents in one thread, so that their timestamps are one clock's.

A datagram's time is when the kernel had it for this process, on `time.perf_counter`'s clock: what this process itself was
busy with is in no figure.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Protocol

_ids = itertools.count(1)
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")


def _age_s(extra: list[tuple[int, int, bytes]]) -> float:
    """How long ago the kernel received what came with this."""
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return max(0.0, time.time() - (seconds + nanoseconds / 1e9))
    return 0.0


class Reader(Protocol):
    def received(self, data: bytes, peer: tuple[str, int], now: float) -> None: ...


class Loop(threading.Thread):
    """Reads all sockets and runs timers. Callbacks run here and must be short."""

    def __init__(self) -> None:
        super().__init__(name="sip-loop", daemon=True)
        self.selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self.selector.register(self._wake_r, selectors.EVENT_READ, None)
        self.running = True
        self.errors: list[BaseException] = []

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._timers, (time.perf_counter() + delay_s, next(_ids), what))
        self._wake_w.send(b"x")

    def watch(self, sock: socket.socket, reader: Reader) -> None:
        """What comes on it is `reader`'s, in this thread."""
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.selector.register(sock, selectors.EVENT_READ, reader)
        self._wake_w.send(b"x")

    def forget(self, sock: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(sock)

    def run(self) -> None:
        while self.running:
            with self._lock:
                timeout = max(0.0, self._timers[0][0] - time.perf_counter()) if self._timers else 0.5
            for key, _ in self.selector.select(min(timeout, 0.5)):
                if key.data is None:
                    with contextlib.suppress(BlockingIOError):
                        self._wake_r.recv(4096)
                    continue
                try:
                    data, extra, _, peer = key.fileobj.recvmsg(65536, 64)  # type: ignore[union-attr]
                except OSError:
                    continue
                now = time.perf_counter() - _age_s(extra)
                self._do(lambda now=now, ua=key.data, data=data, peer=peer: ua.received(data, peer, now))
            while True:
                with self._lock:
                    if not self._timers or self._timers[0][0] > time.perf_counter():
                        break
                    _, _, what = heapq.heappop(self._timers)
                self._do(what)

    def _do(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception as error:
            self.errors.append(error)

    def stop(self) -> None:
        self.running = False
        self._wake_w.send(b"x")
        self.join(2)
        self.selector.close()
        self._wake_r.close()
        self._wake_w.close()
