"""How this run of the centre is set up: folders, ports, the shifted clock. Chosen once by `up`, read by every process.

`STATE/run.json` keeps it, so that an engine started later (`--engine-only`) sees the same. It holds no secret.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine import fetch

if TYPE_CHECKING:
    from acd.journal.store import Store

LOOPBACK = "127.0.0.1"
WEB_PORT = 8088
# Ports for 0 are taken from below the kernel's own range (32768 up), which any outgoing connection may be given.
FREE_PORTS = range(20000, 30000)
PRIVATE_NETWORKS = "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 ::1/128 fc00::/7"
KEEP_DAYS = 400.0  # so that this month can be compared with last year's


class SettingsError(Exception):
    """What an operator has set cannot be had; the message names it."""


class Encryption(StrEnum):
    """Of the agents' and officials' phones: SIP over TLS, sound as SRTP (SDES)."""

    OFF = "off"  # neither is there
    OFFERED = "offered"  # for the phones that ask for it
    REQUIRED = "required"  # a phone in the clear is not rung, and its calls are refused


class Defaults(BaseSettings):
    """What an operator may set by environment, RINGMASTER_SIP_PORT and so on; the command line has the last word."""

    # A compose file passes on what is not set as an empty text.
    model_config = SettingsConfigDict(env_prefix="RINGMASTER_", extra="ignore", env_ignore_empty=True)

    bind: str = "127.0.0.1"
    sip_port: int = Field(default=5060, ge=0, le=65535)
    http_port: int = Field(default=9100, ge=0, le=65535)
    ami_port: int = Field(default=5038, ge=0, le=65535)
    agi_port: int = Field(default=4573, ge=0, le=65535)
    web_port: int = Field(default=WEB_PORT, ge=0, le=65535)
    web_bind: str = "127.0.0.1"
    sip_tls_port: int = Field(default=5061, ge=0, le=65535)  # taken only where phones or a carrier are encrypted
    phone_encryption: Encryption = Encryption.OFF
    # Where phones may be, blank-separated; by default this machine and private networks (RFC 1918, RFC 6598, RFC 4193).
    phone_networks: str = PRIVATE_NETWORKS
    tls_authorities: Path | None = None  # PEM: who may have signed a carrier's certificate; else the machine's own list
    rtp_start: int = Field(default=10000, ge=1024, le=65535)
    rtp_end: int = Field(default=19999, ge=1024, le=65535)
    journal_keep_days: float = Field(default=KEEP_DAYS, ge=0)  # 0: for ever
    edge: Path | None = None  # where Kamailio's configuration is written, by default STATE/kamailio
    edge_bind: str = "127.0.0.1"
    edge_port: int = Field(default=5080, ge=1, le=65535)  # 5060 is the first node's
    database: str | None = None  # postgresql://user@host/name: the journal there instead of in a file of the state
    nodes: str | None = None  # a file that names further Asterisks (`up --nodes`)

    @classmethod
    def read(cls) -> Self:
        """The environment's. SettingsError names each variable that is wrong."""
        try:
            found = cls()
        except ValidationError as error:
            wrong = [f"RINGMASTER_{str(one['loc'][0]).upper()}={one['input']}: {one['msg']}" for one in error.errors()]
            raise SettingsError("; ".join(wrong)) from None
        if found.rtp_start >= found.rtp_end:
            said = f"RINGMASTER_RTP_START={found.rtp_start} is not below RINGMASTER_RTP_END={found.rtp_end}"
            raise SettingsError(f"{said}: no port would be left for sound")
        return found


class Node(BaseModel):
    """A further Asterisk, as `up --nodes` names it (engine/nodes.py). Ports are real ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9]{0,19}$")
    bind: str = Field(pattern=r"^[0-9a-fA-F.:]{2,45}$")  # where it answers SIP, and where its sound is
    sip_port: int = Field(default=5060, ge=0, le=65535)
    ami_host: str | None = Field(default=None, pattern=r"^[0-9a-fA-F.:]{2,45}$")  # None: `bind`
    ami_port: int = Field(default=5038, ge=0, le=65535)
    engine: str = Field(default=LOOPBACK, pattern=r"^[0-9a-fA-F.:]{2,45}$")  # the engine's address as this node sees it
    rtp_start: int | None = Field(default=None, ge=1024, le=65535)  # None: as the first node's
    rtp_end: int | None = Field(default=None, ge=1024, le=65535)
    external: bool = False  # somebody else starts it, in a container of its own or on another machine


class RunSettings(BaseModel):
    """One run. Paths are absolute, ports are real ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: Path
    rules: Path
    sounds: Path
    bind: str
    sip_port: int
    http_port: int
    ami_port: int
    agi_port: int
    web_port: int | None = None  # None: no web pages
    web_bind: str = "127.0.0.1"
    sip_tls_port: int = 5061
    phone_encryption: Encryption = Encryption.OFF
    phone_networks: tuple[str, ...] = tuple(PRIVATE_NETWORKS.split())
    tls_authorities: Path | None = None
    rtp_start: int
    rtp_end: int
    run_dir: Path  # Asterisk's control socket lives here: a socket's path may have 107 characters only
    overrides: tuple[str, ...] = ()  # `--set`, as written: "queues.defaults.wrapup_s=0"
    at: str | None = None  # `--at`, as written
    clock_offset_s: float = 0.0  # to be added to the wall clock before opening hours are judged
    journal_keep_days: float = KEEP_DAYS
    database_url: str | None = None  # checked, and without a password; None: a file of the state
    pbx_external: bool = False  # Asterisk is started by someone else (its own container)
    node: str = "pbx1"  # Asterisk's systemname
    place: str = "first"  # of the two engines that a centre may have (engine/standby/)
    ami_host: str = LOOPBACK
    agi_host: str = LOOPBACK  # the engine's address as the PBX sees it
    pbx_folder: str = "asterisk"  # in the state: what the PBX keeps
    others: tuple[Node, ...] = ()  # further Asterisks (`up --nodes`)

    @property
    def pbxes(self) -> tuple[RunSettings, ...]:
        """The settings of every Asterisk: this one, and each further node as if it were the one of this state."""
        return (self, *(self._of(node) for node in self.others))

    def _of(self, node: Node) -> RunSettings:
        folder = f"nodes/{node.name}"
        return self.model_copy(
            update={
                "node": node.name,
                "bind": node.bind,
                "sip_port": node.sip_port,
                "ami_host": node.ami_host or node.bind,
                "ami_port": node.ami_port,
                "agi_host": node.engine,
                "rtp_start": node.rtp_start or self.rtp_start,
                "rtp_end": node.rtp_end or self.rtp_end,
                "pbx_folder": folder,
                "run_dir": run_dir_for(self.state, folder),
                "pbx_external": self.pbx_external or node.external,
                "others": (),
            }
        )

    @property
    def pbx_dir(self) -> Path:
        """Where the PBX keeps its files."""
        return self.state / self.pbx_folder

    @property
    def database(self) -> Store:
        """The journal."""
        if self.database_url is None:
            return self.state / "journal.sqlite"
        from acd.journal.store import Postgres  # noqa: PLC0415 - only who has such a journal pays for its import

        return Postgres(self.database_url)

    @property
    def spool(self) -> Path:
        """Asterisk's spool folder: in its `outgoing` it finds call files."""
        return self.pbx_dir / "spool"

    @property
    def recordings(self) -> Path:
        """Where talks and spoken comments are kept, in a folder for each class."""
        return self.state / "recordings"

    @property
    def heartbeat(self) -> Path:
        """Where the engine writes its heartbeat and its parent reads it."""
        return self.state / _of_place("heartbeat", self.place)

    @property
    def control_socket(self) -> Path:
        """Asterisk's console."""
        return self.run_dir / "asterisk.ctl"

    def save(self) -> None:
        """Keep it in the state folder."""
        write_private(self.state / _of_place("run.json", self.place), self.model_dump_json(indent=1))

    @classmethod
    def load(cls, state: Path, place: str = "first") -> RunSettings:
        """The settings of the latest `up` on this state and place. FileNotFoundError when there was none."""
        return cls.model_validate_json((state / _of_place("run.json", place)).read_bytes())

    def lock(self, what: str) -> Path:
        """The file that the one process of a kind at this place holds: `up`, `engine`."""
        return self.state / _of_place(f"{what}.lock", self.place)


def _of_place(name: str, place: str) -> str:
    """`run.json` for the first engine, `run.second.json` for the second."""
    if place == "first":
        return name
    stem, dot, ending = name.partition(".")
    return f"{stem}.{place}{dot}{ending}"


def journal_of(state: Path) -> Store:
    """Where the journal of this state is, also when no `up` of this version has been run on it."""
    try:
        return RunSettings.load(state).database
    except FileNotFoundError:
        return state / "journal.sqlite"


def default_state() -> Path:
    """`.ringmaster/state`, for the commands that speak to a running centre without `--state`."""
    return fetch.home() / "state"


def default_rules() -> Path:
    """The city's own rules."""
    return Path(__file__).resolve().parent.parent / "dialplan" / "rules"


def prompts_dir() -> Path:
    """The recordings that are committed."""
    return Path(__file__).resolve().parent.parent / "prompts"


def default_sounds() -> Path:
    """Where the prompts are unpacked to: the same for every state, because they depend on the checkout only."""
    return fetch.home() / "sounds"


def child_environment() -> dict[str, str]:
    """For processes of ours: modules are found in this checkout, whatever folder they are started from.

    glibc gives threads arenas of memory of their own, up to eight for each core, where a session's crumbs stay behind.
    With one for all a waiting caller took 27 kB instead of 42 (of 200), and Python's threads never allocate at once.
    """
    root = str(Path(__file__).resolve().parent.parent)
    others = [part for part in os.environ.get("PYTHONPATH", "").split(":") if part and part != root]
    return {"MALLOC_ARENA_MAX": "1", **os.environ, "PYTHONPATH": ":".join([root, *others])}


def free_port(taken: set[int], *, host: str = "127.0.0.1") -> int:
    """A port that nothing uses, for UDP and TCP alike; it is added to `taken`."""
    draw = SystemRandom()
    for _ in range(1000):
        port = draw.choice(FREE_PORTS)
        if port not in taken and port_is_free(port, host=host):
            taken.add(port)
            return port
    raise OSError(f"no free port between {FREE_PORTS.start} and {FREE_PORTS.stop - 1} on {host}")


def port_is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether both a UDP and a TCP socket can be bound to it now."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # A listener that has just ended leaves connections in TIME_WAIT; servers bind over them too.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def run_dir_for(state: Path, pbx_folder: str = "asterisk") -> Path:
    """A folder for Asterisk's control socket: in the state, or a short one of our own where that path is too long.

    The same for the same state each time, so that a later `up` finds an Asterisk that was left over.
    """
    inside = state / pbx_folder / "run"
    if len(str(inside / "asterisk.ctl")) <= 100:
        return inside
    ours = state if pbx_folder == "asterisk" else state / pbx_folder
    name = hashlib.sha256(str(ours).encode()).hexdigest()[:16]
    short = Path(tempfile.gettempdir(), f"ringmaster-{os.getuid()}-{name}")
    with suppress(FileExistsError):
        short.mkdir(mode=0o700)
    found = short.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
        return short
    return Path(tempfile.mkdtemp(prefix="ringmaster-"))  # someone else has taken the name


def write_private(path: Path, text: str) -> None:
    """Write atomically, readable by the owner only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
