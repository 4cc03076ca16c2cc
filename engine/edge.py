"""The edge's configuration: Kamailio before several Asterisks, from `kamailio-config/` and the operators' carriers.

Writes STATE/kamailio/ (kamailio.cfg, address.list, dispatcher.list), which Kamailio reads once, when it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from dialplan.trunkrules import Trunks
from engine import fetch
from engine.pbxconfig import fill
from engine.settings import RunSettings, write_private

TEMPLATE = Path(__file__).resolve().parent.parent / "kamailio-config" / "kamailio.cfg"
CARRIERS, NODES, HEALTH = 1, 2, 3  # the groups of address.list; the last may ask whether the edge lives


@dataclass(frozen=True, slots=True)
class Edge:
    """Where Kamailio listens, and the nodes' SIP addresses (IPv4, port)."""

    host: str
    port: int
    nodes: tuple[tuple[str, int], ...]


def nodes_of(settings: RunSettings) -> tuple[tuple[str, int], ...]:
    """Where the centre's Asterisks answer SIP, as the edge on the first node's machine reaches them."""
    return tuple((_reached(one.bind), one.sip_port) for one in settings.pbxes)


def _reached(bind: str) -> str:
    return "127.0.0.1" if bind == "0.0.0.0" else bind


def render(folder: Path, edge: Edge, trunks: Trunks, kamailio: fetch.Program | None) -> Path:
    """Write the files; the path of kamailio.cfg. `kamailio` is None for one whose package is installed.

    Carriers are let in by their addresses; one that is registered with has none, and its calls go to the node that has
    registered. Without a carrier in the rules this machine itself is the carrier, as for Asterisk.
    """
    named = [address for carrier in trunks.carriers for address in carrier.addresses]
    carriers = named if trunks.carriers else ["127.0.0.0/8"]
    lists = {
        "address.list": _addresses(CARRIERS, carriers)
        + _addresses(NODES, [host for host, _ in edge.nodes])
        + _addresses(HEALTH, ["127.0.0.1", edge.host]),
        "dispatcher.list": "".join(f"1 sip:{host}:{port}\n" for host, port in edge.nodes),
        "kamailio.cfg": fill(
            TEMPLATE.read_text(encoding="utf-8"),
            {
                "LISTEN": f"{edge.host}:{edge.port}",
                "HOST": edge.host,
                "FOLDER": str(folder),
                "MODULES": _modules(kamailio),
            },
            TEMPLATE.name,
        ),
    }
    for name, text in lists.items():
        write_private(folder / name, text)
    return folder / "kamailio.cfg"


def argv(kamailio: fetch.Program, config: Path) -> list[str]:
    """The words that run it in the foreground, with all it writes in its own folder."""
    folder = str(config.parent)
    return [*kamailio.argv(), "-DD", "-E", "-f", str(config), "-Y", folder, "-w", folder, "-m", "32", "-M", "4"]


def _addresses(group: int, addresses: Sequence[str]) -> str:
    networks = [ip_network(one) for one in addresses]
    return "".join(f"{group} {one.network_address} {one.prefixlen}\n" for one in networks)


def _modules(kamailio: fetch.Program | None) -> str:
    """Where a fetched program's modules are; an installed one knows."""
    if kamailio is None or kamailio.root == Path("/"):
        return "# modules: where the package has put them"
    folder = next(iter(sorted(kamailio.root.glob("usr/lib/*/kamailio/modules"))), None)
    if folder is None:
        raise fetch.FetchError(f"{kamailio.root} holds no modules of Kamailio; remove that folder to fetch it again")
    return f'mpath="{folder}/"'
