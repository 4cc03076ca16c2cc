"""The agents' figures as lines of a table. Formats only."""

from __future__ import annotations

from rich.cells import cell_len

from acd.core.figures import AgentFigures

_NAME_CELLS = 12
HEAD = (
    f"{'agent':<6} {'name':<{_NAME_CELLS}} {'answered':>8} {'talk':>8} {'hold':>8} {'wrap-up':>8} {'idle':>8} "
    f"{'ringing':>8} {'RONA':>4} {'declined':>8} {'occupancy':>9} {'AHT':>6}  away"
)


def line(agent_id: str, name: str, day: AgentFigures) -> str:
    """One agent's. Times as h:mm:ss, AHT in seconds, occupancy in per cent; `-`: nothing to count over."""
    away = ", ".join(f"{reason} {_clock(spent_s)}" for reason, spent_s in day.away_s.items())
    others = (("not responding", day.not_responding_s), ("device unreachable", day.error_s), ("own calls", day.other_s))
    away = ", ".join(filter(None, [away, *(f"{what} {_clock(spent_s)}" for what, spent_s in others if spent_s)]))
    occupancy = "-" if day.occupancy is None else f"{100 * day.occupancy:.0f} %"
    aht = "-" if day.aht_s is None else f"{day.aht_s:.0f} s"
    times = (day.talk_s, day.hold_s, day.wrapup_s, day.idle_s, day.ringing_s)
    return (
        f"{agent_id:<6} {name}{' ' * max(0, _NAME_CELLS - cell_len(name))} {day.answered:>8} "
        + " ".join(f"{_clock(spent_s):>8}" for spent_s in times)
        + f" {day.no_answer:>4} {day.declined:>8} {occupancy:>9} {aht:>6}  {away or '-'}"
    )


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
