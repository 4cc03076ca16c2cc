"""A bench or chaos program as a process of the command's: what it has found, and that an end of the one is one of both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import ready
from engine.programs import rows_of
from engine.settings import child_environment
from tests.pbx.centre import wait_for

STARTS_ANOTHER = """
import os, pathlib, signal, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
{deafness}
pathlib.Path({file!r}).write_text(f"{{os.getpid()}} {{other.pid}}\\n")
try:
    time.sleep(600)
finally:
    other.kill()
    other.wait()
    pathlib.Path({file!r} + ".ended").touch()
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that can be run."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def command(programs: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A command whose program has started a process of a session of its own. The parameter: what makes it deaf."""
    file = programs / "pids"
    (programs / "endless.py").write_text(STARTS_ANOTHER.format(file=str(file), deafness=request.param))
    code = f"from engine import programs; programs.END_WITHIN_S = {0.2 if request.param else 20}; programs.rows_of('endless')"
    process = subprocess.Popen([sys.executable, "-c", code], env=child_environment(), stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: file.exists() and file.read_text().endswith("\n"), 20)
        yield process
    finally:
        started = map(int, file.read_text().split()) if file.exists() else ()
        for pid in (process.pid, *started):
            if ready.alive(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        assert process.stderr
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["", DEAF], indirect=True, ids=["unwinds", "deaf"])
def test_an_end_ends_all_that_was_started(command, number: signal.Signals, programs: Path) -> None:
    file = programs / "pids"
    command.send_signal(number)
    _, said = command.communicate(timeout=40)
    assert command.returncode == 128 + number
    assert said == "", "no traceback"
    wait_for(lambda: not [pid for pid in map(int, file.read_text().split()) if ready.alive(pid)], 20)
    deaf = DEAF in (programs / "endless.py").read_text()
    assert file.with_name("pids.ended").exists() is not deaf


def test_rows_or_the_exit_code(programs: Path) -> None:
    (programs / "finds.py").write_text(
        "import sys; print('[{\"name\": ' + repr(sys.argv[1:]).replace(\"'\", '\"') + '}]')"
    )
    (programs / "fails.py").write_text("print('not rows'); raise SystemExit(3)")
    (programs / "nothing.py").write_text("print('[]')")
    assert rows_of("finds", "--seed", "7") == [{"name": ["--json", "--seed", "7"]}]
    assert rows_of("fails") == 3
    assert rows_of("nothing") == 0, "no row is no promise kept"
