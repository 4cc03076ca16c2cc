"""The engine's small HTTP server: /metrics, /healthz, /readyz, /snapshot.json, and /events as a stream of facts.

Loopback, GET only, a bounded number of connections, each with a time-out. Pages for people are other processes, which
read here. Knows HTTP and nothing of calls: what is served comes from `Pages`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from typing import Any

import structlog

MOST_CONNECTIONS = 64
MOST_STREAMS = 16
STREAM_BACKLOG = 2000
IDLE_S = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pages:
    """What is served. Each is called by a connection's thread."""

    metrics: Callable[[], bytes]
    ready: Callable[[], str | None]  # None: ready; else why not
    snapshot: Callable[[], bytes | None]


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
        listener: Queue[bytes | None] = Queue(STREAM_BACKLOG)
        with self._lock:
            if len(self._listeners) >= MOST_STREAMS:
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
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
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


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    timeout = IDLE_S
    protocol_version = "HTTP/1.1"
    server_version = "ringmaster"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        pages = self.server.pages
        if path == "/healthz":
            self._answer(HTTPStatus.OK, b"ok\n")
        elif path == "/readyz":
            why = pages.ready()
            self._answer(HTTPStatus.OK if why is None else HTTPStatus.SERVICE_UNAVAILABLE, f"{why or 'ok'}\n".encode())
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
