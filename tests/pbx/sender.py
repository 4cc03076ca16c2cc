"""Who writes SIP and RTP as they like, at an address of their own: a guest, a scanner, a citizen behind a carrier.

No stack of ours stands between: what a test writes is what the PBX gets.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import Self

from centre import Centre

_CALL_ID = re.compile(r"^Call-ID: (.*)\r$", re.MULTILINE)
_CSEQ = re.compile(r"^CSeq: (.*)\r$", re.MULTILINE)
AGAIN_S = 1.0
GIVES_UP_S = 30.0


@dataclass(slots=True)
class Accepted:
    """A call that the PBX has taken: what every request within it begins with, and where it hears sound."""

    call_id: str
    target: str
    via: str
    common: str
    rtp: tuple[str, int]
    cseq: int = 1


class Sender:
    """A context manager, which hangs up what was accepted."""

    def __init__(self, centre: Centre, address: str) -> None:
        self.centre, self.address = centre, address
        self.socket, self.rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self.socket, self.rtp):
            one.bind((address, 0))
            one.settimeout(AGAIN_S)
        self.port = self.socket.getsockname()[1]
        self.number = 0
        self.open: list[Accepted] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.socket.close()
        self.rtp.close()

    def raw(self, data: bytes) -> None:
        self.socket.sendto(data, self.centre.sip)

    def ask(self, method: str, to: str, who: str, extra: str = "") -> str:
        """The final answer to one request; an INVITE's is acknowledged."""
        self.number += 1
        call, host = f"s{self.number}-{self.port}-{time.monotonic_ns()}", self.centre.sip[0]
        uri = f"sip:{to}@{host}" if to else f"sip:{host}"
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n"
            f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
            if method == "INVITE"
            else ""
        )
        kind = "Content-Type: application/sdp\r\n" if body else ""
        common = f"Max-Forwards: 70\r\nFrom: <sip:{who}@{self.address}>;tag=1\r\nCall-ID: {call}\r\n"
        via = f"Via: SIP/2.0/UDP {self.address}:{self.port};rport;branch=z9hG4bK{call}\r\n"
        request = (
            f"{method} {uri} SIP/2.0\r\n{via}{common}To: <sip:{who if method == 'REGISTER' else to}@{host}>\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:x@{self.address}:{self.port}>\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        (answer,) = self._answers({(call, f"1 {method}"): request}).values()
        if method == "INVITE":
            to_header = re.search(r"^To:.*$", answer, re.MULTILINE)
            assert to_header
            common += f"{to_header[0].strip()}\r\n"
            self.raw(f"ACK {uri} SIP/2.0\r\n{via}{common}CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n".encode())
            if answer.startswith("SIP/2.0 2"):
                target = re.search(r"^Contact:.*<([^>]+)>", answer, re.MULTILINE)
                sound = re.search(r"^c=IN IP4 (\S+)(?:.|\n)*?^m=audio (\d+)", answer, re.MULTILINE)
                assert target
                assert sound
                self.open.append(Accepted(call, target[1], via, common, (sound[1], int(sound[2]))))
        return answer

    def status(self, *words: str) -> int:
        return int(self.ask(*words)[8:11])

    def _answers(self, requests: dict[tuple[str, str], bytes]) -> dict[tuple[str, str], str]:
        """The final answers, by Call-ID and CSeq. What has none is sent again: UDP loses what comes in floods."""
        answers: dict[tuple[str, str], str] = {}
        gives_up_at = time.monotonic() + GIVES_UP_S
        while waiting := requests.keys() - answers.keys():
            if time.monotonic() > gives_up_at:
                raise TimeoutError(f"no answer to {waiting}")
            for one in waiting:
                self.raw(requests[one])
            heard_until = time.monotonic() + AGAIN_S
            while requests.keys() - answers.keys() and time.monotonic() < heard_until:
                try:
                    answer = self.socket.recv(65_535).decode("utf-8", "replace")
                except TimeoutError:
                    break
                if answer.startswith("SIP/2.0 ") and not answer.startswith("SIP/2.0 1"):
                    call_id, cseq = _CALL_ID.search(answer), _CSEQ.search(answer)
                    name = (call_id[1], cseq[1]) if call_id and cseq else ("", "")
                    if name in requests:
                        answers[name] = answer
        return answers

    def within(self, call: Accepted, method: str, *, kind: str = "", body: bytes = b"", extra: str = "") -> None:
        """A request within a call; nobody waits for its answer."""
        self.raw(self._within(call, method, kind, body, extra))

    def _within(self, call: Accepted, method: str, kind: str, body: bytes, extra: str) -> bytes:
        call.cseq += 1
        via = call.via.replace("z9hG4bK", f"z9hG4bK{call.cseq}")
        typed = f"Content-Type: {kind}\r\n" if kind else ""
        head = f"{method} {call.target} SIP/2.0\r\n{via}{call.common}CSeq: {call.cseq} {method}\r\n{extra}{typed}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def sound(self, call: Accepted, packet: bytes) -> None:
        """A packet where the PBX hears this call."""
        self.rtp.sendto(packet, call.rtp)

    def hang_up(self, extra: str = "") -> None:
        """Every call that was accepted."""
        calls, self.open = self.open, []
        byes = [self._within(call, "BYE", "", b"", extra) for call in calls]
        self._answers({(call.call_id, f"{call.cseq} BYE"): bye for call, bye in zip(calls, byes, strict=True)})
