"""AMI's way through a proxy that spoils it: cut, half-open, slow, events doubled, reordered, or flooded with others'.

Answers to actions pass as they are: what is spoilt are the events that come by themselves.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from random import Random

from tests.pbx.ami_proxy import AmiProxy

PATIENCE_S = 30.0
END = b"\r\n\r\n"
SLOW_S = (0.02, 0.15)  # between two pieces
SEND_BUFFER = 65536  # what Asterisk can write before it must wait for its reader


class AmiLine(AmiProxy):
    """Forwards to `target`; `mode` is what becomes of events: plain, slow, doubled, reordered."""

    def __init__(self, target: tuple[str, int], rng: Random) -> None:
        self.mode = "plain"
        self.longest_stall_s = 0.0
        self.spoilt = 0
        self._rng = rng
        self._writing = threading.Lock()
        super().__init__(target)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        if not any(source is far for _, far in list(self._pairs)):
            super()._pump(source, sink)
            return
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        rest = b""
        with contextlib.suppress(OSError):
            while True:
                if self.mode in ("slow", "reordered"):
                    time.sleep(self._rng.uniform(*SLOW_S))  # so that there is something to shuffle
                if not (data := source.recv(65536)):
                    break
                if self.mode == "plain" and not rest:
                    self._send(sink, data)
                    continue
                *whole, rest = (rest + data).split(END)
                if self.mode == "plain":
                    whole, rest = [*whole, rest], b""
                    self._send(sink, END.join(whole))
                    continue
                self._send(sink, b"".join(packet + END for packet in self._spoil(whole)))
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _spoil(self, packets: list[bytes]) -> list[bytes]:
        free = [
            n for n, packet in enumerate(packets) if packet.startswith(b"Event:") and b"\r\nActionID:" not in packet
        ]
        if self.mode == "doubled":
            self.spoilt += len(free)
            return [again for n, packet in enumerate(packets) for again in ([packet] * (2 if n in free else 1))]
        if self.mode == "reordered":
            order = free[:]
            self._rng.shuffle(order)
            self.spoilt += sum(a != b for a, b in zip(free, order, strict=True))
            moved = dict(zip(free, order, strict=True))
            return [packets[moved.get(n, n)] for n in range(len(packets))]
        return packets

    def _send(self, sink: socket.socket, data: bytes) -> None:
        if self.held:
            return
        left = memoryview(data)
        with self._writing:
            while left:
                try:
                    left = left[sink.send(left, socket.MSG_DONTWAIT) :]
                except BlockingIOError:
                    full_at = time.monotonic()
                    select.select([], [sink], [], PATIENCE_S)
                    self.longest_stall_s = max(self.longest_stall_s, time.monotonic() - full_at)

    def flood(self, packets: bytes) -> None:
        """Events that nobody asked for, into every connection."""
        for near, _ in list(self._pairs):
            with contextlib.suppress(OSError):
                self._send(near, packets)
