"""Phones that each send a tone of their own, so that one hears who hears whom, and who is in a recording."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from centre import Centre, CentrePhone

from engine.phone import RATE_HZ, Phone

HZ = {"citizen": 400, "1002": 700, "1001": 1100, "1003": 1500}
LOUD = 1000.0


@contextmanager
def sounding(centre: Centre, folder: Path, who: str) -> Iterator[CentrePhone]:
    """A phone with its own tone: `citizen`, or an agent's extension."""
    folder /= who
    folder.mkdir()
    write_tone(folder, who)
    citizen = who == "citizen"
    secret = None if citizen else centre.accounts[who]["sip_secret"]
    with CentrePhone(centre, "01012345678" if citizen else who, secret, answers=True, folder=folder) as phone:
        yield phone


def write_tone(folder: Path, who: str) -> None:
    """`tone.wav`, which a phone of this folder plays."""
    tone = array("h", (round(6000 * math.sin(2 * math.pi * HZ[who] * n / RATE_HZ)) for n in range(RATE_HZ * 60)))
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone.tobytes())


def heard_by(phone: Phone) -> set[str]:
    """Whose tones are in the last second of what it heard."""
    return tones_in(phone.heard()[-RATE_HZ:])


def tones_in(samples: Sequence[int]) -> set[str]:
    """Whose tones are in it, by Goertzel's measure."""
    return {who for who, hz in HZ.items() if samples and _level(samples, hz) > LOUD}


def first_heard_s(samples: Sequence[int], who: str, step_s: float = 0.1) -> float | None:
    """When this tone is first there, in seconds."""
    step = round(step_s * RATE_HZ)
    found = (at for at in range(0, len(samples) - step, step) if _level(samples[at : at + step], HZ[who]) > LOUD)
    at = next(found, None)
    return None if at is None else at / RATE_HZ


def _level(samples: Sequence[int], hz: int) -> float:
    turn = [2 * math.pi * hz * n / RATE_HZ for n in range(len(samples))]
    real = sum(s * math.cos(angle) for s, angle in zip(samples, turn, strict=True))
    imaginary = sum(s * math.sin(angle) for s, angle in zip(samples, turn, strict=True))
    return 2 * math.hypot(real, imaginary) / len(samples)
