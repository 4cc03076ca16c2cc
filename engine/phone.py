"""One real SIP phone (baresip), driven step by step: for tests, and for whoever wants to hear what a caller hears.

Like the demo's phones, but alone in its process, waiting is part of it, and all that it says is kept. It can do what
an agent's phone does on its own: hold, transfer (REFER), answer by itself or when told.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.demo.phones import CALLS_AT_ONCE, Account, PhoneBank, PhoneError, PhoneEvent

HEADER_BYTES = 44
RATE_HZ = 8000
RINGING, INCOMING, ESTABLISHED, CLOSED = "CALL_RINGING", "CALL_INCOMING", "CALL_ESTABLISHED", "CALL_CLOSED"


@dataclass(frozen=True, slots=True)
class Said:
    """An event of the phone: baresip's own type, who the call is with, the call's id, and when (monotonic seconds)."""

    kind: str
    peer: str
    call_id: str
    reason: str
    at_s: float


class Phone(PhoneBank):
    """A phone of `user` at `server`. With a secret it registers, without one it only calls, as a citizen's does.

    A context manager; after it the folder is gone unless `folder` was given. Every wait has an end: TimeoutError.
    """

    def __init__(
        self,
        user: str,
        server: tuple[str, int],
        secret: str | None = None,
        *,
        answers: bool = False,
        folder: Path | None = None,
        address: str = "127.0.0.1",
        trusts: Path | None = None,
        call_waiting: bool = True,
    ) -> None:
        """`answers`: picks up at once when it rings. What it hears is recorded in `folder`. It calls from `address`.

        `trusts`: the server's certificate, for a phone that is encrypted. Without `call_waiting` it is busy in a call,
        as those are that `./ringmaster phones` sets up.
        """
        self.user = user
        self.answers = answers
        self._temporary = folder is None
        self._place = folder or Path(tempfile.mkdtemp(prefix="phone-"))
        self._said: list[Said] = []
        self._news = threading.Condition()
        self._has_secret = secret is not None
        super().__init__(
            self._place, [Account(user, secret)], server, self._never, record=True, address=address, trusts=trusts,
            calls_at_once=CALLS_AT_ONCE if call_waiting else 1,
        )  # fmt: skip

    @staticmethod
    def _never(event: PhoneEvent) -> None:
        """Events are taken in `_handle`, all kinds of them."""

    def start(self) -> None:
        """Start, and be registered if there is a secret. Raises PhoneError."""
        super().start()
        if self._has_secret and not self.wait_registered(10):
            words = self.last_words()
            self.close()
            raise PhoneError(f"{self.user} is not registered:\n{words}")

    def close(self) -> None:
        """Hang up, unregister, end."""
        super().close()
        if self._temporary:
            shutil.rmtree(self._place, ignore_errors=True)

    def kill(self) -> None:
        """End it without a word to anyone, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def call(self, number: str) -> float:
        """Dial `number` at the server; the time at which it began, to wait for events after it."""
        now = time.monotonic()
        self.dial(self.user, number)
        return now

    def answer(self, within_s: float = 10, *, after: float = 0.0) -> Said:
        """Wait for it to ring, and pick up; returns the established call's event."""
        ringing = self.wait(INCOMING, within_s, after=after)
        self.accept(self.user, ringing.call_id)
        return self.wait(ESTABLISHED, 5, after=ringing.at_s)

    def keys(self, digits: str, gap_s: float = 0.25) -> None:
        """Press keys one after the other."""
        for digit in digits:
            self.press(self.user, digit)
            time.sleep(gap_s)

    def hang_up(self) -> None:
        """Hang up, or decline what rings."""
        self.hangup(self.user)

    def hold(self) -> None:
        """Put the current call on hold (re-INVITE)."""
        self._send("uafind", self._aor(self.user), "hold", "")

    def resume(self) -> None:
        """Take it back."""
        self._send("uafind", self._aor(self.user), "resume", "")

    def transfer(self, target: str) -> None:
        """Blind transfer of the current call (REFER) to `target` at the server."""
        self._send("uafind", self._aor(self.user), "transfer", f"sip:{target}@{self._host}:{self._port}")

    def events(self, kind: str | None = None, *, after: float = 0.0) -> list[Said]:
        """What it has said so far."""
        with self._news:
            return [said for said in self._said if said.at_s >= after and kind in (None, said.kind)]

    def wait(
        self, kind: str, within_s: float, *, after: float = 0.0, matching: Callable[[Said], bool] | None = None
    ) -> Said:
        """The first event of this kind at or after `after`, waited for. TimeoutError tells what came instead."""
        deadline = time.monotonic() + within_s
        with self._news:
            while True:
                for said in self._said:
                    if said.kind == kind and said.at_s >= after and (matching is None or matching(said)):
                        return said
                left_s = deadline - time.monotonic()
                if left_s <= 0 or not self.alive:
                    seen = [said.kind for said in self._said if said.at_s >= after]
                    raise TimeoutError(f"{self.user}: no {kind} within {within_s:.1f} s; seen {seen}")
                self._news.wait(min(left_s, 0.5))

    def wait_talking(self, within_s: float = 10, *, after: float = 0.0) -> Said:
        """Wait until a call is established."""
        return self.wait(ESTABLISHED, within_s, after=after)

    def wait_ended(self, within_s: float = 10, *, after: float = 0.0) -> Said:
        """Wait until a call is closed."""
        return self.wait(CLOSED, within_s, after=after)

    def heard(self, call: int = -1) -> array[int]:
        """The samples (8 kHz, 16 bit) of what one of its calls has heard so far, by default the latest."""
        recordings = self.recordings()
        if not recordings:
            return array("h")
        # The header is written when the call ends; the sound before.
        data = recordings[call].read_bytes()[HEADER_BYTES:]
        samples = array("h")
        samples.frombytes(data[: len(data) // 2 * 2])
        return samples

    def heard_s(self, call: int = -1) -> float:
        """Seconds of sound that one of its calls has heard so far."""
        return len(self.heard(call)) / RATE_HZ

    def _handle(self, message: dict[str, object]) -> None:
        if not message.get("event"):
            return
        said = Said(
            kind=str(message.get("type")),
            peer=str(message.get("peeruri", "")).removeprefix("sip:").partition("@")[0],
            call_id=str(message.get("id", "")),
            reason=str(message.get("param", "")),
            at_s=time.monotonic(),
        )
        if said.kind == INCOMING and self.answers:
            self.accept(self.user, said.call_id)
        with self._news:
            self._said.append(said)
            self._news.notify_all()
