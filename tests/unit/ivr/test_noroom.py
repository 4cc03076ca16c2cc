"""A full queue, and the minutes before closing: an agent who is free at once, another queue, or a sentence."""

from datetime import datetime, timedelta

import pytest

from acd.core.events.contacts import Departure
from dialplan.language import Language
from ivr.flow import receive, resume
from ivr.session import Outcome, _to_the_end
from tests.unit.ivr.house import SEOUL, House, rules

EVENING = datetime(2026, 11, 24, 18, 57, tzinfo=SEOUL)
LAST_MINUTES = "queues.defaults.stop_queueing_before_close_s=300"


def calls(house, keys="13", entry=receive) -> Outcome:
    house.channel.press(0.5, keys)
    return _to_the_end(house.call(), entry)


def after_the_question(house) -> list[str]:
    heard = house.channel.heard
    return [sound for sound in heard[heard.index("music:default") :] if sound != "music:default"]


def test_a_full_queue_is_said_with_a_polite_goodbye():
    house = House()
    house.acd.full = {"passport"}
    assert calls(house) is Outcome.FULL
    assert after_the_question(house) == ["ko/queue_full", "ko/try_later", "ko/goodbye", "hangup"]
    assert house.acd.said("depart") == [("rm-1.1", Departure.FULL)]
    assert house.channel.phases[-1] == "done"
    assert house.channel.silence_s <= 1.0


@pytest.mark.parametrize("language", list(Language))
def test_it_is_said_in_the_callers_language(language):
    house = House()
    house.acd.full = {"general"}
    calls(house, f"{house.key_of(language)}0")
    assert after_the_question(house) == [f"{language}/{key}" for key in ("queue_full", "try_later", "goodbye")] + [
        "hangup"
    ]


def test_an_agent_who_is_free_at_once_answers_though_the_queue_is_full():
    house = House()
    house.acd.full, house.acd.free = {"passport"}, ["1001"]
    assert calls(house) is Outcome.SERVED
    assert "ko/queue_full" not in house.channel.heard


def test_an_agent_who_comes_free_during_the_sentence_takes_the_caller_at_once():
    house = House()
    house.acd.full = {"passport"}
    house.acd.free_at = {"1001": 1.6}
    house.channel.press(1.6, "D")
    times = []
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    assert calls(house) is Outcome.SERVED
    assert times == [1.6]
    assert house.channel.cut[-1] == "ko/queue_full"
    assert house.acd.said("depart") == []


def test_who_was_rung_for_once_waits_on():
    house = House()
    house.acd.full = {"passport"}
    house.acd.free, house.acd.free_at = ["1001"], {"1002": 20.0}
    house.channel.dials = ["NOANSWER", "ANSWER"]
    assert calls(house) is Outcome.SERVED
    assert "ko/queue_full" not in house.channel.heard


def test_keys_do_not_shorten_the_sentence():
    house = House()
    house.acd.full = {"passport"}
    house.channel.press(2.0, "5#1")
    calls(house)
    assert after_the_question(house)[:2] == ["ko/queue_full", "ko/try_later"]
    assert house.channel.now_s > 6.5


def test_another_queue_takes_the_caller_with_the_moment_of_arrival():
    house = House(rules=rules("queues.queues.passport.when_full={queue: city}"))
    house.acd.full = {"passport"}
    house.acd.free_at = {"1003": 8.0}
    assert calls(house) is Outcome.SERVED
    first, second = (offer for offer, _ in house.acd.said("offer"))
    assert (first.queue, second.queue) == ("passport", "city")
    assert (second.topic, second.first_queued_at) == ("passport", first.first_queued_at)
    assert second.requirement == house.rules.queues["city"].requirement(Language.KO)
    assert house.acd.said("depart") == [("rm-1.1", Departure.OVERFLOW)]
    assert house.channel.variables["RM_QUEUE"] == "city"


def test_the_other_queue_may_be_full_too():
    house = House(rules=rules("queues.queues.passport.when_full={queue: city}"))
    house.acd.full = {"passport", "city"}
    assert calls(house) is Outcome.FULL
    assert [why for _, why in house.acd.said("depart")] == [Departure.OVERFLOW, Departure.FULL]


@pytest.mark.parametrize("language", list(Language))
def test_before_closing_the_next_opening_is_said(language):
    house = House(EVENING, rules(LAST_MINUTES))
    assert calls(house, f"{house.key_of(language)}0") is Outcome.CLOSED
    assert after_the_question(house) == [
        f"{language}/{key}" for key in ("closing_soon", "opens_tomorrow_8", "goodbye")
    ] + ["hangup"]
    assert house.acd.said("depart") == [("rm-1.1", Departure.CLOSED)]


def test_before_closing_a_free_agent_still_answers():
    house = House(EVENING, rules(LAST_MINUTES))
    house.acd.free = ["1001"]
    assert calls(house) is Outcome.SERVED


def test_six_minutes_before_closing_callers_begin_to_wait():
    house = House(EVENING - timedelta(minutes=3), rules(LAST_MINUTES))
    house.acd.free_at = {"1001": 20.0}
    assert calls(house) is Outcome.SERVED


def test_without_a_time_in_the_rule_callers_wait_until_the_last_second():
    house = House(EVENING)
    house.acd.free_at = {"1001": 400.0}
    assert calls(house) is Outcome.SERVED


def test_before_closing_another_queue_may_take_the_caller():
    words = (
        "queues.queues.passport.near_closing={queue: city}",
        "queues.queues.passport.stop_queueing_before_close_s=300",
    )
    house = House(EVENING, rules(*words))
    house.acd.free_at = {"1003": 20.0}
    assert calls(house) is Outcome.SERVED
    assert house.offered().queue == "city"


def test_who_has_waited_is_never_turned_away():
    """Back from the menu, or back from the safety net."""
    house = House(EVENING, rules(LAST_MINUTES))
    house.acd.full = {"general", "passport"}
    house.acd.free_at = {"1001": 30.0}
    house.channel.variables = {"RM_PHASE": "waiting", "RM_LANG": "ko", "RM_CONTACT": "rm-1.1", "RM_TOPIC": "any"}
    house.channel.press(5.0, "*3")
    assert _to_the_end(house.call(), resume) is Outcome.SERVED
    assert house.acd.said("depart") == [("rm-1.1", Departure.BACK_TO_MENU)]
    assert house.offered().queue == "passport"
