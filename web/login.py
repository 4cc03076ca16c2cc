"""Who may look: everyone on loopback, whoever knows the password elsewhere. A pure gate; cookies in, cookies out.

The password is generated and lives in the state (engine.credentials). A cookie is an expiry and its HMAC under the
password, so that nothing is kept here and a new password ends every session. Five wrong passwords from an address
lock it for a minute, and every further one anew.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from dialplan.limits import LOGIN_ADDRESSES, LOGIN_LOCKED_S, LOGIN_TRIES

COOKIE = "ringmaster"
STAYS_S = 90 * 86_400  # a wallboard hangs on its wall for months


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0  # locked, or forgotten after it


@dataclass(slots=True)
class Gate:
    """One gate. `password` None: it stands open. Times are epoch seconds."""

    password: str | None
    _failures: dict[str, _Failures] = field(default_factory=dict)

    @property
    def stands_open(self) -> bool:
        """Whether nobody is asked."""
        return self.password is None

    def admits(self, cookie: str | None, now: float) -> bool:
        """Whether this cookie is one of ours and still good."""
        if self.password is None:
            return True
        expiry, _, signature = (cookie or "").partition(".")
        if not (expiry.isascii() and expiry.isdigit() and len(expiry) < 16):
            return False
        return hmac.compare_digest(signature, self._sign(expiry)) and now < int(expiry)

    def locked(self, address: str, now: float) -> bool:
        """Whether this address has been wrong too often."""
        failures = self._failures.get(address)
        return failures is not None and failures.count >= LOGIN_TRIES and now < failures.until

    def enter(self, password: str, address: str, now: float) -> str | None:
        """A cookie for the right password; None for a wrong one, and for any from an address that is locked."""
        if self.password is None or self.locked(address, now):
            return None
        if not hmac.compare_digest(password.strip().encode(), self.password.encode()):
            self._count(address, now)
            return None
        self._failures.pop(address, None)
        expiry = str(int(now + STAYS_S))
        return f"{expiry}.{self._sign(expiry)}"

    def _count(self, address: str, now: float) -> None:
        if address not in self._failures and len(self._failures) >= LOGIN_ADDRESSES:
            oldest = min(self._failures, key=lambda one: self._failures[one].until)
            del self._failures[oldest]
        failures = self._failures.setdefault(address, _Failures())
        if now >= failures.until and failures.count < LOGIN_TRIES:
            failures.count = 0
        failures.count += 1
        failures.until = now + LOGIN_LOCKED_S

    def _sign(self, expiry: str) -> str:
        assert self.password is not None
        return hmac.new(self.password.encode(), f"wallboard {expiry}".encode(), hashlib.sha256).hexdigest()
