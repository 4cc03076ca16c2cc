"""The pages as `up` keeps them: nothing runs before somebody knocks, a dead process is replaced, the end is an end."""

from __future__ import annotations

import http.client
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.webpages import WebPages, is_loopback
from tests.pbx.centre import wait_for


def knock(pages: WebPages, path: str) -> int:
    """A viewer's status, while this thread does what `up` does between its other tasks.

    (The process dies with the thread that started it: in `up` there is one.)
    """
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(status, pages.address.port, path)
        while not asked.done():
            pages.look()
            time.sleep(0.05)
        return asked.result()


def status(port: int, path: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", path)
        return line.getresponse().status
    finally:
        line.close()


def test_it_starts_with_the_first_viewer_and_again_after_a_death(tmp_path: Path) -> None:
    pages = WebPages(tmp_path, "127.0.0.1", 0)
    port = pages.address.port
    pages.look()
    assert pages._child is None
    assert knock(pages, "/") == 200
    first = pages._child
    assert first is not None
    assert not (tmp_path / "web-password").exists()
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: first.poll() is not None, 5)
    assert knock(pages, "/healthz") == 200  # the connection waited for the next one
    second = pages._child
    assert second is not None
    assert second.pid != first.pid
    began = time.monotonic()
    pages.end()
    assert time.monotonic() - began < 10
    assert second.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        status(port, "/")


def test_beyond_loopback_it_asks_and_says_so(tmp_path: Path) -> None:
    pages = WebPages(tmp_path, "0.0.0.0", 0)
    assert pages.said().endswith(f"/ (asks for the password in {tmp_path / 'web-password'})")
    assert knock(pages, "/") == 303
    assert knock(pages, "/events") == 401
    pages.end()
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("::")
    assert not is_loopback("192.0.2.1")
    assert is_loopback("::1")


def test_a_port_that_was_taken_meanwhile_is_another(tmp_path: Path) -> None:
    first = WebPages(tmp_path, "127.0.0.1", 0)
    second = WebPages(tmp_path, "127.0.0.1", first.address.port)
    assert second.address.port not in (0, first.address.port)
    first.end()
    second.end()
