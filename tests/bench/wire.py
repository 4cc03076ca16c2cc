"""What goes over loopback's TCP, with the kernel's own time of each segment: where a call's milliseconds go.

Sees the lines of AMI and FastAGI without touching either program, so that what is measured is what is delivered.
Needs CAP_NET_RAW (root has it); without it `Wire.open` says None, and a bench leaves its segments out.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Self

_ETH_P_IP = 0x0800
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 26, 33, 35
_READ_EVERY_S = 0.5  # not at each segment: that would take the processor from what is measured
_TIMESPEC = struct.Struct("@ll")


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes that went from one port to another at `at`, on `time.perf_counter`'s clock."""

    at: float
    source: int
    destination: int
    data: bytes


class Wire(threading.Thread):
    """Records every TCP segment from or to one of the ports. `segments` may be read while it runs."""

    def __init__(self, sniffing: socket.socket) -> None:
        super().__init__(name="wire", daemon=True)
        self._socket = sniffing
        self._stopping = threading.Event()
        # Both clocks are the kernel's; their distance does not change within a bench.
        self._from_epoch_s = time.perf_counter() - time.time()
        self.segments: list[Segment] = []

    @classmethod
    def open(cls, *ports: int) -> Self | None:
        """Begin to record; None where this process may not."""
        try:
            sniffing = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        except PermissionError:
            return None
        program = b"".join(struct.pack("HBBI", *one) for one in _program(ports))
        kept = ctypes.create_string_buffer(program)
        fprog = struct.pack("HP", len(program) // 8, ctypes.addressof(kept))
        sniffing.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
        sniffing.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sniffing.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 1 << 23)
        sniffing.setblocking(False)
        sniffing.bind(("lo", _ETH_P_IP))
        wire = cls(sniffing)
        wire.start()
        return wire

    def run(self) -> None:
        while not self._stopping.wait(_READ_EVERY_S):
            self._drain()
        self._drain()
        self._socket.close()

    def _drain(self) -> None:
        while True:
            try:
                packet, extra, _, _ = self._socket.recvmsg(65535, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = _TIMESPEC.unpack(extra[0][2])
            begin = 4 * (packet[0] & 15)
            source, destination = struct.unpack_from("!HH", packet, begin)
            data = packet[begin + 4 * (packet[begin + 12] >> 4) :]
            if data:
                at = self._from_epoch_s + seconds + nanoseconds / 1e9
                self.segments.append(Segment(at, source, destination, data))

    def stop(self) -> None:
        """Record no more."""
        self._stopping.set()
        self.join(2)


def _program(ports: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Classic BPF, for what begins at the IP header: TCP from or to one of the ports."""
    reject = 5 + 2 * len(ports)
    accept = reject + 1
    lines = [(0x30, 0, 0, 9), (0x15, 0, reject - 2, 6), (0xB1, 0, 0, 0)]  # protocol; then x = the header's length
    for offset in (0, 2):
        lines.append((0x48, 0, 0, offset))
        lines += [(0x15, accept - (len(lines) + n) - 1, 0, port) for n, port in enumerate(ports)]
    return [*lines, (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]
