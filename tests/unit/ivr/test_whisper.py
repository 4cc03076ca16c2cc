"""What is whispered to the agent: which recordings, and that they are short."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dialplan.decision import route
from dialplan.language import Language
from ivr import whisper
from ivr.agi import plain
from ivr.catalogue import Catalogue
from ivr.remembered import Wanted
from ivr.waiting import wait_and_talk
from tests.unit.ivr.house import House, city

ROOT = Path(__file__).parents[3]


def wanted(house: House, topic: str = "any") -> Wanted:
    found = route(house.rules, Language.KO, topic)
    return Wanted(house.rules.queues[found.queue or ""], topic, found.requirement, (), house.epoch)


@pytest.mark.parametrize(
    ("waited_s", "key"),
    [(0, None), (9.9, None), (10, "10s"), (47, "40s"), (59.9, "50s"), (60, "1m"), (659, "10m"), (660, "long"),
     (99_999, "long")],
)  # fmt: skip
def test_the_wait_is_rounded_down(waited_s: float, key: str | None) -> None:
    assert whisper.waited_key(waited_s) == (None if key is None else f"agent_waited_{key}")


def test_language_topic_and_wait_in_this_order() -> None:
    said = whisper.keys(city(), Language.JA, "passport", 47.0)
    texts = [Catalogue.load(ROOT / "dialplan" / "rules").text("ko", key) for key in said]
    assert texts == ["일본어", "여권", "사십 초 대기"]


def test_a_topic_without_a_recording_is_left_out() -> None:
    assert whisper.keys(city(), Language.KO, "invented", None) == ("agent_language_ko",)


def test_the_plainest_call_needs_no_word() -> None:
    assert whisper.keys(city(), Language.KO, "any", 3.0) == whisper.keys(city(), Language.KO, "any", None) == ()
    assert len(whisper.keys(city(), Language.KO, "any", 12.0)) == 3
    assert len(whisper.keys(city(), Language.EN, "any", 3.0)) == 2


def test_every_topic_of_the_city_is_named_and_nobody_waits_long_for_it() -> None:
    lengths_s = {
        name: entry["seconds"]
        for name, entry in json.loads((ROOT / "prompts" / "manifest.json").read_text())["recordings"].items()
    }
    waits = [10.0, 20.0, 30.0, 40.0, 50.0, *(60.0 * minute for minute in range(1, 12))]
    for topic in city().topics:
        for language in Language:
            for waited_s in waits:
                said = whisper.keys(city(), language, topic, waited_s)
                assert len(said) == 3, topic
                assert sum(lengths_s[f"ko/{key}"] for key in said) <= 3.5, said
                assert sum(lengths_s[f"ko/{key}"] for key in said[:2]) <= 2.2, said  # who did not wait


def test_what_is_set_on_the_channel_is_plain_and_inherited() -> None:
    value = whisper.value(whisper.keys(city(), Language.ZH, "tax", 3000.0))
    assert plain(value) == value
    assert value == "ko/agent_language_zh:ko/agent_topic_tax:ko/agent_waited_long"


def test_it_is_set_before_the_agent_is_rung_and_costs_no_round_trip() -> None:
    house = House()
    house.acd.free = ["1001"]
    seen: list[str] = []
    house.channel.on_dial = lambda: seen.append(house.channel.variables[whisper.VARIABLE])
    wait_and_talk(house.call(), wanted(house, "passport"))
    assert seen == ["ko/agent_language_ko:ko/agent_topic_passport"]


def test_a_queue_may_do_without() -> None:
    house = House()
    house.acd.free = ["1001"]
    asked = wanted(house, "passport")
    wait_and_talk(house.call(), replace(asked, queue=replace(asked.queue, whisper=False)))
    assert house.channel.dial_options == ["gitm(default)"]
