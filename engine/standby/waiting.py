"""What an engine's process does until it is its turn: shows its parent that it lives, answers /healthz, reads rules.

It is warm: modules are imported and the rules are in the cache, so that its turn costs what building an engine does.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from dialplan.loader import RulesError, load
from engine.commands.rules_folder import cache_folder
from engine.heartbeat import BEAT_EVERY_S, Heartbeat
from engine.http import EventStream, HttpServer, Pages
from engine.settings import RunSettings
from engine.standby.turn import Turn

LOOK_EVERY_S = 0.1
START_WITHIN_S = 20.0  # then an engine that hangs in its start is the parent's business again
WARM_EVERY_S = 60.0

_log = structlog.get_logger(__name__)


@contextmanager
def turn_of(settings: RunSettings) -> Iterator[Turn]:
    """Its signs, read from now on; given up at the end of the block."""
    turn = Turn(settings)
    turn.start()
    try:
        yield turn
    finally:
        turn.stop()


@contextmanager
def waited_for(turn: Turn, settings: RunSettings, signals: set[signal.Signals]) -> Iterator[bool]:
    """Waits until it is the engine's turn; False: a signal has ended the process first. In the block it is started."""
    with _beating(settings) as last_beat:
        served = _wait(turn, settings, signals)
        last_beat(time.monotonic() + START_WITHIN_S)
        yield served


def _wait(turn: Turn, settings: RunSettings, signals: set[signal.Signals]) -> bool:
    http: HttpServer | None = None
    warm_at = 0.0
    try:
        while not turn.step(time.monotonic()):
            got = signal.sigtimedwait(signals, LOOK_EVERY_S)
            if got is not None and got.si_signo != signal.SIGHUP:
                return False
            if http is None:
                http = _health(turn, settings)
            if time.monotonic() >= warm_at:
                warm_at = time.monotonic() + WARM_EVERY_S
                with suppress(RulesError, OSError):  # the engine says what is wrong, and takes the last sound ones
                    load(settings.rules, settings.overrides, cache_folder())
    finally:
        if http is not None:
            http.stop()
    return True


def _health(turn: Turn, settings: RunSettings) -> HttpServer:
    """Nothing to scrape, and no calls are taken."""
    pages = Pages(lambda: b"", lambda: turn.why_not, lambda: None)
    server = HttpServer(("127.0.0.1", settings.http_port), pages, EventStream())
    server.start()
    return server


@contextmanager
def _beating(settings: RunSettings) -> Iterator[Callable[[float], None]]:
    """Both beats of an engine, until the block ends or a time (monotonic) that the caller names."""
    until = float("inf")
    over = threading.Event()
    beats = Heartbeat(settings.heartbeat)

    def beat() -> None:
        while not over.is_set() and time.monotonic() < until:
            beats.dispatcher()
            beats.acceptor()
            over.wait(BEAT_EVERY_S)

    def end_at(moment: float) -> None:
        nonlocal until
        until = moment

    thread = threading.Thread(target=beat, name="beats", daemon=True)
    thread.start()
    try:
        yield end_at
    finally:
        over.set()
        thread.join()
        beats.close()
