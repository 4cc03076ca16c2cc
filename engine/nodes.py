"""The file that names further Asterisk nodes (`up --nodes FILE`): read, checked, and completed with free ports.

The first node is this machine's own, as ever (`--bind`, `--sip-port`, `--ami-port`); docs/scaling.md has an example.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialplan.limits import RULES_FILE_BYTES
from dialplan.validation import did_you_mean
from dialplan.yamlsource import Document, Problem, read
from engine.settings import Node, RunSettings, free_port, port_is_free

MOST_NODES = 16
_EVERYWHERE = frozenset({"0.0.0.0", "::"})


class NodesError(Exception):
    """The file cannot be used; each line of the message has file:line:column and what is expected."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")

    nodes: list[Node] = Field(max_length=MOST_NODES)


def load(path: Path) -> tuple[Node, ...]:
    """The nodes of the file. Raises NodesError."""
    try:
        text = path.read_bytes()[: RULES_FILE_BYTES + 1].decode("utf-8")
    except OSError as error:
        raise NodesError(f"{path}: {error.strerror}; docs/scaling.md has an example") from error
    except UnicodeDecodeError as error:
        raise NodesError(f"{path}: {error}") from error
    document = read(str(path), text)
    problems = list(document.problems)
    if not problems:
        try:
            shape = _Shape.model_validate(document.value)
        except ValidationError as error:
            problems = [_problem(document, dict(one)) for one in error.errors(include_url=False)]
        else:
            problems = list(_among_each_other(document, shape.nodes))
            if not problems:
                return tuple(shape.nodes)
    raise NodesError("\n".join(str(one) for one in sorted(set(problems))))


def _problem(document: Document, found: dict[str, Any]) -> Problem:
    place = tuple(found["loc"])
    if found["type"] == "extra_forbidden":
        known = Node.model_fields if len(place) > 1 else _Shape.model_fields
        return Problem(document.key_at(*place), f"unknown key {place[-1]!r}{did_you_mean(str(place[-1]), known)}")
    if found["type"] == "missing":
        return Problem(document.at(*place), f"{place[-1]!r} is missing")
    said = str(found["msg"])
    if place and place[-1] == "name":
        said = "a node's name has small letters and digits, begins with a letter, and has 20 of them at most"
    return Problem(document.at(*place), f"{place[-1] if place else 'the file'}: {said}")


def _among_each_other(document: Document, nodes: list[Node]) -> Iterator[Problem]:
    names: set[str] = {RunSettings.model_fields["node"].default}
    for at, node in enumerate(nodes):
        if node.name in names:
            yield Problem(document.at("nodes", at, "name"), f"{node.name} is another node's name; each needs its own")
        names.add(node.name)
        if node.engine != nodes[0].engine:
            said = f"engine: the first node here sees it at {nodes[0].engine}; it listens at one address"
            yield Problem(document.at("nodes", at, "engine"), said)
        for key in ("bind", "ami_host", "engine"):
            value = getattr(node, key)
            try:
                ipaddress.ip_address(value or "127.0.0.1")
            except ValueError:
                yield Problem(document.at("nodes", at, key), f"{key}: an address is expected, such as 127.0.0.2")


def refuse_shared(pbxes: Sequence[RunSettings], kinds: Sequence[str] = ("sip", "ami")) -> None:
    """NodesError for an address that two of them would answer at: the second starts, and hears nobody.

    "All addresses" are those of one machine: who is somebody else's to start may be on another.
    A `sip` or `ami` port that is 0 is each one's own, once it is found; `sip_tls` is one port for all.
    """
    for kind in kinds:
        taken: dict[tuple[str, int], RunSettings] = {}
        for one in pbxes:
            host = one.ami_host if kind == "ami" else one.bind
            at = host, getattr(one, f"{kind}_port")
            if not at[1] and kind != "sip_tls":
                continue
            for other, its in taken.items():
                wide = not (one.pbx_external or its.pbx_external) and _EVERYWHERE & {at[0], other[0]}
                if at[1] == other[1] and (at[0] == other[0] or wide):
                    raise NodesError(
                        f"node {one.node}: {kind}_port {at[1]} at {at[0]} is {its.node}'s as well "
                        f"({other[0]}:{other[1]}); each node has an address "
                        f"{'' if kind == 'sip_tls' else 'or a port '}of its own"
                    )
            taken[at] = one


def with_ports(nodes: tuple[Node, ...], *, external: bool = False) -> tuple[Node, ...]:
    """Ports for 0. NodesError for one that is taken, or an address that this machine has not."""
    return tuple(node if external or node.external else _with_ports(node) for node in nodes)


def _with_ports(node: Node) -> Node:
    taken: set[int] = set()
    ports = {}
    for key, host in (("sip_port", node.bind), ("ami_port", node.ami_host or node.bind)):
        asked = getattr(node, key)
        try:
            if asked and not port_is_free(asked, host=host):
                raise NodesError(f"node {node.name}: port {asked} on {host} is taken, or no address of this machine")
            ports[key] = asked or free_port(taken, host=host)
        except OSError as error:
            raise NodesError(f"node {node.name}: {host}: {error}") from error
    return node.model_copy(update=ports)


def warnings(nodes: tuple[Node, ...]) -> Iterator[str]:
    """What is to be said about addresses beyond this machine."""
    for node in nodes:
        away = [one for one in (node.ami_host or node.bind, node.engine) if not ipaddress.ip_address(one).is_loopback]
        if away:
            yield (
                f"WARNING: node {node.name} speaks AMI and FastAGI over {', '.join(sorted(set(away)))}: neither is "
                "encrypted; keep them in a network of their own (docs/security.md)"
            )
