"""Reads one YAML text into plain values and remembers where each key and value stands.

Built on ruamel.yaml's event stream, not on its constructors: nothing recurses, every bound is checked while reading,
scalars stay text (so `010`, `no` and `12:30` are what the operator wrote) and the schema gives them their types.
May not know what the keys mean, and may not open files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dialplan.limits import RULES_ALIASES, RULES_DEPTH, RULES_FILE_BYTES, RULES_NODES, RULES_SCALAR_CHARS

Path = tuple[str | int, ...]
Plain = None | str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a rules file, 1-based; line 0 stands for a `--set` override, whose words are then `file`."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with the rules, as the operator reads it."""

    position: Position
    message: str

    def __str__(self) -> str:
        return f"{self.position}: {self.message}"


@dataclass(slots=True)
class Document:
    """A file's values, and the positions of every key and value by path (`("queues", "passport", "skills")`)."""

    file: str
    value: Plain
    values: dict[Path, Position] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def at(self, *path: str | int) -> Position:
        """Where the value of `path` begins, or that of the nearest parent which exists."""
        return self._nearest(self.values, path)

    def key_at(self, *path: str | int) -> Position:
        """Where the key of `path` stands; list items and missing keys give their value's or parent's place."""
        return self.keys.get(path) or self._nearest(self.values, path)

    def _nearest(self, places: dict[Path, Position], path: Path) -> Position:
        for end in range(len(path), -1, -1):
            if (found := places.get(path[:end])) is not None:
                return found
        return Position(self.file, 1, 1)


@dataclass(slots=True)
class _Node:
    position: Position
    value: str | list[_Node] | list[tuple[_Node, _Node]] | None
    is_map: bool = False
    size: int = 1  # nodes below and including this one, aliases expanded


class _TooMuch(Exception):
    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(position, message)


def read(file: str, text: str) -> Document:
    """Parses `text`. Never raises for what an operator can write: `problems` says what is wrong, and where.

    With a syntax error or a broken bound the value is None; a key used twice keeps the first and is a problem.
    """
    document = Document(file, None)
    if len(text) > RULES_FILE_BYTES:
        document.problems.append(Problem(Position(file, 1, 1), f"file is longer than {RULES_FILE_BYTES} characters"))
        return document
    try:
        root = _compose(file, text)
    except _TooMuch as error:
        document.problems.append(error.problem)
        return document
    if root is not None:
        document.value = _plain(document, root)
    return document


def _compose(file: str, text: str) -> _Node | None:
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and cached rules need no parser
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415 - as above
    from ruamel.yaml.reader import ReaderError  # noqa: PLC0415 - as above

    try:
        return _build(file, YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file, 1, 1)
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise _TooMuch(place, f"not valid YAML: {what}") from None
    except ReaderError as error:
        before = text[: error.position]
        place = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise _TooMuch(place, f"not valid YAML: the character U+{code:04X} is not allowed") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise _TooMuch(Position(file, 1, 1), f"not valid YAML: {error}") from None


class _Builder:
    """Builds the tree from events with a stack of open collections, and stops at the first broken bound."""

    def __init__(self, file: str) -> None:
        self.root: _Node | None = None
        self._file = file
        self._anchors: dict[str, _Node] = {}
        self._open: list[tuple[_Node, list[_Node], str | None]] = []
        self._aliases = self._total = self._documents = 0

    def document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _TooMuch(_place(self._file, event), "a rules file holds one YAML document; remove this `---`")

    def begin(self, event: Any, *, is_map: bool) -> None:
        place = _place(self._file, event)
        if len(self._open) >= RULES_DEPTH:
            raise _TooMuch(place, f"nested more than {RULES_DEPTH} deep")
        _refuse_tag(place, event.tag)
        self._open.append((_Node(place, None, is_map=is_map), [], event.anchor))

    def end(self, _: Any) -> None:
        node, children, anchor = self._open.pop()
        node.size = 1 + sum(child.size for child in children)
        node.value = list(zip(children[::2], children[1::2], strict=True)) if node.is_map else children
        self._add(node, anchor, counts=1)

    def scalar(self, event: Any) -> None:
        place = _place(self._file, event)
        _refuse_tag(place, event.tag)
        _refuse_text(place, event.value)
        self._add(_Node(place, _scalar(event.value, plain=event.implicit[0])), event.anchor, counts=1)

    def alias(self, event: Any) -> None:
        place = _place(self._file, event)
        self._aliases += 1
        if self._aliases > RULES_ALIASES:
            raise _TooMuch(place, f"more than {RULES_ALIASES} aliases")
        target = self._anchors.get(event.anchor)
        if target is None:
            raise _TooMuch(place, f"alias *{event.anchor} names no anchor that ends before it")
        self._add(_Node(place, target.value, target.is_map, target.size), None, counts=target.size)

    def _add(self, node: _Node, anchor: str | None, counts: int) -> None:
        self._total += counts
        if self._total > RULES_NODES:
            raise _TooMuch(node.position, f"more than {RULES_NODES} values, aliases expanded")
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1][1].append(node)
        else:
            self.root = node


def _build(file: str, events: Iterable[Any]) -> _Node | None:
    from ruamel.yaml import events as ev  # noqa: PLC0415 - as above

    builder = _Builder(file)
    for event in events:
        match event:
            case ev.ScalarEvent():
                builder.scalar(event)
            case ev.MappingStartEvent():
                builder.begin(event, is_map=True)
            case ev.SequenceStartEvent():
                builder.begin(event, is_map=False)
            case ev.MappingEndEvent() | ev.SequenceEndEvent():
                builder.end(event)
            case ev.AliasEvent():
                builder.alias(event)
            case ev.DocumentStartEvent():
                builder.document(event)
    return builder.root


def _place(file: str, event: Any) -> Position:
    mark = event.start_mark
    return Position(file, mark.line + 1, mark.column + 1)


def _refuse_tag(place: Position, tag: object) -> None:
    if tag is not None and str(tag) not in {"!", "None"}:
        raise _TooMuch(place, f"tags are not used in rules: remove {tag}")


def _refuse_text(place: Position, text: str) -> None:
    """Escapes in quotes can still make NUL and half characters; both break what the text is later written to."""
    if len(text) > RULES_SCALAR_CHARS:
        raise _TooMuch(place, f"a value longer than {RULES_SCALAR_CHARS} characters")
    for char in text:
        if char == "\0" or "\ud800" <= char <= "\udfff":
            raise _TooMuch(place, f"the character U+{ord(char):04X} is not allowed")


def _scalar(text: str, *, plain: bool) -> str | None:
    """Only null has a meaning of its own here; all other plain scalars stay text."""
    return None if plain and text in {"", "~", "null", "Null", "NULL"} else text


def _plain(document: Document, root: _Node) -> Plain:
    """Turns the tree into lists and dicts and notes the places; depth is bounded by RULES_DEPTH aliases included."""

    def visit(node: _Node, path: Path, depth: int) -> Plain:
        document.values[path] = node.position
        if depth > RULES_DEPTH:
            document.problems.append(Problem(node.position, f"nested more than {RULES_DEPTH} deep"))
            return None
        if not isinstance(node.value, list):
            return node.value
        if not node.is_map:
            return [visit(child, (*path, i), depth + 1) for i, child in enumerate(node.value)]  # type: ignore[arg-type]
        result: dict[str, Plain] = {}
        for key_node, value_node in node.value:  # type: ignore[misc]
            key = key_node.value
            if not isinstance(key, str):
                document.problems.append(Problem(key_node.position, "a key must be a word or a number"))
                continue
            here = (*path, key)
            if key in result:
                first = document.keys[here]
                document.problems.append(
                    Problem(key_node.position, f"key `{key}` is used twice; first on line {first.line}")
                )
                continue
            document.keys[here] = key_node.position
            result[key] = visit(value_node, here, depth + 1)
        return result

    return visit(root, (), 0)
