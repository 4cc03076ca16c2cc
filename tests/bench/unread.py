"""For how long bytes lie unread at one end of a TCP connection on loopback, asked of the kernel every two milliseconds.

A writer can only be held up while there are some, and then only when they have filled the buffers of both ends. (What
the writer has not got acknowledged says nothing: an acknowledgement may take 40 ms.) One socket is asked for by
sock_diag(7), because `/proc/net/tcp` walks through the kernel's whole table.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from pathlib import Path

LOOK_EVERY_S = 0.002
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, _NO_COOKIE = 4, 20, 1, b"\xff" * 8
_NLMSG = struct.Struct("=IHHII")
_RQUEUE_AT = _NLMSG.size + 4 + 48 + 4  # behind the message's header: state and timer, the socket's id, expiry


class Unread(threading.Thread):
    """Watches the client's end of the connection to a server on 127.0.0.1.

    `longest_s`: bytes without a break. `most`: bytes at once. `late_s`: the longest between two looks.
    """

    def __init__(self, server_port: int) -> None:
        """Raises AssertionError when nobody is connected to that port."""
        super().__init__(name="unread", daemon=True)
        table = Path("/proc/net/tcp").read_text()
        found = re.search(rf"0100007F:([0-9A-F]{{4}}) 0100007F:{server_port:04X} 01 ", table)  # 01: established
        assert found, f"nobody is connected to {server_port}"
        self._request = _request(int(found[1], 16), server_port)
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG)
        self._ending = threading.Event()
        self.longest_s = self.late_s = 0.0
        self.most = self.looks = 0

    def run(self) -> None:
        since = None
        before = time.monotonic()
        while not self._ending.wait(LOOK_EVERY_S):
            self._netlink.send(self._request)
            (unread,) = struct.unpack_from("=I", self._netlink.recv(4096), _RQUEUE_AT)
            now = time.monotonic()
            self.looks += 1
            self.late_s = max(self.late_s, now - before)  # a look that comes late may miss a read in between
            before = now
            since = (since or now) if unread else None
            self.longest_s = max(self.longest_s, now - (since or now))
            self.most = max(self.most, unread)

    def stop(self) -> None:
        """No more looks."""
        self._ending.set()
        self.join(2)
        self._netlink.close()


def _request(client_port: int, server_port: int) -> bytes:
    """One established TCP socket of IPv4, by its addresses."""
    loopback = socket.inet_aton("127.0.0.1").ljust(16, b"\0")
    ports = struct.pack("!HH", client_port, server_port)
    asked = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 1 << 1)
    asked += ports + loopback + loopback + struct.pack("=I", 0) + _NO_COOKIE
    return _NLMSG.pack(_NLMSG.size + len(asked), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0) + asked
