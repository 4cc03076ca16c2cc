"""How good the estimates of a simulated day were: what callers were told as they waited, against how long it took.

An estimate is said when a caller begins to wait and again every `announce_every_s`, as live. It is off by
|waited so far + estimate - whole wait| / whole wait. Counted over the answered whose wait was longer than 30 s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

LONG_WAIT_S = 30.0


@dataclass(slots=True)
class Estimates:
    """Whole waits as they were told, by contact; and of those who were answered, how far off they were."""

    said_s: dict[str, list[float]] = field(default_factory=dict)
    first_off: list[float] = field(default_factory=list)  # of what was said at the beginning
    off: list[float] = field(default_factory=list)  # of all that was said

    def said(self, contact_id: str, waited_s: float, more_s: float | None) -> None:
        """The caller has waited so long and is told how much longer; None: nothing is said."""
        if more_s is not None:
            self.said_s.setdefault(contact_id, []).append(waited_s + more_s)

    def over(self, contact_id: str, waited_s: float, *, answered: bool) -> None:
        """The wait is over."""
        said_s = self.said_s.pop(contact_id, None)
        if said_s and answered and waited_s > LONG_WAIT_S:
            off = [abs(whole_s - waited_s) / waited_s for whole_s in said_s]
            self.first_off.append(off[0])
            self.off += off

    @property
    def error_median(self) -> float | None:
        """Half of all that was said was off by less, as a fraction of the wait; None: nobody waited so long."""
        return median(self.off) if self.off else None

    @property
    def first_error_median(self) -> float | None:
        """The same of what was said when the wait began."""
        return median(self.first_off) if self.first_off else None
