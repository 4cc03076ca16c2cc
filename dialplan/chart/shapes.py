"""SVG elements as text, and how wide words are: enough for boxes, arrows and Korean labels. No fonts are embedded."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape, quoteattr

FONTS = "'Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic','NanumGothic',sans-serif"
INK, FAINT, PAPER = "#1f2a44", "#6b7488", "#fbfbf8"


def width(text: str, size: float) -> float:
    """About how wide it is drawn, in pixels: wide characters are as wide as high, others somewhat above a half."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return size * (wide * 0.98 + (len(text) - wide) * 0.53)


def fitted(text: str, size: float, most: float) -> str:
    """The text, or as much of it as fits into `most` pixels."""
    if width(text, size) <= most:
        return text
    while text and width(text + "…", size) > most:
        text = text[:-1]
    return text + "…"


def words(
    x: float, y: float, text: str, size: float, *, fill: str = INK, anchor: str = "start", bold: bool = False
) -> str:
    """Text on its baseline."""
    weight = ' font-weight="600"' if bold else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}" text-anchor="{anchor}"'
    return f"<text {place}{weight}>{escape(text)}</text>"


def box(
    x: float,
    y: float,
    w: float,
    h: float,
    *,
    fill: str = "#ffffff",
    stroke: str = "none",
    radius: float = 6.0,
    more: str = "",
) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{radius:g}" fill="{fill}" '
        f'stroke="{stroke}"{more}/>'
    )


def curve(x1: float, y1: float, x2: float, y2: float, *, stroke: str, wide: float, opacity: float, dashed: bool) -> str:
    """From left to right, leaving and arriving level."""
    bend = max(24.0, (x2 - x1) * 0.5)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}" fill="none" '
        f'stroke="{stroke}" stroke-width="{wide:.1f}" opacity="{opacity:g}"{dash}/>'
    )


def chip(x: float, y: float, text: str, *, fill: str, ink: str = "#ffffff", size: float = 11.0) -> str:
    """A small filled label, its left edge at x, its middle at y."""
    w = chip_width(text, size)
    return box(x, y - size * 0.8, w, size * 1.6, fill=fill, radius=size * 0.8) + words(
        x + w / 2, y + size * 0.36, text, size, fill=ink, anchor="middle", bold=True
    )


def chip_width(text: str, size: float = 11.0) -> float:
    """How wide a chip is."""
    return max(size * 1.6, width(text, size) + size)


def document(w: float, h: float, title: str, parts: list[str]) -> str:
    """A whole SVG file."""
    size = f'viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" height="{h:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family={quoteattr(FONTS)}>',
            f"<title>{escape(title)}</title>",
            box(0, 0, w, h, fill=PAPER, radius=0),
            *parts,
            "</svg>",
            "",
        ]
    )
