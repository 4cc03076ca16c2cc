"""The caller's way, as it sounds: what is heard, what is offered, what the PBX is told before each step."""

from dataclasses import replace
from datetime import datetime

import pytest

from acd.core.events.contacts import Departure
from dialplan.language import Language
from dialplan.queuerules import Requirement
from ivr.agi import AgiFault, CallerHungUp, HangupSign
from ivr.flow import receive, resume
from ivr.session import Outcome, Sessions, _to_the_end
from tests.unit.ivr.house import SEOUL, House, city

KO, EN, JA, ZH = Language.KO, Language.EN, Language.JA, Language.ZH


def through(house: House, entry=receive) -> Outcome:
    return _to_the_end(house.call(), entry)


def test_a_caller_who_presses_nothing_hears_the_greeting_one_question_and_any_agent():
    house = House()
    house.acd.free = ["1001"]
    assert through(house) is Outcome.SERVED
    heard = house.channel.heard
    assert heard == [
        "greeting",
        "ko/topic_question",
        "music:default",
        "music:default",
        "dial:PJSIP/1001",
        "ko/goodbye",
        "hangup",
    ]
    assert house.offered().requirement == Requirement(KO)
    assert house.offered().topic == "any"
    assert house.channel.phases == ["menu", "waiting", "ringing", "served", "done"]


def test_the_question_and_its_wait_together_are_at_most_eight_seconds():
    house = House()
    house.acd.free = ["1001"]
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    times = []
    through(house)
    assert times[0] - 13.0 <= 8.2
    assert house.channel.silence_s == 0.0


@pytest.mark.parametrize(("key", "language"), [("1", KO), ("2", EN), ("3", JA), ("4", ZH)])
def test_a_key_during_the_greeting_chooses_the_language_at_once(key, language):
    house = House()
    house.acd.free = ["1003"]
    house.channel.press(1.0, key)
    through(house)
    assert house.channel.heard[:2] == ["greeting", f"{language}/topic_question"]
    assert house.offered().language is language
    assert house.channel.variables["RM_LANG"] == language.value


def test_the_chosen_language_is_known_to_the_safety_net_while_the_topic_is_asked():
    house = House()
    house.channel.press(1.0, "2")
    house.channel.hangs_up_at_s = 3.0
    through(house)
    assert house.channel.variables["RM_LANG"] == "en"
    assert house.channel.phases == ["menu"]


@pytest.mark.parametrize(("at_s", "language"), [(13.5, EN), (14.95, EN), (15.9, KO)])
def test_a_key_up_to_two_seconds_after_the_greeting_is_the_language(at_s, language):
    house = House()
    house.acd.free = ["1003"]
    house.channel.press(at_s, "2")
    through(house)
    assert house.offered().language is language
    assert house.channel.heard[1] == "ko/topic_question"  # nobody waited for those two seconds
    if language is KO:
        assert house.offered().topic == "vehicle"
    else:
        assert house.channel.heard[2] == "en/topic_question"


def test_only_the_first_key_after_the_greeting_is_the_language():
    house = House()
    house.acd.free = ["1003"]
    house.channel.press(13.5, "23", gap_s=0.3)
    through(house)
    assert (house.offered().language, house.offered().topic) == (EN, "passport")


def test_a_wrong_language_key_is_asked_again_twice_and_then_it_is_korean():
    house = House()
    house.acd.free = ["1001"]
    house.channel.press(1.0, "7")
    house.channel.press(2.0, "8")
    house.channel.press(3.5, "9")
    through(house)
    assert house.channel.heard[:4] == ["greeting", "language_again", "language_again", "ko/topic_question"]
    assert house.observed.choices[:3] == [("language", "wrong")] * 3
    assert house.offered().language is KO


def test_a_wrong_key_and_then_the_language():
    house = House()
    house.acd.free = ["1003"]
    house.channel.press(1.0, "7")
    house.channel.press(3.0, "4")
    through(house)
    assert house.offered().language is ZH


def test_keys_typed_ahead_pass_over_all_menus():
    house = House()
    house.acd.free = ["1003"]
    house.channel.press(0.5, "292", gap_s=0.0)  # English, more, water
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    times = []
    through(house)
    assert house.offered().topic == "water"
    assert times[0] < 1.0


def test_zero_is_any_agent_of_the_language():
    house = House()
    house.acd.free = ["1006"]
    house.channel.press(0.5, "30")
    through(house)
    assert house.offered().requirement == Requirement(JA)


def test_star_goes_back_and_hash_repeats():
    house = House()
    house.acd.free = ["1001"]
    house.channel.press(1.0, "1")
    house.channel.press(2.0, "#")
    house.channel.press(4.0, "9")
    house.channel.press(5.0, "*")
    house.channel.press(6.0, "3")
    through(house)
    question = "ko/topic_question"
    assert house.channel.heard[:5] == ["greeting", question, question, "ko/topic_more", question]
    assert house.offered().topic == "passport"


def test_a_wrong_topic_key_is_told_and_asked_again_and_then_it_is_any_agent():
    house = House()
    house.acd.free = ["1001"]
    house.channel.press(1.0, "1")
    house.channel.press(2.0, "8")
    house.channel.press(3.0, "7")
    through(house)
    assert house.channel.heard[2:4] == ["ko/wrong_key", "music:default"]  # the second key cut the apology
    assert house.offered().topic == "any"


def test_tones_a_to_d_choose_nothing():
    house = House()
    house.acd.free = ["1001"]
    house.channel.press(1.0, "DDD")
    house.channel.press(14.0, "D")
    through(house)
    assert house.channel.heard[:3] == ["greeting", "ko/topic_question", "music:default"]
    assert house.offered().topic == "any"


@pytest.mark.parametrize(
    ("key", "language", "opening"),
    [("1", "ko", "opens_tomorrow_9"), ("2", "en", ""), ("3", "ja", ""), ("4", "zh", "")],
)
def test_closed_is_said_with_the_next_opening_in_the_callers_language(key, language, opening):
    house = House(at=datetime(2026, 11, 27, 19, 0, tzinfo=SEOUL))  # Friday, closed from this second on
    house.channel.press(1.0, key)
    assert through(house) is Outcome.CLOSED
    heard = house.channel.heard
    assert heard[:2] == ["greeting", f"{language}/closed"]
    assert heard[-2:] == [f"{language}/goodbye", "hangup"]
    assert len(heard) > 4  # the opening's pieces lie between
    assert house.channel.phases == ["menu", "closed", "done"]
    assert house.acd.said("offer") == []


def test_a_silent_caller_hears_that_it_is_closed_at_once_and_may_still_choose_a_language():
    house = House(at=datetime(2026, 11, 27, 7, 59, 59, tzinfo=SEOUL))
    house.channel.press(16.0, "8")  # means nothing here
    house.channel.press(16.5, "3")
    assert through(house) is Outcome.CLOSED
    assert house.channel.heard[1] == "ko/closed"
    assert house.channel.heard[-2] == "ja/goodbye"
    assert house.observed.choices[0] == ("language", "silence")


def test_keys_do_not_cut_the_closed_message_of_a_chosen_language():
    house = House(at=datetime(2026, 11, 27, 7, 0, tzinfo=SEOUL))
    house.channel.press(1.0, "2")
    house.channel.press(2.0, "1234")
    through(house)
    assert house.channel.heard[-2:] == ["en/goodbye", "hangup"]


def test_above_the_bound_all_lines_are_busy_and_the_caller_waits_in_order():
    house = House()
    house.acd.alive = city().max_calls + 1
    assert through(house) is Outcome.OVERFLOW
    assert house.channel.heard == []  # the sentence is the queue's: a rush holds no sessions
    assert house.channel.variables["RM_PHASE"] == "overflow"
    assert house.channel.variables["RM_QUEUED_AT"] == f"{house.epoch:.3f}"
    assert house.acd.said("offer") == []


def test_sessions_in_the_menus_count_for_the_bound():
    house = House(rules=replace(city(), max_calls=2))
    call = house.call()
    call.callers_now = lambda: 3
    assert receive(call) is Outcome.OVERFLOW


def test_who_waited_in_overflow_is_greeted_now_and_keeps_the_place():
    house = House()
    house.acd.free = ["1003"]
    house.channel.variables = {"RM_PHASE": "overflow", "RM_QUEUED_AT": f"{house.epoch - 30:.3f}"}
    house.channel.press(1.0, "2")
    assert through(house, resume) is Outcome.SERVED
    assert house.channel.heard[0] == "greeting"
    assert house.offered().first_queued_at == house.epoch - 30
    assert house.offered().language is EN


def test_resume_says_nothing_and_keeps_place_language_and_topic():
    house = House()
    house.acd.free_at = {"1003": 20.0}
    since = house.epoch - 90
    house.channel.variables = {
        "RM_PHASE": "waiting", "RM_CONTACT": "1.1", "RM_LANG": "en", "RM_TOPIC": "passport", "RM_QUEUE": "passport",
        "RM_QUEUED_AT": f"{since:.3f}", "RM_WAITED": "5.000", "RM_WAITING_SINCE": f"{since + 10:.3f}",
    }  # fmt: skip
    assert through(house, resume) is Outcome.SERVED
    offer = house.offered()
    assert (offer.language, offer.topic, offer.resumed) == (EN, "passport", True)
    assert offer.first_queued_at == pytest.approx(since)
    assert offer.waited_s == pytest.approx(85.0)
    assert not [heard for heard in house.channel.heard if "greeting" in heard or "question" in heard]


@pytest.mark.parametrize(("ahead_s", "before_s"), [(3600.0, 0.0), (3599.0, 1.0), (3000.0, 600.0), (-10.0, 3610.0)])
def test_a_place_in_time_by_a_clock_that_was_an_hour_ahead(ahead_s, before_s):
    """All are carried over by the same seconds, so their order stays; none lies in the future."""
    house = House()
    house.acd.free, house.acd.back_s = ["1001"], 3600.0
    at = f"{house.epoch + ahead_s:.3f}"
    house.channel.variables = {
        "RM_PHASE": "waiting", "RM_CONTACT": "1.1", "RM_LANG": "ko", "RM_QUEUED_AT": at, "RM_WAITING_SINCE": at,
    }  # fmt: skip
    through(house, resume)
    assert house.offered().first_queued_at == pytest.approx(house.epoch - before_s)
    assert house.offered().waited_s == pytest.approx(before_s)


@pytest.mark.parametrize("variables", [{}, {"RM_LANG": "xx", "RM_TOPIC": "gone", "RM_QUEUED_AT": "nan"},
                                       {"RM_QUEUED_AT": "99999999999", "RM_WAITED": "-4", "RM_WAITING_SINCE": "abc"}])  # fmt: skip
def test_resume_without_a_memory_is_any_korean_agent_from_now(variables):
    house = House()
    house.acd.free = ["1001"]
    house.channel.variables = {"RM_PHASE": "waiting", **variables}
    through(house, resume)
    offer = house.offered()
    assert (offer.requirement, offer.first_queued_at, offer.waited_s) == (Requirement(KO), house.epoch, 0.0)
    assert not offer.resumed  # never offered before: it counts as offered now


@pytest.mark.parametrize("at_s", [0.5, 6.0, 13.5, 15.0, 18.5])
def test_hanging_up_in_the_menus_is_abandoning_and_offers_nothing(at_s):
    house = House()
    house.channel.hangs_up_at_s = at_s
    assert through(house) is Outcome.ABANDONED
    assert house.acd.log == []


def test_a_fault_is_a_sentence_and_the_safety_net():
    house = House()
    house.channel.breaks["ko/topic_question"] = ZeroDivisionError("ours")
    assert through(house) is Outcome.ERROR
    assert house.channel.heard[-1] == "ko/sorry_fault"
    assert house.channel.variables["RM_PHASE"] == "waiting"


def test_a_fault_while_waiting_takes_the_contact_out_of_the_queue():
    house = House()
    house.channel.press(0.5, "24")
    house.channel.breaks["en/connecting"] = AgiFault("refused")
    assert through(house) is Outcome.ERROR
    assert house.acd.said("depart") == [("rm-1.1", Departure.ERROR)]
    assert house.channel.heard[-1] == "en/sorry_fault"


def test_a_fault_in_the_apology_still_ends_in_the_safety_net():
    house = House()
    house.channel.breaks = {"greeting": ZeroDivisionError("ours"), "ko/sorry_fault": AgiFault("and again")}
    assert through(house) is Outcome.ERROR
    assert house.channel.variables["RM_PHASE"] == "waiting"


def test_a_sound_that_is_not_there_does_not_stop_the_call():
    house = House()
    house.acd.free = ["1001"]
    house.channel.missing = {"greeting", "ko/topic_question"}
    assert through(house) is Outcome.SERVED


def test_a_topic_that_a_language_does_not_have_is_a_sentence_and_an_end():
    topics = dict(city().topics)
    topics["vehicle"] = replace(topics["vehicle"], queue_by_language={**topics["vehicle"].queue_by_language, EN: None})
    house = House(rules=replace(city(), topics=topics, not_served_prompt="closed_hours"))
    house.channel.press(0.5, "22")
    assert through(house) is Outcome.CLOSED
    assert house.channel.heard[-3:] == ["en/closed_hours", "en/goodbye", "hangup"]


def test_a_session_ends_whatever_a_hang_up_looks_like():
    house = House()
    house.channel.breaks["greeting"] = CallerHungUp(HangupSign.CLOSED)
    assert through(house) is Outcome.ABANDONED
    assert Sessions(house.services, callers={}, agents={}).callers_now() == 0
