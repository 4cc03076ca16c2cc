"""The secrets of one state folder: the AMI user's and each agent's SIP password. Made once, kept 0600, never logged."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.settings import write_private

AMI_USER = "ringmaster"


@dataclass(frozen=True, slots=True)
class Credentials:
    """All secrets of a state. `repr` shows none of them."""

    ami_secret: str
    agents: dict[str, str]  # extension -> SIP password

    def __repr__(self) -> str:
        return f"Credentials({len(self.agents)} agents)"


def load_or_make(state: Path, agents: Iterable[str] = ()) -> Credentials:
    """The secrets of `state`; missing ones are made and kept. An agent who left and returns has the same password."""
    path = state / "secrets.json"
    kept: dict[str, object] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ami_secret = str(kept.get("ami") or secrets.token_hex(24))
    known = kept.get("agents")
    passwords = {str(k): str(v) for k, v in known.items()} if isinstance(known, dict) else {}
    for agent in agents:
        passwords.setdefault(agent, secrets.token_hex(12))
    fresh = {"ami": ami_secret, "agents": passwords}
    if fresh != kept:
        write_private(path, json.dumps(fresh, indent=1))
    elif path.stat().st_mode & 0o077:
        os.chmod(path, 0o600)  # noqa: PTH101 - restored from a backup, perhaps
    return Credentials(ami_secret, passwords)


def carrier_password(state: Path, carrier: str) -> str | None:
    """A carrier's password for registering, from the operator's STATE/carriers.json: {"name": "password"}."""
    path = state / "carriers.json"
    if not path.exists():
        return None
    known = json.loads(path.read_text(encoding="utf-8"))
    return str(known[carrier]) if isinstance(known, dict) and carrier in known else None
