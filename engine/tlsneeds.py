"""What encrypted phones and carriers need of this machine: without it Asterisk starts all the same, and only logs it.

`up` asks before it starts anything: first for what needs no port, then, when ports are free, for these.
"""

from __future__ import annotations

import os

from dialplan.ruleset import Ruleset
from engine import nodes, pbxencryption
from engine.settings import RunSettings, port_is_free
from engine.up import UpError


def check(settings: RunSettings, ruleset: Ruleset) -> None:
    """UpError for authorities that cannot be read, NodesError for two nodes at one address."""
    ours = _encrypted(settings, ruleset)
    if not ours:
        return
    authorities = settings.tls_authorities or pbxencryption.MACHINES_AUTHORITIES
    if not (authorities.is_file() and os.access(authorities, os.R_OK)):
        said = "a file of certificates is expected, such as the package ca-certificates brings"
        if settings.tls_authorities:
            raise UpError(f"RINGMASTER_TLS_AUTHORITIES={authorities} cannot be read: {said}")
        raise UpError(f"{authorities} cannot be read: {said}; RINGMASTER_TLS_AUTHORITIES names another")
    nodes.refuse_shared(ours, ("sip_tls",))


def check_ports(settings: RunSettings, ruleset: Ruleset) -> None:
    """UpError for a port that is taken."""
    for one in _encrypted(settings, ruleset):
        if not port_is_free(one.sip_tls_port, host=one.bind):
            raise UpError(
                f"port {one.sip_tls_port} on {one.bind}, for SIP over TLS, is taken by another program; "
                "RINGMASTER_SIP_TLS_PORT names another, 0 any free one"
            )


def _encrypted(settings: RunSettings, ruleset: Ruleset) -> list[RunSettings]:
    """The Asterisks that this machine starts with TLS."""
    if not pbxencryption.wanted(settings, ruleset):
        return []
    return [one for one in settings.pbxes if not one.pbx_external]
