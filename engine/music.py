"""The music that waiting callers hear, made here by arithmetic: nobody's rights, no file to fetch.

A slow round of broken chords over a soft pad, pentatonic, 64 s, looped without a seam and never silent. Telephone
lines pass 300-3400 Hz, so nothing of it lies outside. Runs once, in a process of its own (numpy):
`python -m engine.music SOUNDS`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

VERSION = "1"
RATE_HZ = 16_000
BEAT_S = 0.5
LEVEL = 0.32
# Scale degrees in semitones above D4 (293.7 Hz): eight chords of eight beats, played twice with different tops.
ROOT_HZ = 293.66
CHORDS = (
    (0, 7, 12, 16), (-3, 4, 9, 12), (2, 5, 9, 14), (-5, 2, 7, 11),
    (0, 4, 7, 12), (5, 9, 12, 17), (2, 9, 14, 17), (-5, 2, 7, 14),
)  # fmt: skip
ORDERS = ((0, 1, 2, 3, 2, 1, 3, 2), (0, 2, 1, 3, 1, 2, 3, 1))


def unpacked(sounds: Path) -> bool:
    """Whether the folder has it already."""
    try:
        return (sounds / "music" / ".version").read_text() == VERSION
    except FileNotFoundError:
        return False


def compose() -> Samples:
    """The piece, 16 kHz, between -1 and 1."""
    import numpy as np  # noqa: PLC0415 - this file's other function is asked at every start

    beats = len(ORDERS) * len(CHORDS) * 8
    length = round(beats * BEAT_S * RATE_HZ)
    piece = np.zeros(length)
    ring = round(2.4 * RATE_HZ)
    t = np.arange(ring) / RATE_HZ
    beat = 0
    for order in ORDERS:
        for chord in CHORDS:
            pad_t = np.arange(round(8 * BEAT_S * RATE_HZ) + RATE_HZ) / RATE_HZ
            swell = np.minimum(1.0, np.minimum(pad_t, pad_t[-1] - pad_t) / 1.0)
            for semitones in chord[:3]:
                hz = ROOT_HZ * 2 ** (semitones / 12)
                pad = np.sin(2 * np.pi * hz * pad_t) + 0.5 * np.sin(2 * np.pi * 2.003 * hz * pad_t)
                _add(piece, 0.10 * swell * pad, beat)
            for step in order:
                hz = ROOT_HZ * 2 ** (chord[step] / 12)
                # A struck string: partials that fade the sooner the higher they are.
                note = sum(np.sin(2 * np.pi * n * hz * t) * np.exp(-t * (1.1 + 1.6 * n)) / n for n in (1, 2, 3, 4))
                attack = np.minimum(1.0, t / 0.006) * np.minimum(1.0, (t[-1] - t) / 0.05)
                _add(piece, (0.5 if step else 0.62) * attack * note, beat)
                beat += 1
    result: Samples = (LEVEL * piece / np.abs(piece).max()).astype(np.float32)
    return result


def _add(piece: npt.NDArray[np.float64], sound: npt.NDArray[np.float64], beat: int) -> None:
    """Mix `sound` in at a beat; what rings over the end goes to the beginning, so that the loop has no seam."""
    import numpy as np  # noqa: PLC0415

    at = round(beat * BEAT_S * RATE_HZ) + np.arange(len(sound))
    np.add.at(piece, at % len(piece), sound)


def main(arguments: list[str]) -> int:
    """Write it for 8 and 16 kHz; 0."""
    import numpy as np  # noqa: PLC0415

    folder = Path(arguments[0]) / "music"
    folder.mkdir(parents=True, exist_ok=True)
    wide = compose()
    # Everything lies below 3.4 kHz already, so each second sample is the 8 kHz version.
    for extension, samples in ((".sln16", wide), (".sln", wide[::2])):
        part = folder / f"hold{extension}.part"
        part.write_bytes(np.rint(samples * 32767).astype("<i2").tobytes())
        part.replace(folder / f"hold{extension}")
    (folder / ".version").write_text(VERSION)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
