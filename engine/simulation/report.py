"""A simulated day told: as a table, as JSON, beside another one. Rates are fractions (0-1), waits seconds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from acd.core.figures import ServiceLevel
from engine.simulation.figures import Figures
from engine.simulation.outcome import Day
from engine.simulation.timeuse import TimeUse

_HEAD = "offered answered   lost  short    rate     SL*   ASA s   p95 s"


@dataclass(frozen=True, slots=True)
class Told:
    """A day that was run, what it is called, and how the agents spent it."""

    name: str
    day: Day
    use: TimeUse
    elapsed_s: float


def as_json(told: Told) -> dict[str, object]:
    """The object that `simulate --json` prints; null where there is nothing to count over."""
    day = told.day
    hours, queues = told.use.occupancy_by_hour(), told.use.share_by_queue()
    return {
        **_figures(day.total),
        "occupancy": rounded(day.occupancy),
        "order_inversions": day.order_inversions,
        "eligible_unmatched_max_s": round(day.eligible_unmatched_max_s, 6),
        "estimate_error_median": rounded(day.estimates.error_median),
        "estimate_error_first_median": rounded(day.estimates.first_error_median),
        "estimates_said": len(day.estimates.off),
        "agents": day.agents,
        "seed": day.seed,
        "elapsed_s": round(told.elapsed_s, 3),
        "by_queue": {
            key: {**_figures(one), "share_of_agents_time": rounded(queues.get(key, 0.0))}
            for key, one in day.by_queue().items()
        },
        "by_hour": {
            f"{hour:02d}": {**_figures(one), "occupancy": rounded(hours.get(hour))}
            for hour, one in day.by_hour().items()
        },
    }


def as_text(told: Told) -> str:
    """The same as a table, by queue and by hour."""
    day, total = told.day, told.day.total
    hours, queues = told.use.occupancy_by_hour(), told.use.share_by_queue()
    offered, unmatched_s = total.counts.offered, day.eligible_unmatched_max_s
    lines = [
        f"{day.agents} agents, seed {day.seed}: {offered} contacts offered, occupancy {percent(day.occupancy)}",
        f"out of order {day.order_inversions}; eligible pairs unmatched for {unmatched_s:g} s ({told.elapsed_s:.2f} s)",
    ]
    if day.closed or day.not_served:
        lines.append(f"not offered: {day.closed} called while closed, {day.not_served} in a language not served")
    lines += ["", f"{'':<13} {_HEAD}    time+"]
    lines += [f"{_row(key, one)} {percent(queues.get(key)):>7}" for key, one in day.by_queue().items()]
    lines += ["", f"{'':<13} {_HEAD} occupancy"]
    lines += [f"{_row(span(hour), one)} {percent(hours.get(hour)):>7}" for hour, one in day.by_hour().items()]
    variants = ", ".join(f"{variant.value} {percent(total.service_level(variant))}" for variant in ServiceLevel)
    return "\n".join(
        [
            *lines,
            "",
            _row("all", total),
            "",
            f"* answered within the queue's threshold, short_excluded. All: {variants}",
            "+ of all time that agents spent in contacts",
        ]
    )


def compared_json(one: Told, other: Told) -> dict[str, object]:
    """Both, and the other's figures less the one's."""
    first, second = as_json(one), as_json(other)
    return {"a": {"rules": one.name, **first}, "b": {"rules": other.name, **second}, "b_minus_a": _less(first, second)}


def compared_text(one: Told, other: Told) -> str:
    """The same callers under both, queue by queue and hour by hour: answer rate, service level, waits."""
    pairs = (("rate", 8), ("SL*", 8), ("ASA", 7), ("p95", 7), ("lost", 6))
    head = " " * 14 + " ".join(f"{name + ' A':>{width}} {'B':>{width}}" for name, width in pairs)
    lines = [f"A = {one.name}: {one.day.agents} agents", f"B = {other.name}: {other.day.agents} agents", "", head]
    queues = dict.fromkeys([*one.day.by_queue(), *other.day.by_queue()])
    lines += [_two(key, one.day.by_queue().get(key), other.day.by_queue().get(key)) for key in queues]
    lines.append("")
    hours = sorted({*one.day.by_hour(), *other.day.by_hour()})
    lines += [_two(span(hour), one.day.by_hour().get(hour), other.day.by_hour().get(hour)) for hour in hours]
    lines += ["", _two("all", one.day.total, other.day.total), ""]
    occupancy = f"occupancy A {percent(one.day.occupancy)}, B {percent(other.day.occupancy)}"
    lines.append(f"{occupancy}; the same callers, seed {one.day.seed}")
    return "\n".join(lines)


def span(hour: int) -> str:
    """`09-10`."""
    return f"{hour:02d}-{hour + 1:02d}"


def percent(value: float | None) -> str:
    """`97.1%`, or `-` where there is nothing to count over."""
    return "-" if value is None else f"{value:.1%}"


def seconds(value: float | None) -> str:
    """With one decimal."""
    return "-" if value is None else f"{value:.1f}"


def rounded(value: float | None) -> float | None:
    """For JSON."""
    return None if value is None else round(value, 6)


def _two(name: str, one: Figures | None, other: Figures | None) -> str:
    def cells(get: Callable[[Figures], str], width: int) -> str:
        shown = ("-" if figures is None else get(figures) for figures in (one, other))
        return " ".join(f"{text:>{width}}" for text in shown)

    level = ServiceLevel.SHORT_EXCLUDED
    return " ".join(
        [
            f"{name:<13}",
            cells(lambda figures: percent(figures.answer_rate), 8),
            cells(lambda figures: percent(figures.service_level(level)), 8),
            cells(lambda figures: seconds(figures.asa_s), 7),
            cells(lambda figures: seconds(figures.p95_wait_s), 7),
            cells(lambda figures: str(figures.counts.abandoned), 6),
        ]
    )


def _row(name: str, figures: Figures) -> str:
    counts = figures.counts
    level = figures.service_level(ServiceLevel.SHORT_EXCLUDED)
    return (
        f"{name:<12} {counts.offered:>8} {counts.answered:>8} {counts.abandoned:>6} {counts.abandoned_short:>6} "
        f"{percent(figures.answer_rate):>7} {percent(level):>7} {seconds(figures.asa_s):>7} "
        f"{seconds(figures.p95_wait_s):>7}"
    )


def _figures(figures: Figures) -> dict[str, object]:
    counts = figures.counts
    return {
        "offered": counts.offered,
        "answered": counts.answered,
        "abandoned": counts.abandoned,
        "abandoned_short": counts.abandoned_short,
        "answer_rate": rounded(figures.answer_rate),
        "service_level": {variant.value: rounded(figures.service_level(variant)) for variant in ServiceLevel},
        "asa_s": rounded(figures.asa_s),
        "p95_wait_s": rounded(figures.p95_wait_s),
    }


def _less(one: dict[str, object], other: dict[str, object]) -> dict[str, float | None]:
    names = ("offered", "answered", "abandoned", "answer_rate", "asa_s", "p95_wait_s", "occupancy")
    return {name: _difference(one[name], other[name]) for name in names}


def _difference(one: object, other: object) -> float | None:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return round(other - one, 6)
    return None


def rows(told: Told) -> Iterator[tuple[str, Figures, float | None]]:
    """Hour by hour, with the occupancy."""
    hours = told.use.occupancy_by_hour()
    for hour, figures in told.day.by_hour().items():
        yield span(hour), figures, hours.get(hour)
