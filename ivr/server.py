"""The FastAGI server: accepts the PBX's connections and gives each call a thread.

It knows sockets and threads, nothing of calls: `serve` is what is run per connection. A connection beyond the bound, or
one for which the process has no descriptor, is closed at once, which sends the caller to the safety net instead of
into silence.
"""

from __future__ import annotations

import errno
import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from dialplan.limits import AGI_BACKLOG

_log = structlog.get_logger(__name__)
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class AgiServer(socketserver.TCPServer):
    """A bounded thread per connection. `heartbeat` is called by the accept loop at least every 250 ms."""

    request_queue_size = AGI_BACKLOG  # the default of 5 loses bursts
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        serve: Callable[[socket.socket], None],
        *,
        most_calls: Callable[[], int],
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        """Bind and listen; `address` may name port 0. Raises OSError when the address is taken.

        `most_calls` is asked at each new connection, so that a reload of the rules can move the bound.
        """
        super().__init__(address, socketserver.BaseRequestHandler)
        self._serve = serve
        self._heartbeat = heartbeat
        self._most_calls = most_calls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._accepting: threading.Thread | None = None
        # Given up for a moment when there is no descriptor left, so that a connection can be accepted, and closed.
        self._spare: int | None = _spare()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.server_address[1])

    def connections(self) -> int:
        """Sessions that run now."""
        with self._lock:
            return len(self._open)

    def start(self) -> None:
        """Accept calls from now on, in a thread of its own."""
        self._accepting = threading.Thread(target=self.serve_forever, args=(0.25,), name="agi-accept", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Accept no more and close every session: its caller goes to the safety net, a talk goes on in the PBX."""
        if self._accepting:
            self.shutdown()
            self._accepting.join(2)
        self.server_close()
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            _shut(connection)

    # --- socketserver's hooks ---------------------------------------------------------------------------------------

    def service_actions(self) -> None:
        """The accept loop lives."""
        self._heartbeat()
        if self._spare is None:
            self._spare = _spare()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one. Out of descriptors, turn it away: it would wait in the kernel, and its caller in silence."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _OUT_OF_DESCRIPTORS:
                turned_away = self._turn_away()
                _log.error("agi.refused", reason=errno.errorcode.get(error.errno or 0), turned_away=turned_away)
            raise

    def _turn_away(self) -> bool:
        """Accept one on the spare descriptor and close it. False: that was not possible, a little is waited for it."""
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
            try:
                connection, _ = self.socket.accept()
            except OSError:  # another thread was quicker to take the descriptor
                connection = None
            if connection is not None:
                _shut(connection)
                connection.close()
                self._spare = _spare()
                return True
        time.sleep(0.05)  # the listening socket stays readable, and the loop would spin
        return False

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's hook
        """Start the session's thread, or close the connection when all places are taken."""
        with self._lock:
            admitted = len(self._open) < self._most_calls()
            if admitted:
                self._open.add(request)
        if not admitted:
            _log.error("agi.refused", reason="all places taken", connections=self.connections())
            _shut(request)
            request.close()
            return
        try:
            threading.Thread(target=self._run, args=(request,), name="agi-session", daemon=True).start()
        except RuntimeError:  # the machine gives no more threads
            _log.exception("agi.refused", reason="no thread")
            self._leave(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's hook
        """An accepted connection could not be served; the accept loop goes on."""
        _log.exception("agi.connection_failed")

    def _run(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _watch_a_vanished_peer(connection)
            self._serve(connection)
        except Exception:  # noqa: BLE001 - closing the connection is the caller's way into the safety net
            _log.exception("agi.session_failed")
        finally:
            self._leave(connection)

    def _leave(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        _shut(connection)
        connection.close()


def _spare() -> int | None:
    """A descriptor that is held for nothing; None when there is none to be had."""
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _watch_a_vanished_peer(connection: socket.socket) -> None:
    """A talk may last hours without a byte: keep-alive tells a quiet PBX from one that is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is gone already
