"""Logs: one event a line, ids bound, telephone numbers masked, secrets never.

JSON when standard error is a file or a pipe, readable on a terminal. A key that sounds like a secret is not printed,
whatever is in it; a run of nine or more digits in any value is taken for a telephone number, except in ids.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_SECRET = re.compile(r"secret|passw|token|credential|authorization", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])(\+?\d{2,3})\d{2,10}(\d{4})(?![\d.])")
_NOT_NUMBERS = frozenset(
    {"timestamp", "at", "contact_id", "call_id", "uniqueid", "reservation_id", "digest", "pid", "channel"}
)


def configure() -> None:
    """Set structlog up for this process; the standard library's warnings and errors go the same way."""
    terminal = sys.stderr.isatty()
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]  # rich takes seconds for one
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            _masked,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def mask(text: str) -> str:
    """Telephone numbers in a text as a log may show them: 010****5678."""
    return _NUMBER.sub(lambda match: f"{match[1]}{'*' * (len(match[0]) - len(match[1]) - 4)}{match[2]}", text)


def _without_secrets(_: Any, __: str, event: Any) -> Any:
    return {key: "(hidden)" if _SECRET.search(key) else value for key, value in event.items()}


def _masked(_: Any, __: str, event: Any) -> Any:
    return {
        key: mask(value) if isinstance(value, str) and key not in _NOT_NUMBERS else value
        for key, value in event.items()
    }
