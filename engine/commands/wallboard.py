"""`./ringmaster wallboard`: the wallboard (전광판) and the reports as web pages, in a process of their own.

Reads the engine's snapshot and the journal, changes nothing, and survives the end and the return of both. `up` starts
one by itself; this is for another address, and for a container.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import logs, reportlabels, webpages
from engine.settings import WEB_PORT, default_state, journal_of


def run(arguments: Sequence[str]) -> int:
    """Serves until Ctrl-C or SIGTERM (exit 0); exit 1 when the address cannot be had."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster wallboard",
        description="The wallboard and the reports as web pages, beside a running centre.",
        epilog="?lang=ko or en, &theme=dark, light or auto; beyond loopback it asks for a password (docs/wallboard.md)",
    )
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--port", type=int, default=WEB_PORT, metavar="N", help=f"by default {WEB_PORT}; 0: a free one")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDR", help="by default 127.0.0.1")
    parser.add_argument("--login", action="store_true", help="ask for the password on loopback too")
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)  # a socket that `up` listens on
    options = parser.parse_args(arguments)
    state: Path = options.state.absolute()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})  # `up` has blocked them
    try:
        sock = (
            socket.socket(fileno=options.fd) if options.fd is not None else webpages.listen(options.bind, options.port)
        )
        host = sock.getsockname()[0]
        password = webpages.password(state, host, always=options.login)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        print(f"wallboard: {options.bind} port {options.port}: {why}; --port 0 takes a free one", file=sys.stderr)
        if (served := webpages.served(state)) is not None:
            print(f"The centre's own pages are at {served}", file=sys.stderr)
        return 1
    if options.fd is None:
        print(f"Wallboard: {webpages.where(state, sock, asks=password is not None)}", flush=True)
    logs.configure()
    os.nice(5)  # a page waits for a call, never a call for a page
    # Late: a wrong address is said at once.
    from web.login import Gate  # noqa: PLC0415
    from web.serve import serve  # noqa: PLC0415

    serve(sock, lambda: webpages.find(state), journal_of(state), reportlabels.of(state), Gate(password))
    return 0
