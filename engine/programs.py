"""Programs of tests/bench/ and tests/chaos/, each in a process of its own: none inherits another's memory or threads.

Such a program prints a list of rows as JSON, and judges itself by its exit code too. It starts centres; when an end is
asked for of the command, it ends them, within the ten seconds that every command has for that.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from engine.settings import child_environment

ROOT = Path(__file__).resolve().parent.parent
END_WITHIN_S = 8.0
Row = dict[str, Any]
_ASK_TO_END = (signal.SIGINT, signal.SIGTERM)


def rows_of(module: str, *words: str) -> list[Row] | int:
    """What `module` (`tests.bench.core`) has found; its exit code when it has printed no rows.

    SystemExit when SIGINT or SIGTERM comes meanwhile: then nothing of the program runs any more.
    """
    with _an_end_is_an_exception():
        program = subprocess.Popen(
            [sys.executable, "-m", "engine.programs", module, "--json", *words],
            cwd=ROOT,
            env=child_environment(),
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            # A Ctrl-C is ours: we pass it on as what it means, and to this one process.
            start_new_session=True,
        )
        try:
            said, _ = program.communicate()
        finally:
            _end(program)
    try:
        rows: list[Row] = json.loads(said)
    except ValueError:
        return program.returncode
    return rows or program.returncode


def run(module: str, words: list[str]) -> None:
    """The program's process: an end that is asked for unwinds it, so that what it has started is ended by it."""
    for number in _ASK_TO_END:
        signal.signal(number, _unwind)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@contextmanager
def _an_end_is_an_exception() -> Iterator[None]:
    """SystemExit for either signal, also where a shell's `&` has told us to ignore SIGINT."""
    before = {number: signal.signal(number, _unwind) for number in _ASK_TO_END}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwind(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's form
    # Once: a second one would break off what the first has begun to end.
    for one in _ASK_TO_END:
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _end(program: subprocess.Popen[bytes]) -> None:
    """Ask it to end what it has started; what is left then is killed."""
    if program.poll() is not None:
        return
    program.terminate()
    with suppress(subprocess.TimeoutExpired):
        program.wait(END_WITHIN_S)
        return
    for pid in [program.pid, *_descendants(program.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    program.wait()


def _descendants(of: int) -> list[int]:
    """Children, and theirs, whatever session they are in."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
    found: list[int] = []
    youngest = {of}
    while youngest:
        youngest = {pid for pid, parent in parents.items() if parent in youngest}
        found += youngest
    return found


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
