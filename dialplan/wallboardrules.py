"""From where on a figure of the wallboard is called good or bad, as frozen data: wallboard.yaml, checked.

A part of the Ruleset, built by `dialplan.build`. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a figure is called good, and bad; between them it asks for attention."""

    good: float
    bad: float


@dataclass(frozen=True, slots=True)
class WallboardRule:
    """wallboard.yaml. Shares are 0-1 and better the higher they are; counts and seconds the lower they are."""

    service_level_variant: str = "short_excluded"  # a value of acd.core.figures.ServiceLevel
    service_level: Bounds = Bounds(0.97, 0.90)
    answer_rate: Bounds = Bounds(0.97, 0.90)
    waiting: Bounds = Bounds(3, 10)
    oldest_wait_s: Bounds = Bounds(20, 60)
    estimated_wait_s: Bounds = Bounds(30, 120)
