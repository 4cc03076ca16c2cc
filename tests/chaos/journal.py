"""The journal's writer is killed thousands of times, and its writes fail at every point: `python -m tests.chaos.journal`.

Promise 5. The writer is forked, so that a kill costs milliseconds: it puts facts, and says through a pipe how many are
acknowledged. A killed one may lose what it had not acknowledged, and nothing else: no gap, nothing twice. A failing write
is the kernel's word that a file may not grow (its limit on the size of files); a crash at a write is the write-ahead log
cut there, or with garbage at its end.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from acd.core.facts import ReservationEnded
from acd.journal import writer as journal_writer
from acd.journal.migrate import migrate
from acd.journal.writer import JournalWriter
from tests.chaos.job import Finding, Job, main

FACTS_AT_ONCE = 7
GATHER_S = 0.002  # of the forked ones: more commits under the same number of kills
KILLS_PER_FILE = 500
KILLS_SHARE, FAILING_SHARE = 1 / 2, 3 / 4  # of the minutes, when each of the first two parts is over
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
_WORD = struct.Struct("=qq")  # the run, how many of it are acknowledged


@dataclass(frozen=True, slots=True)
class Kill:
    """After so long; the process that recovers is killed too, after so long (0: it is not)."""

    after_s: float
    recovering_s: float

    def __str__(self) -> str:
        again = f", the next after {1000 * self.recovering_s:.1f} ms" if self.recovering_s else ""
        return f"kill after {1000 * self.after_s:.1f} ms{again}"


@dataclass(frozen=True, slots=True)
class FailingWrite:
    """The log may grow by so many bytes."""

    room: int
    how: str  # once, for ever, recovery

    def __str__(self) -> str:
        return f"full after {self.room} bytes, {self.how}"


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the log ends (a share of its length), and what is behind."""

    share: float
    garbage: str  # none, zeros, noise, flipped

    def __str__(self) -> str:
        return f"log cut at {self.share:.4f}, {self.garbage}"


def run(job: Job) -> list[Finding]:
    """Kills, failing writes, corrupted tails."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory(prefix="chaos-journal-") as folder:
        empty = Path(folder) / "empty.sqlite"
        migrate(empty)
        return [_kills(job, Path(folder), empty), _failing(job, Path(folder), empty), _tails(job, Path(folder), empty)]


# --- kill -9


def _kills(job: Job, folder: Path, empty: Path) -> Finding:
    draw = job.rng("kills")
    plan = [
        Kill(draw.uniform(0.005, 0.15), draw.uniform(0.0005, 0.02) if draw.random() < 0.1 else 0.0)
        for _ in range(job.times(suite=40, short=300, full=10_000))
    ]
    job.follow(plan)
    tried = lost = acknowledged = silent = 0
    wrong: list[str] = []
    path = folder / "kills.sqlite"
    known: dict[int, int] = {}
    for number, kill in enumerate(job.within(plan, KILLS_SHARE)):
        if number % KILLS_PER_FILE == 0:
            _fresh(empty, path)
            known.clear()
        run, told = _killed(path, kill.after_s)
        if kill.recovering_s:
            _killed(path, kill.recovering_s)
        tried += 1
        acknowledged += told
        silent += not told
        if told:
            known[run] = told
        last = number % KILLS_PER_FILE == KILLS_PER_FILE - 1
        for problem in _problems(path, known if last else {run: told} if told else {}, thorough=last):
            lost += 1
            wrong.append(f"{kill}: {problem}")
    for problem in _problems(path, known, thorough=True):
        lost += 1
        wrong.append(f"after them all: {problem}")
    told_of = f"{acknowledged} facts were acknowledged" + (f"; {wrong[:3]}" if wrong else "")
    figures = {"acknowledged": acknowledged, "killed before the first acknowledgement": silent}
    return Finding("kills after which an acknowledged fact was lost or twice", 5, tried, lost, told_of, 0, figures)


def _killed(path: Path, after_s: float) -> tuple[int, int]:
    """A writer's run, and how many facts it had acknowledged when it was killed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _write_for_ever(path, writing)
    os.close(writing)
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    said = b""
    while data := os.read(reading, 65536):
        said += data
    os.close(reading)
    whole = len(said) - len(said) % _WORD.size
    return _WORD.unpack(said[whole - _WORD.size : whole]) if whole else (0, 0)  # type: ignore[return-value]


def _write_for_ever(path: Path, pipe: int) -> None:
    """The forked process: it never returns."""
    try:
        journal_writer.GATHER_S = GATHER_S
        writer = JournalWriter(path)
        writer.start()
        put, said = 0, 0
        while True:
            for _ in range(FACTS_AT_ONCE):
                put += 1
                writer.put(_fact(writer.run, put))
            if writer.written > said:
                said = writer.written
                os.write(pipe, _WORD.pack(writer.run, said))
            time.sleep(0.001)
    finally:
        os._exit(1)


def _fact(run: int, number: int) -> ReservationEnded:
    return ReservationEnded(1_800_000_000.0 + number, number, f"{run}.{number}", "1001", "general", "answered", 1.0)


def _problems(path: Path, known: dict[int, int], *, thorough: bool) -> list[str]:
    """What is wrong in this file: each of these runs has at least so many facts, without gap, each once."""
    found = []
    with closing(sqlite3.connect(path)) as connection:
        if thorough and connection.execute("pragma integrity_check").fetchone() != ("ok",):
            found.append("the file is broken")
        for run, least in known.items():
            there, distinct, highest = connection.execute(
                "select count(*), count(distinct seq), coalesce(max(seq), 0) from facts where run = ?", (run,)
            ).fetchone()
            if not (there == distinct == highest and there >= least):
                found.append(f"{there} facts, {distinct} numbers up to {highest}; {least} were acknowledged")
    return found


# --- writes that fail


def _failing(job: Job, folder: Path, empty: Path) -> Finding:
    draw = job.rng("failing")
    points = job.times(suite=8, short=40, full=400)
    plan = [
        FailingWrite(512 * n + draw.randrange(512), how)
        for n in range(points)
        for how in ("once", "for ever", "recovery")
    ]
    job.follow(plan)
    path = folder / "failing.sqlite"
    tried = failed = 0
    wrong: list[str] = []
    for fault in job.within(plan, FAILING_SHARE):
        tried += 1
        _fresh(empty, path)
        code = _forked(partial(_write_against, path, fault))
        failed += code == FAILED
        if code not in (FAILED, WENT_THROUGH):
            wrong.append(f"{fault}: the writer ended with {code}")
            continue
        code = _forked(partial(_write_on, path))
        with closing(sqlite3.connect(path)) as connection:
            whole = connection.execute("pragma integrity_check").fetchone() == ("ok",)
            runs = connection.execute(
                "select count(*), count(distinct seq), max(seq) from facts group by run"
            ).fetchall()
        # The first batch was acknowledged; the second too unless it failed for ever; the next writer's as well.
        sizes = sorted(there for there, _, _ in runs)
        wanted = ([70, 140] if fault.how != "for ever" else [70, 70], [70, 140])
        if (
            code
            or not whole
            or sizes not in wanted
            or any(not there == distinct == top for there, distinct, top in runs)
        ):
            wrong.append(f"{fault}: {runs}, whole {whole}, the next writer ended with {code}")
    told = f"{failed} writes did fail" + (f"; {wrong[:3]}" if wrong else "")
    return Finding("failing writes that were not made good", 5, tried, len(wrong), told, 0, {"failed": failed})


FAILED, WENT_THROUGH = 10, 11


def _write_against(path: Path, fault: FailingWrite) -> int:
    """The forked process: one batch without, one against the limit. What becomes of the second: FAILED, WENT_THROUGH."""
    writer, log = JournalWriter(path), path.with_name(path.name + "-wal")

    def batch(first: int) -> None:
        for number in range(first, first + 70):
            writer.put(_fact(writer.run, number))
        writer._gather()

    batch(1)
    writer._write()
    if fault.how == "recovery":
        # What a killed one leaves, opened by one that may not write yet.
        kept = [(one, one.read_bytes()) for one in (path, log)]
        writer._close()
        for one, data in kept:
            one.write_bytes(data)
    batch(71)
    before = log.stat().st_size if log.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (before + fault.room, resource.RLIM_INFINITY))
    failed = False
    for _ in range(3 if fault.how == "for ever" else 1):
        try:
            writer._write()
            break
        except (SQLAlchemyError, OSError):
            failed = True
            writer._close()
    if fault.how != "for ever":
        resource.setrlimit(resource.RLIMIT_FSIZE, UNLIMITED)
        if failed:
            writer._write()
    if writer.written not in ((140,) if fault.how != "for ever" else (70, 140)):
        return 1
    return FAILED if failed else WENT_THROUGH


def _write_on(path: Path) -> int:
    """The forked process: the next engine's writer, with room."""
    writer = JournalWriter(path)
    for number in range(1, 71):
        writer.put(_fact(writer.run, number))
    writer._gather()
    writer._write()
    writer._close()
    return 0


def _forked(what: Callable[[], int]) -> int:
    """Its exit code; it ends like a killed process: nothing is tidied up."""
    pid = os.fork()
    if not pid:
        try:
            os._exit(what())
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --- a log that ends in the midst of a write


def _tails(job: Job, folder: Path, empty: Path) -> Finding:
    base, path = folder / "base.sqlite", folder / "tail.sqlite"
    _fresh(empty, base)
    ends = _grown(base)  # the log's length after each commit
    whole = base.with_name(base.name + "-kept").read_bytes()
    draw = job.rng("tails")
    kinds = ("none", "zeros", "noise", "flipped")
    plan = [Tail(draw.random(), kinds[n % 4]) for n in range(job.times(suite=24, short=200, full=4000))]
    job.follow(plan)
    tried = 0
    wrong: list[str] = []
    for tail in job.within(plan):
        tried += 1
        at = int(tail.share * len(whole))
        shutil.copy(base.with_name(base.name + "-main"), path)
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
        path.with_name(path.name + "-wal").write_bytes(_spoilt(whole, at, tail.garbage, draw.randbytes(4096)))
        least = FACTS_AT_ONCE * sum(end <= at for end in ends)
        code = _forked(partial(_write_on, path))
        with closing(sqlite3.connect(path)) as connection:
            sound = connection.execute("pragma integrity_check").fetchone() == ("ok",)
            runs = connection.execute(
                "select count(*), count(distinct seq), max(seq) from facts group by run order by run"
            ).fetchall()
        old = runs[0][0] if len(runs) > 1 else 0
        if code or not sound or old != least or any(not one[0] == one[1] == one[2] for one in runs):
            wrong.append(f"{tail}: {runs}, {least} were acknowledged by then, sound {sound}, code {code}")
    told = f"a log of {len(ends)} commits and {len(whole)} bytes" + (f"; {wrong[:3]}" if wrong else "")
    return Finding("corrupted tails that cost an acknowledged fact", 5, tried, len(wrong), told)


def _grown(base: Path) -> list[int]:
    """Fills a log commit by commit; files as they are in the midst are kept beside it (-main, -kept)."""
    writer, log = JournalWriter(base), base.with_name(base.name + "-wal")
    ends, number = [], 0
    for _ in range(60):
        for _ in range(FACTS_AT_ONCE):
            number += 1
            writer.put(_fact(writer.run, number))
        writer._gather()
        writer._write()
        ends.append(log.stat().st_size)
    shutil.copy(base, base.with_name(base.name + "-main"))
    shutil.copy(log, base.with_name(base.name + "-kept"))
    writer._close()
    return ends


def _spoilt(whole: bytes, at: int, garbage: str, noise: bytes) -> bytes:
    match garbage:
        case "zeros":
            return whole[:at] + bytes(4096)
        case "noise":
            return whole[:at] + noise
        case "flipped":
            return whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :] if at < len(whole) else whole
        case _:
            return whole[:at]


def _fresh(empty: Path, path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(empty, path)


if __name__ == "__main__":
    sys.exit(main("journal", run))
