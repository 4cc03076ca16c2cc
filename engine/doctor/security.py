"""What keeps others out, held against a centre as it runs: open sockets, guests, carriers, secrets, modules, numbers.

Beside what the other rooms find (rights of files, drift, AMI's classes, the version). docs/security.md has the whole.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import stat
from collections.abc import Container, Iterable, Iterator
from functools import partial
from pathlib import Path

from dialplan import flood, numbers
from dialplan.ruleset import Ruleset
from engine import credentials, pbx, pbxconfig, ready
from engine.doctor.finding import Finding, failure, fine, of_node, warning
from engine.settings import RunSettings
from engine.webpages import is_loopback

AREA = "security"
SECRET_CHARS_LEAST = 16  # of hexadecimal digits: 64 bits, which nobody tries out over SIP
WIDEST_PREFIX = {4: 16, 6: 32}  # a carrier has no more of the world than that
_LISTENS = "0A"  # a TCP socket's state in /proc/net/tcp
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def never_started(state: Path) -> Finding:
    """So that nobody takes an empty list for a good one."""
    said = f"no centre was ever started with {state}: none was looked at"
    return _doubt("centre", said, "start `./ringmaster up`, or name the centre's folder by --state")


def look(settings: RunSettings, ruleset: Ruleset | None) -> Iterator[Finding]:
    """What files and rules say."""
    yield from _secrets(settings)
    yield _rules_are_the_owners(settings.rules)
    for one in settings.pbxes:
        yield from of_node(settings, one, [_no_dangerous_functions(one)])
    if ruleset is not None:
        yield _carriers(ruleset)
        yield _flood(ruleset)


def running(settings: RunSettings, ruleset: Ruleset | None, known: ready.Ready) -> Iterator[Finding]:
    """What the processes and the PBX's console say."""
    yield _sockets(settings, known)
    pids = {node.name: node.asterisk_pid for node in known.nodes}
    for one in settings.pbxes:
        if one is not settings:
            yield from of_node(settings, one, [_node_sockets(one, pids.get(one.node))])
        yield from of_node(settings, one, _of_pbx(one, ruleset))


def _of_pbx(settings: RunSettings, ruleset: Ruleset | None) -> Iterator[Finding]:
    """What its console says. That it does not answer is `engine.doctor.running`'s to say."""
    checks = [partial(one, settings) for one in (_one_ami_user, _no_web_server, _modules)]
    if ruleset is not None:
        checks += [partial(one, settings, ruleset) for one in (_guests, _identified, _numbers_out, _members)]
    for check in checks:
        try:
            yield check()
        except pbx.PbxError:
            return
        except OSError as error:
            if error.filename is None:  # the console's socket; a file hides none of the checks behind it
                return
            yield _hole("files", f"{error.filename}: {error.strerror}", "start `up` anew: it writes what is missing")


def _sound(name: str, what: str) -> Finding:
    return fine(AREA, name, what, security=True)


def _doubt(name: str, what: str, remedy: str) -> Finding:
    return warning(AREA, name, what, remedy, security=True)


def _hole(name: str, what: str, remedy: str) -> Finding:
    return failure(AREA, name, what, remedy, security=True)


# --- files and rules


def _secrets(settings: RunSettings) -> Iterator[Finding]:
    """Long enough, and no two alike: one default key for all has opened whole products."""
    path = settings.state / "secrets.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = {"AMI": str(kept["ami"]), **{f"phone {one}": str(secret) for one, secret in kept["agents"].items()}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield _hole("secrets", f"{path} cannot be read: {error}", "start `./ringmaster up`: it makes what is missing")
        return
    weak = [name for name, secret in found.items() if len(secret) < SECRET_CHARS_LEAST or len(set(secret)) < 6]
    alike = sorted(name for name, secret in found.items() if list(found.values()).count(secret) > 1)
    remedy = f"take the entries out of {path} and start `up` anew: it makes new ones"
    if weak:
        yield _hole("secrets", f"too short or too plain: {', '.join(weak[:5])}", remedy)
    if alike:
        yield _hole("secrets", f"the same secret twice: {', '.join(alike[:5])}", remedy)
    if not weak and not alike:
        yield _sound("secrets", f"{len(found)} secrets, each long and its own")


def _rules_are_the_owners(rules: Path) -> Finding:
    """Who may write them decides where calls go."""
    try:
        loose = [path for path in (rules, *sorted(rules.glob("*.yaml"))) if path.stat().st_mode & _OTHERS_WRITE]
    except OSError as error:
        return _hole(
            "rules", f"{rules} cannot be looked at: {error.strerror}", "name the rules' folder: `up --rules DIR`"
        )
    if loose:
        return _hole("rules", f"{loose[0]} can be written by others", f"chmod go-w {loose[0]}")
    return _sound("rules", "nobody but the owner writes them")


def _no_dangerous_functions(settings: RunSettings) -> Finding:
    path = pbxconfig.etc_dir(settings) / "asterisk.conf"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if re.findall(r"^\s*live_dangerously\s*=>?\s*(\S+)", text, re.MULTILINE) == ["no"]:
        return _sound(
            "functions",
            "dialplan functions that run programs are closed (live_dangerously=no)",
        )
    return _hole("functions", "live_dangerously is not `no`", "start `up` anew: it writes asterisk.conf")


def _carriers(ruleset: Ruleset) -> Finding:
    """An address is a carrier's whole proof."""
    for carrier in ruleset.trunks.carriers:
        for address in carrier.addresses:
            network = ipaddress.ip_network(address)
            if network.prefixlen < WIDEST_PREFIX[network.version]:
                said = (
                    f"{carrier.source}: carrier {carrier.name} is {network.num_addresses:,} addresses wide ({address})"
                )
                return _hole(
                    "carriers",
                    said,
                    "name the addresses that the carrier's calls come from",
                )
    return _sound("carriers", f"{len(ruleset.trunks.carriers)} carriers, each by narrow addresses")


def _flood(ruleset: Ruleset) -> Finding:
    if ruleset.trunks.flood is None:
        remedy = f"write `{flood.REMEDY}` into trunks.yaml (docs/rules.md)"
        return _doubt("floods", "calls of one number are not bounded", remedy)
    return _sound("floods", "calls of one number are bounded")


# --- sockets


def _sockets(settings: RunSettings, known: ready.Ready) -> Finding:
    """What our processes listen on beyond loopback without having been told so."""
    told = {(settings.bind, port) for port in (settings.sip_port, settings.sip_tls_port)}
    told.add((settings.agi_host, known.agi.port))  # beyond loopback only for a node of `up --nodes`, which warns
    if settings.web_port is not None:
        told.add((settings.web_bind, settings.web_port))
    return _told_only((known.pid, known.asterisk_pid, known.supervisor_pid), told)


def _node_sockets(settings: RunSettings, pid: int | None) -> Finding:
    """The same of a further Asterisk; nothing is seen of one that is somebody else's to start."""
    told = {(settings.bind, port) for port in (settings.sip_port, settings.sip_tls_port)}
    return _told_only((pid,), {*told, (settings.ami_host, settings.ami_port)})


def _told_only(pids: Iterable[int | None], told: Container[tuple[str, int]]) -> Finding:
    open_wide = [
        f"{host}:{port}"
        for pid in pids
        for host, port in listening(pid)
        if not is_loopback(host) and (host, port) not in told
    ]
    if open_wide:
        remedy = "nobody but this machine has business there: start `up` anew, or look for what was changed by hand"
        return _hole(
            "sockets",
            f"reachable from outside: {', '.join(sorted(set(open_wide)))}",
            remedy,
        )
    return _sound("sockets", "only what was told to listens beyond loopback")


def listening(pid: int | None) -> list[tuple[str, int]]:
    """The addresses on which a process takes TCP connections; none for a process that is not ours to look into."""
    if pid is None:
        return []
    inodes = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if found := re.fullmatch(r"socket:\[(\d+)\]", _link(descriptor)):
                inodes.add(found[1])
        tables = [Path(f"/proc/{pid}/net/{name}").read_text(encoding="ascii") for name in ("tcp", "tcp6")]
    except OSError:
        return []
    found_at = []
    for line in (line.split() for table in tables for line in table.splitlines()[1:]):
        if line[3] == _LISTENS and line[9] in inodes:
            host, _, port = line[1].partition(":")
            found_at.append((_address(host), int(port, 16)))
    return found_at


def _link(path: Path) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - a socket's name is no path
    except OSError:
        return ""


def _address(written: str) -> str:
    """Of the kernel's tables: 32-bit words in the machine's order."""
    raw = b"".join(bytes.fromhex(written[at : at + 8])[::-1] for at in range(0, len(written), 8))
    address = ipaddress.ip_address(raw)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


# --- the PBX


def _one_ami_user(settings: RunSettings) -> Finding:
    listed = pbx.console(settings, "manager show users")
    users = {line.split()[0] for line in listed.splitlines() if re.match(r"\w[\w.-]*\s*$", line)}
    others = sorted(users - {credentials.AMI_USER, "username"})
    told = pbx.console(settings, "manager show settings")
    bound = re.search(r"TCP Bindaddress:\s+(\S+)", told)
    host = bound[1].rpartition(":")[0] if bound else ""
    if others:
        said = f"AMI has users that nobody here knows: {', '.join(others)}"
        return _hole("AMI", said, "start `up` anew: it writes manager.conf")
    if not is_loopback(host) and (host != settings.ami_host or host in ("0.0.0.0", "::")):
        return _hole("AMI", f"listens on {host or 'an unknown address'}", "start `up` anew: it writes manager.conf")
    return _sound("AMI", f"one user, on {host}")


def _no_web_server(settings: RunSettings) -> Finding:
    if "Disabled" in pbx.console(settings, "http show status").split("\n\n")[0]:
        return _sound("PBX's web", "Asterisk serves no HTTP")
    return _hole("PBX's web", "Asterisk serves HTTP", "start `up` anew: it writes http.conf")


def _modules(settings: RunSettings) -> Finding:
    """A module that no file names was loaded by hand, and may run programs."""
    loaded = pbx.modules_running(settings)
    if more := sorted(loaded - pbx.modules_named(settings, "require", "load", "preload")):
        said = f"modules that modules.conf does not name: {', '.join(more[:5])}"
        return _hole("modules", said, "start `up` anew, and look for who loaded them")
    return _sound("modules", f"{len(loaded)} modules, each named with its reason")


def _guests(settings: RunSettings, ruleset: Ruleset) -> Finding:
    """The development rule: on loopback only, and only until a carrier is named."""
    there = bool(re.search(r"^ Endpoint:  anonymous\b", pbx.console(settings, "pjsip show endpoints"), re.MULTILINE))
    if not there:
        return _sound("guests", "no call without a carrier's address or a password")
    if ruleset.trunks.carriers:
        return _hole("guests", "the development rule is still there beside carriers", "`./ringmaster reload`")
    text = (pbxconfig.etc_dir(settings) / "generated" / "carriers.conf").read_text(encoding="utf-8")
    if "deny = 0.0.0.0/0" not in text or "permit = 127.0.0.0/8" not in text:
        return _hole(
            "guests",
            "the development rule is open to other machines",
            "`./ringmaster reload`",
        )
    return _sound("guests", "the development rule, for this machine only, until a carrier is named")


def _identified(settings: RunSettings, ruleset: Ruleset) -> Finding:
    """The addresses that the PBX takes for carriers are those of the rules."""
    told = re.findall(r"^\s+Match: (\S+)", pbx.console(settings, "pjsip show identifies"), re.MULTILINE)
    found = {ipaddress.ip_network(one, strict=False) for one in told if re.match(r"[0-9a-fA-F.:]+/", one)}
    wanted = {ipaddress.ip_network(one) for carrier in ruleset.trunks.carriers for one in carrier.addresses}
    by_name = any(carrier.registration for carrier in ruleset.trunks.carriers)  # its addresses are the resolver's
    more = [one for one in found - wanted if not (by_name and one.num_addresses == 1)]
    if more:
        said = f"the PBX takes calls from {', '.join(sorted(map(str, more))[:5])}, which trunks.yaml does not name"
        return _hole("identify", said, "`./ringmaster reload`")
    return _sound("identify", f"calls come from the {len(wanted)} addresses of trunks.yaml")


def _numbers_out(settings: RunSettings, ruleset: Ruleset) -> Finding:
    """What the PBX would dial outside: the allow-list, and nothing that somebody has added."""
    listed = pbx.console(settings, "dialplan show outgoing")
    found = set(re.findall(r"^\s+'([^']+)' =>", listed, re.MULTILINE))
    wanted = {*numbers.patterns(), *ruleset.trunks.numbers, "_[0-9]!"}
    if found != wanted:
        differing = ", ".join(sorted(found ^ wanted)[:5])
        return _hole("numbers out", f"not the allow-list: {differing}", "`./ringmaster reload`")
    return _sound("numbers out", f"{len(numbers.patterns())} patterns, those of the allow-list")


def _members(settings: RunSettings, ruleset: Ruleset) -> Finding:
    """Whom the safety net would ring: the PBX remembers its queues' members over a restart, whoever they are."""
    queues = re.split(r"^(?=[\w-]+ has )", pbx.console(settings, "queue show"), flags=re.MULTILINE)
    agents = {f"PJSIP/{agent}" for agent in ruleset.agents}
    strange = [
        f"{interface} from {queue.split()[0]}"
        for queue in queues
        if queue.startswith(("fallback-", "overflow"))
        for interface in re.findall(r"^ {6}(?:.* \()?(\w+/[^\s)]+)", queue.partition("Callers:")[0], re.MULTILINE)
        if interface not in agents
    ]
    if strange:
        remedy = f'asterisk -C {pbxconfig.etc_dir(settings)}/asterisk.conf -rx "queue remove member {strange[0]}"'
        return _hole("safety net", f"would ring who is no agent: {', '.join(strange[:5])}", remedy)
    return _sound("safety net", "its queues ring agents' phones only")
