"""The catalogue holds what it says, and text and audio agree: a hash check that needs no speech engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from engine.render.prompts import audio_hash, music_hash, opus_path, read_manifest, source_hash
from ivr import say
from ivr.catalogue import LANGUAGES, MULTI, Catalogue, CatalogueError

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "dialplan" / "rules"
PROMPTS = ROOT / "prompts"
WHOLE = {"ko": "가", "en": "a", "ja": "あ", "zh": "一"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(RULES)


def test_every_recording_is_committed_and_says_what_the_catalogue_says(catalogue: Catalogue) -> None:
    manifest = read_manifest(PROMPTS)
    missing = [each.name for each in catalogue.recordings() if not opus_path(PROMPTS, each.name).exists()]
    stale = [
        each.name for each in catalogue.recordings() if manifest.get(each.name, {}).get("source") != source_hash(each)
    ]
    assert (missing, stale) == ([], []), "run ./ringmaster prompts render"


def test_every_audio_file_is_the_one_of_the_manifest() -> None:
    manifest = read_manifest(PROMPTS)
    assert {name for name, entry in manifest.items() if audio_hash(opus_path(PROMPTS, name)) != entry["audio"]} == set()
    studio = PROMPTS / "studio"
    files = {path.relative_to(PROMPTS).with_suffix("").as_posix() for path in PROMPTS.rglob("*.opus")}
    assert {name for name in files if not (studio / f"{name}.wav").exists()} - set(manifest) == set()
    assert manifest["music/hold"]["source"] == music_hash()


def test_the_greeting_lasts_what_the_source_promises() -> None:
    assert soundfile.info(PROMPTS / "mul" / "greeting.opus").duration == pytest.approx(13.0, abs=0.5)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_topic_question_lasts_eight_seconds_at_most(lang: str) -> None:
    assert soundfile.info(PROMPTS / lang / "topic_question.opus").duration <= 8.0


def test_the_greeting_is_heard_before_a_language_is_chosen(catalogue: Catalogue) -> None:
    assert {catalogue.sound_path(lang, "greeting") for lang in LANGUAGES} == {"greeting"}
    assert [part.lang for part in catalogue.recording("ko", "greeting").parts] == ["ko", "en", "ja", "zh"]


def test_where_a_sound_lies(catalogue: Catalogue) -> None:
    assert catalogue.sound_path("ja", "connecting") == "ja/connecting"
    assert catalogue.sound_path("zh", "n_7") == "zh/n_7"
    assert catalogue.sound_path("en", "agent_available") == "ko/agent_available"
    assert catalogue.sound_path("en", "pbx_transfer") == "en/pbx-transfer"
    assert catalogue.sound_path("ko", say.PAUSE) == "pause"


def test_an_unknown_key_names_the_nearest(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="did you mean connecting"):
        catalogue.sound_path("ko", "conecting")
    with pytest.raises(CatalogueError):
        catalogue.recording("en", "clock_12_before_minutes")  # of Japanese only


def test_readings_change_what_is_read_and_not_what_is_written() -> None:
    content = {"prompts": {"x": {**WHOLE, "ja": "高陽市です"}}, "readings": {"ja": {"高陽市": "コヤンし"}}}
    part = Catalogue.load(content).recording("ja", "x").parts[0]
    assert (part.text, part.reading) == ("高陽市です", "コヤンしです")


def test_rules_alone_will_do() -> None:
    assert Catalogue.load({"x": WHOLE}).prompt("x").recordings["en"].text == "a"


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ({"x": {"ko": "가", "en": "a", "ja": "あ"}}, "x: exactly .* too many: zh"),
        ({"x": {**WHOLE, "fr": "a"}}, "too many: fr"),
        ({"x": {**WHOLE, "en": " "}}, "x: en: a sentence is expected"),
        ({"x": {**WHOLE, "en": ["a"]}}, "x: en: a sentence is expected"),
        ({"x": "가"}, "x: a sentence for each language"),
        ({"agent_x": WHOLE}, "agent_x: exactly ko"),
        ({"x": {"parts": [{"lang": "fr", "text": "a"}]}}, "fr is none of"),
        ({"x": {"parts": ["a"]}}, "x: parts: a list"),
        ({"x": {"parts": [{"lang": "ko", "text": "가"}], "seconds": "long"}}, "x: seconds: a number"),
        ({"x": {}}, "x: a sentence for each language"),
        ({"n_7": WHOLE}, "n_7: this key is a spoken number"),
        (["x"], "a mapping of keys"),
    ],
)
def test_a_wrong_shape_is_an_error_that_names_the_key(prompts: object, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        Catalogue.load({"prompts": prompts})


def test_a_running_engine_leaves_out_what_is_wrong_and_says_the_rest() -> None:
    wrong = {"x": {"ko": "가"}, "y": "a", "z": {"parts": []}, "n_7": WHOLE, "ok": WHOLE}
    catalogue = Catalogue.load({"prompts": wrong}, strict=False)
    assert catalogue.sound_path("en", "x") == "ko/x"
    assert catalogue.sound_path("en", "ok") == "en/ok"
    with pytest.raises(CatalogueError):
        catalogue.sound_path("en", "y")


def test_a_prompt_in_several_languages_is_one_recording(catalogue: Catalogue) -> None:
    assert set(catalogue.prompt("language_again").recordings) == {MULTI}
