"""A terminal frame as a self-contained SVG: for the README, drawn from a real run.

rich's own export gives wide (Korean) characters half their width, which squeezes them in a browser; here every run of
characters is as wide as its cells, and frames are lines, not letters, so that any font will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import groupby
from xml.sax.saxutils import escape

from rich.cells import cell_len, get_character_cell_size
from rich.console import Console, RenderableType
from rich.style import Style
from rich.terminal_theme import MONOKAI

COLUMNS = 116
_CELL_W, _LINE_H, _FONT_PX = 8.4, 19.0, 14
_PAD, _BAR = 14.0, 34.0
_FONTS = "'D2Coding','Noto Sans Mono CJK KR','NanumGothicCoding','Menlo','Consolas','DejaVu Sans Mono',monospace"
# From the middle of the cell to its edges: up, down, left, right.
_LINES = {"─": "lr", "│": "ud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu"}


def svg(frame: RenderableType, title: str, columns: int = COLUMNS) -> str:
    """The frame as it looks in a terminal of `columns` columns."""
    console = Console(width=columns, file=StringIO(), force_terminal=True, color_system="truecolor")
    lines = console.render_lines(frame, pad=False)
    width, height = columns * _CELL_W + 2 * _PAD, len(lines) * _LINE_H + _BAR + _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.1f}" height="{height:.1f}" rx="8" fill="#1e1f22"/>',
        *(f'<circle cx="{20 + 18 * n}" cy="17" r="5.5" fill="{c}"/>' for n, c in enumerate(_BUTTONS)),
        f'<g font-family="{_FONTS}" font-size="{_FONT_PX}" fill="#d9d9d9">',
        f'<text x="{width / 2:.1f}" y="22" text-anchor="middle" fill="#9a9a9a">{escape(title)}</text>',
    ]
    for number, line in enumerate(lines):
        column = 0
        for segment in line:
            style = segment.style or Style.null()
            for run in _runs(segment.text):
                parts += _drawn(run, column, number, style)
                column += cell_len(run)
    return "\n".join([*parts, "</g></svg>", ""])


_BUTTONS = ("#ff5f57", "#febc2e", "#28c840")


def _runs(text: str) -> Iterator[str]:
    """Characters of one kind together: frame, wide, narrow. Each run of words is placed by itself."""
    for _, run in groupby(text, key=_kind):
        yield "".join(run)


def _kind(character: str) -> str:
    if character in _LINES:
        return character  # equal ones make one line
    if character == " ":
        return "space"
    return "wide" if get_character_cell_size(character) == 2 else "narrow"


def _drawn(run: str, column: int, line: int, style: Style) -> list[str]:
    if run.isspace():
        return []
    colour = style.color.get_truecolor(MONOKAI).hex if style.color and not style.color.is_default else "#d9d9d9"
    x, top = _PAD + column * _CELL_W, _BAR + line * _LINE_H
    if run[0] in _LINES:
        return [_frame_line(run, x, top, colour)]
    weight = ' font-weight="bold"' if style.bold else ""
    faint = ' opacity="0.65"' if style.dim else ""
    length = cell_len(run) * _CELL_W
    place = f'x="{x:.1f}" y="{top + 14:.1f}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"'
    return [f'<text {place} fill="{colour}"{weight}{faint}>{escape(run)}</text>']


def _frame_line(run: str, x: float, top: float, colour: str) -> str:
    """Straight pieces as one stroke, corners as a quarter of a circle."""
    left, right, bottom = x, x + len(run) * _CELL_W, top + _LINE_H
    middle_x, middle_y, radius = x + _CELL_W / 2, top + _LINE_H / 2, _CELL_W / 2
    ways = _LINES[run[0]]
    if ways == "lr":
        path = f"M{left:.1f} {middle_y:.1f}H{right:.1f}"
    elif ways == "ud":
        path = "".join(f"M{middle_x + n * _CELL_W:.1f} {top:.1f}V{bottom:.1f}" for n in range(len(run)))
    else:
        side = left if "l" in ways else right
        end, bend = (top, middle_y - radius) if "u" in ways else (bottom, middle_y + radius)
        path = f"M{side:.1f} {middle_y:.1f}Q{middle_x:.1f} {middle_y:.1f} {middle_x:.1f} {bend:.1f}V{end:.1f}"
    return f'<path d="{path}" stroke="{colour}" fill="none"/>'
