"""Every sentence is understood over a telephone: recognised from 8 kHz A-law audio with a small character error rate.

Slow (about a second a sentence); run with `./ringmaster test --audio`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
import soundfile

from engine.render.prompts import opus_path, read_manifest
from ivr.catalogue import AGENT_PREFIX, LANGUAGES, Catalogue

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = ROOT / "prompts"
MOST_ERRORS = 0.2
MOST_ERRORS_GREETING_KO = 0.1

pytestmark = [
    pytest.mark.audio,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning"),
]

# Of the spoken numbers, the sentences that citizens hear most; single words mean little to a recogniser.
SENTENCES = (
    "position_1", "position_2", "position_3", "position_7", "position_12", "position_20", "wait_30s", "wait_1", "wait_4",
    "wait_10", "wait_over_30", "opens_today_9", "opens_tomorrow_8", "opens_tomorrow_9", "opens_mon_8", "opens_sat_9",
)  # fmt: skip


@pytest.fixture(scope="module")
def recognition() -> ModuleType:
    """The listener beside this file, loaded late: its packages are in the audio group only."""
    return importlib.import_module("tests.audio.recognition")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "dialplan" / "rules")


def misheard(recognition: ModuleType, catalogue: Catalogue, lang: str, keys: list[str], most: float) -> list[str]:
    found = []
    for key in keys:
        recording = catalogue.recording(lang, key)
        heard = recognition.recognise(opus_path(PROMPTS, recording.name), lang)
        said = " ".join(part.reading for part in recording.parts)
        errors = min(recognition.cer(expected, heard, lang) for expected in (recording.text, said))
        if errors > most:
            found.append(f"{errors:.2f} {recording.name}: {recording.text} was heard as: {heard}")
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_prompts(recognition: ModuleType, catalogue: Catalogue, lang: str) -> None:
    keys = [key for key in catalogue.prompt_keys() if lang in catalogue.prompt(key).recordings]
    keys = [key for key in keys if not key.startswith(AGENT_PREFIX)]
    assert misheard(recognition, catalogue, lang, keys, MOST_ERRORS) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_places_waits_and_openings(recognition: ModuleType, catalogue: Catalogue, lang: str) -> None:
    assert misheard(recognition, catalogue, lang, list(SENTENCES), MOST_ERRORS) == []


def test_what_agents_hear(recognition: ModuleType, catalogue: Catalogue) -> None:
    keys = [key for key in catalogue.prompt_keys() if key.startswith(AGENT_PREFIX)]
    assert misheard(recognition, catalogue, "ko", keys, MOST_ERRORS) == []


@pytest.mark.parametrize("part", range(4))
def test_the_greeting_part_by_part(recognition: ModuleType, catalogue: Catalogue, part: int) -> None:
    recording = catalogue.recording("ko", "greeting")
    begins_s = [*read_manifest(PROMPTS)[recording.name]["parts_begin"], recording.seconds]
    samples, rate_hz = soundfile.read(opus_path(PROMPTS, recording.name), dtype="float32")
    said = recording.parts[part]
    cut = samples[int(begins_s[part] * rate_hz) : int(begins_s[part + 1] * rate_hz)]
    heard = recognition.recognise_samples(cut, rate_hz, said.lang)
    most = MOST_ERRORS_GREETING_KO if said.lang == "ko" else MOST_ERRORS
    assert recognition.cer(said.text, heard, said.lang) <= most, heard


def test_the_error_rate_counts_edits_per_character(recognition: ModuleType) -> None:
    assert recognition.cer("한국어는 1번.", "한국어는 일번", "ko") == 0
    assert recognition.cer("오전 아홉 시", "오전 9시", "ko") == 0
    assert recognition.cer("abcd", "abxd", "en") == 0.25
    assert recognition.cer("两位", "2位", "zh") == 0
    assert recognition.cer("press 2", "", "en") == 1
