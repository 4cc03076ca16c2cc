"""Files from which desk phones set themselves up: the agent's account, the codecs and keys that the centre needs.

Two makes that are common in Korean offices. Everything else of a phone stays as its maker or the city's own template
has it. The files hold SIP passwords: 0600, and served by HTTPS with a password only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from engine.settings import write_private

_MAC = re.compile(r"[0-9a-f]{12}")
# Codes on the phone's own keys, by what the agent wants; the labels are what Korean agents read.
KEYS = (("*11", "수신대기"), ("*12", "이석"), ("*14", "후처리 종료"), ("*15", "후처리 연장"), ("*13", "로그아웃"))


class ProvisioningError(Exception):
    """The list of phones does not fit; the message names the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Account:
    """One agent's phone. `name` is the staff label of the rules."""

    extension: str
    secret: str
    name: str


@dataclass(frozen=True, slots=True)
class Door:
    """Where phones find the centre. `encrypted`: by TLS, with SRTP and nothing else."""

    host: str
    port: int
    encrypted: bool = False


def yealink(account: Account, door: Door) -> str:
    """A T3/T4/T5 configuration (`MAC.cfg`). linekey type 13 is a speed dial; dtmf.type 1 is RFC 4733.

    transport_type 0 is UDP, 2 TLS; srtp_encryption 2 is compulsory.
    """
    lines = [
        "#!version:1.0.0.1",
        "account.1.enable = 1",
        f"account.1.label = {account.extension} {account.name}",
        f"account.1.display_name = {account.name}",
        f"account.1.auth_name = {account.extension}",
        f"account.1.user_name = {account.extension}",
        f"account.1.password = {account.secret}",
        f"account.1.sip_server.1.address = {door.host}",
        f"account.1.sip_server.1.port = {door.port}",
        f"account.1.sip_server.1.transport_type = {2 if door.encrypted else 0}",
        f"account.1.srtp_encryption = {2 if door.encrypted else 0}",
        "account.1.sip_server.1.expires = 120",
        "account.1.nat.udp_update_enable = 1",
        "account.1.dtmf.type = 1",
        "account.1.codec.pcma.enable = 1",
        "account.1.codec.pcma.priority = 1",
        "account.1.codec.pcmu.enable = 1",
        "account.1.codec.pcmu.priority = 2",
        *(f"account.1.codec.{other}.enable = 0" for other in ("g722", "g729", "opus")),
        # A phone that forwards or hides behind "do not disturb" is offered calls that nobody takes.
        "features.fwd.allow = 0",
        "features.dnd.allow = 0",
        "call_waiting.enable = 0",
        "features.text_message_popup.enable = 1",
        "local_time.time_zone = +9",
        "local_time.time_zone_name = Korea(Seoul)",
        "local_time.summer_time = 0",
    ]
    for number, (code, label) in enumerate(KEYS, 2):
        lines += [
            f"linekey.{number}.type = 13",
            f"linekey.{number}.line = 1",
            f"linekey.{number}.value = {code}",
            f"linekey.{number}.label = {label}",
        ]
    return "\n".join(lines) + "\n"


def grandstream(account: Account, door: Door) -> str:
    """A GXP/GRP configuration (`cfgMAC.xml`) of P-values: 57 and 58 the codecs (8 A-law, 0 µ-law), 850 the keys.

    130 the transport (0 UDP, 2 TLS), 183 SRTP (2 forced).
    """
    values = {
        "P271": "1",  # the account is active
        "P270": f"{account.extension} {account.name}",
        "P47": f"{door.host}:{door.port}",
        "P35": account.extension,
        "P36": account.extension,
        "P34": account.secret,
        "P3": account.name,
        "P31": "1",  # registers
        "P32": "2",  # minutes
        "P130": "2" if door.encrypted else "0",
        "P183": "2" if door.encrypted else "0",
        "P57": "8",
        "P58": "0",
        "P79": "101",
        "P850": "101",  # RFC 4733
        "P91": "1",  # no call waiting
        "P64": "TZW-9",  # Seoul
    }
    rows = "".join(f"    <{name}>{escape(value)}</{name}>\n" for name, value in values.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gs_provision version="1">\n  <config version="1">\n'
        f"{rows}  </config>\n</gs_provision>\n"
    )


@dataclass(frozen=True, slots=True)
class Make:
    """A maker's file: its text, and its name from the phone's MAC address."""

    text: Callable[[Account, Door], str]
    name: str


MAKES = {"yealink": Make(yealink, "{}.cfg"), "grandstream": Make(grandstream, "cfg{}.xml")}


def write(make: str, accounts: Iterable[Account], macs: Mapping[str, str], door: Door, folder: Path) -> list[Path]:
    """One file for each account, which leads to `door`; named by the phone's MAC, else by the extension."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind, written = MAKES[make], []
    for account in accounts:
        path = folder / kind.name.format(macs.get(account.extension, account.extension))
        write_private(path, kind.text(account, door))
        written.append(path)
    return written


def read_macs(path: Path, known: Iterable[str]) -> dict[str, str]:
    """`extension,mac` lines, `#` begins a comment. ProvisioningError for an unknown extension or no MAC address."""
    extensions, macs = set(known), dict[str, str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text or text.lower().replace(" ", "") == "extension,mac":
            continue
        extension, _, written = (part.strip() for part in text.partition(","))
        mac = re.sub(r"[:.-]", "", written).lower()
        if extension not in extensions:
            raise ProvisioningError(f"{path}:{number}: {extension!r} is no agent's extension (see agents.yaml)")
        if not _MAC.fullmatch(mac):
            raise ProvisioningError(f"{path}:{number}: {written!r} is no MAC address, such as 80:5e:c0:12:34:56")
        if mac in macs.values():
            raise ProvisioningError(f"{path}:{number}: the phone {written} is given twice: one phone, one agent")
        macs[extension] = mac
    return macs
