"""The engine's small HTTP server: /metrics, /healthz, /readyz, /snapshot.json, and /events as a stream of facts.

Loopback, GET only. Bounded: connections, a request's head in bytes and in time as a whole (a byte now and then holds no
thread), each write. Pages for people are other processes, which read here. Knows HTTP and nothing of calls: what is
served comes from `Pages`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, LineTooLong
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from typing import Any

import structlog

from dialplan.limits import (
    HTTP_CONNECTIONS,
    HTTP_HEAD_BYTES,
    HTTP_HEAD_S,
    HTTP_SEND_S,
    HTTP_STREAM_BACKLOG,
    HTTP_STREAMS,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pages:
    """What is served. Each is called by a connection's thread."""

    metrics: Callable[[], bytes]
    ready: Callable[[], str | None]  # None: ready; else why not
    snapshot: Callable[[], bytes | None]
    missing: Callable[[], str] = lambda: ""  # what is not there while calls are taken all the same


class EventStream:
    """Everyone who listens on /events, each with a bounded queue. One that falls behind is cut off."""

    def __init__(self) -> None:
        self._listeners: set[Queue[bytes | None]] = set()
        self._lock = threading.Lock()

    def publish(self, line: bytes) -> None:
        """One JSON object with its line end; returns at once."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener.put_nowait(line)
            except Full:
                self._leave(listener)
                while not listener.empty():
                    listener.get_nowait()
                listener.put_nowait(None)

    def join(self) -> Queue[bytes | None] | None:
        """A new listener's queue, None in it means the end; None when there are too many."""
        listener: Queue[bytes | None] = Queue(HTTP_STREAM_BACKLOG)
        with self._lock:
            if len(self._listeners) >= HTTP_STREAMS:
                return None
            self._listeners.add(listener)
        return listener

    def leave(self, listener: Queue[bytes | None]) -> None:
        """It listens no more."""
        self._leave(listener)

    def _leave(self, listener: Queue[bytes | None]) -> None:
        with self._lock:
            self._listeners.discard(listener)


class HttpServer(ThreadingHTTPServer):
    """Bind with the constructor, `start`, `stop`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], pages: Pages, events: EventStream) -> None:
        """Raises OSError when the address is taken."""
        self.pages = pages
        self.events = events
        self.stopping = False
        self._places = threading.BoundedSemaphore(HTTP_CONNECTIONS)
        super().__init__(address, _Handler)

    def start(self) -> None:
        """Serve, in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(0.2,), name="http", daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        self.stopping = True
        self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for it, or nothing when there are too many."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back whatever happens."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """A client that goes away is no news; the rest is logged."""
        _log.debug("http.connection_failed", exc_info=True)


# 501 for a method that is not GET, 505 for a version that is not HTTP/1: no faults of ours.
_THEIR_FAULT: dict[int, HTTPStatus] = {
    HTTPStatus.NOT_IMPLEMENTED: HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: HTTPStatus.BAD_REQUEST,
}


class Head:
    """What a client sends, read a line at a time as `http.server` asks for it; `begin` before each request."""

    closed = False

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unread = bytearray()
        self.begin()

    def begin(self) -> None:
        """A new head: its bytes and its time count from here."""
        self._deadline = time.monotonic() + HTTP_HEAD_S
        self._left = HTTP_HEAD_BYTES

    def readline(self, size: int = -1) -> bytes:
        """The next line with its end; what there is, without, at the stream's. Raises LineTooLong, TimeoutError."""
        del size  # the whole head is bounded
        while (end := self._unread.find(b"\n") + 1) == 0:
            if len(self._unread) > self._left:
                raise LineTooLong("the head of a request")
            self._connection.settimeout(max(0.001, self._deadline - time.monotonic()))
            received = self._connection.recv(4096)
            if not received:
                end = len(self._unread)
                break
            self._unread += received
        if end > self._left:
            raise LineTooLong("the head of a request")
        self._left -= end
        line = bytes(self._unread[:end])
        del self._unread[:end]
        return line

    def close(self) -> None:
        """The base class's word for the end."""


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "ringmaster"
    sys_version = ""

    def setup(self) -> None:
        """Read through a Head instead of a file without bounds."""
        super().setup()
        self.rfile.close()
        self._head = Head(self.connection)
        self.rfile = self._head  # type: ignore[assignment]  # it needs no more of a file than this

    def handle_one_request(self) -> None:
        """One request, or the end of the connection."""
        self._head.begin()
        try:
            super().handle_one_request()
        except HTTPException:  # before there was a request that could be answered
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What `http.server` refuses is the client's fault, whatever number it gives it; no page, no echo."""
        del message, explain
        refused = HTTPStatus(_THEIR_FAULT.get(code, code))
        self.close_connection = True
        self.request_version = self.protocol_version  # else there would be no status line for a head that is none
        self._answer(refused, f"{refused.phrase}\n".encode())

    def do_GET(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body is not read, and must not pass for the next request
        path = self.path.partition("?")[0]
        pages = self.server.pages
        if path == "/healthz":
            self._answer(HTTPStatus.OK, b"ok\n")
        elif path == "/readyz":
            why = pages.ready()
            self._answer(
                HTTPStatus.OK if why is None else HTTPStatus.SERVICE_UNAVAILABLE,
                f"{why or 'ok'}{pages.missing()}\n".encode(),
            )
        elif path == "/metrics":
            self._answer(HTTPStatus.OK, pages.metrics(), "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/snapshot.json":
            body = pages.snapshot()
            if body is None:
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"the dispatcher does not answer\n")
            else:
                self._answer(HTTPStatus.OK, body, "application/json")
        elif path == "/events":
            self._stream()
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"/metrics /healthz /readyz /snapshot.json /events\n")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.connection.settimeout(HTTP_SEND_S)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        """Facts as they come, a line each; an empty line every 5 s shows that the line lives."""
        listener = self.server.events.join()
        if listener is None:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"too many listeners\n")
            return
        self.close_connection = True
        try:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Connection", "close")
            self.connection.settimeout(HTTP_SEND_S)
            self.end_headers()
            while not self.server.stopping:
                try:
                    line = listener.get(timeout=5.0)
                except Empty:
                    line = b"\n"
                if line is None:
                    return
                self.wfile.write(line)
                self.wfile.flush()
        except OSError:
            return
        finally:
            self.server.events.leave(listener)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Requests are not logged: a scrape every 15 s is no news."""
