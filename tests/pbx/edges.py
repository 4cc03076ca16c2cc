"""The edge on a real Kamailio for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from programs import running

from dialplan.ruleset import Ruleset
from engine import edge, fetch
from engine.settings import free_port


@contextmanager
def kamailio(
    folder: Path, rules: Ruleset, nodes: Sequence[tuple[str, int]], host: str = "127.0.0.1"
) -> Iterator[tuple[str, int]]:
    """The edge before these nodes; its address."""
    program = fetch.program("kamailio")
    at = edge.Edge(host, free_port(set()), tuple(nodes))
    config = edge.render(folder, at, rules.trunks, program)
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    with running(edge.argv(program, config), folder / "log", folder):
        yield at.host, at.port
