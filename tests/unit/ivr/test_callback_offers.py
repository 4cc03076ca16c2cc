"""Call-backs beside the wait: in a full queue, before closing, outside the hours, and for who has one already."""

from __future__ import annotations

from datetime import datetime

from acd.core.events.contacts import Departure
from acd.port import Booking
from ivr.session import Outcome
from tests.unit.ivr.callers import NIGHT, OFFER, booked, calls, digits, has_one, house, sentences
from tests.unit.ivr.house import SEOUL

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
