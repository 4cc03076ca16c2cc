"""Which voice says what, and in whose name. Data only, so that checking a recording needs no speech engine."""

from __future__ import annotations

from dataclasses import dataclass

ENGINE = "kokoro-82m-v1.0-int8"  # the model's name in the manifest; another model makes every recording stale
PHONEMES = "1"  # raised when the way from text to phonemes changes what is heard


SCORE = "1"  # raised when the composition in engine/render/music.py changes


@dataclass(frozen=True, slots=True)
class Voice:
    """Style vectors that are averaged, and the speed (1.0 is the model's own)."""

    styles: tuple[str, ...]
    speed: float

    @property
    def id(self) -> str:
        """As written into the manifest: `jm_kumo+hf_alpha@0.95`."""
        return f"{'+'.join(self.styles)}@{self.speed:g}"


# Chosen by the error rate of speech recognition on 8 kHz audio. The model has no Korean voice; the
# average of a Japanese and a Hindi one, given Korean phonemes, was understood best.
VOICES = {
    "ko": Voice(("jf_alpha", "hf_alpha"), 0.95),
    "en": Voice(("af_heart",), 1.0),
    "ja": Voice(("jf_alpha",), 1.0),
    "zh": Voice(("zf_xiaoxiao",), 1.0),
}
