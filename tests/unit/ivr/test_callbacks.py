"""Call-backs as waiting callers meet them: offered, read back, typed, booked for a time; a match wins over all of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from acd.port import Booking
from dialplan.language import Language
from ivr import say
from ivr.session import Outcome
from tests.unit.ivr.callers import LINE, MOBILE, OFFER, booked, calls, digits, house, sentences
from tests.unit.ivr.house import SEOUL, TUESDAY_10, rules

# --- while waiting


def test_after_the_time_of_the_rule_the_offer_is_made_and_pressing_one_keeps_the_place():
    one = house()
    one.channel.press(70.0, "1")
    one.channel.press(103.0, "1")
    assert calls(one) is Outcome.CALLBACK
    heard = sentences(one)
    begin = heard.index("ko/callback_offer")
    assert heard[begin:] == [*OFFER, *digits("010-1234-5678"), "ko/callback_kept", "ko/goodbye", "hangup"]
    (wanted,) = booked(one)
    assert (wanted.number, wanted.queue, wanted.topic, wanted.slot_at) == (MOBILE, "passport", "passport", None)
    offer = one.offered()
    assert (wanted.first_queued_at, wanted.requirement) == (offer.first_queued_at, offer.requirement)
    assert wanted.waited_s == pytest.approx(70, abs=1)
    assert one.acd.said("depart") == []  # the book has taken the contact
    assert one.channel.phases[-1] == "done"
    assert one.channel.silence_s <= 1.0


@pytest.mark.parametrize("language", list(Language))
def test_it_is_offered_read_back_and_confirmed_in_the_callers_language(language):
    one = house()
    one.channel.press(70.0, "1")
    one.channel.press(103.0, "1")
    assert calls(one, f"{one.key_of(language)}0") is Outcome.CALLBACK
    heard = sentences(one)
    begin = heard.index(f"{language}/callback_offer")
    assert heard[begin:] == [
        f"{language}/callback_offer", f"{language}/callback_book_offer", *digits("010-1234-5678", language),
        f"{language}/callback_kept", f"{language}/goodbye", "hangup",
    ]  # fmt: skip


def test_it_is_offered_sparingly():
    one = house()
    one.acd.free_at = {"1001": 330.0}
    calls(one)
    assert sentences(one).count("ko/callback_offer") == 3  # after one minute, three and five


def test_keys_before_the_offer_mean_nothing():
    one = house()
    one.channel.press(20.0, "1")
    one.channel.press(40.0, "2")
    one.acd.free_at = {"1001": 50.0}
    assert calls(one) is Outcome.SERVED
    assert "ko/callback_number_lead" not in one.channel.heard


def test_a_match_interrupts_the_offer_at_once():
    one = house()
    one.acd.free_at = {"1001": 61.5}
    one.channel.press(61.5, "D")
    times = []
    one.channel.on_dial = lambda: times.append(one.channel.now_s)
    assert calls(one) is Outcome.SERVED
    assert one.channel.cut[-1].startswith("ko/callback")
    assert times == [61.5]


@pytest.mark.parametrize("keys", ["1", "12", "12010", "2", "211", "2112"])
def test_a_match_wins_while_the_caller_types(keys):
    one = house()
    one.channel.press(66.0, keys, gap_s=0.5)
    one.acd.free_at = {"1001": 71.0}
    one.channel.press(71.0, "D")
    times = []
    one.channel.on_dial = lambda: times.append(one.channel.now_s)
    assert calls(one) is Outcome.SERVED
    assert times == [71.0]
    assert booked(one) == []


def test_a_match_whose_wake_up_is_lost_costs_one_read():
    one = house()
    one.channel.press(66.0, "12", gap_s=0.5)
    one.acd.free_at = {"1001": 72.0}
    times = []
    one.channel.on_dial = lambda: times.append(one.channel.now_s)
    calls(one)
    assert times[0] - 72.0 <= 2.0


@pytest.mark.parametrize("withheld", ["", "anonymous", "unknown"])
def test_a_withheld_number_is_typed_and_read_back(withheld):
    one = house(number=withheld)
    one.channel.press(66.0, "1")
    one.channel.press(70.0, MOBILE)
    one.channel.press(100.0, "1")
    assert calls(one) is Outcome.CALLBACK
    heard = sentences(one)
    begin = heard.index("ko/callback_type_number")
    assert heard[begin + 1 :] == [*digits("010-1234-5678"), "ko/callback_kept", "ko/goodbye", "hangup"]
    assert booked(one)[0].number == MOBILE


def test_wrong_numbers_get_the_reason_and_another_try_and_then_the_caller_waits_on():
    one = house(number="")
    one.channel.press(66.0, "1")
    one.channel.press(70.0, "0601234567#")
    one.channel.press(78.0, "15#")
    one.channel.press(84.0, "7#")
    one.acd.free_at = {"1001": 110.0}
    assert calls(one) is Outcome.SERVED
    heard = sentences(one)
    begin = heard.index("ko/callback_type_number")
    assert heard[begin:][:9] == [
        "ko/callback_type_number", "ko/callback_number_not_allowed", "ko/callback_type_number",
        "ko/callback_number_not_allowed", "ko/callback_type_number", "ko/callback_number_wrong",
        "ko/callback_no_entry", "ko/wait_on", "dial:PJSIP/1001",
    ]  # fmt: skip
    assert one.channel.silence_s <= 1.0


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Booking.EXISTS, "callback_exists"),
        (Booking.NOT_ALLOWED, "callback_number_not_allowed"),
        (Booking.TOO_MANY_FOR_NUMBER, "callback_too_many"),
        (Booking.TOO_MANY_TODAY, "callback_too_many"),
        (Booking.UNAVAILABLE, "callback_unavailable"),
    ],
)
def test_what_is_not_booked_is_told_and_the_caller_waits_on(answer, sentence):
    one = house()
    one.callbacks.answers = [answer]
    one.channel.press(66.0, "11", gap_s=1.0)
    one.acd.free_at = {"1001": 100.0}
    assert calls(one) is Outcome.SERVED
    heard = sentences(one)
    begin = heard.index(f"ko/{sentence}")
    assert heard[begin : begin + 2] == [f"ko/{sentence}", "ko/wait_on"]
    assert one.acd.said("depart") == []


def test_star_leaves_the_talk_and_the_caller_waits_on():
    one = house()
    one.channel.press(66.0, "1*", gap_s=1.0)
    one.acd.free_at = {"1001": 80.0}
    assert calls(one) is Outcome.SERVED
    assert "ko/wait_on" in one.channel.heard
    assert one.acd.said("depart") == []


def test_hanging_up_while_typing_is_an_abandon():
    one = house()
    one.channel.press(66.0, "12010", gap_s=0.5)
    one.channel.hangs_up_at_s = 70.0
    assert calls(one) is Outcome.ABANDONED
    assert one.acd.said("hung_up") == [("rm-1.1",)]


def test_hanging_up_during_the_last_words_is_no_abandon():
    one = house()
    one.channel.press(66.0, "11", gap_s=1.0)
    one.channel.hangs_up_at_s = 68.0
    calls(one)
    assert len(booked(one)) == 1
    assert one.acd.said("hung_up") == []


@pytest.mark.parametrize("why", ["no rule", "no line", "the book is away"])
def test_where_none_can_be_kept_none_is_offered(why):
    one = house()
    if why == "no rule":
        one.rules = rules(LINE, "queues.callback=null")
    elif why == "no line":
        one.rules = rules()
    else:
        one.callbacks.takes = False
    one.channel.press(70.0, "1")
    one.acd.free_at = {"1001": 130.0}
    assert calls(one) is Outcome.SERVED
    assert not [sound for sound in one.channel.heard if "callback" in sound]


# --- a time of one's own


@pytest.mark.parametrize("language", list(Language))
def test_two_books_a_time_which_is_read_back(language):
    one = house()
    one.channel.press(70.0, "2")
    one.channel.press(75.0, "1125")
    one.channel.press(80.0, "1430")
    one.channel.press(100.0, "1")
    one.channel.press(135.0, "1")
    assert calls(one, f"{one.key_of(language)}0") is Outcome.CALLBACK
    heard = sentences(one)
    at = datetime(2026, 11, 25, 14, 30, tzinfo=SEOUL)
    told = say.grammar(language).moment(at.date(), at.time()).pieces
    begin = heard.index(f"{language}/callback_date")
    assert heard[begin:] == [
        f"{language}/callback_date", f"{language}/callback_time", f"{language}/callback_time_lead",
        *(f"{language}/{piece}" for piece in told), f"{language}/callback_time_tail",
        *digits("010-1234-5678", language), f"{language}/callback_booked", f"{language}/goodbye", "hangup",
    ]  # fmt: skip
    (wanted,) = booked(one)
    assert wanted.slot_at is not None
    # The session's clock stands in this test, the book's runs: the way from one to the other is kept.
    assert wanted.slot_at == pytest.approx((at - TUESDAY_10).total_seconds() + one.epoch + 137, abs=4)


def test_the_place_waited_for_before_counts_for_the_offer():
    """Back from the menu: the seconds that were waited before are seconds of waiting."""
    one = house()
    one.channel.press(40.0, "*3")
    one.acd.free_at = {"1001": 75.0}
    calls(one)
    assert "ko/callback_offer" in one.channel.heard
    assert timedelta(seconds=one.channel.now_s) < timedelta(seconds=80)
