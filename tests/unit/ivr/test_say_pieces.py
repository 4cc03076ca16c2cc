"""Spoken numbers as a whole: every value in range can be said with recordings that exist; nothing out of range is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr import say
from ivr.catalogue import LANGUAGES

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_can_be_said_has_its_recordings(lang: str) -> None:
    grammar = say.grammar(lang)
    named = {key for value in range(10_000) for key in grammar.number(value).pieces}
    for count in range(1, 1000):
        for spoken in (grammar.position(count), grammar.people(count), grammar.times(count)):
            named.update(spoken.pieces)
    for minute in range(24 * 60):
        named.update(grammar.clock(time(minute // 60, minute % 60)).pieces)
    now = datetime(2026, 11, 24, 20, tzinfo=SEOUL)
    for hours in range(0, 24 * 400, 5):
        opens_at = now + timedelta(hours=hours)
        named.update(grammar.calendar_date(opens_at.date()).pieces)
        named.update(say.opening(lang, opens_at, now).pieces)
        named.update(grammar.moment(opens_at.date(), opens_at.time()).pieces)
    for wait_s in range(0, 4000, 10):
        named.update(grammar.wait(wait_s).pieces)
    named.update(grammar.digits("0123456789 00").pieces)
    assert named - set(say.pieces(lang)) == {say.PAUSE}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_recording_can_be_heard(lang: str) -> None:
    """A piece that no sentence names would be rendered for nothing."""
    grammar = say.grammar(lang)
    spoken = [grammar.number(value) for value in range(10_000)]
    spoken += [make(count) for make in (grammar.position, grammar.people, grammar.times) for count in range(1, 1000)]
    spoken += [grammar.clock(time(minute // 60, minute % 60)) for minute in range(24 * 60)]
    spoken += [grammar.wait(wait_s) for wait_s in range(0, 4000, 10)] + [grammar.digits("0123456789")]
    now = datetime(2026, 1, 1, tzinfo=SEOUL)
    for day in range(366):
        for hour, minute in ((8, 0), (9, 0), (10, 30)):
            opens_at = now + timedelta(days=day, hours=hour, minutes=minute)
            spoken.append(say.opening(lang, opens_at, now))
            spoken.append(say.opening(lang, opens_at, opens_at - timedelta(days=1 + day % 6)))
    assert set(say.pieces(lang)) - {key for each in spoken for key in each.pieces} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_wait_is_rounded_up_never_down(lang: str) -> None:
    minutes = [say.grammar(lang).wait(wait_s).pieces[0] for wait_s in (41, 60, 61, 899, 900, 901, 1500, 1501, 1801)]
    assert minutes == [
        "wait_1",
        "wait_1",
        "wait_2",
        "wait_15",
        "wait_15",
        "wait_20",
        "wait_25",
        "wait_30",
        "wait_over_30",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("value", [-1, 10_000])
def test_a_number_out_of_range_is_an_error(lang: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"number {value} is outside"):
        say.grammar(lang).number(value)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("value", [0, 1000])
def test_a_place_out_of_range_is_an_error(lang: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{value} is outside"):
        say.grammar(lang).position(value)


@pytest.mark.parametrize("telephone", ["", "-", "031a", "010 ${X}", "٠١٠"])
def test_only_digits_are_a_telephone_number(telephone: str) -> None:
    with pytest.raises(ValueError, match="digits, blanks and hyphens"):
        say.grammar("ko").digits(telephone)


def test_an_opening_in_the_past_is_an_error() -> None:
    with pytest.raises(ValueError, match="past"):
        say.opening("ko", datetime(2026, 11, 23, 8, tzinfo=SEOUL), datetime(2026, 11, 24, tzinfo=SEOUL))


def test_the_same_weekday_next_week_is_named_by_its_date() -> None:
    assert say.opening(
        "en", datetime(2026, 12, 1, 8, tzinfo=SEOUL), datetime(2026, 11, 24, 20, tzinfo=SEOUL)
    ).text.startswith("We open again on Tuesday, December 1st")
    assert say.grammar("en").calendar_date(date(2026, 12, 1)).text == "Tuesday, December 1st"
