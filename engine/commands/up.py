"""`./ringmaster up`: the words of its command line become settings, checked before anything is started."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from types import FrameType
from typing import Any

from dialplan.calendar import SEOUL
from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset
from engine import fetch, leftover, nodes, onlyone, pbx, pbxconfig, soundstore, tlsneeds, up
from engine.commands.explain import parse_at
from engine.commands.rules_folder import cache_folder
from engine.demo import options as demo
from engine.settings import (
    LOOPBACK,
    WEB_PORT,
    Defaults,
    Node,
    RunSettings,
    SettingsError,
    default_rules,
    default_sounds,
    default_state,
    free_port,
    port_is_free,
    run_dir_for,
)
from engine.standby import places

_PORTS = ("sip_port", "http_port", "ami_port", "agi_port")
_OWN_PORTS = ("http_port", "agi_port")  # of each of two engines


def run(arguments: Sequence[str]) -> int:
    """Runs until it is asked to end (exit 0). Exit 1 with the reason on stderr when it cannot start or go on."""
    options = _parser().parse_args(arguments)
    # Until the supervisor waits for signals, an end asked for ends what is being fetched too.
    # (A shell that starts it with `&` has told it to ignore SIGINT; whoever sends one to it means it all the same.)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        if options.engine_only or options.standby:
            return _join(options)
        places.refuse_a_second(options.state.absolute())
        settings = asked_for(options)
        if options.demo:
            settings = settings.model_copy(update={"overrides": demo.overrides(settings.overrides, options.demo_speed)})
        ruleset = load_rules(settings)
        tlsneeds.check(settings, ruleset)
        soundstore.bring_up_to_date(settings.sounds)
        asterisk = None if settings.pbx_external else fetch.program("asterisk")
        if asterisk and (warning := pbx.version_warning(asterisk)):
            print(warning, file=sys.stderr)
            if options.strict:
                return 1
        # Calls end here with what a killed `up` left: nothing that is wrong already may be found out only afterwards.
        leftover.make_way(settings.state, external=settings.pbx_external)
        settings = with_ports(settings, options)
        tlsneeds.check_ports(settings, ruleset)
        if options.demo and not settings.at:
            settings = _open_for_a_demo(settings, ruleset)
        words = ("--rate", str(options.demo_rate), "--speed", str(options.demo_speed))
        how = up.Options(restart=not options.no_restart, demo=options.demo, demo_words=words)
        return up.run(settings, ruleset, asterisk, how)
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print("The rules are broken: nothing was started.", file=sys.stderr)
    except (
        fetch.FetchError,
        SettingsError,
        up.UpError,
        onlyone.AlreadyRunning,
        pbx.PbxError,
        pbxconfig.ConfigError,
        nodes.NodesError,
        soundstore.SoundsError,
    ) as error:
        print(f"up: {error}", file=sys.stderr)
    return 1


def _join(options: argparse.Namespace) -> int:
    """Just an engine, for what another `up` has set up."""
    how = up.Options(restart=not options.no_restart, engine_only=options.engine_only, standby=options.standby)
    if options.engine_only:
        return up.run(_earlier(options.state), None, None, how)
    settings = _second(options)
    settings.save()
    return up.run(settings, None, None, how)


def load_rules(settings: RunSettings) -> Ruleset:
    """The checked rules of this run. RulesError with every problem."""
    return load(settings.rules, settings.overrides, cache_folder())


def _open_for_a_demo(settings: RunSettings, ruleset: Ruleset) -> RunSettings:
    """Nobody watches a closed centre: out of hours a demo is set to the next working day's morning."""
    at = demo.opening_time(ruleset, datetime.now(SEOUL))
    if at is None:
        return settings
    print(f"It is out of hours; the demo's clock says {at:%Y-%m-%d %H:%M}.", file=sys.stderr)
    return settings.model_copy(update={"at": at.isoformat(), "clock_offset_s": at.timestamp() - time.time()})


def settings_of(options: argparse.Namespace) -> RunSettings:
    """The settings of a new run. UpError, NodesError or SettingsError when what is asked for cannot be had."""
    return with_ports(asked_for(options), options)


def asked_for(options: argparse.Namespace) -> RunSettings:
    """What the words and the environment say, before any port is looked at: 0 is still 0. Raises as `settings_of`."""
    defaults = Defaults.read()
    state = options.state.absolute()
    bind = _or(options.bind, defaults.bind)
    if not options.pbx_external and not port_is_free(0, host=bind):
        raise up.UpError(f"this machine has no address {bind} to answer at (--bind, RINGMASTER_BIND)")
    ports = {name: _or(getattr(options, name), getattr(defaults, name)) for name in _PORTS}
    others = _other_nodes(options.nodes or defaults.nodes)
    settings = RunSettings(
        state=state,
        rules=options.rules.absolute(),
        sounds=default_sounds(),
        bind=bind,
        **ports,
        web_port=None if options.no_web else _or(options.web_port, defaults.web_port),
        web_bind=_or(options.web_bind, defaults.web_bind),
        sip_tls_port=defaults.sip_tls_port,
        phone_encryption=defaults.phone_encryption,
        phone_networks=_networks(defaults.phone_networks),
        tls_authorities=defaults.tls_authorities.absolute() if defaults.tls_authorities else None,
        rtp_start=defaults.rtp_start,
        rtp_end=defaults.rtp_end,
        run_dir=run_dir_for(state),
        overrides=tuple(options.overrides),
        at=options.at.isoformat() if options.at else None,
        clock_offset_s=options.at.timestamp() - time.time() if options.at else 0.0,
        journal_keep_days=defaults.journal_keep_days,
        database_url=_database(defaults.database),
        pbx_external=options.pbx_external,
        others=others,
        agi_host=others[0].engine if others else LOOPBACK,
    )
    nodes.refuse_shared(settings.pbxes)
    return settings


def with_ports(asked: RunSettings, options: argparse.Namespace) -> RunSettings:
    """With a free port for each 0. UpError or NodesError for one that is taken."""
    wanted: dict[str, int] = {name: getattr(asked, name) for name in _PORTS}
    taken = {port for port in wanted.values() if port}
    ports: dict[str, Any] = {}
    for name, port in wanted.items():
        host = asked.bind if name == "sip_port" else "127.0.0.1"
        if port and not asked.pbx_external and not port_is_free(port, host=host):
            raise up.UpError(
                f"port {port} on {host} is taken by another program (or another centre); "
                f"--{name.replace('_', '-')} 0 takes a free one"
            )
        ports[name] = port or free_port(taken, host=host)
    ports["sip_tls_port"] = asked.sip_tls_port or free_port(taken, host=asked.bind)
    ports["others"] = nodes.with_ports(asked.others, external=asked.pbx_external)
    if asked.web_port is not None:
        ports["web_port"] = _web_port(options.web_port, asked.web_port, asked.web_bind, taken)
    settings = asked.model_copy(update=ports)
    nodes.refuse_shared(settings.pbxes)
    return settings


def _other_nodes(file: Path | str | None) -> tuple[Node, ...]:
    """The further nodes of `--nodes`. NodesError."""
    if file is None:
        return ()
    found = nodes.load(Path(file))
    for warning in nodes.warnings(found):
        print(warning, file=sys.stderr)
    return found


def _web_port(asked: int | None, usual: int, host: str, taken: set[int]) -> int:
    """The pages' port. The usual one may be taken, by another centre's pages too: then any free one."""
    try:
        if asked and not port_is_free(asked, host=host):
            raise up.UpError(f"port {asked} on {host} is taken by another program; --web-port 0 takes a free one")
        if asked is None and usual and port_is_free(usual, host=host):
            return usual
        return int(asked or free_port(taken, host=host))
    except OSError as error:
        raise up.UpError(f"web pages cannot be served at {host} (--web-bind, RINGMASTER_WEB_BIND): {error}") from None


def _networks(written: str) -> tuple[str, ...]:
    """UpError for what is no network, and where none is left."""
    try:
        networks = tuple(str(ip_network(one, strict=False)) for one in written.split())
    except ValueError as error:
        raise up.UpError(f"RINGMASTER_PHONE_NETWORKS: {error}") from None
    if not networks:
        raise up.UpError("RINGMASTER_PHONE_NETWORKS names no network: no phone could register")
    return networks


def _database(address: str | None) -> str | None:
    """UpError when it is none, or holds a password."""
    if not address:
        return None
    from acd.journal.store import Postgres  # noqa: PLC0415 - only who has such a journal pays for its import

    try:
        return Postgres.of(address).url
    except ValueError as error:
        raise up.UpError(f"RINGMASTER_DATABASE: {error}") from None


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that every command which sets up a centre has."""
    ports = "0 takes a free one"
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="what this centre keeps")
    parser.add_argument("--rules", type=Path, default=default_rules(), metavar="DIR", help="folder of the YAML files")
    parser.add_argument("--sip-port", type=_port, metavar="N", help=f"by default 5060; {ports}")
    parser.add_argument("--http-port", type=_port, metavar="N", help=f"metrics and health, by default 9100; {ports}")
    parser.add_argument("--ami-port", type=_port, metavar="N", help=f"by default 5038; {ports}")
    parser.add_argument("--agi-port", type=_port, metavar="N", help=f"by default 4573; {ports}")
    parser.add_argument("--bind", metavar="ADDR", help="where SIP answers, by default 127.0.0.1")
    parser.add_argument(
        "--web-port", type=_port, metavar="N", help=f"wallboard, by default {WEB_PORT}, or any free one"
    )
    parser.add_argument("--web-bind", metavar="ADDR", help="by default 127.0.0.1; elsewhere it asks for a password")
    parser.add_argument("--no-web", action="store_true", help="no wallboard in the browser")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="override one value of the rules, such as queues.defaults.wrapup_s=0",
    )  # fmt: skip
    parser.add_argument("--at", type=parse_at, metavar="TIME", help="judge opening hours as if it were started then")
    parser.add_argument(
        "--nodes", type=Path, metavar="FILE", help="a file that names further Asterisks (docs/scaling.md)"
    )
    parser.add_argument("--pbx-external", action="store_true", help=argparse.SUPPRESS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ringmaster up", description="The call centre, until Ctrl-C.")
    add_settings(parser)
    parser.add_argument("--demo", action="store_true", help="with simulated callers and agents, and a live wallboard")
    parser.add_argument(
        "--demo-rate", type=_more_than_0, default=demo.CALLS_PER_MINUTE, metavar="N", help="its calls a minute"
    )
    parser.add_argument(
        "--demo-speed", type=_more_than_0, default=demo.SPEED, metavar="N",
        help="how much faster than real people it talks, writes up and rests",
    )  # fmt: skip
    parser.add_argument("--no-restart", action="store_true", help="an engine that dies is not started again")
    parser.add_argument("--engine-only", action="store_true", help="just an engine, for the Asterisk that runs already")
    parser.add_argument(
        "--standby", action="store_true",
        help="a second engine for the centre on --state, which takes over when the first is lost (needs PostgreSQL)",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="refuse an Asterisk that lacks security fixes")
    return parser


def _earlier(state: Path) -> RunSettings:
    try:
        return RunSettings.load(state.absolute())
    except FileNotFoundError:
        raise up.UpError(f"no centre was ever started on {state}; start `up` first") from None


def _second(options: argparse.Namespace) -> RunSettings:
    """What a second engine has of its own: its place and two ports. UpError when it can be none."""
    first = _earlier(options.state)
    if first.database_url is None:
        raise up.UpError(
            f"the centre on {first.state} keeps its journal in a file; two engines need RINGMASTER_DATABASE "
            "(postgresql://user@host/name) for `up` as well"
        )
    place = places.free_place(first)
    if place is None:
        raise up.UpError(f"the centre on {first.state} has both of its engines")
    if place == first.place:
        return first
    taken = {first.http_port, first.agi_port}
    ports = {name: _second_port(getattr(options, name), getattr(first, name), taken) for name in _OWN_PORTS}
    return first.model_copy(update={"place": place, "web_port": None, **ports})


def _second_port(asked: int | None, firsts: int, taken: set[int]) -> int:
    """By default the one after the first engine's."""
    port = firsts + 1 if asked is None else asked
    if port and not port_is_free(port):
        raise up.UpError(f"port {port} on 127.0.0.1 is taken by another program; 0 takes a free one")
    return port or free_port(taken)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's form
    raise SystemExit(0)


def _or(first: Any, second: Any) -> Any:
    return second if first is None else first


def _more_than_0(text: str) -> float:
    number = float(text)
    if not 0 < number < 10_000:
        raise argparse.ArgumentTypeError("a number above 0 is expected")
    return number


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number
