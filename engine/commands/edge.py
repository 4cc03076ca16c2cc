"""`./ringmaster edge`: Kamailio before the centre's Asterisks, in the foreground, until Ctrl-C (docs/scaling.md).

It becomes Kamailio. Which nodes there are is read from the centre's state, who the carriers are from its rules.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dialplan.loader import RulesError
from engine import edge, fetch
from engine.commands.up import load_rules
from engine.settings import Defaults, RunSettings, default_state, port_is_free


def run(arguments: Sequence[str]) -> int:
    """Exit 1 with the reason on stderr when it cannot begin; else Kamailio's own."""
    defaults = Defaults()
    parser = argparse.ArgumentParser(
        prog="./ringmaster edge",
        description="Kamailio before several Asterisks: carriers' calls go to the nodes that live, in turn.",
    )
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument(
        "--bind", default=defaults.edge_bind, metavar="ADDR", help="where carriers reach it, by default 127.0.0.1"
    )
    parser.add_argument("--port", type=int, default=defaults.edge_port, metavar="N", help="by default 5080")
    parser.add_argument(
        "--write", action="store_true", help="write STATE/kamailio and end; somebody else runs Kamailio"
    )
    options = parser.parse_args(arguments)
    try:
        config, words = _prepare(options)
    except FileNotFoundError:
        print(f"edge: no centre was ever started on {options.state}; start `up` first", file=sys.stderr)
        return 1
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (OSError, OverflowError, fetch.FetchError) as error:
        print(f"edge: {error}", file=sys.stderr)
        return 1
    if not words:
        print(f"{config} is written", file=sys.stderr)
        return 0
    return os.execv(words[0], words)  # noqa: S606 - this process becomes Kamailio


def _prepare(options: argparse.Namespace) -> tuple[Path, list[str]]:
    """What was written, and the words that run it; none with `--write`."""
    state: Path = options.state.absolute()
    settings = RunSettings.load(state)
    rules = load_rules(settings)
    if not options.write and not port_is_free(options.port, host=options.bind):
        raise OSError(f"port {options.port} on {options.bind} is taken by another program (--port)")
    program = None if options.write else fetch.program("kamailio")
    at = edge.Edge(options.bind, options.port, edge.nodes_of(settings))
    config = edge.render(state / "kamailio", at, rules.trunks, program)
    if program is None:
        return config, []
    nodes = ", ".join(f"{host}:{port}" for host, port in at.nodes)
    print(f"carriers call sip:{at.host}:{at.port}; nodes: {nodes}", file=sys.stderr, flush=True)
    return config, edge.argv(program, config)
