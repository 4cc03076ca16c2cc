"""What can be chosen about a demo, and what `up --demo` changes for it. Imported by `up`: no rich, no phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialplan.decision import check_hours
from dialplan.ruleset import Ruleset

CALLS_PER_MINUTE = 36.0
SPEED = 4.0
WRAPUP_S = 30.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What can be chosen. `speed`: how many times faster than real ones people talk, write and rest."""

    calls_per_minute: float = CALLS_PER_MINUTE
    speed: float = SPEED
    seed: int = 1


def overrides(given: tuple[str, ...], speed: float = SPEED) -> tuple[str, ...]:
    """`--set` words for a demo: the wrap-up as much faster as the people, unless the operator has set one."""
    if any("wrapup_s" in word for word in given):
        return given
    return (*given, f"queues.defaults.wrapup_s={WRAPUP_S / speed:g}")


def opening_time(ruleset: Ruleset, now: datetime) -> datetime | None:
    """`--at` for a demo: None when the centre stays open for an hour, else ten o'clock of the next open weekday.

    `now` is aware; so is the answer, in the same zone.
    """
    if check_hours(ruleset, now).open and check_hours(ruleset, now + timedelta(hours=1)).open:
        return None
    for days in range(1, 15):
        morning = (now + timedelta(days=days)).replace(hour=10, minute=0, second=0, microsecond=0)
        if morning.weekday() < 5 and check_hours(ruleset, morning).open:
            return morning
    return None
