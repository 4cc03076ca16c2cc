"""Runs the pages on a socket that is already bound, until SIGTERM or SIGINT. The one place that knows uvicorn."""

from __future__ import annotations

import logging
import signal
import socket
from types import FrameType

import uvicorn

from acd.journal.store import Store
from dialplan.limits import WEB_CONNECTIONS, WEB_HEAD_BYTES, WEB_IDLE_S
from web.app import application
from web.connection import Connection
from web.feed import Find
from web.login import Gate
from web.reports.columns import Labels

END_WITHIN_S = 2


def serve(sock: socket.socket, find: Find, database: Store, labels: Labels, gate: Gate) -> None:
    """Returns when it has been asked to end."""
    servers: list[uvicorn.Server] = []
    config = uvicorn.Config(
        application(find, database, labels, gate, ends=lambda: servers[0].should_exit),
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=WEB_CONNECTIONS,
        h11_max_incomplete_event_size=WEB_HEAD_BYTES,
        timeout_keep_alive=int(WEB_IDLE_S),
        timeout_graceful_shutdown=END_WITHIN_S,
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _asked_to_end)  # uvicorn raises it once more when it has ended
    servers.append(uvicorn.Server(config))
    servers[0].run(sockets=[sock])


def _asked_to_end(number: int, frame: FrameType | None) -> None:
    """An end that was asked for is none by a signal."""
    del number, frame
