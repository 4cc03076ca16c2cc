"""The keys that a caller pressed and nobody has used yet: type-ahead over all menus.

Pure: no I/O, no clock. Keys A to D are no keys of a citizen's; D is the dispatcher's wake-up. All four are dropped
here, once, so that no menu can be reached by them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dialplan.limits import KEYS_TYPED_AHEAD

CITIZENS_KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class Press:
    """One key and when it came, in seconds of the session's own clock."""

    key: str
    at_s: float


class KeyBuffer:
    """First in, first out. Keys beyond the bound are dropped: the first ones are what the caller meant."""

    def __init__(self) -> None:
        self._presses: deque[Press] = deque()

    def press(self, key: str, at_s: float) -> None:
        """Remember a key that a read returned; "" and the keys A to D change nothing."""
        if key in CITIZENS_KEYS and len(self._presses) < KEYS_TYPED_AHEAD:
            self._presses.append(Press(key, at_s))

    def take(self) -> Press | None:
        """The oldest unused key, or None."""
        return self._presses.popleft() if self._presses else None

    def clear(self) -> None:
        """Forget what was typed ahead: it was meant for something else."""
        self._presses.clear()

    def __bool__(self) -> bool:
        return bool(self._presses)
