"""The machine: Python, memory, disk, descriptors, clock, time zones."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.doctor.finding import Finding, failure, fine, warning

AREA = "machine"
MEMORY_WANTED_MB = 700  # Asterisk 150, engine 80, room for 100 calls and the page cache of the journal
DISK_WANTED_MB = 2_000  # a year of journal is about 1.2 GB at 2,200 contacts a day
DISK_NEEDED_MB = 200
DESCRIPTORS_WANTED = 8_192  # 500 callers who wait take 6 each in Asterisk, and one in the engine
_STA_UNSYNC = 0x0040  # linux/timex.h
_TIMEX = struct.Struct("@Illlli")  # modes, offset, freq, maxerror, esterror, status; more follows


def look(state: Path) -> Iterator[Finding]:
    """All of it. `state` need not be there yet."""
    yield _python()
    yield _memory(Path("/proc/meminfo"))
    yield _disk(state)
    yield _descriptors()
    yield _clock()
    yield _zone()


def _python() -> Finding:
    return fine(AREA, "python", f"Python {platform.python_version()}")  # an older one would not have come this far


def _memory(meminfo: Path) -> Finding:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        free_mb = int(lines["MemAvailable"].split()[0]) // 1024
    except (OSError, KeyError, ValueError):
        return warning(AREA, "memory", "the free memory cannot be read", f"look at {meminfo}")
    processors = len(os.sched_getaffinity(0))
    said = f"{free_mb:,} MB free, {processors} processors"
    if free_mb < MEMORY_WANTED_MB:
        return warning(
            AREA, "memory", said, f"{MEMORY_WANTED_MB} MB free are wanted: stop other programs or add memory"
        )
    return fine(AREA, "memory", said)


def _disk(state: Path) -> Finding:
    there = next(folder for folder in (state, *state.parents) if folder.exists())
    free_mb = shutil.disk_usage(there).free // 1_000_000
    said = f"{free_mb:,} MB free where {state} is"
    if free_mb < DISK_NEEDED_MB:
        remedy = "make room at once: calls go on when the disk is full, but the journal waits in memory"
        return failure(AREA, "disk", said, remedy)
    if free_mb < DISK_WANTED_MB:
        return warning(AREA, "disk", said, f"{DISK_WANTED_MB:,} MB are wanted; see RINGMASTER_JOURNAL_KEEP_DAYS")
    return fine(AREA, "disk", said)


def _descriptors() -> Finding:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    said = "no limit of open files" if hard == resource.RLIM_INFINITY else f"up to {hard:,} open files"
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS_WANTED:
        remedy = f"raise the hard limit to {DESCRIPTORS_WANTED:,} (LimitNOFILE= in the unit, or limits.conf)"
        return warning(AREA, "descriptors", said, remedy)
    return fine(AREA, "descriptors", said)


def _clock() -> Finding:
    """The kernel's own word on whether somebody keeps its clock right (adjtimex, which only reads here)."""
    room = ctypes.create_string_buffer(512)
    status = 0
    if ctypes.CDLL(None, use_errno=True).adjtimex(room) >= 0:
        status = _TIMEX.unpack_from(room)[5]
    if status & _STA_UNSYNC:
        remedy = "run chrony or systemd-timesyncd: opening hours and the record go by this clock"
        return warning(AREA, "clock", "the clock is kept right by nobody", remedy)
    return fine(AREA, "clock", "the clock is synchronised")


def _zone() -> Finding:
    try:
        ZoneInfo("Asia/Seoul")
    except ZoneInfoNotFoundError:
        return failure(AREA, "time zone", "no file for Asia/Seoul", "install the package tzdata")
    return fine(AREA, "time zone", "Asia/Seoul is known")
