"""`./ringmaster edge`: Kamailio before the centre's Asterisks, in the foreground, until Ctrl-C (docs/scaling.md).

It becomes Kamailio. Which nodes there are is read from the centre's state, who the carriers are from its rules.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

from dialplan.loader import RulesError
from engine import edge, fetch
from engine.commands import arguments
from engine.commands.up import load_rules
from engine.settings import Defaults, RunSettings, SettingsError, default_state, port_is_free


def run(arguments: Sequence[str]) -> int:
    """Exit 1 with the reason on stderr when it cannot begin; else Kamailio's own."""
    try:
        options = _parser(Defaults.read()).parse_args(arguments)
        config, words = _prepare(options)
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except (OSError, SettingsError, fetch.FetchError) as error:
        print(f"edge: {error}", file=sys.stderr)
        return 1
    if not words:
        print(f"{config} is written", file=sys.stderr)
        return 0
    return os.execv(words[0], words)  # noqa: S606 - this process becomes Kamailio


def _parser(defaults: Defaults) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster edge",
        description="Kamailio before several Asterisks: carriers' calls go to the nodes that live, in turn.",
    )
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument(
        "--bind", type=_ipv4, default=defaults.edge_bind, metavar="ADDR",
        help="where carriers reach it, by default 127.0.0.1",
    )  # fmt: skip
    port = arguments.whole(65_535, least=1)
    parser.add_argument("--port", type=port, default=defaults.edge_port, metavar="N", help="by default 5080")
    parser.add_argument(
        "--write", action="store_true", help="write STATE/kamailio and end; somebody else runs Kamailio"
    )
    return parser


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IPv4 address such as 192.0.2.9") from None


def _prepare(options: argparse.Namespace) -> tuple[Path, list[str]]:
    """What was written, and the words that run it; none with `--write`."""
    state: Path = options.state.absolute()
    try:
        settings = RunSettings.load(state)
    except FileNotFoundError:
        raise SettingsError(f"no centre was ever started on {state}; start `up` first") from None
    rules = load_rules(settings)
    if not options.write and not port_is_free(0, host=options.bind):
        raise SettingsError(f"this machine has no address {options.bind} to answer at (--bind, RINGMASTER_EDGE_BIND)")
    if not options.write and not port_is_free(options.port, host=options.bind):
        raise SettingsError(f"port {options.port} on {options.bind} is taken by another program (--port)")
    program = None if options.write else fetch.program("kamailio")
    at = edge.Edge(options.bind, options.port, edge.nodes_of(settings))
    config = edge.render(state / "kamailio", at, rules.trunks, program)
    if program is None:
        return config, []
    nodes = ", ".join(f"{host}:{port}" for host, port in at.nodes)
    print(f"carriers call sip:{at.host}:{at.port}; nodes: {nodes}", file=sys.stderr, flush=True)
    return config, edge.argv(program, config)
