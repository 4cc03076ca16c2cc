"""The talk that books a call-back: what each key does, what is read back, and that every wrong one has its reason."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan import calendar, numbers
from dialplan.language import Language
from ivr import booking, say
from ivr.booking import ENDS, TRIES, Asking, Talk
from tests.unit.ivr.house import SEOUL, TUESDAY_10, city, rules

KO = Language.KO
MOBILE = "01012345678"


def typed(talk: Talk, keys: str, now: datetime = TUESDAY_10) -> Talk:
    """Press keys; `-` is silence."""
    for key in keys:
        talk = booking.press(city(), talk, None if key == "-" else key, now)
    return talk


def place(number: str = MOBILE, language: Language = KO) -> Talk:
    return booking.begin(city(), language, number, choose_time=False)


def chosen(number: str = MOBILE, language: Language = KO) -> Talk:
    return booking.begin(city(), language, number, choose_time=True)


def read_back(number: str, language: Language = KO) -> tuple[str, ...]:
    digits = say.grammar(language).digits(number).pieces
    return ("callback_number_lead", *digits, "callback_number_tail")


# --- the number


@pytest.mark.parametrize("language", list(Language))
def test_the_callers_number_is_read_back_in_groups_and_confirmed(language: Language) -> None:
    talk = place(language=language)
    assert (talk.asking, talk.say) == (Asking.NUMBER_RIGHT, read_back("010-1234-5678", language))
    assert typed(talk, "1") == Talk(Asking.DONE, (), language, MOBILE)


@pytest.mark.parametrize(
    ("written", "groups"), [("+82 10-1234-5678", "010-1234-5678"), ("0319091234", "031-909-1234"), ("022345678", "02-234-5678")]
)  # fmt: skip
def test_it_is_read_back_as_it_is_dialled(written: str, groups: str) -> None:
    assert place(written).say == read_back(groups)


@pytest.mark.parametrize("withheld", ["", "anonymous", "unknown"])
def test_a_withheld_number_is_typed_and_read_back(withheld: str) -> None:
    talk = place(withheld)
    assert (talk.asking, talk.say) == (Asking.NUMBER, ("callback_type_number",))
    talk = typed(talk, MOBILE)  # the full length needs no end
    assert (talk.asking, talk.say) == (Asking.NUMBER_RIGHT, read_back("010-1234-5678"))
    assert typed(talk, "1").number == MOBILE


@pytest.mark.parametrize("end", ["#", "-"])
def test_a_shorter_number_ends_with_hash_or_silence(end: str) -> None:
    talk = typed(place(""), "0319091234")
    assert (talk.asking, talk.say) == (Asking.NUMBER, ())  # it may go on
    assert typed(talk, end).say == read_back("031-909-1234")


def test_seoul_numbers_are_full_with_ten_digits() -> None:
    assert typed(place(""), "0223456789").say == read_back("02-2345-6789")


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        ("0601234567#", "callback_number_not_allowed"),
        ("15881234#", "callback_number_not_allowed"),
        ("00821012345", "callback_number_not_allowed"),
        ("0319099000#", "callback_number_not_allowed"),  # the centre itself
        ("0101234567#", "callback_number_wrong"),
        ("7#", "callback_number_wrong"),
    ],
)
def test_a_wrong_number_gets_the_reason_and_another_try(digits: str, reason: str) -> None:
    talk = typed(place(""), digits)
    assert (talk.asking, talk.say, talk.typed) == (Asking.NUMBER, (reason, "callback_type_number"), "")
    assert typed(talk, MOBILE).asking is Asking.NUMBER_RIGHT


def test_a_number_that_may_not_be_dialled_is_told_and_another_typed() -> None:
    assert place("0601234567").say == ("callback_number_not_allowed", "callback_type_number")


def test_another_number_than_ones_own() -> None:
    talk = typed(place(), "2")
    assert (talk.asking, talk.number) == (Asking.NUMBER, "")
    assert typed(talk, "0701234567811"[:11] + "1").number == "07012345678"


def test_star_begins_the_digits_anew_and_with_none_leaves() -> None:
    talk = typed(place(""), "0109*")
    assert (talk.asking, talk.typed, talk.say) == (Asking.NUMBER, "", ("callback_type_number",))
    assert typed(talk, "*") == Talk(Asking.GIVEN_UP, (), KO, wrong=1)
    assert typed(place(), "*").asking is Asking.GIVEN_UP


@pytest.mark.parametrize("keys", ["---", "777", "#-5", "2---", "2#7#15#"])
def test_it_is_given_up_after_three_tries_with_a_sentence(keys: str) -> None:
    talk = typed(place(), keys)
    assert talk.asking is Asking.GIVEN_UP
    assert talk.say[-1] == "callback_no_entry"


def test_a_wrong_key_is_told_and_silence_is_asked_again() -> None:
    assert typed(place(), "7").say == ("wrong_key", *read_back("010-1234-5678"))
    assert typed(place(), "-").say == read_back("010-1234-5678")


# --- the time


@pytest.mark.parametrize("language", list(Language))
def test_date_and_time_are_read_back_and_then_the_number(language: Language) -> None:
    talk = chosen(language=language)
    assert (talk.asking, talk.say) == (Asking.DATE, ("callback_date",))
    talk = typed(talk, "1125")
    assert (talk.asking, talk.say) == (Asking.TIME, ("callback_time",))
    talk = typed(talk, "1430")
    slot = datetime(2026, 11, 25, 14, 30, tzinfo=SEOUL)
    told = say.grammar(language).moment(slot.date(), slot.time())
    assert (talk.asking, talk.slot) == (Asking.TIME_RIGHT, slot)
    assert talk.say == ("callback_time_lead", *told.pieces, "callback_time_tail")
    talk = typed(talk, "1")
    assert talk.say == read_back("010-1234-5678", language)
    assert typed(talk, "1") == Talk(Asking.DONE, (), language, MOBILE, slot)


@pytest.mark.parametrize(("keys", "day"), [("1#", 24), ("2#", 25), ("1-", 24), ("1124", 24), ("1201", 1)])
def test_today_and_tomorrow_have_keys_of_their_own(keys: str, day: int) -> None:
    slot = typed(chosen(), keys).slot
    assert slot
    assert slot.day == day


def test_a_date_of_next_year_is_one_of_next_year() -> None:
    talk = typed(chosen(), "0101", datetime(2026, 12, 30, 10, tzinfo=SEOUL))
    assert talk.slot
    assert talk.slot.date() == datetime(2027, 1, 1).date()  # noqa: DTZ001  (a date)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("1232", "callback_date_wrong"),
        ("0229", "callback_date_wrong"),  # neither 2026 nor 2027
        ("3#", "callback_date_wrong"),
        ("112#", "callback_date_wrong"),
        ("1202", "callback_date_far"),  # eight days ahead
        ("1123", "callback_date_far"),  # past: of next year
    ],
)
def test_a_wrong_date_gets_the_reason(keys: str, reason: str) -> None:
    assert typed(chosen(), keys).say == (reason, "callback_date")


def test_today_is_over_in_the_evening() -> None:
    evening = datetime(2026, 11, 24, 19, 30, tzinfo=SEOUL)
    assert typed(chosen(), "1#", evening).say == ("callback_date_closed", "callback_date")
    assert typed(chosen(), "2#", evening).asking is Asking.TIME


def test_a_day_that_is_closed_is_told() -> None:
    closed = rules("hours.special_days={2026-11-26: {hours: []}}")
    talk = booking.begin(closed, KO, MOBILE, choose_time=True)
    for key in "1126":
        talk = booking.press(closed, talk, key, TUESDAY_10)
    assert talk.say == ("callback_date_closed", "callback_date")


@pytest.mark.parametrize(
    ("day", "keys", "reason"),
    [
        ("1#", "2500", "callback_time_wrong"),
        ("1#", "1260", "callback_time_wrong"),
        ("1#", "9#", "callback_time_wrong"),
        ("1#", "1000", "callback_time_past"),  # now
        ("1#", "0930", "callback_time_past"),
        ("1#", "1900", "callback_time_closed"),
        ("2#", "0230", "callback_time_closed"),
        ("1128", "0830", "callback_time_closed"),  # Saturday opens at nine
        ("1128", "1845", "callback_time_closed"),
    ],
)
def test_a_wrong_time_gets_the_reason(day: str, keys: str, reason: str) -> None:
    assert typed(chosen(), day + keys).say == (reason, "callback_time")


@pytest.mark.parametrize(
    ("keys", "clock"), [("1410", "14:30"), ("1430", "14:30"), ("1431", "15:00"), ("930#", "09:30"), ("1830", "18:30")]
)
def test_a_time_is_the_next_slot(keys: str, clock: str) -> None:
    slot = typed(chosen(), "2#" + keys).slot
    assert slot
    assert f"{slot:%H:%M}" == clock


def test_the_time_may_be_chosen_again() -> None:
    talk = typed(chosen(), "2#14302")
    assert (talk.asking, talk.say, talk.slot) == (Asking.DATE, ("callback_date",), None)


def test_a_withheld_number_is_asked_for_after_the_time() -> None:
    assert typed(chosen(""), "2#14301").say == ("callback_type_number",)


# --- whatever is pressed


@given(
    keys=st.lists(st.sampled_from([*"0123456789*#", None]), max_size=80),
    choose=st.booleans(),
    number=st.sampled_from(["", MOBILE, "0601234567", "+81312345678"]),
    language=st.sampled_from(list(Language)),
    hour=st.integers(0, 23),
)
def test_whatever_is_pressed_it_ends_and_what_it_books_may_be_dialled(keys, choose, number, language, hour) -> None:
    now = datetime(2026, 11, 24, hour, 20, tzinfo=SEOUL)
    talk = booking.begin(city(), language, number, choose_time=choose)
    pieces = say.pieces(language.value)
    for key in keys:
        assert talk.wrong < TRIES
        for sound in talk.say:
            assert sound in pieces or sound in city().prompts or sound == say.PAUSE
        talk = booking.press(city(), talk, key, now)
        if talk.asking in ENDS:
            break
    if talk.asking is Asking.DONE:
        assert numbers.check(talk.number, city().trunks.numbers).allowed
        assert (talk.slot is not None) is choose
        if talk.slot is not None:
            assert talk.slot > now
            assert calendar.is_open(city().hours, talk.slot)


def test_silence_alone_ends_it() -> None:
    for choose in (True, False):
        assert typed(booking.begin(city(), KO, "", choose_time=choose), "-" * TRIES).asking is Asking.GIVEN_UP


def test_nothing_is_asked_after_the_end() -> None:
    with pytest.raises(ValueError, match="nothing is being asked"):
        typed(place(), "11")
