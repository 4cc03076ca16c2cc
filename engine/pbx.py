"""The Asterisk process: started below the state folder, watched, spoken to over its control socket, stopped by pid.

It runs in a session of its own, so that a Ctrl-C at a terminal reaches only `up`, which ends things in order.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dialplan.ruleset import Ruleset
from engine import credentials, fetch, pbxconfig, ready
from engine.settings import RunSettings

START_WITHIN_S = 60.0
STOP_WITHIN_S = 4.0
SECURE_FROM = (22, 10, 1)


class PbxError(Exception):
    """Asterisk did not start, or does not answer; the message has its own last words."""


class Pbx:
    """The Asterisk of one state folder."""

    def __init__(self, settings: RunSettings, asterisk: fetch.Program) -> None:
        self._settings = settings
        self._asterisk = asterisk
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id. Asterisk itself, also when it is run through its loader."""
        assert self._process is not None
        return self._process.pid

    def start(self, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Start it and return when it is fully booted. `pause` waits, and may raise to give up.

        Raises PbxError when it ends, takes too long, or runs without a module that it must have.
        """
        log = self._settings.pbx_dir / "log" / "console"
        self._settings.control_socket.unlink(missing_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*self._asterisk.argv(), "-f", "-C", str(pbxconfig.etc_dir(self._settings) / "asterisk.conf")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._settings.state,
                start_new_session=True,
                umask=0o077,  # recordings are nobody else's
                # This process blocks the signals it waits for; Asterisk must not inherit that.
                preexec_fn=unblock_signals,  # noqa: PLW1509 - one thread, and only a system call
            )
        try:
            self._wait_booted(log, pause)
        except BaseException:
            self.stop()
            raise

    def _wait_booted(self, log: Path, pause: Callable[[float], None]) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            if (code := self._process.poll()) is not None:
                raise PbxError(f"Asterisk ended with {code} at its start:\n{self._last_words(log)}")
            try:
                if "fully booted" in console(self._settings, "core waitfullybooted", timeout_s=START_WITHIN_S):
                    break
            except (OSError, PbxError):
                pass  # not there yet, or on a busy machine still at it: the deadline is START_WITHIN_S
            if time.monotonic() > deadline:
                raise PbxError(f"Asterisk was not ready within {START_WITHIN_S:.0f} s:\n{self._last_words(log)}")
            pause(0.05)
        missing = modules_not_running(self._settings)
        if missing:
            raise PbxError(f"Asterisk runs without {', '.join(missing)}:\n{self._last_words(log)}")

    def _last_words(self, log: Path) -> str:
        messages = log.with_name("messages.log")
        lines = log.read_text(errors="replace").splitlines()
        if messages.exists():
            lines += [x for x in messages.read_text(errors="replace").splitlines() if "ERROR" in x or "WARNING" in x]
        return "\n".join(f"  {line}" for line in lines[-8:])

    def ended(self) -> int | None:
        """The exit code, when it is no longer there."""
        return None if self._process is None else self._process.poll()

    def stop(self) -> None:
        """End it: calls are hung up. By its own pid, and only if it is still there."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_WITHIN_S)


def running_pid(settings: RunSettings) -> int | None:
    """The Asterisk of this state, whoever started it; None where none runs, or in another container.

    It is ours only if it was started with this state's own configuration.
    """
    try:
        pid = int((settings.run_dir / "asterisk.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(pbxconfig.etc_dir(settings) / "asterisk.conf").encode() in words else None


def stop_left_over(settings: RunSettings) -> bool:
    """End an Asterisk of this state whose `up` was killed. True when there was one."""
    pid = running_pid(settings)
    if pid is None:
        return False
    for number, patience_s in ((signal.SIGTERM, STOP_WITHIN_S), (signal.SIGKILL, STOP_WITHIN_S)):
        if not ready.alive(pid):
            break
        os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while ready.alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    return True


def console(settings: RunSettings, command: str, *, timeout_s: float = 10.0) -> str:
    """What Asterisk's console answers to one command. Raises OSError when nobody listens, PbxError on silence."""
    if "\n" in command or "\0" in command:
        raise ValueError("one command at a time")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(timeout_s)
        line.connect(str(settings.control_socket))
        # Asterisk greets with one line (host/pid/version); the prefix makes it hang up after the answer.
        line.sendall(f"cli quit after {command}\0".encode())
        heard = b""
        try:
            while chunk := line.recv(65536):
                heard += chunk
        except TimeoutError as error:
            raise PbxError(f"Asterisk's console did not answer `{command}` within {timeout_s:.0f} s") from error
    return heard.decode("utf-8", "replace").partition("\n")[2]


def modules_not_running(settings: RunSettings) -> list[str]:
    """Modules that modules.conf names and that are not running: Asterisk itself keeps silent about them."""
    return sorted(modules_named(settings, "require") - modules_running(settings))


def modules_named(settings: RunSettings, *words: str) -> set[str]:
    """The modules that the PBX's files name with one of these words: `require`, `load`, `preload`."""
    etc = pbxconfig.etc_dir(settings)
    files = (etc / "modules.conf", *etc.glob("generated/srtp.conf"))
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    return set(re.findall(rf"^(?:{'|'.join(words)}) = (\S+)", text, re.MULTILINE))


def modules_running(settings: RunSettings) -> set[str]:
    """The modules that the PBX itself says it runs. Raises OSError, PbxError when its console does not answer."""
    listed = console(settings, "module show")
    found = re.finditer(r"^(\S+\.so)\b.*\bRunning\b", listed, re.MULTILINE)
    return {one[1] for one in found if "Not Running" not in one[0]}


def apply_rules(settings: RunSettings, ruleset: Ruleset) -> None:
    """Make a running Asterisk follow the rules: agents' endpoints, carriers, numbers, opening hours. Takes 0.1-0.5 s.

    For a reload, after the rules have been checked; raises PbxError or OSError when Asterisk cannot be reached. Each of
    several nodes gets its files all the same: one that is away reads them when it starts.
    """
    secrets = credentials.load_or_make(settings.state, pbxconfig.accounts(ruleset))
    unreachable: list[Exception] = []
    for one in settings.pbxes:
        try:
            _apply_to(one, ruleset, secrets)
        except (OSError, PbxError) as error:
            unreachable.append(error)
    if len(unreachable) == len(settings.pbxes):
        raise unreachable[0]


def _apply_to(settings: RunSettings, ruleset: Ruleset, secrets: credentials.Credentials) -> None:
    pbxconfig.write_rules(settings, ruleset, secrets)
    for module in modules_not_running(settings):  # the first carrier that is encrypted
        console(settings, f"module load {module}")
    console(settings, "module reload res_pjsip.so")
    console(settings, "dialplan reload")


def version_warning(asterisk: fetch.Program) -> str | None:
    """What to tell an operator whose Asterisk lacks security fixes; None when it has them."""
    version = fetch.asterisk_version(asterisk)
    if version >= SECURE_FROM:
        return None
    said = ".".join(map(str, version))
    return (
        f"WARNING: Asterisk {said} lacks security fixes that {'.'.join(map(str, SECURE_FROM))} has (one of CVSS 8.2). "
        "Upgrade it, or set RINGMASTER_FETCH_ASTERISK=1 to have a newer one fetched beside it."
    )


def unblock_signals() -> None:
    """For a child between fork and exec: the signals that its parent waits for with sigtimedwait are its own again."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def die_with_parent() -> None:
    """For a child between fork and exec: the kernel kills it when its parent is killed. (Linux; elsewhere nothing.)"""
    unblock_signals()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
