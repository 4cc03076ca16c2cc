"""The folder of recordings: STATE/recordings/CLASS/CONTACT.wav, the owner's only. No number is in any name.

Talks are written there by the PBX (by a name below its own monitor folder, which leads here), spoken comments too.
What is deleted is decided by the days of its class and the time that is handed in.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from acd.core.seoul import DAY_S

HEADER_BYTES = 44
BYTES_PER_S = 16_000  # 8 kHz, 16 bit
_SUFFIX = ".wav"
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One recording: its class, its contact, when it was last written (epoch seconds), its file."""

    kind: str
    contact_id: str
    written_at: float
    path: Path


class RecordingStore:
    """The folder. `has_room` is what the last look at the disk said: no call waits for a look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.has_room = True
        self.free_bytes = 0

    def make(self, kind: str) -> None:
        """The folder of a class, 0700. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / kind).mkdir(mode=0o700, exist_ok=True)

    def path(self, kind: str, contact_id: str) -> Path:
        """Where the contact's recording of this class is, or would be."""
        return self.folder / kind / f"{contact_id}{_SUFFIX}"

    def monitor_name(self, kind: str, contact_id: str) -> str:
        """The same for MixMonitor, below the PBX's monitor folder."""
        return f"{kind}/{contact_id}{_SUFFIX}"

    def find(self, contact_id: str) -> Kept | None:
        """The contact's recording, in whatever class."""
        return next((kept for kept in self._all(f"{contact_id}{_SUFFIX}") if kept.contact_id == contact_id), None)

    def sound_s(self, kind: str, contact_id: str) -> float | None:
        """Seconds that are on the disk so far; None when there is no file."""
        try:
            size = self.path(kind, contact_id).stat().st_size
        except OSError:
            return None
        return max(0, size - HEADER_BYTES) / BYTES_PER_S

    def discard(self, kind: str, contact_id: str) -> None:
        """Nobody needs it: it holds nothing. Raises OSError."""
        self.path(kind, contact_id).unlink(missing_ok=True)

    def look_at_disk(self, keep_free_mb: int) -> bool:
        """Whether new recordings may begin; remembered. Raises OSError when the disk can't be asked."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.free_bytes = shutil.disk_usage(self.folder).free
        self.has_room = self.free_bytes >= keep_free_mb * _MB
        return self.has_room

    def delete_expired(self, retention_days: Mapping[str, int], now: float) -> Iterator[Kept]:
        """Delete what is older than its class allows; each is yielded once it is gone. `now` is epoch seconds.

        A class that the rules no longer name is kept as long as the longest that they do. Raises OSError.
        """
        longest = max(retention_days.values(), default=None)
        for kept in self._all(f"*{_SUFFIX}"):
            days = retention_days.get(kept.kind, longest)
            if days is not None and kept.written_at < now - days * DAY_S:
                kept.path.unlink(missing_ok=True)
                yield kept

    def _all(self, pattern: str) -> Iterator[Kept]:
        for path in sorted(self.folder.glob(f"*/{pattern}")):
            try:
                written_at = path.stat().st_mtime
            except FileNotFoundError:
                continue
            yield Kept(path.parent.name, path.name.removesuffix(_SUFFIX), written_at, path)
