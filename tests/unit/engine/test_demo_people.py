"""Who calls in the demo: by the city's shares, each the same for a seed, with keys that lead where they want to go."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialplan import dialogue
from dialplan.language import Language
from dialplan.loader import load
from engine.demo.options import opening_time, overrides
from engine.demo.people import People, topic_keys, topic_mix

RULES = Path(__file__).parents[3] / "dialplan" / "rules"
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(scope="module")
def rules():
    return load(RULES)


@pytest.fixture(scope="module")
def callers(rules):
    people = People(rules, seed=7, speed=4)
    return [people.caller() for _ in range(20_000)]


def test_the_same_seed_gives_the_same_people(rules):
    first, second, other = People(rules, 3, 1), People(rules, 3, 1), People(rules, 4, 1)
    drawn = [first.caller() for _ in range(50)]
    assert drawn == [second.caller() for _ in range(50)]
    assert drawn != [other.caller() for _ in range(50)]


def test_topics_come_in_the_citys_shares(callers):
    wanted = Counter(caller.topic for caller in callers if caller.topic)
    total = sum(wanted.values())
    for topic, share in {"vehicle": 0.22, "passport": 0.13, "tax": 0.09, "welfare": 0.09, "water": 0.07}.items():
        assert wanted[topic] / total == pytest.approx(share, abs=0.01)
    # 26 % that the city does not break down: half of it for the topics without a figure of their own.
    assert wanted["city"] / total == pytest.approx(0.13, abs=0.01)
    assert wanted["health"] / total == pytest.approx(0.13 / 6, abs=0.005)


def test_languages_come_in_the_simulators_shares(callers):
    spoken = Counter(caller.language for caller in callers)
    assert spoken[Language.KO] / len(callers) == pytest.approx(0.97, abs=0.005)
    assert spoken[Language.EN] / len(callers) == pytest.approx(0.015, abs=0.004)


def test_talks_are_as_long_as_real_ones_divided_by_the_speed(callers):
    assert sum(caller.talk_s for caller in callers) / len(callers) == pytest.approx(180 / 4, rel=0.05)


def test_the_keys_of_every_caller_lead_to_their_language_and_topic(rules, callers):
    open_at = datetime(2026, 11, 24, 10, tzinfo=SEOUL)
    for caller in callers[:500]:
        keys = tuple(press.key for press in caller.presses)
        asked = dialogue.Call(at=open_at, keys=keys)
        decided = dialogue.decide(rules, asked)
        assert decided.language is caller.language
        assert decided.topic == (caller.topic or rules.any_topic)


def test_every_topic_of_the_menus_can_be_reached(rules):
    for keys in topic_keys(rules).values():
        assert set(keys) == set(rules.topics)


def test_a_mix_without_shares_is_even():
    assert topic_mix({"a": 0.0, "b": 0.0, "any": 0.0}, "any") == {"a": 1.0, "b": 1.0}


def test_demo_numbers_are_nobodys(rules):
    people = People(rules, 1, 1)
    assert all(people.number().startswith("0100") and len(people.number()) == 11 for _ in range(100))


def test_wrapup_is_shortened_unless_the_operator_has_set_it():
    assert overrides((), speed=4) == ("queues.defaults.wrapup_s=7.5",)
    assert overrides(("queues.defaults.wrapup_s=0",), speed=4) == ("queues.defaults.wrapup_s=0",)


def test_a_demo_at_night_plays_a_working_morning(rules):
    friday_evening = datetime(2026, 11, 27, 22, tzinfo=SEOUL)
    assert opening_time(rules, friday_evening) == datetime(2026, 11, 30, 10, tzinfo=SEOUL)


def test_a_demo_in_opening_hours_plays_now(rules):
    assert opening_time(rules, datetime(2026, 11, 24, 14, tzinfo=SEOUL)) is None
    # Half an hour before closing is too late for a demo.
    assert opening_time(rules, datetime(2026, 11, 24, 18, 30, tzinfo=SEOUL)) is not None
