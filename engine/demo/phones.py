"""Many SIP phones in one baresip: the demo's agents, or its callers, driven over baresip's control port.

One process with an account per phone was measured against one process per phone and against SIPp
(docs/adr/0005-demo-phones.md). Knows SIP phones only: who presses what, and when, is `engine.demo.stage`'s.
"""

from __future__ import annotations

import json
import math
import shutil
import socket
import subprocess
import threading
import time
import wave
from array import array
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from engine import fetch
from engine.settings import free_port, port_is_free, write_private

CONNECT_TIMEOUT_S = 8.0
QUIT_TIMEOUT_S = 3.0
# Neither Asterisk's own range, nor what free ports are chosen from, nor the kernel's for outgoing connections.
RTP_PORTS = (30000, 32766)
CALLS_AT_ONCE = 500  # of one process, whose phones are many
# Where a phone's sound ends, baresip ends the call: so no call may last longer.
TONE_S = 210
LONGEST_CALL_S = 200.0
RATE_HZ = 8000


class PhoneError(Exception):
    """The phones cannot be started, or have ended; the message has baresip's last words."""


class Kind(StrEnum):
    """What happened to a call, in baresip's own words."""

    INCOMING = "CALL_INCOMING"
    ESTABLISHED = "CALL_ESTABLISHED"
    CLOSED = "CALL_CLOSED"


@dataclass(frozen=True, slots=True)
class Account:
    """One phone. With a secret it registers; without one it only calls, as a citizen's phone does."""

    user: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Something that happened to a call of `user`. `peer` is the other side's user part; `reason` is set for CLOSED."""

    kind: Kind
    user: str
    call_id: str
    peer: str
    reason: str


class PhoneBank:
    """Phones that answer to one SIP server. `on_event` is called in the bank's own thread: it must only hand over."""

    def __init__(
        self,
        folder: Path,
        accounts: Iterable[Account],
        server: tuple[str, int],
        on_event: Callable[[PhoneEvent], None],
        *,
        record: bool = False,
        address: str = "127.0.0.1",
        trusts: Path | None = None,
        calls_at_once: int = CALLS_AT_ONCE,
    ) -> None:
        """`folder` is written to; with `record` what each call hears becomes a WAV in it (`recordings`).

        `address` is this machine's, from which the phones call. `trusts` is a server's certificate: then they speak
        TLS with that server only, and SRTP only. One more than `calls_at_once` is busy.
        """
        self._folder = folder
        self._accounts = list(accounts)
        self._host, self._port = server
        self._on_event = on_event
        self._record = record
        self._address = address
        self._trusts = trusts
        self._calls_at_once = calls_at_once
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._sending = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the phones; they are registering when this returns (`wait_registered`). Raises PhoneError."""
        baresip = fetch.program("baresip")
        control_port = self._write_configuration(baresip)
        log = (self._folder / "log").open("wb")
        with log:
            self._process = subprocess.Popen(
                [*_ends_with_its_parent(), *baresip.argv(), "-f", str(self._folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C on the terminal is for the demo, which then ends the phones in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        while self._control is None:
            try:
                self._control = socket.create_connection(("127.0.0.1", control_port), 1)
            except OSError as error:
                if not self.alive or time.monotonic() > deadline:
                    self.close()
                    raise PhoneError(f"the phones did not start:\n{self.last_words()}") from error
                time.sleep(0.05)
        self._control.settimeout(None)
        threading.Thread(target=self._read, args=(self._control,), name="phones", daemon=True).start()

    def close(self) -> None:
        """Hang up, unregister, end; at most QUIT_TIMEOUT_S, then by force."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError, PhoneError):
            self._send("quit")
        try:
            process.wait(QUIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._control:
            self._control.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self._process.pid if self._process else None

    def wait_registered(self, timeout_s: float) -> set[str]:
        """The users that the server has accepted, at the latest after `timeout_s`."""
        # Registration can be over before the control port is connected: only the log has all of it.
        wanted = {account.user for account in self._accounts if account.secret}
        deadline = time.monotonic() + timeout_s
        while True:
            said = (self._folder / "log").read_text(errors="replace").splitlines()
            accepted = {line.partition("@")[0].split(":")[-1].strip() for line in said if "200 OK" in line} & wanted
            if accepted == wanted or time.monotonic() > deadline or not self.alive:
                return accepted
            time.sleep(0.05)

    def dial(self, user: str, number: str) -> None:
        """`user` calls `number` at the server."""
        self._send("uafind", self._aor(user), "dial", f"sip:{number}@{self._host}:{self._port}{self._transport}")

    def accept(self, user: str, call_id: str) -> None:
        """`user` answers this call."""
        self._send("uafind", self._aor(user), "callfind", call_id, "accept", "")

    def press(self, user: str, key: str) -> None:
        """`user` presses a key in the current call (RFC 4733)."""
        self._send("uafind", self._aor(user), "sndcode", key)

    def hangup(self, user: str) -> None:
        """`user` hangs up, or declines."""
        self._send("uafind", self._aor(user), "hangup", "")

    def recordings(self) -> list[Path]:
        """The recordings of what calls have heard, oldest first; the last may still grow."""
        return sorted(self._folder.glob("dump-*-dec.wav"))

    def last_words(self, lines: int = 6) -> str:
        """The end of baresip's log."""
        try:
            said = (self._folder / "log").read_text(errors="replace")
        except OSError:
            return "  (no log)"
        return "\n".join(f"  {line}" for line in said.splitlines()[-lines:])

    def _aor(self, user: str) -> str:
        return f"sip:{user}@{self._host}:{self._port}"

    @property
    def _transport(self) -> str:
        return ";transport=tls" if self._trusts else ""

    def _send(self, *words: str) -> None:
        """Commands with their parameters in turn, in one write: baresip runs them before anything else happens."""
        if self._control is None:
            raise PhoneError("the phones are not running")
        packed = b""
        for at in range(0, len(words), 2):
            message = json.dumps({"command": words[at], "params": "".join(words[at + 1 : at + 2])}).encode()
            packed += b"%d:%b," % (len(message), message)
        try:
            with self._sending:
                self._control.sendall(packed)
        except OSError as error:
            raise PhoneError(f"the phones have ended:\n{self.last_words()}") from error

    def _read(self, control: socket.socket) -> None:
        """Netstrings (`12:{"event":…},`) from the control port, until it closes."""
        buffer = b""
        while True:
            try:
                chunk = control.recv(65536)
            except OSError:
                return
            if not chunk:
                return
            buffer += chunk
            while (colon := buffer.find(b":")) > 0:
                end = colon + 1 + int(buffer[:colon])
                if len(buffer) <= end:
                    break
                message, buffer = buffer[colon + 1 : end], buffer[end + 1 :]
                self._handle(json.loads(message))

    def _handle(self, message: dict[str, object]) -> None:
        kind = str(message.get("type"))
        if not message.get("event") or kind not in set(Kind):
            return
        self._on_event(
            PhoneEvent(
                kind=Kind(kind),
                user=_user_of(str(message.get("accountaor", ""))),
                call_id=str(message.get("id", "")),
                peer=_user_of(str(message.get("peeruri", ""))),
                reason=str(message.get("param", "")),
            )
        )

    def _write_configuration(self, baresip: fetch.Program) -> int:
        """Baresip's folder; returns the control port."""
        self._folder.mkdir(parents=True, exist_ok=True)
        taken: set[int] = set()
        control_port = free_port(taken)
        sip_port = free_port(taken)
        # It listens for TLS one port above.
        while sip_port + 1 in taken or not port_is_free(sip_port + 1):
            sip_port = free_port(taken)
        tone = self._folder / "tone.wav"
        if not tone.exists():
            write_tone(tone)
        lines = [
            f"sip_listen {self._address}:{sip_port}",
            f"audio_source aufile,{tone}",
            "audio_alert aubridge,alert",
            f"snd_path {self._folder}",
            "audio_channels 1",
            "audio_level no",
            f"rtp_ports {RTP_PORTS[0]}-{RTP_PORTS[1]}",
            f"call_max_calls {self._calls_at_once}",
            "statmode_default off",
            f"module_path {baresip.path('usr/lib/baresip/modules')}",
            "module g711.so",
            "module aufile.so",
            "module aubridge.so",
            *(["module sndfile.so"] if self._record else []),
            *(["module srtp.so", f"sip_cafile {self._trusts}"] if self._trusts else []),
            "module_tmp uuid.so",
            "module_tmp account.so",
            "module_app ctrl_tcp.so",
            "module_app menu.so",
            f"ctrl_tcp_listen 127.0.0.1:{control_port}",
        ]
        (self._folder / "config").write_text("\n".join([*lines, ""]))
        write_private(self._folder / "accounts", "".join(self._account_line(account) for account in self._accounts))
        (self._folder / "contacts").write_text("")
        return control_port

    def _account_line(self, account: Account) -> str:
        registering = "regint=0"
        if account.secret is not None:
            registering = f"auth_user={account.user};auth_pass={account.secret};regint=300"
        transport = "tls>;mediaenc=srtp-mand" if self._trusts else "udp>"
        # A sound device of its own for each: devices of one name would be closed by the first that hangs up.
        return (
            f"<sip:{account.user}@{self._host}:{self._port};transport={transport};{registering};answermode=manual;"
            f"audio_codecs=PCMA/8000/1,PCMU/8000/1;audio_player=aubridge,{account.user}\n"
        )


def _ends_with_its_parent() -> list[str]:
    """Words before a command that let the kernel end it when we are killed. By a program: there are threads here."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def write_tone(path: Path) -> None:
    """TONE_S seconds of something that rises and falls like talk, quiet, as a WAV of 8 kHz, 16 bit, mono."""
    second = array(
        "h",
        (
            round(3000 * abs(math.sin(2 * math.pi * 2 * n / RATE_HZ)) * math.sin(2 * math.pi * 220 * n / RATE_HZ))
            for n in range(RATE_HZ)
        ),
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(second.tobytes() * TONE_S)


def _user_of(uri: str) -> str:
    return uri.removeprefix("sip:").partition("@")[0]
