"""The catalogue: every recording that can be heard, by language and key, with its text. No audio, nothing heavy.

Sentences come from prompts.yaml (its head tells the shape), spoken numbers and times from `ivr.say`. A sentence in
several languages at once (the greeting) belongs to the language `mul` and lies at the root of the sounds folder.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr import say

LANGUAGES = ("ko", "en", "ja", "zh")
MULTI = "mul"  # ISO 639-2: multiple languages
AGENT_PREFIX = "agent_"
AGENT_LANGUAGE = "ko"
# Recordings that the PBX asks for under a name of its own.
PBX_NAMES = {"pbx_transfer": "pbx-transfer", "pbx_invalid": "pbx-invalid"}


class CatalogueError(ValueError):
    """A sentence is missing, or is not in the shape that the head of prompts.yaml describes."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one voice says in one go: the text, and how it is read where that differs."""

    lang: str
    text: str
    reading: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One sound file. `lang` is a language or MULTI; `seconds` the length it is made to have, if one is asked for."""

    lang: str
    key: str
    parts: tuple[Part, ...]
    seconds: float | None = None

    @property
    def name(self) -> str:
        """As in the manifest and below prompts/: ko/connecting, mul/greeting."""
        return f"{self.lang}/{self.key}"

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sentence by its key, in every language that it exists in (MULTI alone for one in several languages)."""

    key: str
    recordings: Mapping[str, Recording]


class Catalogue:
    """All prompts and pieces. Build it with `load`."""

    def __init__(self, prompts: Mapping[str, Prompt], pieces: Mapping[str, Mapping[str, say.Piece]]) -> None:
        self._prompts = dict(prompts)
        self._pieces = pieces

    @classmethod
    def load(cls, source: Path | Mapping[str, Any], *, strict: bool = True) -> Catalogue:
        """From a rules folder, the content of prompts.yaml, or its `prompts:` alone. CatalogueError when wrong.

        `strict=False` is for the running engine: what has the wrong shape or a missing language is left out, and heard
        in another language or not at all, instead of taking the whole centre down.
        """
        content: Mapping[str, Any] = _read(source) if isinstance(source, Path) else source
        rules = content.get("prompts", content)
        readings = content.get("readings") or {} if "prompts" in content else {}
        if not isinstance(rules, Mapping):
            raise CatalogueError("prompts: a mapping of keys is expected")
        prompts: dict[str, Prompt] = {}
        for key, value in rules.items():
            try:
                prompts[str(key)] = _prompt(str(key), value, readings, strict=strict)
            except CatalogueError:
                if strict:
                    raise
        pieces = {lang: say.pieces(lang) for lang in LANGUAGES}
        for lang, of_lang in pieces.items():
            if strict and (twice := sorted(set(of_lang) & set(prompts))):
                raise CatalogueError(f"{twice[0]}: this key is a spoken number or time of {lang}; choose another")
        return cls(prompts, pieces)

    def prompt(self, key: str) -> Prompt:
        """The sentence of that key; CatalogueError, with the nearest key, when there is none."""
        try:
            return self._prompts[key]
        except KeyError:
            near = difflib.get_close_matches(key, self._prompts, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise CatalogueError(f"no prompt named {key}{hint}") from None

    def prompt_keys(self) -> tuple[str, ...]:
        """The keys of prompts.yaml, in its order."""
        return tuple(self._prompts)

    def recording(self, lang: str, key: str) -> Recording:
        """The recording that a listener of `lang` hears for `key`, a prompt or a piece."""
        piece = self._pieces.get(lang, {}).get(key)
        if piece is not None:
            return Recording(lang, key, (Part(lang, piece.text, piece.reading),))
        recordings = self.prompt(key).recordings
        return recordings.get(lang) or recordings.get(MULTI) or next(iter(recordings.values()))

    def text(self, lang: str, key: str) -> str:
        """What is said, in writing."""
        return self.recording(lang, key).text

    def sound_path(self, lang: str, key: str) -> str:
        """The file for STREAM FILE, below the PBX's sounds folder and without extension."""
        if key == say.PAUSE:
            return key
        return sound_path(self.recording(lang, key).lang, key)

    def recordings(self) -> Iterator[Recording]:
        """Every recording there must be, prompts first."""
        for prompt in self._prompts.values():
            yield from prompt.recordings.values()
        for lang, of_lang in self._pieces.items():
            for key in of_lang:
                yield self.recording(lang, key)


def sound_path(lang: str, key: str) -> str:
    """Where a recording lies below the sounds folder: ko/connecting; greeting, for MULTI at the root."""
    name = PBX_NAMES.get(key, key)
    return name if lang == MULTI else f"{lang}/{name}"


def _read(rules: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - the engine hands over rules that are read already

    with (rules / "prompts.yaml").open(encoding="utf-8") as file:
        content = YAML(typ="safe", pure=True).load(file)
    if not isinstance(content, Mapping):
        raise CatalogueError("prompts.yaml: a mapping is expected")
    return content


def _part(key: str, lang: str, text: object, readings: Mapping[str, Any]) -> Part:
    if lang not in LANGUAGES:
        raise CatalogueError(f"{key}: {lang} is none of {', '.join(LANGUAGES)}")
    if not isinstance(text, str) or not text.strip():
        raise CatalogueError(f"{key}: {lang}: a sentence is expected")
    reading = text
    for word, said in (readings.get(lang) or {}).items():
        reading = reading.replace(str(word), str(said))
    return Part(lang, text, reading)


def _prompt(key: str, value: object, readings: Mapping[str, Any], *, strict: bool) -> Prompt:
    if not isinstance(value, Mapping) or not value:
        raise CatalogueError(f"{key}: a sentence for each language, or parts, is expected")
    if "parts" in value:
        return Prompt(key, {MULTI: _in_parts(key, value, readings)})
    languages = {str(lang) for lang in value}
    expected = {AGENT_LANGUAGE} if key.startswith(AGENT_PREFIX) else set(LANGUAGES)
    if strict and languages != expected:
        wrong = ", ".join(sorted(languages ^ expected))
        raise CatalogueError(f"{key}: exactly {', '.join(sorted(expected))} are expected; missing or too many: {wrong}")
    recordings = {lang: Recording(lang, key, (_part(key, lang, value[lang], readings),)) for lang in value}
    return Prompt(key, recordings)


def _in_parts(key: str, value: Mapping[str, Any], readings: Mapping[str, Any]) -> Recording:
    given = value["parts"]
    if not isinstance(given, list) or not given or not all(isinstance(part, Mapping) for part in given):
        raise CatalogueError(f"{key}: parts: a list of {{lang, text}} is expected")
    parts = tuple(_part(key, str(part.get("lang")), part.get("text"), readings) for part in given)
    try:
        seconds = None if value.get("seconds") is None else float(value["seconds"])
    except (TypeError, ValueError):
        raise CatalogueError(f"{key}: seconds: a number is expected") from None
    return Recording(MULTI, key, parts, seconds)
