"""What a phone heard: how much sound, how long the silences, and which prompts, recognised by their sound.

A prompt is known again by the course of its loudness, 20 ms by 20 ms, which passes G.711 nearly unchanged. No speech
recognition, no packages; works while the call goes on. All audio is 8 kHz, 16 bit, mono.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul
from pathlib import Path

FRAME_SAMPLES = 160
# What is heard is cut twice as finely, each frame overlapping the next: a prompt may begin anywhere in a frame.
HOP_SAMPLES = 80
HOP_S = 0.01
SILENT_BELOW = 60.0  # RMS; G.711's own noise is below 10
SKIP = 10  # hops of a prompt that are not looked at: a call's first packets may be lost
WINDOW = 60  # frames, every second hop, that must agree: 1.2 s
LIKE = 0.95  # correlation from which it is the prompt
LISTENED_TO = 3 * 8000  # samples of a prompt: its silence, and then more than a window
HEADER_BYTES = 44


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt that was heard from `from_s` on, counted from the beginning of the recording."""

    name: str
    from_s: float


@dataclass(frozen=True, slots=True)
class Known:
    """A prompt as ears know it: the course of its loudness from `at_s` on, of mean 0 and length 1."""

    name: str
    course: tuple[float, ...]
    at_s: float


def loudness(samples: Sequence[int]) -> list[float]:
    """RMS of a frame at each hop, as many as are whole."""
    energy = [sum(s * s for s in samples[at : at + HOP_SAMPLES]) for at in range(0, len(samples), HOP_SAMPLES)]
    if len(samples) % HOP_SAMPLES:
        energy.pop()
    return [math.sqrt((first + second) / FRAME_SAMPLES) for first, second in pairwise(energy)]


def sound_s(frames: Iterable[float]) -> float:
    """Seconds with sound in them."""
    return HOP_S * sum(frame >= SILENT_BELOW for frame in frames)


def longest_silence_s(frames: Iterable[float]) -> float:
    """The longest stretch without sound."""
    longest = run = 0
    for frame in frames:
        run = 0 if frame >= SILENT_BELOW else run + 1
        longest = max(longest, run)
    return HOP_S * longest


def known(prompts: Mapping[str, Sequence[int]]) -> list[Known]:
    """Prompts by name, made ready. Those with less than half a window of sound cannot be told apart: left out."""
    ready = []
    for name, samples in prompts.items():
        frames = loudness(samples[:LISTENED_TO])
        lead = next((at for at, frame in enumerate(frames) if frame >= SILENT_BELOW), None)
        if lead is not None and len(frames) - lead - SKIP >= WINDOW:
            begin = lead + SKIP
            course = _course(frames[begin : begin + 2 * WINDOW : 2])
            if course is not None:
                ready.append(Known(name, course, begin * HOP_S))
    return ready


class Ears:
    """Recognises prompts in a recording that grows; each is reported once per time it begins."""

    def __init__(self, prompts: Iterable[Known]) -> None:
        self._prompts = list(prompts)
        self._rest = array("h")
        self.frames: list[float] = []
        self._next = 0

    def hear(self, samples: Sequence[int]) -> list[Heard]:
        """Take in more of the recording; the prompts that have been recognised by it."""
        self._rest.extend(samples)
        fresh = loudness(self._rest)
        self.frames += fresh
        del self._rest[: len(fresh) * HOP_SAMPLES]
        found = []
        # Two hops more than a window: the next alignment may fit better.
        while self._next + 2 * WINDOW + 2 <= len(self.frames):
            best, score = self._best_at(self._next)
            if best is None or score < LIKE:
                self._next += 1
                continue
            at = max(range(self._next, self._next + 3), key=lambda hop: self._likeness(best, hop))
            found.append(Heard(best.name, max(0.0, at * HOP_S - best.at_s)))
            self._next = at + 2 * len(best.course)
        return found

    def _best_at(self, at: int) -> tuple[Known | None, float]:
        if self.frames[at] < SILENT_BELOW and self.frames[at + 2] < SILENT_BELOW:
            return None, 0.0
        scored = ((prompt, self._likeness(prompt, at)) for prompt in self._prompts)
        return max(scored, key=lambda pair: pair[1], default=(None, 0.0))

    def _likeness(self, prompt: Known, at: int) -> float:
        """Correlation: 1.0 for the same course of loudness at whatever volume."""
        heard = self.frames[at : at + 2 * len(prompt.course) : 2]
        mean = sum(heard) / len(heard)
        spread = max(0.0, sum(map(mul, heard, heard)) - len(heard) * mean * mean)  # a steady tone's rounds to below 0
        return float(sum(map(mul, prompt.course, heard)) / math.sqrt(spread + 1e-9))


def _course(frames: Sequence[float]) -> tuple[float, ...] | None:
    mean = sum(frames) / len(frames)
    centred = [frame - mean for frame in frames]
    length = math.sqrt(sum(map(mul, centred, centred)))
    return tuple(value / length for value in centred) if length > 0 else None


def prompts_in(sounds: Path) -> dict[str, array[int]]:
    """Every 8 kHz recording below a sounds folder by its name there (`ko/connecting`): .sln, .wav or .alaw."""
    found: dict[str, array[int]] = {}
    for path in sorted(sounds.rglob("*")):
        name = str(path.relative_to(sounds).with_suffix(""))
        if path.suffix == ".sln":
            found[name] = _samples(path.read_bytes())
        elif path.suffix == ".wav":
            with wave.open(str(path)) as file:
                if (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1):
                    found[name] = _samples(file.readframes(file.getnframes()))
        elif path.suffix in (".alaw", ".al") and name not in found:
            found[name] = array("h", (_ALAW[byte] for byte in path.read_bytes()))
    return found


class Tail:
    """The samples that a program adds to a WAV file while it still writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = HEADER_BYTES

    def more(self) -> array[int]:
        """What has come since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        data = data[: len(data) // 2 * 2]
        self._at += len(data)
        return _samples(data)


def _samples(data: bytes) -> array[int]:
    samples = array("h")
    samples.frombytes(data[: len(data) // 2 * 2])
    return samples


def _alaw_sample(byte: int) -> int:
    """One byte of ITU-T G.711 A-law as a 16-bit sample."""
    byte ^= 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 15
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return size if byte & 0x80 else -size


_ALAW = [_alaw_sample(byte) for byte in range(256)]
