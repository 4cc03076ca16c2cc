"""What a centre keeps, in one file, and back: secrets, journal, rules, registrations, recordings.

A backup is taken while the centre runs: databases are copied by SQLite's own online copy, which is of one moment. What
every start makes anew (the PBX's files, logs, locks, addresses) is left out. The file is a gzipped tar with a list of
its contents and their hashes as its first member, and holds every secret: 0600, and nothing less where it is brought.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from dialplan.limits import BACKUP_CONTENTS_BYTES

FORMAT = 1
CONTENTS = "contents.json"
_LEFT_OUT = (
    "ready.json", "run.json", "run.*.json", "heartbeat", "heartbeat.*", "*.lock", "*.log", "*.log.*", ".*",
    "*-wal", "*-shm", "*-journal",
    "nodes/*/etc/*", "nodes/*/data/*", "nodes/*/log/*", "nodes/*/run/*", "nodes/*/spool/*",
    "asterisk/etc/*", "asterisk/data/*", "asterisk/log/*", "asterisk/run/*", "asterisk/spool/*",
)  # fmt: skip
_DATABASES = ("*.sqlite", "*.sqlite3")
RECORDINGS = "recordings/*"


class BackupError(Exception):
    """It cannot be taken or brought back; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds. `taken_at` is epoch seconds, `schema` the journal's, `files` their SHA-256 by name."""

    taken_at: float
    schema: str | None
    files: dict[str, str]


def take(state: Path, target: Path, *, recordings: bool = True, now: float | None = None) -> Contents:
    """Write a backup of `state` to `target`, whole or not at all. BackupError, OSError."""
    if not (state / "secrets.json").exists():
        raise BackupError(f"no centre was ever started on {state}: there is nothing to keep")
    if target.exists():
        raise BackupError(f"{target} is there already; name a new file")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}; make it, or name another file")
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            found = {name: _still(state / name, Path(folder)) for name in _kept(state, recordings=recordings)}
            hashes = {name: _sha256(path) for name, path in found.items()}
            schema = _schema(found["journal.sqlite"]) if "journal.sqlite" in found else None
            contents = Contents(time.time() if now is None else now, schema, hashes)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                _write(file, contents, found)
                file.flush()
                os.fsync(file.fileno())
        part.rename(target)
    except sqlite3.Error as error:
        raise BackupError(f"a database cannot be copied: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return contents


def bring_back(source: Path, state: Path, *, newest_schema: str) -> Contents:
    """Unpack a backup into the empty folder `state`. BackupError: it is not empty, the backup is damaged or newer."""
    if state.exists() and any(state.iterdir()):
        raise BackupError(f"{state} is not empty: bring a backup back into a new folder, then start `up` on it")
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    fresh = state.with_name(f".{state.name}.{os.getpid()}")
    fresh.mkdir(mode=0o700, parents=True)
    try:
        with tarfile.open(source, "r:gz") as archive:
            contents = _contents(archive)
            if contents.schema is not None and contents.schema > newest_schema:
                raise BackupError(
                    f"its journal has schema {contents.schema}, and this version knows up to {newest_schema}: "
                    "bring it back with the version that took it, or a later one"
                )
            for name, sha256 in contents.files.items():
                _unpack(archive, name, fresh / name, sha256)
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.rename(state)
    except (tarfile.TarError, EOFError, KeyError, ValueError) as error:
        raise BackupError(f"{source} is no backup, or a damaged one: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return contents


def _kept(state: Path, *, recordings: bool) -> Iterator[str]:
    """The files of the state that a start does not make anew, by their names in it."""
    for path in sorted(state.rglob("*")):
        name = path.relative_to(state).as_posix()
        if path.is_symlink() or not path.is_file() or any(fnmatch(name, pattern) for pattern in _LEFT_OUT):
            continue
        if recordings or not fnmatch(name, RECORDINGS):
            yield name


def _still(path: Path, folder: Path) -> Path:
    """The file, or for a database a copy of it as it is at one moment."""
    if not any(fnmatch(path.name, pattern) for pattern in _DATABASES):
        return path
    copy = folder / str(len(list(folder.iterdir())))
    with (
        sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0) as source,
        sqlite3.connect(copy, timeout=5.0) as target,
    ):
        source.backup(target, pages=1000)
    return copy


def _schema(journal: Path) -> str | None:
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        try:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return None if found is None else str(found[0])


def _write(file: io.BufferedWriter, contents: Contents, found: dict[str, Path]) -> None:
    listed = {
        "format": FORMAT, "taken_at": contents.taken_at, "schema": contents.schema, "files": contents.files,
    }  # fmt: skip
    text = json.dumps(listed, indent=1).encode()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        head = tarfile.TarInfo(CONTENTS)
        head.size, head.mode = len(text), 0o600
        archive.addfile(head, io.BytesIO(text))
        for name, path in found.items():
            with path.open("rb") as opened:
                member = archive.gettarinfo(arcname=name, fileobj=opened)
                member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
                archive.addfile(member, opened)


def _contents(archive: tarfile.TarFile) -> Contents:
    first = archive.next()
    opened = archive.extractfile(first) if first is not None and first.name == CONTENTS else None
    if first is None or opened is None or first.size > BACKUP_CONTENTS_BYTES:
        raise ValueError("it does not begin with a list of its contents")
    listed = json.loads(opened.read())
    if listed["format"] != FORMAT:
        raise ValueError(f"its format is {listed['format']}, this version reads {FORMAT}")
    files = {str(name): str(sha256) for name, sha256 in dict(listed["files"]).items()}
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"it names a file outside the state: {name}")
    schema = listed["schema"]
    return Contents(float(listed["taken_at"]), None if schema is None else str(schema), files)


def _unpack(archive: tarfile.TarFile, name: str, target: Path, sha256: str) -> None:
    """Only what the list names, only as a file, readable by the owner only, and only if it is what was packed."""
    opened = archive.extractfile(archive.getmember(name))
    if opened is None:
        raise ValueError(f"{name} is no file")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := opened.read(1 << 20):
            seen.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if seen.hexdigest() != sha256:
        raise ValueError(f"{name} is not what was packed")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
