"""apt without root: packages of a Debian suite with all they depend on, downloaded and checked, unpacked into a folder.

Nothing of the machine's package state is read or written, but how its apt reaches the archive. Standard library only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NETWORK_TIMEOUT_S = 20


class FetchError(Exception):
    """A program could not be had; the message says why and what to do."""


def archive() -> str:
    """The Debian archive to fetch from: RINGMASTER_ARCHIVE, or the one that this machine's apt is configured for.

    FetchError where neither names one: a machine is not sent to a host that nobody chose.
    """
    if chosen := os.environ.get("RINGMASTER_ARCHIVE"):
        return chosen.rstrip("/")
    found = _configured() if _is_debian() else None
    if found is None:
        raise FetchError(
            "this machine's apt is configured for no Debian archive. Name one, such as "
            "RINGMASTER_ARCHIVE=http://MIRROR/debian, or put Asterisk 20 or later on PATH."
        )
    return found


def _configured() -> str | None:
    """In whatever form apt's sources are written."""
    listed = subprocess.run(
        ["apt-get", "-o", "Debug::NoLocking=1", "-o", "Dir::State::lists=/nonexistent", "update", "--print-uris"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    ).stdout
    uris = re.findall(r"^'(https?://\S+?)/dists/([^/']+)(?:/updates)?/(?:In)?Release'", listed, re.MULTILINE)
    main = [uri for uri, suite in uris if "security" not in suite and "security" not in uri and "/debian" in uri]
    return main[0].rstrip("/") if main else None


def _is_debian() -> bool:
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    return bool(re.search(r'^ID="?debian"?$', release, re.MULTILINE))


def _keyring(folder: Path) -> Path:
    """The Debian archive's keys. On Ubuntu they are a package of its signed archive, so the chain of trust holds."""
    if KEYRING.exists():
        return KEYRING
    ours = folder / KEYRING.relative_to("/")
    if not ours.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["apt-get", "download", "debian-archive-keyring"], cwd=folder, capture_output=True, text=True, check=False
        )
        debs = sorted(folder.glob("debian-archive-keyring_*.deb"))
        if not debs:
            raise FetchError(
                "the keys of the Debian archive are missing: apt-get download debian-archive-keyring failed:\n"
                f"{_last_words(done.stderr)}\nInstall debian-archive-keyring, or put Asterisk 20 or later on PATH."
            )
        unpack(debs[-1], folder)
    return ours


def private_apt(apt_dir: Path, archive: str, suite: str) -> dict[str, str]:
    """An apt of our own: nothing of the machine's package state is read or written, only how it reaches the network."""
    for part in ("state/lists/partial", "cache/archives/partial", "etc"):
        (apt_dir / part).mkdir(parents=True, exist_ok=True)
    # With nothing installed apt fetches every dependency, libc too.
    (apt_dir / "status").touch()
    (apt_dir / "etc/sources.list").write_text(
        f"deb [signed-by={_keyring(apt_dir.parent / 'keyring')}] {archive} {suite} main\n"
    )
    (apt_dir / "etc/apt.conf").write_text(
        f'Dir::State "{apt_dir}/state";\n'
        f'Dir::State::status "{apt_dir}/status";\n'
        f'Dir::State::extended_states "{apt_dir}/extended_states";\n'
        f'Dir::Cache "{apt_dir}/cache";\n'
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
        f'Dir::Etc::sourcelist "{apt_dir}/etc/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        'Dir::Etc::preferencesparts "/dev/null";\nDir::Etc::preferences "/dev/null";\n'
        'APT::Install-Recommends "false";\n'
        'APT::Sandbox::User "";\n'
        'APT::Keep-Downloaded-Packages "true";\n'
        'Binary::apt-get::APT::Keep-Downloaded-Packages "true";\n'
        # What a container image's own configuration does after a download (delete it) is not ours.
        "#clear DPkg::Post-Invoke;\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
        # A mirror's Release file of sid may be past its date; the signature is checked all the same.
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::Languages "none";\n'
        'Acquire::PDiffs "false";\n'
        'Acquire::Retries "3";\n'
        f'Acquire::http::Timeout "{NETWORK_TIMEOUT_S}";\nAcquire::https::Timeout "{NETWORK_TIMEOUT_S}";\n'
    )
    return {**os.environ, "APT_CONFIG": str(apt_dir / "etc/apt.conf"), "LC_ALL": "C"}


def apt(arguments: Sequence[str], environment: dict[str, str], say: Bar, doing: str) -> None:
    """Runs apt-get with its progress on `say`. Raises FetchError with apt's own last words."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as output, os.fdopen(reading) as status:
        process = subprocess.Popen(
            ["apt-get", "-q", "-o", f"APT::Status-Fd={writing}", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(writing,),
        )
        os.close(writing)
        say.step(doing, 0)
        try:
            for line in status:
                if line.startswith("dlstatus:"):
                    say.step(doing, float(line.split(":")[2]))
            code = process.wait()
        except BaseException:
            # The end was asked for. What apt has so far is kept, and is gone on from next time.
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        said = output.read().decode(errors="replace")
    # apt-get update ends with 0 when only an index failed ("old ones used instead").
    failed = code != 0 or (arguments[0] == "update" and re.search(r"^(Err|W: Failed|E:)", said, re.MULTILINE))
    if failed:
        offline = re.search(r"(?i)resolv|connect|unreachable|timed out", said)
        hint = (
            "The archive cannot be reached; what has been downloaded so far is kept. "
            "Run the command again when the network is back, or put Asterisk 20 or later on PATH."
            if offline
            else "What has been downloaded so far is kept; the next run goes on from there."
        )
        raise FetchError(f"{doing} failed:\n{_last_words(said)}\n{hint}")


def names_of(arguments: Sequence[str], environment: dict[str, str]) -> set[str]:
    """The packages that `arguments` stand for: the folder may hold another program's downloads too."""
    said = subprocess.run(
        ["apt-get", "-s", *[a for a in arguments if a != "--download-only"]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    ).stdout
    return set(re.findall(r"^Inst (\S+)", said, re.MULTILINE))


def _last_words(output: str, lines: int = 4) -> str:
    kept = [line for line in output.splitlines() if line.startswith(("E:", "W:", "Err"))] or output.splitlines()
    return "\n".join(f"  {line}" for line in kept[-lines:])


def unpack(deb: Path, into: Path) -> None:
    """Unpack one package. A broken one is removed, and FetchError raised."""
    done = subprocess.run(["dpkg-deb", "-x", str(deb), str(into)], capture_output=True, text=True, check=False)
    if done.returncode:
        deb.unlink(missing_ok=True)
        raise FetchError(f"{deb.name} cannot be unpacked: {done.stderr.strip()}. The next run fetches it anew.")


class Bar:
    """A progress bar on a terminal, a line per step in a log."""

    def __init__(self, title: str, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._doing = ""
        print(title, file=self._stream, flush=True)

    def step(self, doing: str, percent: float) -> None:
        """Show what is being done, and how much of it is."""
        if self._live:
            width = 30
            full = int(width * min(percent, 100) / 100)
            self._stream.write(f"\r\033[K  [{'#' * full}{'.' * (width - full)}] {percent:3.0f} %  {doing}")
            self._stream.flush()
        elif doing != self._doing:
            print(f"  {doing}", file=self._stream, flush=True)
        self._doing = doing

    def end(self, text: str) -> None:
        """Replace the bar by a last line."""
        print(f"\r\033[K{text}" if self._live else text, file=self._stream, flush=True)
