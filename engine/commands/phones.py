"""`./ringmaster phones --for yealink --server ADDR --out DIR [--macs FILE]`: files for the agents' desk phones."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import provisioning
from engine.settings import Encryption, RunSettings, default_state


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when the files are written, 1 with the reason on stderr."""
    options = _parser().parse_args(arguments)
    state: Path = options.state.absolute()
    try:
        with (state / "agents.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        accounts = [provisioning.Account(row["extension"], row["sip_secret"], row["name"]) for row in rows]
        extensions = [account.extension for account in accounts]
        macs = provisioning.read_macs(options.macs, extensions) if options.macs else {}
        host, _, port = options.server.partition(":")
        door = _door(state, host, port)
        written = provisioning.write(options.make, accounts, macs, door, options.out.absolute())
    except FileNotFoundError as error:
        print(f"phones: {error.filename} is not there; `up` makes the accounts at its first start", file=sys.stderr)
        return 1
    except (provisioning.ProvisioningError, OSError, ValueError) as error:
        print(f"phones: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([str(path) for path in written]))
    else:
        print(f"{len(written)} files in {options.out}, of which {len(macs)} are named by their phone's MAC address")
    return 0


def _door(state: Path, host: str, port: str) -> provisioning.Door:
    """By TLS where phones in the clear are not rung."""
    try:
        settings = RunSettings.load(state)
    except FileNotFoundError:
        if not port:
            raise
        return provisioning.Door(host, int(port))  # accounts that were brought here from elsewhere
    encrypted = settings.phone_encryption is Encryption.REQUIRED
    usual = settings.sip_tls_port if encrypted else settings.sip_port
    return provisioning.Door(host, int(port) if port else usual, encrypted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ringmaster phones",
        description="Writes a file for each agent's desk phone, from which it sets itself up.",
        epilog="The files hold SIP passwords: serve them by HTTPS with a password, or by a network of the phones' own.",
    )
    parser.add_argument(
        "--for", dest="make", required=True, choices=sorted(provisioning.MAKES), help="the phones' make"
    )
    parser.add_argument(
        "--server", required=True, metavar="ADDR[:PORT]", help="where the phones find the centre; its port by default"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    parser.add_argument("--macs", type=Path, metavar="FILE", help="lines of extension,mac: which phone is whose")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR", help="the centre's state")
    parser.add_argument("--json", action="store_true", help="the list of files")
    return parser
