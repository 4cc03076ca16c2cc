"""Good, to be watched, or bad: a figure by the bounds of wallboard.yaml. Pure; for the page and the terminal."""

from __future__ import annotations

from dialplan.wallboardrules import Bounds


def rising(value: float | None, bounds: Bounds) -> str | None:
    """The level of a figure that is better the higher it is: good, warn, bad; None: there is no figure."""
    if value is None:
        return None
    return "good" if value >= bounds.good else "bad" if value < bounds.bad else "warn"


def falling(value: float | None, bounds: Bounds) -> str | None:
    """The level of a figure that is better the lower it is."""
    if value is None:
        return None
    return "good" if value <= bounds.good else "bad" if value > bounds.bad else "warn"
