"""A simulated day, or two beside each other, as one HTML page: no script, no font, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from acd.core.figures import ServiceLevel
from dialplan.chart import shapes
from engine.simulation.figures import Figures
from engine.simulation.report import Told, percent, rows, seconds, span

_COLOURS = ("#1f4e8c", "#d1495b")
_W, _H, _LEFT, _BOTTOM, _PLOT_TOP = 760.0, 240.0, 52.0, 34.0, 26.0
_FOOT = "SL: short_excluded, within each queue's threshold. Simulated with the same core and rules as live."
_STYLE = """
body{font-family:%s;color:#1f2a44;background:#fbfbf8;max-width:820px;margin:2.5rem auto;padding:0 1rem;line-height:1.5}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%%;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #e3e6ed}
th:first-child,td:first-child{text-align:left}
.big{display:flex;gap:2rem;flex-wrap:wrap;margin:1rem 0}.big div{min-width:7rem}.big b{display:block;font-size:1.5rem}
small{color:#6b7488}
"""


def page(days: Sequence[Told], title: str) -> str:
    """The whole page of one day, or of two."""
    parts = [
        "<!doctype html>",
        '<html lang="ko"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE % shapes.FONTS}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *[part for number, told in enumerate(days) for part in _summary(told, number, len(days) > 1)],
        *_plots(days),
        *[part for told in days for part in _tables(told, len(days) > 1)],
        f"<p><small>{_FOOT}</small></p>",
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _summary(told: Told, number: int, named: bool) -> Iterator[str]:
    total = told.day.total
    if named:
        yield f'<h2 style="color:{_COLOURS[number]}">{"AB"[number]} · {escape(told.name)}</h2>'
    levels = " · ".join(f"{variant.value} {percent(total.service_level(variant))}" for variant in ServiceLevel)
    figures = (
        ("응대율 answer rate", percent(total.answer_rate)),
        ("서비스레벨 SL", percent(total.service_level(ServiceLevel.SHORT_EXCLUDED))),
        ("평균 대기 ASA", f"{seconds(total.asa_s)} s"),
        ("95 % 대기 p95", f"{seconds(total.p95_wait_s)} s"),
        ("점유율 occupancy", percent(told.day.occupancy)),
    )
    yield (
        '<div class="big">'
        + "".join(f"<div><small>{name}</small><b>{value}</b></div>" for name, value in figures)
        + "</div>"
    )
    yield (
        f"<p>{told.day.agents} agents, {total.counts.offered} offered, {total.counts.answered} answered, "
        f"{total.counts.abandoned} hung up ({total.counts.abandoned_short} short), seed {told.day.seed}.<br>"
        f"<small>{levels}</small></p>"
    )


def _plots(days: Sequence[Told]) -> Iterator[str]:
    level = ServiceLevel.SHORT_EXCLUDED
    yield "<h2>시간대별 · by hour</h2>"
    yield _bars(days, "전화 offered", lambda one, _: float(one.counts.offered), str_of=lambda value: f"{value:.0f}")
    yield _lines(days, "서비스레벨 SL", lambda one, _: one.service_level(level), top=1.0, str_of=percent)
    yield _lines(days, "95 % 대기 p95 (s)", lambda one, _: one.p95_wait_s, top=None, str_of=seconds)
    yield _lines(days, "점유율 occupancy", lambda _, occupancy: occupancy, top=1.0, str_of=percent)


_Get = Callable[[Figures, float | None], float | None]


def _values(days: Sequence[Told], get: _Get) -> tuple[list[str], list[list[float | None]]]:
    hours = sorted({name for told in days for name, _, _ in rows(told)})
    found = []
    for told in days:
        by_hour = {name: get(figures, occupancy) for name, figures, occupancy in rows(told)}
        found.append([by_hour.get(hour) for hour in hours])
    return hours, found


def _frame(title: str, hours: list[str], top: float, str_of: Callable[[float], str]) -> list[str]:
    parts = [shapes.words(0, 14, title, 13, bold=True)]
    for tick in (0.0, 0.5, 1.0):
        y = _y(tick, 1.0)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_W}" stroke="#e3e6ed"/>')
        parts.append(shapes.words(_LEFT - 6, y + 4, str_of(tick * top), 10, fill=shapes.FAINT, anchor="end"))
    parts += [
        shapes.words(_x(i, len(hours)), _H - 14, hour, 10, fill=shapes.FAINT, anchor="middle")
        for i, hour in enumerate(hours)
    ]
    return parts


def _x(i: int, count: int) -> float:
    return _LEFT + (i + 0.5) * (_W - _LEFT) / max(1, count)


def _y(value: float, top: float) -> float:
    return _H - _BOTTOM - (value / top if top else 0.0) * (_H - _BOTTOM - _PLOT_TOP)


def _svg(title: str, parts: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_W:.0f} {_H:.0f}" width="100%" role="img"><title>{escape(title)}</title>'
        + "".join(parts)
        + "</svg>"
    )


def _bars(days: Sequence[Told], title: str, get: _Get, str_of: Callable[[float], str]) -> str:
    hours, found = _values(days, get)
    top = max((value for values in found for value in values if value is not None), default=1.0) or 1.0
    parts = _frame(title, hours, top, str_of)
    wide = (_W - _LEFT) / max(1, len(hours)) * 0.7 / len(days)
    for number, values in enumerate(found):
        for i, value in enumerate(values):
            if value is not None:
                x = _x(i, len(hours)) + (number - len(days) / 2) * wide
                y = _y(value, top)
                parts.append(shapes.box(x, y, wide * 0.92, _H - _BOTTOM - y, fill=_COLOURS[number], radius=2))
    return _svg(title, parts)


def _lines(days: Sequence[Told], title: str, get: _Get, *, top: float | None, str_of: Callable[[float], str]) -> str:
    hours, found = _values(days, get)
    highest = top or max((value for values in found for value in values if value is not None), default=1.0) or 1.0
    parts = _frame(title, hours, highest, str_of)
    for number, values in enumerate(found):
        points = [(_x(i, len(hours)), _y(value, highest)) for i, value in enumerate(values) if value is not None]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if points:
            parts.append(f'<path d="M{path}" fill="none" stroke="{_COLOURS[number]}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_COLOURS[number]}"/>' for x, y in points]
    return _svg(title, parts)


def _tables(told: Told, named: bool) -> Iterator[str]:
    name = f" · {escape(told.name)}" if named else ""
    share = told.use.share_by_queue()
    yield f"<h2>대기열별 · by queue{name}</h2>"
    yield _table("queue", [(key, one, share.get(key)) for key, one in told.day.by_queue().items()], "time")
    yield f"<h2>시간대별 · by hour{name}</h2>"
    hours = told.use.occupancy_by_hour()
    yield _table("hour", [(span(hour), one, hours.get(hour)) for hour, one in told.day.by_hour().items()], "occupancy")


def _table(first: str, lines: list[tuple[str, Figures, float | None]], last: str) -> str:
    heads = (first, "offered", "answered", "lost", "short", "rate", "SL", "ASA s", "p95 s", last)
    body = []
    for name, figures, more in lines:
        counts = figures.counts
        cells = (
            name, str(counts.offered), str(counts.answered), str(counts.abandoned), str(counts.abandoned_short),
            percent(figures.answer_rate), percent(figures.service_level(ServiceLevel.SHORT_EXCLUDED)),
            seconds(figures.asa_s), seconds(figures.p95_wait_s), percent(more),
        )  # fmt: skip
        body.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
