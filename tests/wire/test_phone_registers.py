"""The tests' own phone stays registered: a soak lasts longer than a registration."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

import pytest

from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua


def test_a_phone_renews_its_registration_until_it_is_closed() -> None:
    asked: list[str] = []
    renewed = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as registrar:
        registrar.bind(("127.0.0.1", 0))
        registrar.settimeout(20)

        def serve() -> None:
            while len(asked) < 3:
                data, phone = registrar.recvfrom(4096)
                text = data.decode()
                asked.append(re.search(r"^Call-ID: (.*)\r$", text, re.MULTILINE)[1])
                kept = [line for line in text.split("\r\n") if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
                registrar.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), phone)
            renewed.set()

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        loop = Loop()
        loop.start()
        phone = Ua(loop, "1001", registrar.getsockname()).register(expires_s=1)
        assert renewed.wait(20)
        phone.close()
        server.join(20)
        registrar.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                registrar.recvfrom(4096)  # one may have been on its way
        registrar.settimeout(1.5)  # three times what is between two of them
        with pytest.raises(TimeoutError):
            registrar.recvfrom(4096)
        loop.stop()
    assert len(set(asked)) == 3
