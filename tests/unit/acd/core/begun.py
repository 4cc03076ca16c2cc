"""Calls in the middle of their way, as several tests of the core begin."""

from __future__ import annotations

from tests.unit.acd.core.centre import Centre, make_queue


def one_rings() -> Centre:
    """c1 rings at 1001."""
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1", after=1)
    centre.ring("c1", "1001")
    return centre


def talking(*more: str, wrapup_s: float = 30.0) -> Centre:
    """1001 talks with c1."""
    centre = Centre("1001", *more, queues=(make_queue(wrapup_s=wrapup_s),))
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    return centre
