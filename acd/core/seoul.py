"""The day in Seoul, by which all figures are counted. UTC+9, without summer time since 1988. Reads no clock."""

from __future__ import annotations

DAY_S = 86_400.0
_EAST_S = 9 * 3600.0


def day_number(now: float) -> int:
    """Days since the epoch's in Seoul: the same from one midnight there to the next."""
    return int((now + _EAST_S) // DAY_S)


def midnight(now: float) -> float:
    """Epoch seconds at which the day in Seoul began that `now` is in."""
    return day_number(now) * DAY_S - _EAST_S
