"""Full queues and the minutes before closing: what the rules may say, what is refused, what `explain` tells."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialplan.calendar import SEOUL
from dialplan.decision import Outcome, route
from dialplan.dialogue import Call, decide
from dialplan.language import Language
from dialplan.loader import load
from dialplan.overflow import NoRoom, closing_soon, next_opening, turned_away
from dialplan.queuerules import Overflow, OverflowKind
from dialplan.ruleset import Ruleset
from tests.unit.dialplan.conftest import CITY, Folder

KO = Language.KO
LAST = "queues.defaults.stop_queueing_before_close_s=300"


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SEOUL)


def test_the_city_queues_until_the_last_second_and_says_so_when_full(city: Ruleset) -> None:
    for queue in city.queues.values():
        assert not closing_soon(city, queue, at(24, 18, 59, 59))
        turn = turned_away(city, KO, "city", queue, why=NoRoom.FULL, now=at(24, 10, 0))
        assert turn.heard(city) == ("queue_full", "try_later", "goodbye")
        assert turn.kind is OverflowKind.MESSAGE  # a call-back by rule, but no carrier is named to ring by


@pytest.mark.parametrize(
    ("moment", "soon"),
    [
        (at(24, 18, 54, 59), False),
        (at(24, 18, 55), True),
        (at(24, 18, 59, 59), True),
        (at(24, 19, 0), True),  # in the menus at closing
        (at(28, 17, 56), True),  # Saturday
        (at(24, 8, 0), False),
    ],
)
def test_the_last_minutes_are_counted_from_the_closing_of_that_day(moment: datetime, soon: bool) -> None:
    rules = load(CITY, [LAST])
    assert closing_soon(rules, rules.queues["city"], moment) is soon


def test_a_centre_that_never_closes_has_no_last_minutes() -> None:
    rules = load(CITY, [LAST, 'hours.weekday=["00:00-24:00"]', 'hours.day_off=["00:00-24:00"]'])
    assert not closing_soon(rules, rules.queues["city"], at(24, 23, 58))
    assert next_opening(rules, at(24, 23, 58)) is None


def test_the_next_opening_is_the_one_after_this_closing(city: Ruleset) -> None:
    assert next_opening(city, at(24, 18, 58)) == at(25, 8, 0)
    assert next_opening(city, at(27, 18, 58)) == at(28, 9, 0)  # Saturday
    assert next_opening(city, at(24, 7, 0)) == at(24, 8, 0)


def test_a_queue_may_have_rules_of_its_own(folder: Folder) -> None:
    folder.replace("queues.yaml", "skills: {city: 2}", "skills: {city: 2}\n    when_full: {queue: general}")
    rules = load(folder.path)
    rule = rules.queues["city"].when_full
    assert (rule.kind, rule.queue) == (OverflowKind.QUEUE, "general")
    assert f"{rule.source}" == folder.place("queues.yaml", "{queue: general}").rsplit(":", 1)[0]
    assert rules.queues["vehicle"].when_full == Overflow(
        OverflowKind.CALLBACK, None, rules.queues["vehicle"].when_full.source
    )
    turn = turned_away(rules, KO, "city", rules.queues["city"], why=NoRoom.FULL, now=at(24, 10, 0))
    assert turn.route is not None
    assert (turn.route.queue, turn.route.topic, turn.say) == ("general", "city", ())
    assert turn.reasons[0].text() == "100 callers wait in queue city: general"
    assert turn.reasons[0].text(KO) == "city 대기열에 100명이 기다리고 있습니다: general"


@pytest.mark.parametrize(
    ("written", "column_of", "message"),
    [
        ("when_full: mesage", "mesage", "expected message, callback or {queue: NAME}, found `mesage`; did you mean `message`?"),
        ("when_full: {queue: genral}", "genral", "no queue is called `genral`; did you mean `general`?"),
        ("near_closing: {quue: general}", "{quue", "expected message, callback or {queue: NAME}, found `{quue: general}`"),
        ("when_full: vehicle", "vehicle", "expected message, callback or {queue: NAME}, found `vehicle`; a queue is written `{queue: vehicle}`"),
        ("when_full: {queue: city}", "{queue: city}", "a caller would be sent on without end, city to city; give one another `when_full`"),
        ("near_closing: {queue: offices}", "{queue: offices}", "no agent of queue `offices` can answer zh, in which `city` waits"),
        ("stop_queueing_before_close_s: -1", "-1", "-1 is too small: at least 0"),
        ("stop_queueing_before_closing_s: 5", "stop_queueing_before_closing_s", "unknown key `stop_queueing_before_closing_s`; did you mean `stop_queueing_before_close_s`?"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(folder: Folder, written: str, column_of: str, message: str) -> None:
    folder.replace("queues.yaml", "skills: {city: 2}", f"skills: {{city: 2}}\n    {written}")
    assert f"{folder.place('queues.yaml', column_of)}: {message}" in folder.problems()


def test_two_queues_that_send_on_to_each_other_are_told_once(folder: Folder) -> None:
    folder.replace("queues.yaml", "skills: {city: 2}", "skills: {city: 2}\n    when_full: {queue: general}")
    folder.replace("queues.yaml", "    skills: {}\n", "    skills: {}\n    when_full: {queue: city}\n")
    assert len([one for one in folder.problems() if "without end" in one]) == 1


def test_the_sentences_must_be_there(folder: Folder) -> None:
    folder.replace("prompts.yaml", "  try_later:", "  try_sooner:")
    (told,) = folder.problems()
    assert told.endswith("prompts.yaml has no `try_later`, which the caller is to hear")


def test_explain_tells_the_last_minutes() -> None:
    rules = load(CITY, [LAST])
    told = decide(rules, Call(at(24, 18, 57), keys=("1", "3")))
    assert told.outcome is Outcome.CLOSED
    assert told.opening.open
    assert told.prompts == ("greeting", "topic_question", "closing_soon", "goodbye")
    assert (told.topic, told.queue) == ("passport", None)
    assert (
        told.reasons[-1].text()
        == "within 300 s of closing, who finds nobody free does not wait in queue passport: message"
    )
    assert decide(rules, Call(at(24, 18, 54), keys=("1", "3"))).outcome is Outcome.QUEUE


def test_explain_follows_to_the_other_queue() -> None:
    rules = load(CITY, [LAST, "queues.queues.passport.near_closing={queue: city}", "queues.queues.city.stop_queueing_before_close_s=0"])  # fmt: skip
    told = decide(rules, Call(at(24, 18, 57), keys=("1", "3")))
    assert (told.outcome, told.topic, told.queue) == (Outcome.QUEUE, "passport", "city")
    assert told.requirement == rules.queues["city"].requirement(KO)
    assert told.prompts == ("greeting", "topic_question", "connecting")
    assert told.priority is not None


def test_the_other_queue_keeps_the_topic(city: Ruleset) -> None:
    assert route(city, KO, "passport").topic == "passport"


# --- call-backs

LINE = "trunks.carriers=[{name: carrier_a, addresses: [203.0.113.10]}]"


def test_with_a_line_to_the_outside_a_full_queue_offers_a_call_back() -> None:
    rules = load(CITY, [LINE])
    turn = turned_away(rules, KO, "city", rules.queues["city"], why=NoRoom.FULL, now=at(24, 10, 0))
    assert turn.kind is OverflowKind.CALLBACK
    assert turn.heard(rules) == ("queue_full", "callback_offer", "callback_book_offer", "try_later", "goodbye")


def test_explain_tells_the_offer_of_the_last_minutes() -> None:
    words = [LAST, "queues.defaults.near_closing=callback"]
    told = decide(load(CITY, [LINE, *words]), Call(at(24, 18, 57), keys=("1", "3")))
    assert told.outcome is Outcome.CALLBACK_OFFER
    assert told.prompts[2:] == ("closing_soon", "callback_offer", "callback_book_offer", "goodbye")
    assert decide(load(CITY, words), Call(at(24, 18, 57), keys=("1", "3"))).outcome is Outcome.CLOSED


def test_closed_hours_offer_to_book_a_call_and_stay_closed() -> None:
    told = decide(load(CITY, [LINE]), Call(at(24, 22, 0), keys=("1",)))
    assert told.outcome is Outcome.CLOSED
    assert told.prompts == ("greeting", "closed", "closed_booking", "goodbye")
    assert told.reasons[-1].text() == "key 1 books a call for a time when the centre is open"
    assert f"{told.reasons[-1].source}".startswith("queues.yaml:")


@pytest.mark.parametrize("words", [[], [LINE, "queues.callback.when_closed=false"]])
def test_closed_hours_without_a_line_or_by_rule_offer_nothing(words: list[str]) -> None:
    told = decide(load(CITY, words), Call(at(24, 22, 0), keys=("1",)))
    assert told.prompts == ("greeting", "closed", "goodbye")


def test_the_sentences_of_call_backs_must_be_there(folder: Folder) -> None:
    folder.replace("prompts.yaml", "  callback_kept:", "  callback_capt:")
    assert any(one.endswith("prompts.yaml has no `callback_kept`, which call-backs need") for one in folder.problems())
