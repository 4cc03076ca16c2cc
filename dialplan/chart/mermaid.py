"""The picture as Mermaid text, which GitHub and many wikis draw by themselves."""

from __future__ import annotations

from dialplan.chart.graph import Graph, Kind, Lit
from dialplan.language import Language

_SHAPES = {Kind.NUMBER: ("([", "])"), Kind.LANGUAGE: ("(", ")"), Kind.HOURS: ("{{", "}}"), Kind.QUEUE: ("[[", "]]")}
_COLOURS = {
    Kind.NUMBER: "#1f4e8c",
    Kind.LANGUAGE: "#2f7f79",
    Kind.HOURS: "#8a6d1f",
    Kind.TOPIC: "#55607a",
    Kind.QUEUE: "#7a3f8c",
    Kind.TEAM: "#a4473a",
}


def mermaid(whole: Graph, language: Language, lit: Lit | None = None) -> str:
    """A left-to-right flowchart; with `lit`, what the call does not go through is faint."""
    lines = ["flowchart LR"]
    for node in whole.nodes:
        opens, closes = _SHAPES.get(node.kind, ("[", "]"))
        told = [node.label.text(language), *(line.text(language) for line in (*node.lines, *node.steps))]
        told = told[:1] if node.id == "closed" else told[:2] if node.kind is Kind.NUMBER else told
        text = "<br>".join(_clean(part) for part in told if part)
        lines.append(f'  {_id(node.id)}{opens}"{text}"{closes}:::{node.kind.value}')
    for number, arrow in enumerate(whole.arrows):
        label = _clean(arrow.label.text(language))
        line = "-.->" if arrow.part else "-->"
        lines.append(f"  {_id(arrow.start)} {line}" + (f'|"{label}"|' if label else "") + f" {_id(arrow.end)}")
        if lit is not None:
            on = arrow.start in lit.nodes and arrow.end in lit.nodes
            style = "stroke:#d1495b,stroke-width:3px" if on else "opacity:0.15"
            lines.append(f"  linkStyle {number} {style}")
    for kind, colour in _COLOURS.items():
        lines.append(f"  classDef {kind.value} fill:#ffffff,stroke:{colour},stroke-width:1.5px,color:#1f2a44")
    if lit is not None:
        lines.append("  classDef faint opacity:0.25")
        lines += [f"  class {_id(node.id)} faint" for node in whole.nodes if node.id not in lit.nodes]
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    return name.replace(":", "_")


def _clean(text: str) -> str:
    return text.replace('"', "#quot;").replace("<", "&lt;").replace(">", "&gt;")
