"""Music for those who wait: our own, composed here by rule, free of anyone's rights. Quiet, and never silent.

Eight bars of soft chords and a slow line above them, as a loop: what rings at the end goes on at the beginning.
Only sounds that a telephone carries (300 to 3400 Hz) are used.
"""

from __future__ import annotations

import numpy as np

from engine.render.audio import RATE_HZ, Samples

LEVEL_DBFS = -27.0  # below the voice that speaks between

_BEAT_S = 0.75
_BEATS_A_BAR = 4
# Chords by MIDI note: C major 7, A minor 7, F major 7, G 6; then a second round that ends on the way back.
_CHORDS = (
    (60, 64, 67, 71), (57, 64, 67, 72), (65, 69, 72, 76), (67, 71, 74, 76),
    (64, 67, 71, 74), (57, 64, 67, 72), (62, 65, 69, 72), (67, 71, 74, 77),
)  # fmt: skip
# One note a beat (None holds the last), two bars a line.
_LINE = (
    76, None, 79, 76, 72, None, 74, 76, 77, None, 81, 77, 79, None, 76, 74,
    79, None, 83, 79, 76, None, 72, 74, 77, None, 74, 72, 74, None, 71, 74,
)  # fmt: skip


def _hz(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _note(note: int, duration_s: float, attack_s: float, release_s: float, partials: tuple[float, ...]) -> Samples:
    """A tone of a few partials with soft edges; it rings `release_s` after its time."""
    t = np.arange(round((duration_s + release_s) * RATE_HZ), dtype=np.float64) / RATE_HZ
    wave = np.zeros_like(t)
    for i, strength in enumerate(partials, start=1):
        if (hz := _hz(note) * i) < 3400:
            wave += strength * np.sin(2 * np.pi * hz * t)
    rise = np.minimum(1.0, t / attack_s)
    fall = np.minimum(1.0, np.maximum(0.0, (duration_s + release_s - t) / release_s))
    return (wave * rise * rise * fall * fall).astype(np.float32)


def _add(loop: Samples, sound: Samples, at_s: float) -> None:
    """Mixes `sound` in; what reaches past the end goes on at the beginning."""
    at = (round(at_s * RATE_HZ) + np.arange(len(sound))) % len(loop)
    np.add.at(loop, at, sound)


def compose() -> Samples:
    """Returns one loop of 24 s at audio.RATE_HZ."""
    bar_s = _BEAT_S * _BEATS_A_BAR
    loop = np.zeros(round(bar_s * len(_CHORDS) * RATE_HZ), dtype=np.float32)
    for bar, chord in enumerate(_CHORDS):
        for note in chord:
            _add(loop, 0.16 * _note(note, bar_s, 0.7, 1.2, (1.0, 0.35, 0.12)), bar * bar_s)
        for beat, note in enumerate((*chord, *chord[::-1])):  # eighths, plucked
            pluck = _note(note, 0.05, 0.01, 1.1, (1.0, 0.4, 0.2, 0.1))
            _add(loop, 0.12 * pluck, bar * bar_s + beat * _BEAT_S / 2)
    for beat, tone in enumerate(_LINE):
        if tone is not None:
            held = 2 if beat + 1 < len(_LINE) and _LINE[beat + 1] is None else 1
            _add(loop, 0.2 * _note(tone, held * _BEAT_S * 0.8, 0.06, 0.9, (1.0, 0.25, 0.08)), beat * _BEAT_S)
    rms = float(np.sqrt(np.mean(loop * loop)))
    result: Samples = loop * np.float32(10 ** (LEVEL_DBFS / 20) / rms)
    return result
