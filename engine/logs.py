"""Logs: one event a line, ids bound, telephone numbers masked, secrets never.

JSON when standard error is a file or a pipe, readable on a terminal. A key that sounds like a secret is not printed,
whatever is in it; a run of nine or more digits in any value is taken for a telephone number, except in ids and digests.
A line that can't be written is no error of whoever said it: the disk may be full.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, TextIO, cast

import structlog

_SECRET = re.compile(r"secret|passw|token|credential|authorization", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])(\+?\d{2,3})\d{2,10}(\d{4})(?![\d.])")
_SHORTEST_NUMBER = 8
_IDS = frozenset({"contact_id", "call_id", "uniqueid", "reservation_id", "digest", "digest_before", "pid", "channel"})
_NOT_NUMBERS = _IDS | {"timestamp", "at"}


def configure(stream: TextIO | None = None) -> None:
    """Set structlog up for this process, to standard error unless told otherwise; so the standard library's lines."""
    to = stream or sys.stderr
    terminal = to.isatty()
    last: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)  # rich takes seconds for one
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # text before it is masked: an error may quote what a citizen dialled
            _without_secrets,
            _masked,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, Unfailing(to))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=to, format="%(levelname)s %(name)s %(message)s")


class Unfailing:
    """A stream whose writer never learns that it failed: a full disk costs lines of a log, never a call."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """All of it, or nothing."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """What there is, if it can be."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def mask(text: str) -> str:
    """Telephone numbers in a text as a log may show them: 010****5678."""
    if len(text) < _SHORTEST_NUMBER:
        return text
    return _NUMBER.sub(lambda match: f"{match[1]}{'*' * (len(match[0]) - len(match[1]) - 4)}{match[2]}", text)


class Sparing:
    """Passes on one line in `every_s` seconds at most, of all that it is given; the next one says how many it left out.

    For what repeats while something is away: each try is worth knowing, and a flood of them hides all else.
    """

    def __init__(self, every_s: float = 1.0, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._clock_s = every_s, clock_s
        self._next_s = float("-inf")
        self._left_out = 0
        self._lock = threading.Lock()

    def __call__(self, say: Callable[..., None], event: str, **words: object) -> None:
        """`say` is a logger's method."""
        with self._lock:
            now = self._clock_s()
            if now < self._next_s:
                self._left_out += 1
                return
            self._next_s = now + self._every_s
            left_out, self._left_out = self._left_out, 0
        say(event, **words, **({"left_out": left_out} if left_out else {}))


def _without_secrets(_: Any, __: str, event: Any) -> Any:
    return {key: "(hidden)" if _is_secret(key) else value for key, value in event.items()}


@lru_cache(maxsize=1000)  # keys are written in the code, so there are few
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _masked(_: Any, __: str, event: Any) -> Any:
    return {
        key: mask(value) if isinstance(value, str) and key not in _NOT_NUMBERS else value
        for key, value in event.items()
    }
