"""STATE/ready.json: how to reach a running centre. Its presence means that calls are taken.

Removed when `up` starts, written atomically (0600: it holds the AMI secret) each time an engine is ready.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from engine.settings import write_private


class Address(BaseModel):
    """Where something listens."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int


class AmiAddress(Address):
    """Where AMI listens, and its one user."""

    user: str
    secret: str


class NodeAddress(BaseModel):
    """A further Asterisk: where it answers SIP, and its process, if it is ours."""

    model_config = ConfigDict(frozen=True)

    name: str
    sip: Address
    asterisk_pid: int | None


class Ready(BaseModel):
    """The content of ready.json. `pid` is the engine's, `supervisor_pid` that of the `up` which takes SIGHUP."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sip: Address
    http: Address
    ami: AmiAddress
    agi: Address
    pid: int
    asterisk_pid: int | None
    supervisor_pid: int
    nodes: tuple[NodeAddress, ...] = ()
    web: Address | None = None  # the wallboard and reports; None: not served
    place: str = "first"  # which of two engines (`up --standby`) this is

    def save(self, state: Path) -> None:
        """Write it, atomically."""
        write_private(path(state), json.dumps(self.model_dump(), indent=1))


def path(state: Path) -> Path:
    """STATE/ready.json."""
    return state / "ready.json"


def load(state: Path) -> Ready | None:
    """What a running (or crashed) centre on this state has written; None when it has not."""
    try:
        return Ready.model_validate_json(path(state).read_bytes())
    except FileNotFoundError:
        return None


def remove(state: Path) -> None:
    """Calls are not taken."""
    path(state).unlink(missing_ok=True)


_THREADS = 17  # of /proc/PID/stat, behind the name


def alive(pid: int | None) -> bool:
    """Whether a process with this id lives: a zombie does not, once its other threads have ended too."""
    if not pid:
        return False
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True
    fields = status.rpartition(")")[2].split()
    return fields[0] not in "ZX" or int(fields[_THREADS]) > 1
