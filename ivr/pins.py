"""Supervisors' PINs: whether what was typed is right, and no more tries after five wrong ones in a row."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable

from dialplan.limits import PIN_LOCKED_S, PIN_TRIES


class Pins:
    """Thread-safe. Knows no PIN itself: `secret` is asked each time, so that a new one counts at once."""

    def __init__(self, secret: Callable[[str], str | None], clock_s: Callable[[], float] = time.monotonic) -> None:
        """`secret(supervisor)` is the PIN, or None for who has none."""
        self._secret = secret
        self._clock_s = clock_s
        self._wrong: dict[str, tuple[int, float]] = {}  # supervisor -> wrong tries in a row, and when the last one was
        self._lock = threading.Lock()

    def right(self, supervisor: str, typed: str) -> bool:
        """Whether this is the supervisor's PIN; never while locked, which a right one does not end."""
        now = self._clock_s()
        secret = self._secret(supervisor)
        with self._lock:
            tries, last = self._wrong.get(supervisor, (0, 0.0))
            if tries >= PIN_TRIES and now - last < PIN_LOCKED_S:
                return False
            if secret is not None and hmac.compare_digest(secret.encode(), typed.encode()):
                self._wrong.pop(supervisor, None)
                return True
            self._wrong[supervisor] = (1 if tries >= PIN_TRIES else tries + 1, now)
            return False
