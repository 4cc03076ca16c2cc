"""Where the pages for people listen, who may see them, and their process as `up` keeps it.

`up` binds the address and starts the process when the first browser comes: until then the pages cost nothing. One
that has ended is started again by the next connection.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from engine import credentials, logfiles, pbx, ready
from engine.settings import child_environment

BACKLOG = 128
AGAIN_AFTER_S = 2.0
END_WITHIN_S = 2.0


def find(state: Path) -> tuple[str, int] | None:
    """Where the engine's HTTP is now; None: no centre takes calls on this state."""
    with suppress(OSError, ValueError):
        known = ready.load(state)
        if known is not None:
            return known.http.host, known.http.port
    return None


def served(state: Path) -> str | None:
    """Where the centre that runs on this state serves its pages; None: it does not, or does not run."""
    with suppress(OSError, ValueError):
        known = ready.load(state)
        if known is not None and known.web is not None:
            return f"http://{known.web.host}:{known.web.port}/"
    return None


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. OSError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def password(state: Path, host: str, *, always: bool = False) -> str | None:
    """The password that the pages ask for when they are served at `host`; None: loopback, nobody is asked."""
    return credentials.web_password(state) if always or not is_loopback(host) else None


def where(state: Path, sock: socket.socket, *, asks: bool) -> str:
    """The address for the person at the terminal, and what it asks for."""
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else "127.0.0.1" if host == "0.0.0.0" else host
    said = f"http://{shown}:{port}/"
    return f"{said} (asks for the password in {credentials.web_password_file(state)})" if asks else said


class WebPages:
    """The socket, and the process behind it. `look` often; `end` at the end."""

    def __init__(self, state: Path, host: str, port: int) -> None:
        """Raises OSError when the address cannot be had."""
        self._state = state
        self._asks = password(state, host) is not None
        try:
            self._sock = listen(host, port)
        except OSError:  # taken since it was looked at, perhaps by the pages of another centre that starts
            self._sock = listen(host, 0)
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    @property
    def address(self) -> ready.Address:
        """Where this machine finds it."""
        host, port = self._sock.getsockname()[:2]
        return ready.Address(host="127.0.0.1" if host == "0.0.0.0" else host, port=port)

    def said(self) -> str:
        """For the person at the terminal."""
        return where(self._state, self._sock, asks=self._asks)

    def look(self) -> None:
        """Start the process when somebody knocks and none runs; returns at once."""
        if self._child is not None and self._child.poll() is None:
            return
        if time.monotonic() < self._not_before or not select.select([self._sock], [], [], 0)[0]:
            return
        self._not_before = time.monotonic() + AGAIN_AFTER_S
        words = ["wallboard", "--state", str(self._state), "--fd", str(self._sock.fileno())]
        with logfiles.open_to_append(self._state / "wallboard.log") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.cli", *words, *(["--login"] if self._asks else [])],
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self._sock.fileno()],
                start_new_session=True,
                preexec_fn=pbx.die_with_parent,  # noqa: PLW1509 - `up` has one thread
            )

    def end(self) -> None:
        """No process and no address afterwards."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(END_WITHIN_S)
            if self._child.poll() is None:
                self._child.kill()
                self._child.wait()
        self._sock.close()
