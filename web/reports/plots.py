"""Bars of contacts by outcome as SVG text, for pages and paper: no script, and told apart without colours. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from acd.journal.report import Row

WIDTH, HEIGHT = 960, 240
_LEFT, _BOTTOM, _TOP = 50, 34, 14
_MOST_WIDE = 70
_ASLANT = 'width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, and contacts answered in time, answered late, and not answered."""

    name: str
    within: int
    late: int
    lost: int


def bar(name: str, row: Row) -> Bar:
    """The bar of a report's row."""
    return Bar(name, row.answered_within, row.answered - row.answered_within, max(0, row.lost))


def svg(bars: Sequence[Bar], title: str, name: str) -> str:
    """The picture; styled by the page's own classes within, late, lost. `name` is unlike any other's on the page."""
    most = max((one.within + one.late + one.lost for one in bars), default=0)
    top = _round_up(most)
    height = HEIGHT - _BOTTOM - _TOP
    step = (WIDTH - _LEFT) / max(1, len(bars))
    wide = min(0.7 * step, _MOST_WIDE)
    fills = ('class="within"', f'fill="url(#late-{name})"', 'class="lost"')
    parts = [
        f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>",
        f'<defs><pattern id="late-{name}" {_ASLANT}><rect class="late" width="6" height="6"/>',
        '<rect class="stripe" width="2" height="6"/></pattern></defs>',
    ]
    for share in (0, 0.5, 1):
        y = _TOP + height * (1 - share)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * share:g}</text>')
    for number, one in enumerate(bars):
        middle, y = _LEFT + (number + 0.5) * step, _TOP + height
        for count, fill in zip((one.within, one.late, one.lost), fills, strict=True):
            tall = height * count / top
            y -= tall
            if count:
                box = f'x="{middle - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
                parts.append(f"<rect {fill} {box}/>")
        if one.lost:
            parts.append(f'<text x="{middle:.1f}" y="{y - 3:.1f}" text-anchor="middle">✖{one.lost}</text>')
        said = escape(_short(one.name, step))
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{said}</text>')
    return "\n".join([*parts, "</svg>"])


def _round_up(most: int) -> int:
    """The next even 1, 2 or 5 times a power of ten, at least 4."""
    scale = 1
    while True:
        for step in (2, 4, 10):
            if step * scale >= max(4, most):
                return step * scale
        scale *= 10


def _short(name: str, width: float) -> str:
    """So much of a name as has room; a Korean letter is 13 wide."""
    room = max(2, int(width / 12))
    return name if len(name) <= room else name[: room - 1] + "…"
