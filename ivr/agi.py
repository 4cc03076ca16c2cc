"""The AGI adapter: pyst2's `AGI` on a FastAGI socket, with its faults fenced in.

What is kept of pyst2 is the command set; what is replaced is everything that touches the process or the wire:
its constructor installs a SIGHUP handler (impossible off the main thread), it writes debug lines for every command,
reads text streams, takes `HANGUP` for a reply and `hangup` as a variable's value for a hang-up. Here a line is
framed as bytes first and decoded after, every read has a deadline, and whatever way a caller goes is one exception,
`CallerHungUp`. This file may not know what a call is about.
"""

from __future__ import annotations

import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from asterisk.agi import AGI

from dialplan import limits

# Of the environment's 25 lines, what anybody reads: a waiting caller's session keeps them for as long as it lasts.
KEPT = frozenset({"agi_uniqueid", "agi_channel", "agi_callerid", "agi_extension", "agi_network_script"})
# Each waiting session holds a buffer of this size; below 512 bytes Python takes it from its own pools.
_READ_BYTES = 448
ALL_KEYS = "0123456789*#D"  # D is the dispatcher's wake-up; nobody may gain anything by sending it
_UNSAFE = re.compile(r"[\r\n\0]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z0-9_.=~-]{1,100}")
_PLAIN = re.compile(r"[A-Za-z0-9_.:+/@-]*")  # no comma, quote, blank, dollar: nothing that MSet or EXEC would split
_REPLY = re.compile(r"(\d{3})(?:([ -])(.*))?")
_RESULT = re.compile(r"result=(-?\d*)(?: endpos=(\d+)| \((.*)\)(?: endpos=(\d+))?)?")


class HangupSign(StrEnum):
    """How the session came to know that the caller is gone from it."""

    LINE = "hangup_line"
    DEAD_CHANNEL = "dead_channel"  # 511
    RESULT = "result_minus_one"  # a hang-up, or the PBX could not do it: the caller may live on in the safety net
    CLOSED = "stream_closed"
    SILENT = "peer_silent"

    @property
    def certain(self) -> bool:
        """Whether the channel has left for good, so far as this session can tell."""
        return self in {HangupSign.LINE, HangupSign.DEAD_CHANNEL}


class CallerHungUp(Exception):
    """The session is over: the caller hung up, was taken elsewhere, or the PBX does not speak with us any more."""

    def __init__(self, sign: HangupSign) -> None:
        super().__init__(sign.value)
        self.sign = sign


class AgiFault(Exception):
    """What came is not AGI, or Asterisk refused a command of ours: a bug or a wrong installation, never a caller's."""


class UnsafeValue(ValueError):
    """A value that could be read as a command, an argument or an expression. It is not sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may send and how long it may take, so that no stranger holds a thread or fills the memory."""

    environment_lines: int = limits.AGI_ENVIRONMENT_LINES
    line_bytes: int = limits.AGI_LINE_BYTES
    environment_s: float = limits.AGI_ENVIRONMENT_S
    command_s: float = limits.AGI_COMMAND_S
    usage_lines: int = limits.AGI_USAGE_LINES


class Played(NamedTuple):
    """How a sound ended: by this key, or "" at its end; and where, in samples."""

    key: str
    end_samples: int


def quoted(value: str) -> str:
    """The value as one AGI argument. Raises UnsafeValue for CR, LF and NUL, which end a command."""
    if _UNSAFE.search(value):
        raise UnsafeValue(f"control character in {value[:40]!r}")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain(value: str) -> str:
    """The value itself, when it has only letters, digits and `_.:+/@-`; else UnsafeValue."""
    if not _PLAIN.fullmatch(value):
        raise UnsafeValue(f"not a plain value: {value[:40]!r}")
    return value


def _dialled(endpoint: str) -> str:
    """An endpoint, `plain` but for a URI's parameters: that of TLS, and a phone's own (acd/ami/names.py)."""
    bare, *parameters = endpoint.split(";")
    if not all(_PARAMETER.fullmatch(one) for one in parameters):
        raise UnsafeValue(f"not a plain value: {endpoint[:80]!r}")
    return ";".join((plain(bare), *parameters))


class AgiChannel(AGI):  # type: ignore[misc]  # pyst2 has no types
    """One channel of the PBX, spoken with over one FastAGI connection. Owned by one thread."""

    def __init__(
        self,
        connection: socket.socket,
        limits: Limits | None = None,
        on_round_trip: Callable[[float], None] | None = None,
    ) -> None:
        """Read the environment. Raises CallerHungUp for a peer that leaves or says nothing, AgiFault for a stranger.

        `on_round_trip` hears the seconds of every command that takes no time of its own.
        """
        # Not super().__init__(): it would call signal.signal, which only the main thread may.
        self._connection = connection
        self._limits = limits or Limits()
        self._on_round_trip = on_round_trip
        self._unread = bytearray()
        self._gone: HangupSign | None = None
        self.dialled_as: Callable[[str], str] = lambda endpoint: endpoint  # how this channel's PBX rings it
        self.env: dict[str, str] = {}
        self._get_agi_env()

    # --- the wire ---------------------------------------------------------------------------------------------

    def _get_agi_env(self) -> None:
        deadline = time.monotonic() + self._limits.environment_s
        for _ in range(self._limits.environment_lines):
            line = self._line(deadline)
            if not line:
                break
            key, colon, value = line.partition(":")
            if not colon or not key.startswith("agi_"):
                raise AgiFault(f"not an AGI environment: {line[:60]!r}")
            if (key := key.strip()) in KEPT:
                self.env[sys.intern(key)] = value.strip()
        else:
            raise AgiFault(f"environment of more than {self._limits.environment_lines} lines")

    def _line(self, deadline: float | None) -> str:
        """The next line, without its end. Framed as bytes and then decoded, so that no byte can shift a frame."""
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > self._limits.line_bytes:
                raise AgiFault(f"line of more than {self._limits.line_bytes} bytes")
            self._receive(deadline)
        if end > self._limits.line_bytes:
            raise AgiFault(f"line of more than {self._limits.line_bytes} bytes")
        line = self._unread[:end].decode("utf-8", "replace").rstrip("\r")
        del self._unread[: end + 1]
        if line == "HANGUP":
            self._end(HangupSign.LINE)
        return line

    def _receive(self, deadline: float | None) -> None:
        try:
            if deadline is None:
                self._connection.settimeout(None)
            else:
                self._connection.settimeout(max(0.001, deadline - time.monotonic()))
            received = self._connection.recv(_READ_BYTES)
        except TimeoutError:
            self._end(HangupSign.SILENT)
        except OSError:
            self._end(HangupSign.CLOSED)
        if not received:
            self._end(HangupSign.CLOSED)
        self._unread += received

    def _end(self, sign: HangupSign) -> None:
        self._gone = sign
        raise CallerHungUp(sign)

    def send_command(self, command: str, *args: object) -> None:
        """Send one line. Raises UnsafeValue for a line end within it, CallerHungUp when nobody is there."""
        if self._gone:
            raise CallerHungUp(self._gone)
        line = " ".join([command, *map(str, args)])
        if _UNSAFE.search(line):
            raise UnsafeValue(f"control character in {line[:60]!r}")
        try:
            self._connection.settimeout(self._limits.command_s)
            self._connection.sendall(line.encode() + b"\n")
        except OSError:
            self._end(HangupSign.CLOSED)

    def get_result(self, takes_s: float | None = 0.0) -> dict[str, tuple[str, str]]:
        """The reply, as pyst2's methods expect it: {"result": (value, data), "endpos": (samples, "")}.

        `takes_s` is how long the command itself may run, None without end.
        """
        deadline = None if takes_s is None else time.monotonic() + takes_s + self._limits.command_s
        line = self._line(deadline)
        while line.startswith("100"):  # "Trying": the reply follows
            line = self._line(deadline)
        found = _REPLY.fullmatch(line)
        if not found:
            raise AgiFault(f"not a reply: {line[:60]!r}")
        code, continued, text = found.groups()
        if code == "200" and (result := _RESULT.fullmatch(text or "")):
            value, endpos, data, endpos_after_data = result.groups()
            if value == "-1":
                self._look_for_hangup_line()
                self._end(HangupSign.RESULT)
            if value == "-2":
                raise AgiFault("Asterisk has no such application")
            return {"result": (value, data or ""), "endpos": (endpos or endpos_after_data or "", "")}
        if code == "511":
            self._end(HangupSign.DEAD_CHANNEL)
        if code == "520" and continued == "-":
            self._skip_usage(deadline)
        raise AgiFault(f"refused: {line[:60]!r}")

    def _look_for_hangup_line(self) -> None:
        """After a command failed: Asterisk says `HANGUP` next, at once, when the caller hung up, and nothing if not."""
        try:
            self._line(time.monotonic() + _HANGUP_FOLLOWS_S)
        except CallerHungUp as gone:
            if gone.sign is HangupSign.LINE:
                raise

    def _skip_usage(self, deadline: float | None) -> None:
        for _ in range(self._limits.usage_lines):
            if self._line(deadline).startswith("520 "):
                return

    def execute(self, command: str, *args: object, takes_s: float | None = 0.0) -> dict[str, tuple[str, str]]:
        """One command, one reply. `takes_s` is how long the command itself may run, None without end."""
        begun = time.perf_counter()
        self.send_command(command, *args)
        reply = self.get_result(takes_s)
        if takes_s == 0.0 and self._on_round_trip:
            self._on_round_trip(time.perf_counter() - begun)
        return reply

    def _quote(self, string: Any) -> str:
        return quoted(str(string))

    def test_hangup(self) -> None:
        """pyst2's question before a command: has a hang-up been read?"""
        if self._gone:
            raise CallerHungUp(self._gone)

    # --- commands, where pyst2's own are not enough ---------------------------------------------------------------

    def play(self, sound: str, offset_samples: int = 0) -> Played:
        """Play a sound until its end or a key. Raises SoundMissing when the PBX has no such file, or can't play it.

        STREAM FILE, never EXEC Playback: a killed engine's caller is in the safety net at once, not after the prompt.
        """
        try:
            reply = self.execute(
                "STREAM FILE", quoted(sound), quoted(ALL_KEYS), offset_samples, takes_s=_LONGEST_SOUND_S
            )
        except CallerHungUp as gone:
            if gone.sign is HangupSign.RESULT and self._is_up():
                raise SoundMissing(sound) from None
            raise
        key, end = reply["result"][0], int(reply["endpos"][0] or 0)
        if key == "0" and end == 0:  # not a sample was played
            raise SoundMissing(sound)
        return Played("" if key == "0" else chr(int(key)), end)

    def _is_up(self) -> bool:
        """After a failure that may have been a hang-up. Raises CallerHungUp when it was one."""
        self._gone = None
        return bool(self.execute("CHANNEL STATUS")["result"][0] == _UP)

    def wait_for_digit(self, timeout: int = 2000) -> str:
        """The key that came within `timeout` ms, or ""."""
        key = self.execute("WAIT FOR DIGIT", timeout, takes_s=timeout / 1000)["result"][0]
        return "" if key == "0" else chr(int(key))

    def set_variables(self, **values: str) -> None:
        """Set channel variables in one round trip. Values are plain (see `plain`): MSet splits at commas."""
        self.execute("EXEC MSet", ",".join(_pairs(values)))

    def music(self, music_class: str) -> None:
        """Music on hold from now until something else is played."""
        self.execute("SET MUSIC", "ON", plain(music_class))

    def dial(self, endpoint: str, ring_s: float, options: str, **variables: str) -> str:
        """Ring an endpoint and talk. Returns DIALSTATUS after the talk, or after nobody answered.

        `variables` are set on the channel as the Dial begins, before any phone rings: by the PBX (context `dialling`),
        because a round trip for them is a tenth of the time from one agent's call to the next.
        """
        if len(variables) > _MOST_WITH_DIAL:
            raise UnsafeValue(f"{len(variables)} variables")
        if variables:
            options += f"B(dialling^s^1({'^'.join(_pairs(variables))}))"
        application = f"{_dialled(self.dialled_as(endpoint))},{max(1, round(ring_s))},{_dial_options(options)}"
        self.execute("EXEC Dial", application, takes_s=None)
        time.sleep(_NEXT_FIRST_S)
        return str(self.get_variable("DIALSTATUS"))

    def record(self, name: str) -> None:
        """Record both sides of every talk from now on (MixMonitor), into `name` below the PBX's monitor folder.

        Only while bridged, at the end of what is there already; the PBX goes on when the engine is gone.
        """
        self.execute("EXEC MixMonitor", f"{plain(name)},ab")

    def stop_recording(self) -> None:
        """End what `record` began."""
        self.execute("EXEC StopMixMonitor")

    def take_down(self, name: str, most_s: float, silence_s: int) -> None:
        """After a tone, write what the caller says to `name`.wav, until `#`, silence, or the longest time.

        Raises AgiFault when the PBX can't write it.
        """
        try:
            self.execute(
                "RECORD FILE",
                quoted(name),
                "wav",
                quoted("#"),
                round(most_s * 1000),
                "BEEP",
                f"s={silence_s}",
                takes_s=most_s + _TONE_S,
            )
        except CallerHungUp as gone:
            if gone.sign is HangupSign.RESULT and self._is_up():
                raise AgiFault(f"not written: {name}") from None
            raise

    def spy(self, channel: str, options: str) -> None:
        """Listen to another channel's talk (ChanSpy) until either ends."""
        self.execute("EXEC ChanSpy", f"{plain(channel)},{_dial_options(options)}", takes_s=None)

    def end_after(self, seconds: int) -> None:
        """The PBX hangs up after so long; 0: no more."""
        self.execute("SET AUTOHANGUP", str(max(0, seconds)))

    def answer(self) -> None:
        """Answer the channel unless it is answered. Takes 500 ms on a channel that sends no media yet."""
        self.execute("ANSWER", takes_s=1.0)


class SoundMissing(AgiFault):
    """The PBX played nothing: the sound is not where the catalogue says, or is none."""


_LONGEST_SOUND_S = 180.0
_HANGUP_FOLLOWS_S = 0.1
_TONE_S = 5.0
_UP = "6"  # a channel's state
_OPTIONS = re.compile(r"[A-Za-z0-9_.:=+@()/^-]*")
# After a Dial the agent is mostly free, and somebody waits for them: that INVITE goes before this caller's goodbye.
_NEXT_FIRST_S = 0.004
_MOST_WITH_DIAL = 4  # as many as context `dialling` sets


def _pairs(variables: Mapping[str, str]) -> list[str]:
    for name in variables:
        if not _NAME.fullmatch(name):
            raise UnsafeValue(f"not a variable's name: {name[:40]!r}")
    return [f"{name}={plain(value)}" for name, value in variables.items()]


def _dial_options(options: str) -> str:
    if not _OPTIONS.fullmatch(options):
        raise UnsafeValue(f"not Dial options: {options[:40]!r}")
    return options
