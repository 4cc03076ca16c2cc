"""Tiny SIP user agents on UDP, all in one process and one thread (`sip_loop`), so that their timestamps are one clock's.

Enough for a benchmark on loopback: digest registration, INVITE both ways, ACK, BYE, OPTIONS, RFC 4733 keys. What is sent
has the time right before it, what comes the kernel's.
"""

from __future__ import annotations

import itertools
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable

from tests.bench.sip_loop import Loop
from tests.bench.sip_text import digest, header, headers, rtp_peer

_ids = itertools.count(1)
SDP = "application/sdp"


class Dialog:
    """One call leg, ours or theirs."""

    def __init__(self, ua: Ua, call_id: str, local: str, remote: str, target: str, cseq: int) -> None:
        self.ua, self.call_id, self.local, self.remote, self.target, self.cseq = (
            ua,
            call_id,
            local,
            remote,
            target,
            cseq,
        )
        self.rtp_peer: tuple[str, int] | None = None
        self.answered = threading.Event()
        self.ended = threading.Event()
        self.asked_at = self.answered_at = self.ended_at = self.failed = 0.0
        self.status = 0

    def request(self, method: str, body: str = "", extra: str = "", kind: str = SDP) -> float:
        self.cseq += 1
        return self.ua.send_request(
            method, self.target, self.local, self.remote, self.call_id, self.cseq, body, extra, kind
        )

    def hang_up(self) -> float:
        """BYE; the time it left."""
        at = self.request("BYE")
        self.ended_at = at
        self.ended.set()
        return at


class Ua:
    """One phone, or a carrier with as many lines as are dialled."""

    def __init__(
        self,
        loop: Loop,
        user: str,
        server: tuple[str, int],
        password: str = "",
        own: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        """`own`: the address that it sends from and is rung at; port 0 is any."""
        self.loop, self.user, self.server, self.password, self.host = loop, user, server, password, own[0]
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(own)
        self.port = self.sock.getsockname()[1]
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((self.host, 0))
        self.rtp_received = 0
        self.dialogs: dict[str, Dialog] = {}
        self.registered = threading.Event()
        self._registers = 0  # which registration is renewed; 0: none
        self.on_invite: Callable[[Dialog, str, float], None] = lambda dialog, text, now: None
        self.on_answer: Callable[[Dialog, float], None] = lambda dialog, now: None
        self.on_final: Callable[[str, int], None] = lambda request, status: None  # request: its Call-ID and CSeq
        self.on_bye: Callable[[Dialog, float], None] = lambda dialog, now: None
        self.answer_after_s: float | None = 0.0  # None: rings on
        self.reject_with: str | None = None
        self.dead = False  # answers nothing
        self.texts: list[str] = []  # SIP MESSAGEs that were shown
        self._pending: dict[str, tuple[str, str, str, str, str]] = {}
        self._invites: dict[str, str] = {}
        self._timestamp = random.getrandbits(31)
        self._sequence = random.getrandbits(15)
        loop.watch(self.sock, self)

    # -- sending --

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def sdp(self) -> str:
        port = self.rtp.getsockname()[1]
        return (
            f"v=0\r\no=- {port} 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n"
        )

    def send_request(
        self,
        method: str,
        target: str,
        local: str,
        remote: str,
        call_id: str,
        cseq: int,
        body: str = "",
        extra: str = "",
        kind: str = SDP,
    ) -> float:
        branch = f"z9hG4bK{random.getrandbits(64):x}"
        text = (
            f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.port};rport;branch={branch}\r\nMax-Forwards: 70\r\n"
            f"From: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: {self.contact}\r\n{extra}"
            + (f"Content-Type: {kind}\r\n" if body else "")
            + f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
        )
        if method in ("INVITE", "REGISTER"):
            self._pending[f"{call_id} {cseq} {method}"] = (target, local, remote, body, extra)
        at = time.perf_counter()
        self.sock.sendto(text.encode(), self.server)
        return at

    def register(self, timeout_s: float = 20.0, expires_s: int = 3600) -> Ua:
        """Register, and renew it as long as this phone lives; with 0 s, take the registration back."""
        self.registered.clear()
        self._registers = next(_ids)
        self._register(self._registers, expires_s)
        assert self.registered.wait(timeout_s), f"{self.user} could not register"
        return self

    def _register(self, latest: int, expires_s: int) -> None:
        if self._registers != latest:
            return  # closed, or registered anew
        if expires_s:
            self.loop.later(expires_s / 2, lambda: self._register(latest, expires_s))
        if self.dead:
            return
        aor = f"<sip:{self.user}@{self.server[0]}:{self.server[1]}>"
        self.send_request(
            "REGISTER",
            f"sip:{self.server[0]}:{self.server[1]}",
            f"{aor};tag={random.getrandbits(32):x}",
            aor,
            f"r{next(_ids)}-{self.port}",
            1,
            "",
            f"Expires: {expires_s}\r\n",
        )

    def call(self, number: str, user: str = "", shown: str = "", extra: str = "") -> Dialog:
        """`shown`: a display name as it is to stand in From, quotes and blank included; `extra`: whole header lines."""
        target = f"sip:{number}@{self.server[0]}:{self.server[1]}"
        local = f"{shown}<sip:{user or self.user}@{self.host}:{self.port}>;tag={random.getrandbits(32):x}"
        dialog = Dialog(self, f"c{next(_ids)}-{self.port}-{random.getrandbits(32):x}", local, f"<{target}>", target, 1)
        self.dialogs[dialog.call_id] = dialog
        dialog.asked_at = self.send_request(
            "INVITE", target, local, f"<{target}>", dialog.call_id, 1, self.sdp(), extra
        )
        return dialog

    def press(self, dialog: Dialog, keys: str, gap_s: float = 0.12) -> None:
        """RFC 4733, paced by the caller's thread."""
        assert dialog.rtp_peer is not None
        for key in keys:
            event = "0123456789*#ABCD".index(key)
            self._timestamp = (self._timestamp + 1600) & 0xFFFFFFFF
            for n in range(1, 7):
                self._sequence = (self._sequence + 1) & 0xFFFF
                duration = min(n, 4) * 160
                packet = struct.pack(
                    "!BBHIIBBH",
                    0x80,
                    101 | (0x80 if n == 1 else 0),
                    self._sequence,
                    self._timestamp,
                    self.port,
                    event,
                    (0x80 if n >= 4 else 0) | 10,
                    duration,
                )
                self.rtp.sendto(packet, dialog.rtp_peer)
                time.sleep(0.01)
            time.sleep(gap_s)

    # -- receiving --

    def received(self, data: bytes, peer: tuple[str, int], now: float) -> None:
        if self.dead or len(data) < 10:
            return
        text = data.decode("utf-8", "replace")
        if text.startswith("SIP/2.0 "):
            self._response(text, now)
        else:
            self._request(text, peer, now)

    def _response(self, text: str, now: float) -> None:
        status = int(text[8:11])
        call_id, cseq = header(text, "Call-ID"), header(text, "CSeq")
        number, method = cseq.split()
        if status >= 200:
            self.on_final(f"{call_id} {cseq}", status)
        pending = self._pending.get(f"{call_id} {cseq}")
        dialog = self.dialogs.get(call_id)
        if status in (401, 407) and pending is not None:
            del self._pending[f"{call_id} {cseq}"]
            target, local, remote, body, extra = pending
            if method == "INVITE":
                self._ack(text, target, local, call_id, number)
            challenge = header(text, "WWW-Authenticate") or header(text, "Proxy-Authenticate")
            name = "Authorization" if status == 401 else "Proxy-Authorization"
            if "Authorization" in extra:
                return
            if dialog is not None:
                dialog.cseq = int(number) + 1
            credentials = f"{name}: {digest(challenge, method, target, self.user, self.password)}\r\n"
            self.send_request(method, target, local, remote, call_id, int(number) + 1, body, extra + credentials)
            return
        if method == "REGISTER" and status == 200:
            self.registered.set()
        if method != "INVITE" or dialog is None or pending is None:
            return
        if status >= 200:
            dialog.status = status
            dialog.remote = header(text, "To")
            if status < 300:
                target = re.search(r"<([^>]+)>", header(text, "Contact"))
                dialog.target = target.group(1) if target else dialog.target
                self.send_request("ACK", dialog.target, dialog.local, dialog.remote, call_id, int(number))
                if not dialog.answered.is_set():
                    dialog.rtp_peer = rtp_peer(text)
                    dialog.answered_at = now
                    dialog.answered.set()
                    self.on_answer(dialog, now)
            else:
                del self._pending[f"{call_id} {cseq}"]
                self._ack(text, pending[0], dialog.local, call_id, number)
                dialog.ended_at = now
                dialog.ended.set()

    def _ack(self, text: str, target: str, local: str, call_id: str, number: str) -> None:
        via = header(text, "Via")
        ack = (
            f"ACK {target} SIP/2.0\r\nVia: {via}\r\nFrom: {local}\r\nTo: {header(text, 'To')}\r\nCall-ID: {call_id}\r\n"
            f"CSeq: {number} ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self.sock.sendto(ack.encode(), self.server)

    def _request(self, text: str, peer: tuple[str, int], now: float) -> None:
        method = text.split(" ", 1)[0]
        call_id = header(text, "Call-ID")
        if method == "INVITE":
            self._invited(text, peer, now, call_id)
            return
        if method == "ACK":
            return
        dialog = self.dialogs.get(call_id)
        self._reply(text, peer, "200 OK")
        if method == "MESSAGE":
            self.texts.append(text.partition("\r\n\r\n")[2])
        if method == "BYE" and dialog is not None:
            dialog.ended_at = now
            dialog.ended.set()
            self.on_bye(dialog, now)
        if method == "CANCEL" and call_id in self._invites:
            self._reply(self._invites.pop(call_id), peer, "487 Request Terminated")
            if dialog is not None:
                dialog.ended_at = now
                dialog.ended.set()

    def _invited(self, text: str, peer: tuple[str, int], now: float, call_id: str) -> None:
        if call_id in self.dialogs and "tag=" in header(text, "To"):
            self._reply(text, peer, "200 OK", "", self.sdp())  # a re-INVITE
            return
        if call_id in self._invites or call_id in self.dialogs:
            return  # a retransmission
        target = re.search(r"<([^>]+)>", header(text, "Contact"))
        tag = f"{random.getrandbits(32):x}"
        dialog = Dialog(
            self,
            call_id,
            f"{header(text, 'To')};tag={tag}",
            header(text, "From"),
            target.group(1) if target else "",
            100,
        )
        dialog.rtp_peer = rtp_peer(text)
        self.dialogs[call_id] = dialog
        self._invites[call_id] = text
        self.on_invite(dialog, text, now)
        if self.reject_with:
            self._reply(self._invites.pop(call_id), peer, self.reject_with, tag)
            return
        self._reply(text, peer, "180 Ringing", tag)
        if self.answer_after_s is not None:
            answer = lambda: self._answer(call_id, peer, tag)  # noqa: E731
            if self.answer_after_s > 0:
                self.loop.later(self.answer_after_s, answer)
            else:
                answer()

    def pick_up(self, dialog: Dialog) -> None:
        """Answer what rings (`answer_after_s` None)."""
        self._answer(dialog.call_id, self.server, dialog.local.rpartition("tag=")[2])

    def _answer(self, call_id: str, peer: tuple[str, int], tag: str) -> None:
        text = self._invites.pop(call_id, None)
        if text is None:
            return
        self._reply(text, peer, "200 OK", tag, self.sdp())
        dialog = self.dialogs[call_id]
        dialog.answered_at = time.perf_counter()
        dialog.answered.set()
        self.on_answer(dialog, dialog.answered_at)

    def _reply(self, text: str, peer: tuple[str, int], status: str, tag: str = "", body: str = "") -> None:
        to = header(text, "To")
        if tag and "tag=" not in to:
            to = f"{to};tag={tag}"
        vias = "".join(f"Via: {via}\r\n" for via in headers(text, "Via"))
        routes = "".join(f"Record-Route: {route}\r\n" for route in headers(text, "Record-Route"))
        reply = (
            f"SIP/2.0 {status}\r\n{vias}{routes}From: {header(text, 'From')}\r\nTo: {to}\r\nCall-ID: {header(text, 'Call-ID')}\r\n"
            f"CSeq: {header(text, 'CSeq')}\r\nContact: {self.contact}\r\n"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self.sock.sendto(reply.encode(), peer)

    def close(self) -> None:
        self._registers = 0
        self.loop.forget(self.sock)
        self.sock.close()
        self.rtp.close()
