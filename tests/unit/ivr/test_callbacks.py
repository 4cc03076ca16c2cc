"""Call-backs as callers meet them: offered while waiting, in a full queue, before closing and outside the hours."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from acd.core.events import Departure
from acd.port import Booking, CallbackWanted
from dialplan.ruleset import Language, Requirement
from ivr import say
from ivr.flow import receive
from ivr.session import Outcome, _to_the_end
from tests.unit.ivr.house import SEOUL, TUESDAY_10, House, rules

MOBILE = "01012345678"
LINE = "trunks.carriers=[{name: carrier_a, addresses: [203.0.113.10]}]"
OFFER = ["ko/callback_offer", "ko/callback_book_offer"]
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=SEOUL)
IN_QUEUE_S = 1.0  # the keys that lead there are typed ahead


def house(*words: str, number: str = MOBILE, at: datetime = TUESDAY_10) -> House:
    made = House(at, rules(LINE, *words), agi_callerid=number)
    made.acd.ahead = 2
    return made


def calls(one: House, keys: str = "13") -> Outcome:
    one.channel.press(0.5, keys)
    return _to_the_end(one.call(), receive)


def sentences(one: House) -> list[str]:
    """All that was said after the menus, without music."""
    heard = one.channel.heard
    begin = heard.index("music:default") if "music:default" in heard else 0
    return [sound for sound in heard[begin:] if not sound.startswith("music:")]


def digits(number: str, language: str = "ko") -> list[str]:
    pieces = say.grammar(language).digits(number).pieces
    return [
        f"{language}/callback_number_lead",
        *(f"{language}/{piece}" for piece in pieces),
        f"{language}/callback_number_tail",
    ]


def booked(one: House) -> list[CallbackWanted]:
    return list(one.callbacks.open.values())


def has_one(one: House) -> None:
    """The caller has an open call-back already."""
    one.callbacks.open[MOBILE] = CallbackWanted(
        "earlier", MOBILE, Language.KO, "any", "general", Requirement(Language.KO)
    )


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


# --- no room, closing soon


def test_a_full_queue_offers_it_at_once():
    one = house()
    one.acd.full = {"passport"}
    one.channel.press(4.5, "1")
    one.channel.press(36.0, "1")
    assert calls(one) is Outcome.CALLBACK
    heard = sentences(one)
    assert heard == [
        "ko/queue_full",
        "ko/callback_offer",
        *digits("010-1234-5678"),
        "ko/callback_kept",
        "ko/goodbye",
        "hangup",
    ]
    assert booked(one)[0].first_queued_at == one.offered().first_queued_at


def test_who_does_not_take_it_hears_goodbye():
    one = house()
    one.acd.full = {"passport"}
    assert calls(one) is Outcome.FULL
    assert sentences(one) == ["ko/queue_full", *OFFER, "ko/try_later", "ko/goodbye", "hangup"]
    assert one.acd.said("depart") == [("rm-1.1", Departure.FULL)]
    assert one.channel.silence_s <= 1.0


def test_when_nothing_came_of_it_the_queue_is_still_full():
    one = house()
    one.acd.full = {"passport"}
    one.callbacks.answers = [Booking.TOO_MANY_TODAY]
    one.channel.press(5.0, "1")
    one.channel.press(28.0, "1")
    assert calls(one) is Outcome.FULL
    assert sentences(one)[-4:] == ["ko/callback_too_many", "ko/try_later", "ko/goodbye", "hangup"]


def test_an_agent_who_comes_free_during_the_offer_answers():
    one = house()
    one.acd.full = {"passport"}
    one.acd.free_at = {"1001": 9.5}
    assert calls(one) is Outcome.SERVED
    assert one.acd.said("depart") == []


def test_before_closing_a_time_may_be_booked():
    one = house("queues.defaults.stop_queueing_before_close_s=300", "queues.defaults.near_closing=callback",
                at=datetime(2026, 11, 24, 18, 57, tzinfo=SEOUL))  # fmt: skip
    one.channel.press(7.0, "2")
    one.channel.press(12.0, "2#0900")
    one.channel.press(45.0, "1")
    one.channel.press(80.0, "1")
    assert calls(one) is Outcome.CALLBACK
    assert sentences(one)[:3] == ["ko/closing_soon", "ko/opens_tomorrow_8", "ko/callback_offer"]
    assert "ko/weekday_wed" in sentences(one)


# --- outside the hours


def test_closed_hours_offer_to_book_and_silence_hears_goodbye_as_ever():
    one = house(at=NIGHT)
    assert calls(one, "1") is Outcome.CLOSED
    assert one.channel.heard == [
        "greeting", "ko/closed", "ko/opens_tomorrow_8", "ko/closed_booking", "music:default", "ko/goodbye", "hangup",
    ]  # fmt: skip
    assert one.channel.silence_s <= 1.0


def test_one_books_a_call_in_the_opening_hours():
    one = house(at=NIGHT)
    one.channel.press(6.0, "1")
    one.channel.press(9.0, "2#0830")
    one.channel.press(40.0, "1")
    one.channel.press(75.0, "1")
    assert calls(one, "1") is Outcome.CALLBACK
    (wanted,) = booked(one)
    assert (wanted.topic, wanted.queue, wanted.first_queued_at) == ("any", "general", None)
    assert wanted.slot_at is not None
    assert one.acd.log == []  # it was never in a queue
    assert one.channel.heard[-2:] == ["ko/goodbye", "hangup"]


def test_keys_typed_ahead_book_nothing():
    one = house(at=NIGHT)
    assert calls(one, "111111") is Outcome.CLOSED
    assert booked(one) == []
    assert "ko/callback_date" not in one.channel.heard


def test_given_up_while_closed_is_goodbye():
    one = house(at=NIGHT)
    one.channel.press(6.0, "1")
    assert calls(one, "1") is Outcome.CLOSED
    assert one.channel.heard[-3:] == ["ko/callback_no_entry", "ko/goodbye", "hangup"]


def test_who_chose_no_language_may_do_so_during_the_offer():
    one = house(at=NIGHT)
    one.channel.press(18.0, "2")  # the offer is being said in Korean
    assert calls(one, "") is Outcome.CLOSED
    assert one.channel.heard[-4:] == ["en/closed_booking", "music:default", "en/goodbye", "hangup"]


def test_closed_with_an_open_call_back_is_told_so():
    one = house(at=NIGHT)
    has_one(one)
    assert calls(one, "1") is Outcome.CLOSED
    assert [s for s in one.channel.heard if "callback" in s or "booking" in s] == ["ko/callback_open"]


# --- who has one already


def test_who_has_an_open_call_back_is_told_and_may_keep_it_and_hang_up():
    one = house()
    has_one(one)
    one.channel.press(9.0, "1")
    assert calls(one) is Outcome.CALLBACK
    assert sentences(one)[:4] == ["ko/connecting", "ko/position_3", "ko/callback_open", "ko/callback_open_keep"]
    assert sentences(one)[-2:] == ["ko/goodbye", "hangup"]
    assert one.acd.said("depart") == [("rm-1.1", Departure.CALLBACK)]
    assert one.callbacks.log == []


def test_else_the_caller_waits_on_and_is_not_told_again():
    one = house()
    has_one(one)
    one.acd.free_at = {"1001": 200.0}
    assert calls(one) is Outcome.SERVED
    assert [s for s in one.channel.heard if "callback" in s] == ["ko/callback_open", "ko/callback_open_keep"]


def test_an_agent_who_is_free_at_once_answers_before_any_of_it():
    one = house()
    has_one(one)
    one.acd.free = ["1001"]
    assert calls(one) is Outcome.SERVED
    assert not [s for s in one.channel.heard if "callback" in s]


def test_the_place_waited_for_before_counts_for_the_offer():
    """Back from the menu: the seconds that were waited before are seconds of waiting."""
    one = house()
    one.channel.press(40.0, "*3")
    one.acd.free_at = {"1001": 75.0}
    calls(one)
    assert "ko/callback_offer" in one.channel.heard
    assert timedelta(seconds=one.channel.now_s) < timedelta(seconds=80)
