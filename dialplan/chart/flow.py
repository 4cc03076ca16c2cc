"""The picture as SVG: columns from the number to the teams, keys on the arrows, steps in the queues."""

from __future__ import annotations

from dataclasses import dataclass

from dialplan.chart import shapes
from dialplan.chart.graph import Arrow, Graph, Kind, Lit, Node
from dialplan.chart.shapes import FAINT
from dialplan.language import Language
from dialplan.words import Words

_COLUMNS = (  # kind, heading, width, gap to the next
    (Kind.NUMBER, Words("대표번호와 인사말", "number and greeting"), 170.0, 84.0),
    (Kind.LANGUAGE, Words("언어", "languages"), 104.0, 60.0),
    (Kind.HOURS, Words("상담 시간", "hours"), 158.0, 104.0),
    (Kind.TOPIC, Words("업무", "topics"), 204.0, 120.0),
    (Kind.QUEUE, Words("대기열", "queues"), 258.0, 120.0),
    (Kind.TEAM, Words("팀", "teams"), 112.0, 0.0),
)
_COLOURS = {
    Kind.NUMBER: "#1f4e8c",
    Kind.LANGUAGE: "#2f7f79",
    Kind.HOURS: "#9a7414",
    Kind.TOPIC: "#55607a",
    Kind.QUEUE: "#7a3f8c",
    Kind.TEAM: "#a4473a",
}
_LEGEND = Words(
    "둥근 표: 누르는 번호 · 점선: 한국어 외의 언어, 상담 시간 외 · 팀으로 가는 선의 굵기: 받을 수 있는 상담사 수",
    "round: keys · dashed: languages other than Korean, or closed · width of lines to teams: agents who can answer",
)
_MARGIN, _TOP, _BETWEEN = 28.0, 104.0, 12.0
_LIT, _DIM = "#d1495b", 0.18
_TEXT_LINES = 3  # of the greeting


@dataclass(frozen=True, slots=True)
class _Placed:
    node: Node
    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> float:
        return self.y + self.h / 2


def flow(whole: Graph, language: Language, lit: Lit | None = None) -> str:
    """The whole SVG; with `lit`, the call's way is bright and the rest faint."""
    placed, height = _place(whole, language)
    width = 2 * _MARGIN + sum(w + gap for _, _, w, gap in _COLUMNS)
    title = whole.title.text(language)
    parts = [shapes.words(_MARGIN, 42, title, 24, bold=True)]
    if lit is not None:
        parts.append(shapes.words(_MARGIN, 68, lit.told.text(language), 14, fill=_LIT, bold=True))
    x = _MARGIN
    for kind, heading, w, gap in _COLUMNS:
        parts.append(shapes.words(x, _TOP - 12, heading.text(language), 12, fill=_COLOURS[kind], bold=True))
        x += w + gap
    arrows = sorted(whole.arrows, key=lambda arrow: _on(arrow, lit))  # what is lit lies on top
    parts += [_line(arrow, placed, lit) for arrow in arrows]
    parts += [_box(one, language, lit) for one in placed.values()]
    parts += [label for arrow in arrows for label in _label(arrow, placed, language, lit)]
    parts.append(shapes.words(_MARGIN, height - 14, _LEGEND.text(language), 11, fill=FAINT))
    return shapes.document(width, height, title, parts)


def _place(whole: Graph, language: Language) -> tuple[dict[str, _Placed], float]:
    columns = {kind: [node for node in whole.nodes if node.kind is kind] for kind, *_ in _COLUMNS}
    columns[Kind.QUEUE] = _by_sources(columns[Kind.QUEUE], columns[Kind.TOPIC], whole.arrows)
    sizes = {node.id: _height(node, language) for node in whole.nodes}
    heights = {kind: sum(sizes[n.id] for n in nodes) + _BETWEEN * (len(nodes) - 1) for kind, nodes in columns.items()}
    tallest = max(heights.values())
    placed: dict[str, _Placed] = {}
    x = _MARGIN
    for kind, _, w, gap in _COLUMNS:
        nodes = columns[kind]
        spread = 0.0
        if len(nodes) > 1:
            spread = min((tallest - heights[kind]) / (len(nodes) - 1), 90.0 if len(nodes) < 6 else 1e9)
        y = _TOP + (tallest - heights[kind] - spread * (len(nodes) - 1)) / 2
        for node in nodes:
            placed[node.id] = _Placed(node, x, y, w, sizes[node.id])
            y += sizes[node.id] + _BETWEEN + spread
        x += w + gap
    return placed, _TOP + tallest + _MARGIN + 16


def _by_sources(queues: list[Node], topics: list[Node], arrows: tuple[Arrow, ...]) -> list[Node]:
    """Queues at the height of the topics that lead there, so that few arrows cross."""
    place = {topic.id: i for i, topic in enumerate(topics)}

    def height(queue: Node) -> tuple[float, str]:
        own = [place[arrow.start] for arrow in arrows if arrow.end == queue.id and not arrow.part]
        some = own or [place[arrow.start] for arrow in arrows if arrow.end == queue.id]
        return (sum(some) / len(some) if some else len(topics), queue.id)

    return sorted(queues, key=height)


def _height(node: Node, language: Language) -> float:
    if node.kind is Kind.NUMBER:
        return 34.0 + 16.0 + 15.0 * len(_wrapped(node.lines[1].text(language), 146.0))
    return (
        26.0
        + 15.0 * len([line for line in node.lines if line.text(language)])
        + 19.0 * len(node.steps)
        + (4.0 if node.steps else 0.0)
    )


def _box(one: _Placed, language: Language, lit: Lit | None) -> str:
    node, colour = one.node, _COLOURS[one.node.kind]
    on = lit is None or node.id in lit.nodes
    bright = lit is not None and on
    parts = [
        f'<g opacity="{1 if on else _DIM:g}">',
        shapes.box(one.x, one.y, one.w, one.h, stroke=_LIT if bright else "#d5d9e2",
                   more=f' stroke-width="{2.4 if bright else 1:g}"'),
        shapes.box(one.x, one.y, 5, one.h, fill=colour, radius=2.5),
        shapes.words(one.x + 14, one.y + 18, shapes.fitted(node.label.text(language), 13.5, one.w - 22), 13.5,
                     bold=True),
    ]  # fmt: skip
    y = one.y + 34
    texts = [line.text(language) for line in node.lines]
    if node.kind is Kind.NUMBER:
        texts = [texts[0], *_wrapped(texts[1], 146.0)]
    for text in filter(None, texts):
        parts.append(shapes.words(one.x + 14, y, shapes.fitted(text, 11, one.w - 22), 11, fill=FAINT))
        y += 15
    for number, step in enumerate(node.steps):
        passed = lit is not None and node.id in lit.nodes and number < lit.steps
        fill, ink = (_LIT, "#ffffff") if passed else ("#efe6f3", "#5b2d6b")
        parts.append(
            shapes.chip(one.x + 14, y + 1, shapes.fitted(step.text(language), 11, one.w - 40), fill=fill, ink=ink)
        )
        y += 19
    return "\n".join([*parts, "</g>"])


def _wrapped(text: str, most: float) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and shapes.width(longer, 11) > most:
            lines.append(line)
            line = word
        else:
            line = longer
    lines.append(line)
    if len(lines) > _TEXT_LINES:
        lines = [*lines[: _TEXT_LINES - 1], lines[_TEXT_LINES - 1] + " …"]
    return lines


def _on(arrow: Arrow, lit: Lit | None) -> bool:
    return lit is not None and arrow.start in lit.nodes and arrow.end in lit.nodes


def _line(arrow: Arrow, placed: dict[str, _Placed], lit: Lit | None) -> str:
    start, end = placed[arrow.start], placed[arrow.end]
    on = _on(arrow, lit)
    team = end.node.kind is Kind.TEAM
    opacity = 0.9 if on else (0.07 if lit is not None else (0.3 if team else 0.55))
    wide = 2.6 if on else (max(1.0, min(7.0, arrow.weight * 0.7)) if team else 1.3)
    colour = _LIT if on else _COLOURS[start.node.kind]
    return shapes.curve(start.x + start.w, start.middle, end.x, end.middle, stroke=colour, wide=wide, opacity=opacity,
                        dashed=arrow.part and not on)  # fmt: skip


def _label(arrow: Arrow, placed: dict[str, _Placed], language: Language, lit: Lit | None) -> list[str]:
    """Keys at the arrow's end, beside what they choose. Numbers of agents are told by how wide an arrow is."""
    text = arrow.label.text(language)
    start, end = placed[arrow.start], placed[arrow.end]
    if not text or end.node.kind is Kind.TEAM or (lit is not None and not _on(arrow, lit)):
        return []
    colour = _LIT if _on(arrow, lit) else _COLOURS[start.node.kind]
    return [shapes.chip(end.x - shapes.chip_width(text) - 6, end.middle, text, fill=colour)]
