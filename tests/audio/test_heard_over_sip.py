"""What a citizen hears over a real call, recorded at the telephone and recognised: the closed centre in each language.

A call at night hears the greeting, the closed message, the next opening in words and the goodbye, and nothing else.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from dialplan.calendar import in_seoul
from engine import ears
from ivr import say
from ivr.catalogue import LANGUAGES, Catalogue
from tests.pbx.centre import NUMBER, Centre

ROOT = Path(__file__).resolve().parents[2]
NIGHT = "2026-11-24T21:00"
NEXT_MORNING = "2026-11-25T08:00"
KEYS = {"ko": "1", "en": "2", "ja": "3", "zh": "4"}

pytestmark = [
    pytest.mark.audio, pytest.mark.pbx, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning"),
]  # fmt: skip


@pytest.fixture(scope="module")
def recognition() -> ModuleType:
    return importlib.import_module("tests.audio.recognition")


@pytest.fixture(scope="module")
def closed_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", NIGHT) as centre:
        yield centre


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_closed_message_and_the_next_opening(closed_centre: Centre, recognition: ModuleType, lang: str) -> None:
    with closed_centre.citizen("01012340001") as citizen:
        began = citizen.call(NUMBER)
        citizen.wait_talking(after=began)
        time.sleep(0.3)  # as people do; the PBX drops a key before the engine listens
        citizen.keys(KEYS[lang])
        citizen.wait_ended(40, after=began)
        samples = citizen.heard()
    recordings = ears.prompts_in(closed_centre.settings.sounds)
    hearing = ears.Ears(ears.known({f"{lang}/closed": recordings[f"{lang}/closed"]}))
    (closed,) = hearing.hear(samples)
    said = np.array(samples[int(closed.from_s * 8_000) :], dtype=np.float32) / 32_768
    heard = recognition.recognise_samples(said, 8_000, lang)
    catalogue = Catalogue.load(ROOT / "dialplan" / "rules")
    night, morning = (in_seoul(datetime.fromisoformat(f"{at}+09:00")) for at in (NIGHT, NEXT_MORNING))
    opening = say.opening(lang, morning, night)
    expected = " ".join([catalogue.text(lang, "closed"), opening.text, catalogue.text(lang, "goodbye")])
    assert recognition.cer(expected, heard, lang) <= 0.2, heard


def test_the_greeting_lasts_thirteen_seconds_and_its_korean_is_understood(
    closed_centre: Centre, recognition: ModuleType
) -> None:
    with closed_centre.citizen("01012340002") as citizen:
        began = citizen.call(NUMBER)
        citizen.wait_talking(after=began)
        citizen.wait_ended(60, after=began)
        samples = citizen.heard()
    recordings = ears.prompts_in(closed_centre.settings.sounds)
    hearing = ears.Ears(ears.known({name: recordings[name] for name in ("greeting", "ko/closed")}))
    greeting, closed = hearing.hear(samples)
    assert (greeting.name, closed.name) == ("greeting", "ko/closed")
    assert closed.from_s - greeting.from_s == pytest.approx(13.0, abs=0.5)
    korean = Catalogue.load(ROOT / "dialplan" / "rules").recording("ko", "greeting").parts[0]
    first = max(0, int(greeting.from_s * 8_000))
    said = np.array(samples[first : first + int(7.6 * 8_000)], dtype=np.float32) / 32_768
    heard = recognition.recognise_samples(said, 8_000, "ko")
    assert recognition.cer(korean.text, heard, "ko") <= 0.1, heard
