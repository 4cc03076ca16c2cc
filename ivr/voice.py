"""Speaking and listening on one channel: sounds one after the other, each ended by a key; keys kept in order.

Sounds are names as `STREAM FILE` takes them, without extension. What is said is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from ivr.agi import AgiChannel, SoundMissing
from ivr.keys import CITIZENS_KEYS, KeyBuffer, Press

_log = structlog.get_logger(__name__)
_LOOK_S = 2.0  # a read is no longer than this


class Voice:
    """The caller's ear and finger. Raises CallerHungUp from every method that uses the channel."""

    def __init__(self, channel: AgiChannel, clock_s: Callable[[], float]) -> None:
        self._channel = channel
        self._clock_s = clock_s
        self.keys = KeyBuffer()

    def now_s(self) -> float:
        """Seconds on the clock that `Press.at_s` is measured by."""
        return self._clock_s()

    def say(
        self,
        sounds: Sequence[str],
        until: Callable[[], bool] = lambda: False,
        listen_for: frozenset[str] = CITIZENS_KEYS,
    ) -> bool:
        """Play the sounds in order; True when they were heard to their end.

        An unused key, typed ahead or pressed now, ends them: nobody who knows the way waits for a sentence. Keys that
        are not in `listen_for` mean nothing to this message and are dropped.
        `until` is asked before each sound and after each wake-up; when it says so, the rest is left out.
        """
        for sound in sounds:
            offset = 0
            while True:
                if self.keys or until():
                    return False
                try:
                    played = self._channel.play(sound, offset)
                except SoundMissing:
                    _log.error("prompt.missing", sound=sound)  # the caller hears the rest
                    break
                if not played.key:
                    break
                if played.key in listen_for:
                    self.keys.press(played.key, self._clock_s())
                offset = played.end_samples  # a key that means nothing here: go on where it stopped
        return not self.keys

    def hear(self, seconds: float, until: Callable[[], bool] = lambda: False) -> Press | None:
        """The next key: one that was typed ahead, or one within `seconds`. A wake-up is no key.

        `until` is asked first, after each wake-up and every two seconds, because a wake-up may be lost; when it says
        so, nobody waits for a key any more.
        """
        deadline = self._clock_s() + seconds
        while not self.keys:
            if until():
                return None
            left_s = deadline - self._clock_s()
            if left_s <= 0:
                return None
            self.keys.press(self._channel.wait_for_digit(max(1, round(min(left_s, _LOOK_S) * 1000))), self._clock_s())
        return self.keys.take()

    def pause(self, milliseconds: int) -> None:
        """Wait, under whatever music runs, until the time is over, a key comes or the dispatcher wakes."""
        self.keys.press(self._channel.wait_for_digit(milliseconds), self._clock_s())
