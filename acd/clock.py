"""The time that the dispatcher lives by: epoch seconds that never go back and never jump.

Anchored once to the wall clock and carried on by the monotonic one, so that a clock set by an hour changes no wait.
"""

from __future__ import annotations

import time


class SteadyClock:
    """Call it for epoch seconds."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def __call__(self) -> float:
        """Now, in epoch seconds."""
        return self._offset + time.monotonic()
