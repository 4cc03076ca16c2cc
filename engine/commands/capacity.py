"""`./ringmaster capacity`: how many nodes, engines and databases so many calls at the same time need, as computed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from engine.capacity import Load, needs
from engine.commands import arguments

_USUAL = Load(1)
_COLUMNS = ("calls", "calls/s", "agents", "nodes", "cores", "GB", "engines", "facts/s")
MOST = 10_000_000
SIZES = (100, 1_000, 10_000, 30_000, 100_000)


def run(arguments: Sequence[str]) -> int:
    """Exit 0."""
    options = _parser().parse_args(arguments)
    found = [
        needs(Load(calls, options.talk_s, options.wait_s, options.wrapup_s, options.cores))
        for calls in options.calls or SIZES
    ]
    if options.json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return 0
    print(" ".join(f"{name:>8}" for name in _COLUMNS))
    for one in found:
        values = (one.calls, one.calls_per_s, one.agents, one.nodes, one.node_cores, one.node_gb, one.engines)
        numbers = " ".join(f"{value:>8.1f}" if isinstance(value, float) else f"{value:>8}" for value in values)
        print(f"{numbers} {one.facts_per_s:>8.0f}   an engine's first limit: {one.engine_ends_by}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster capacity",
        description="Nodes, engines and databases for so many calls at the same time, from measured constants.",
        epilog="docs/scaling.md says where the constants come from, and what is changed for a size beyond one engine",
    )
    some, seconds = arguments.whole(MOST, least=1), arguments.number(0, 86_400)
    parser.add_argument("--calls", type=some, action="append", metavar="N", help="at the same time; by default 100 up")
    parser.add_argument("--talk-s", type=seconds, default=_USUAL.talk_s, metavar="S", help="a talk, by default 180")
    parser.add_argument(
        "--wait-s", type=seconds, default=_USUAL.wait_s, metavar="S", help="in the queue, by default 30"
    )
    parser.add_argument(
        "--wrapup-s", type=seconds, default=_USUAL.wrapup_s, metavar="S", help="after it, by default 30"
    )
    parser.add_argument("--cores", type=some, default=_USUAL.cores, metavar="N", help="of a node, by default 16")
    parser.add_argument("--json", action="store_true", help="as data")
    return parser
