"""What is done to samples after the speech engine: trim, level, join, fit to a length, write as Opus.

Samples are float32 mono in -1..1. Needs numpy, soxr and soundfile of the `prompts` group.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Samples = npt.NDArray[np.float32]

RATE_HZ = 16_000
LEVEL_DBFS = -20.0  # RMS of the speech itself; loud enough for a telephone, 18 dB of room for peaks
PEAK = 0.84  # -1.5 dBFS
OPUS_BITRATE = 24_000

_FRAME_S = 0.01
_SILENCE_BELOW_PEAK_DB = -38.0
_EDGE_S = 0.03


def _frame_levels(samples: Samples, rate_hz: int) -> npt.NDArray[np.float32]:
    """RMS per 10 ms."""
    size = int(rate_hz * _FRAME_S)
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    levels: npt.NDArray[np.float32] = np.sqrt(np.mean(whole * whole, axis=1))
    return levels


def _speech_frames(samples: Samples, rate_hz: int) -> npt.NDArray[np.intp]:
    levels = _frame_levels(samples, rate_hz)
    if not len(levels) or not levels.max():
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(levels > levels.max() * 10 ** (_SILENCE_BELOW_PEAK_DB / 20))


def trim(samples: Samples, rate_hz: int) -> Samples:
    """Without the silence before and after the speech, but for 30 ms that keep soft consonants; edges faded."""
    frames = _speech_frames(samples, rate_hz)
    if not len(frames):
        return samples
    size = int(rate_hz * _FRAME_S)
    edge = int(rate_hz * _EDGE_S)
    cut = samples[max(0, frames[0] * size - edge) : (frames[-1] + 1) * size + edge].copy()
    fade = min(int(rate_hz * 0.008), len(cut) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    cut[:fade] *= ramp
    cut[len(cut) - fade :] *= ramp[::-1]
    return cut


def level(samples: Samples, rate_hz: int) -> Samples:
    """Brought to LEVEL_DBFS, measured over the speech alone, and never above PEAK (the few higher peaks are bent)."""
    frames = _speech_frames(samples, rate_hz)
    if not len(frames):
        return samples
    rms = float(np.sqrt(np.mean(_frame_levels(samples, rate_hz)[frames] ** 2)))
    raised = samples * np.float32(10 ** (LEVEL_DBFS / 20) / rms)
    knee = PEAK * 0.7
    over = np.abs(raised) > knee
    room = PEAK - knee
    bent = np.sign(raised) * (knee + room * np.tanh((np.abs(raised) - knee) / room))
    result: Samples = np.where(over, bent, raised).astype(np.float32)
    return result


def silence(duration_s: float, rate_hz: int) -> Samples:
    """Returns `duration_s` seconds of nothing."""
    return np.zeros(max(0, round(duration_s * rate_hz)), dtype=np.float32)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Returns the same sound at another rate."""
    result: Samples = soxr.resample(samples, from_hz, to_hz).astype(np.float32)
    return result


def write_opus(path: Path, samples: Samples) -> None:
    """Writes 16 kHz mono Opus at about 24 kbit/s; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    # libsndfile maps 0..1 linearly to 256..6 kbit/s a channel
    compression = (256_000 - OPUS_BITRATE) / 250_000
    soundfile.write(part, samples, RATE_HZ, format="OGG", subtype="OPUS", compression_level=compression)
    part.replace(path)
