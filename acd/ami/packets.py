"""AMI on the wire, without a socket: bytes to packets, and actions to bytes that can't carry a second action.

Pure: no I/O. Framing happens on bytes and before decoding; a header ends at CRLF and nowhere else, so that a
caller's name with U+2028 or a vertical tab in it stays one value (`str.splitlines` would make two headers of it).
Asterisk itself ends a header at a bare LF too and reads 1,024 bytes of a line: both bound what may be sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from asterisk.ami import Action

from dialplan.limits import AMI_LINE_BYTES, AMI_PACKET_BYTES, AMI_PACKET_HEADERS

_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]{1,80}(\([A-Za-z0-9_,-]{0,80}\))?\Z")
_UNSET = "(null)"  # what Asterisk's Status says of a variable that the channel has not
_FORBIDDEN = re.compile("[\r\n\0]")


class AmiError(Exception):
    """Anything that goes wrong between the engine and the manager interface."""


class UnsafeHeader(AmiError):
    """A value would have ended its header and begun another: refused, nothing was sent."""


class NotAnAmiPeer(AmiError):
    """What came is not the manager interface's protocol."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet from Asterisk. `name` is the event's name, or "" for a response; `status` the other way round.

    A header that comes more than once (Variable, ChanVariable) keeps its last value in `headers` and all in `many`.
    """

    name: str
    status: str
    headers: dict[str, str]
    many: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, header: str) -> str:
        """The header's value, "" when it is not there."""
        return self.headers.get(header, "")


class Framer:
    """Cuts a byte stream into packets in linear time, however the bytes arrive."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._searched = 0
        self._greeted = False
        self.version = ""

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now, without the empty line. Raises NotAnAmiPeer."""
        self._data += data
        packets: list[bytes] = []
        if not self._greeted and not self._take_greeting():
            return packets
        begin = 0
        while True:
            end = self._data.find(b"\r\n\r\n", max(begin, self._searched))
            if end < 0:
                break
            if end - begin > AMI_PACKET_BYTES:
                raise NotAnAmiPeer(f"a packet of more than {AMI_PACKET_BYTES} bytes")
            if end > begin:
                packets.append(bytes(self._data[begin:end]))
            begin = self._searched = end + 4
        del self._data[:begin]
        if len(self._data) > AMI_PACKET_BYTES:
            raise NotAnAmiPeer(f"a packet of more than {AMI_PACKET_BYTES} bytes")
        self._searched = max(0, len(self._data) - 3)
        return packets

    def _take_greeting(self) -> bool:
        end = self._data.find(b"\r\n")
        if not 0 <= end <= AMI_LINE_BYTES:
            if len(self._data) > AMI_LINE_BYTES:
                raise NotAnAmiPeer("no greeting in the first kilobyte")
            return False
        match = re.match(rb"Asterisk Call Manager/([0-9.]+)", self._data[:end])
        if not match:
            raise NotAnAmiPeer(f"the peer greets with {bytes(self._data[: min(end, 60)])!r}")
        self.version = match.group(1).decode("ascii")
        del self._data[: end + 2]
        self._greeted = True
        return True


def parse(raw: bytes) -> Packet | None:
    """A packet's headers; None for what is neither an event nor a response. Lines without a colon are skipped.

    Raises NotAnAmiPeer for more headers than any packet of Asterisk's has.
    """
    lines = raw.decode("utf-8", "replace").split("\r\n")
    if len(lines) > AMI_PACKET_HEADERS:
        raise NotAnAmiPeer(f"a packet of more than {AMI_PACKET_HEADERS} headers")
    kind, _, value = lines[0].partition(":")
    kind, value = kind.strip().lower(), value.strip()
    if kind not in ("event", "response") or not value:
        return None
    headers: dict[str, str] = {}
    many: dict[str, tuple[str, ...]] = {}
    for line in lines[1:]:
        name, colon, content = line.partition(":")
        if not colon:
            continue
        content = content.strip()
        if name in headers:
            many[name] = (*many.get(name, (headers[name],)), content)
        headers[name] = content
    return Packet(value if kind == "event" else "", value if kind == "response" else "", headers, many)


def variables(packet: Packet, header: str = "Variable") -> dict[str, str]:
    """The `Variable: NAME=value` headers of a packet (of `Status`, for example); one that is not set is absent."""
    lines: Iterable[str] = packet.many.get(header) or ((packet.headers[header],) if header in packet.headers else ())
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, _, value in pairs if value not in ("", _UNSET)}


def encode(action: Action) -> bytes:
    """The action's bytes. Raises UnsafeHeader when any part of it could end a header, or is too long for a line."""
    headers = [("Action", str(action.name)), *((str(k), str(v)) for k, v in action.keys.items())]
    for name, value in headers:
        if not _HEADER_NAME.match(name):
            raise UnsafeHeader(f"{name[:40]!r} is no header name")
        _check(name, value)
    for name, value in action.variables.items():
        if not _VARIABLE_NAME.match(str(name)):
            raise UnsafeHeader(f"{str(name)[:40]!r} is no variable name")
        _check(str(name), str(value))
    return (str(action) + "\r\n").encode("utf-8")


def _check(name: str, value: str) -> None:
    if _FORBIDDEN.search(value):
        raise UnsafeHeader(f"{name}: the value has CR, LF or NUL in it")
    try:
        length = len(value.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise UnsafeHeader(f"{name}: the value is no text") from error
    if length + len(name) > AMI_LINE_BYTES:
        raise UnsafeHeader(f"{name}: the value is longer than a line of the manager interface")
