"""Unpacks the recordings for the PBX: Opus (or a studio's WAV) to raw 8 and 16 kHz, only what changed.

Runs in a process of its own, `python -m ivr.sounds PROMPTS SOUNDS`, before the PBX starts; numpy and soundfile are
imported there only. The engine itself reads
nothing but the small record of what was unpacked (`Durations`).

All centres of a checkout share one sounds folder. So every file appears whole; one that is no longer wanted stays for
a day, because a centre that runs may still say it; and a recording that is not the one the manifest names (prompts are
being rendered this moment) is unpacked as it is, and looked at again at the next start.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr.catalogue import Catalogue, sound_path

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

RECORD = "unpacked.json"
MANIFEST = "manifest.json"
STUDIO = "studio"

_VERSION = 1  # raised when unpacking itself changes
_UNWANTED_FOR_S = 86_400.0
_RATES_HZ = {".sln": 8_000, ".sln16": 16_000}
_STUDIO_LEVEL_DBFS = -20.0
_STUDIO_PEAK = 0.84
_ROUNDING_S = 0.002
_SAVE_EVERY = 200
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class _Source:
    """One sound to unpack: its place below the sounds folder (no extension), its file, and what that content is."""

    target: str
    file: Path | None  # None: made here
    content: str  # a hash, as the manifest has it
    studio: bool = False


class Durations:
    """How long each unpacked sound lasts."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds

    @classmethod
    def load(cls, sounds: Path) -> Durations:
        """Of a sounds folder; empty when nothing is unpacked there."""
        return cls({target: float(entry["seconds"]) for target, entry in _read_record(sounds).items()})

    def duration_s(self, catalogue: Catalogue, lang: str, key: str) -> float:
        """Seconds of what a listener of `lang` hears for `key`; KeyError when it is not unpacked."""
        return self._seconds[catalogue.sound_path(lang, key)]


def _read_record(sounds: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads((sounds / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    entries: dict[str, dict[str, Any]] = content["sounds"] if content.get("version") == _VERSION else {}
    return entries


def _write_record(sounds: Path, entries: dict[str, dict[str, Any]]) -> None:
    part = sounds / f"{RECORD}.part"
    part.write_text(json.dumps({"version": _VERSION, "sounds": entries}), encoding="utf-8")
    part.replace(sounds / RECORD)


def _sources(prompts: Path) -> Iterator[_Source]:
    manifest = json.loads((prompts / MANIFEST).read_text(encoding="utf-8"))
    studio = {
        path.relative_to(prompts / STUDIO).with_suffix("").as_posix(): path
        for path in sorted((prompts / STUDIO).glob("*/*.wav"))
    }
    for name, entry in manifest["recordings"].items():
        lang, _, key = name.partition("/")
        target = sound_path(lang, key)
        if recorded := studio.get(name):
            yield _Source(target, recorded, _content_of(recorded), studio=True)
        else:
            yield _Source(target, prompts / f"{name}.opus", entry["audio"])
    for target in _MADE_HERE:
        yield _Source(target, None, "made here")


def _content_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:20]


def unpack(prompts: Path, sounds: Path, now: float | None = None) -> int:
    """Makes SOUNDS what PROMPTS says; returns how many were unpacked anew. OSError, RuntimeError: a file is amiss.

    `now` is epoch seconds, by default the clock's.
    """
    sounds.mkdir(parents=True, exist_ok=True)
    record = _read_record(sounds)
    wanted = {source.target: source for source in _sources(prompts)}
    _forget_unwanted(sounds, record, set(wanted), time.time() if now is None else now)
    due = [source for source in wanted.values() if not _is_there(sounds, source, record.get(source.target))]
    with ThreadPoolExecutor(_WORKERS) as workers:  # decoding runs outside the interpreter's lock
        for done, (source, (content, seconds)) in enumerate(
            zip(due, workers.map(lambda each: _unpack_one(each, sounds), due), strict=True), start=1
        ):
            record[source.target] = {"content": content, "seconds": seconds}
            if done % _SAVE_EVERY == 0:
                _write_record(sounds, record)
    _write_record(sounds, record)
    return len(due)


def _forget_unwanted(sounds: Path, record: dict[str, dict[str, Any]], wanted: set[str], now: float) -> None:
    for target, entry in list(record.items()):
        if target in wanted:
            entry.pop("unwanted_since", None)
        elif now - entry.setdefault("unwanted_since", now) > _UNWANTED_FOR_S:
            for extension in _RATES_HZ:
                (sounds / f"{target}{extension}").unlink(missing_ok=True)
            del record[target]


def _is_there(sounds: Path, source: _Source, entry: dict[str, Any] | None) -> bool:
    """Whether both files are, each as long as it was: a machine that lost its power may have left empty ones."""
    if entry is None or entry["content"] != source.content:
        return False
    for extension, rate_hz in _RATES_HZ.items():
        try:
            samples = (sounds / f"{source.target}{extension}").stat().st_size / 2
        except FileNotFoundError:
            return False
        if abs(samples - float(entry["seconds"]) * rate_hz) > _ROUNDING_S * rate_hz:
            return False
    return True


def _unpack_one(source: _Source, sounds: Path) -> tuple[str, float]:
    """Writes both rates; returns what content it was, and the seconds."""
    import numpy as np  # noqa: PLC0415
    import soundfile  # noqa: PLC0415

    if source.file is None:
        content, samples, rate_hz = source.content, _MADE_HERE[source.target](), 16_000
    else:
        content = _content_of(source.file)
        channels, rate_hz = soundfile.read(source.file, dtype="float32", always_2d=True)
        samples = channels.mean(axis=1)
    if source.studio:
        samples = _levelled(samples)
    for extension, to_hz in _RATES_HZ.items():
        raw = np.rint(np.clip(_resampled(samples, rate_hz, to_hz), -1.0, 1.0) * 32767).astype("<i2").tobytes()
        path = sounds / f"{source.target}{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(raw)
        part.replace(path)
    return content, round(len(samples) / rate_hz, 3)


def _resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Band-limited resampling over the whole sound at once; its ends are silent, so nothing wraps around audibly."""
    import numpy as np  # noqa: PLC0415

    if from_hz == to_hz:
        return samples
    step = from_hz // np.gcd(from_hz, to_hz) * 100  # padded to a length that Fourier transforms like
    padded = np.pad(samples, (0, -len(samples) % step))
    length = len(padded) * to_hz // from_hz
    spectrum = np.fft.rfft(padded)
    narrow = np.zeros(length // 2 + 1, dtype=spectrum.dtype)
    kept = min(len(spectrum), len(narrow))
    narrow[:kept] = spectrum[:kept]
    out = np.fft.irfft(narrow, length) * (to_hz / from_hz)
    result: Samples = out[: len(samples) * to_hz // from_hz].astype(np.float32)
    return result


def _levelled(samples: Samples) -> Samples:
    """A studio recording as loud as the rendered ones, measured where it is not silent, its peaks within bounds."""
    import numpy as np  # noqa: PLC0415

    loud = np.abs(samples) > np.abs(samples).max(initial=0.0) * 0.02
    if not loud.any():
        return samples
    gain = 10 ** (_STUDIO_LEVEL_DBFS / 20) / float(np.sqrt(np.mean(samples[loud] ** 2)))
    gain = min(gain, _STUDIO_PEAK / float(np.abs(samples).max()))
    return samples * np.float32(gain)


def _tone(hz: float, duration_s: float) -> Samples:
    import numpy as np  # noqa: PLC0415

    t = np.arange(round(duration_s * 16_000)) / 16_000
    edge = np.minimum(1.0, np.minimum(t, duration_s - t) / 0.01)
    result: Samples = (0.2 * edge * np.sin(2 * np.pi * hz * t)).astype(np.float32)
    return result


def _pause() -> Samples:
    import numpy as np  # noqa: PLC0415

    return np.zeros(round(0.25 * 16_000), dtype=np.float32)


# Sounds without words: the pause between groups of digits, and the two tones of an attended transfer.
_MADE_HERE: dict[str, Callable[[], Samples]] = {
    "pause": _pause,
    "beep": lambda: _tone(880.0, 0.2),
    "beeperr": lambda: _tone(220.0, 0.6),
}


def main(arguments: list[str]) -> int:
    """The process: two folders as arguments; 0, or 1 with the reason on stderr."""
    if len(arguments) != 2:
        print("usage: python -m ivr.sounds PROMPTS SOUNDS", file=sys.stderr)  # noqa: T201
        return 2
    try:
        count = unpack(Path(arguments[0]), Path(arguments[1]))
    except (OSError, RuntimeError, KeyError, json.JSONDecodeError) as error:  # libsndfile's are RuntimeErrors
        print(f"the prompts cannot be unpacked: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{count} sounds unpacked", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
