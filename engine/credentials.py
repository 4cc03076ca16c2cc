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
_PINS = "supervisors.csv"


@dataclass(frozen=True, slots=True)
class Credentials:
    """All secrets of a state. `repr` shows none of them."""

    ami_secret: str
    agents: dict[str, str]  # extension -> SIP password: agents' and officials' phones

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


def supervisor_pins(state: Path, supervisors: Iterable[str]) -> dict[str, str]:
    """Each supervisor's PIN of six digits, in STATE/supervisors.csv; missing ones are made, those of others dropped."""
    kept = _pins(state)
    pins = {one: kept.get(one) or f"{secrets.randbelow(1_000_000):06}" for one in sorted(supervisors)}
    if pins != kept:
        write_private(state / _PINS, "".join(f"{line}\n" for line in ["extension,pin", *map(",".join, pins.items())]))
    return pins


def supervisor_pin(state: Path, supervisor: str) -> str | None:
    """The PIN as it is now; None for who has none, and where the file cannot be read."""
    try:
        return _pins(state).get(supervisor)
    except OSError:
        return None


def _pins(state: Path) -> dict[str, str]:
    path = state / _PINS
    if not path.exists():
        return {}
    rows = (line.partition(",") for line in path.read_text(encoding="utf-8").splitlines()[1:])
    return {extension: pin for extension, _, pin in rows if pin}


def web_password_file(state: Path) -> Path:
    """Where the password of the web pages is; who deletes the file ends every session with the next start."""
    return state / "web-password"


def web_password(state: Path) -> str:
    """The password of the web pages, made at the first need and kept 0600."""
    path = web_password_file(state)
    if path.exists() and (kept := path.read_text(encoding="utf-8").strip()):
        if path.stat().st_mode & 0o077:
            os.chmod(path, 0o600)  # noqa: PTH101 - restored from a backup, perhaps
        return kept
    made = secrets.token_urlsafe(18)
    write_private(path, f"{made}\n")
    return made


def database_password(state: Path) -> None:
    """For a PostgreSQL of the centre's own: STATE/postgres.password for it, STATE/pgpass for whoever connects."""
    path = state / "postgres.password"
    if not path.exists():
        write_private(path, secrets.token_hex(24))
    write_private(state / "pgpass", f"*:*:*:*:{path.read_text(encoding='utf-8').strip()}\n")


def carrier_password(state: Path, carrier: str) -> str | None:
    """A carrier's password for registering, from the operator's STATE/carriers.json: {"name": "password"}."""
    path = state / "carriers.json"
    if not path.exists():
        return None
    known = json.loads(path.read_text(encoding="utf-8"))
    return str(known[carrier]) if isinstance(known, dict) and carrier in known else None
