"""Addresses and ports: free where nothing runs, ours where something does, and nothing open that should not be."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from dialplan.ruleset import Ruleset
from engine.doctor.finding import Finding, failure, fine, of_node, warning
from engine.settings import RunSettings, port_is_free

AREA = "network"


def look(settings: RunSettings, ruleset: Ruleset | None, *, running: bool) -> Iterator[Finding]:
    """For the settings of the latest `up`."""
    for one in settings.pbxes:
        first = one is settings
        if first or not one.pbx_external:  # another machine's ports are not to be looked at from here
            yield from of_node(settings, one, _ports(one, running=running, first=first))
        yield from of_node(settings, one, _reach(one, ruleset))
        if ruleset is not None:
            yield from of_node(settings, one, [_sound_ports(one, ruleset)])


def _ports(settings: RunSettings, *, running: bool, first: bool) -> Iterator[Finding]:
    """The engine's own are the `first` one's business."""
    hosts = {"sip_port": settings.bind, "ami_port": settings.ami_host}
    if first:
        hosts |= {"agi_port": settings.agi_host, "http_port": "127.0.0.1"}
    named = {name: getattr(settings, name) for name in hosts}
    free = {name for name, port in named.items() if port_is_free(port, host=hosts[name])}
    said = ", ".join(f"{name.removesuffix('_port').upper()} {port}" for name, port in named.items())
    if running and free:
        silent = ", ".join(f"{name} {named[name]}" for name in sorted(free))
        log = settings.state / "engine.log" if first else settings.pbx_dir / "log"
        yield failure(AREA, "ports", f"the centre runs, but nobody listens on {silent}", f"look at {log}")
    elif not running and free != set(named):
        taken = ", ".join(f"{name} {named[name]}" for name in sorted(set(named) - free))
        option = min(set(named) - free).replace("_", "-")
        another = f"`up --{option} 0` for another" if first else "write another into the file of `up --nodes`"
        yield failure(AREA, "ports", f"taken by another program: {taken}", f"stop it, or {another}")
    else:
        yield fine(AREA, "ports", f"{said}: {'ours' if running else 'free'}")


def _reach(settings: RunSettings, ruleset: Ruleset | None) -> Iterator[Finding]:
    """The development rule takes INVITEs of this machine for a citizen's; beyond it only named carriers may call."""
    loopback = settings.bind not in ("0.0.0.0", "::") and ipaddress.ip_address(settings.bind).is_loopback
    carriers = ruleset.trunks.carriers if ruleset is not None else ()
    if loopback:
        yield fine(AREA, "reach", f"SIP answers on {settings.bind} only", security=True)
    elif carriers:
        names = ", ".join(carrier.name for carrier in carriers)
        yield fine(AREA, "reach", f"SIP answers on {settings.bind}; calls come from {names}", security=True)
    else:
        said = f"SIP answers on {settings.bind}, and no carrier is named in trunks.yaml"
        yield warning(
            AREA, "reach", said, "name the carrier's addresses: nobody outside can call until then", security=True
        )
    if not loopback and ruleset is not None and ruleset.trunks.external_media_address is None:
        yield fine(AREA, "media", f"sound is offered at {settings.bind}; set external_media_address behind a NAT")


def _sound_ports(settings: RunSettings, ruleset: Ruleset) -> Finding:
    """Each channel takes two (RTP and RTCP): every call one channel, every agent who talks another."""
    there = settings.rtp_end - settings.rtp_start + 1
    wanted = 2 * (ruleset.max_calls + len(ruleset.agents))
    said = f"{there:,} UDP ports for sound ({settings.rtp_start}-{settings.rtp_end})"
    if there < wanted:
        remedy = f"{wanted:,} are wanted for {ruleset.max_calls} calls: RINGMASTER_RTP_START, RINGMASTER_RTP_END"
        return warning(AREA, "sound", said, remedy)
    return fine(AREA, "sound", said)
