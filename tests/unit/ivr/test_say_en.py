"""English: what is said, sentence by sentence, and that every sentence has its recordings."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr import say
from ivr.say import Spoken, en

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=SEOUL)  # a Tuesday evening


def opens(year: int, month: int, day: int, hour: int, minute: int = 0) -> Spoken:
    return say.opening("en", datetime(year, month, day, hour, minute, tzinfo=SEOUL), NOW)


TABLE = [
    (en.moment(date(2026, 11, 25), time(14, 30)), "Wednesday, November 25th at 2:30 p.m."),
    (en.number(0), "zero"),
    (en.number(1), "one"),
    (en.number(13), "thirteen"),
    (en.number(20), "twenty"),
    (en.number(21), "twenty-one"),
    (en.number(99), "ninety-nine"),
    (en.number(100), "one hundred"),
    (en.number(101), "one hundred one"),
    (en.number(112), "one hundred twelve"),
    (en.number(365), "three hundred sixty-five"),
    (en.number(1000), "one thousand"),
    (en.number(2026), "two thousand twenty-six"),
    (en.number(9999), "nine thousand nine hundred ninety-nine"),
    (en.position(1), "You are number one in the queue."),
    (en.position(2), "You are number two in the queue."),
    (en.position(3), "You are number three in the queue."),
    (en.position(10), "You are number ten in the queue."),
    (en.position(12), "You are number twelve in the queue."),
    (en.position(20), "You are number twenty in the queue."),
    (en.position(21), "You are number twenty-one in the queue."),
    (en.position(100), "You are number one hundred in the queue."),
    (en.position(137), "You are number one hundred thirty-seven in the queue."),
    (en.wait(0), "The estimated wait is about thirty seconds."),
    (en.wait(40), "The estimated wait is about thirty seconds."),
    (en.wait(41), "The estimated wait is about one minute."),
    (en.wait(60), "The estimated wait is about one minute."),
    (en.wait(61), "The estimated wait is about two minutes."),
    (en.wait(600), "The estimated wait is about ten minutes."),
    (en.wait(901), "The estimated wait is about twenty minutes."),
    (en.wait(1800), "The estimated wait is about thirty minutes."),
    (en.wait(1801), "The estimated wait is more than thirty minutes."),
    (en.clock(time(0)), "12 midnight"),
    (en.clock(time(1)), "1 a.m."),
    (en.clock(time(8)), "8 a.m."),
    (en.clock(time(9)), "9 a.m."),
    (en.clock(time(12)), "12 noon"),
    (en.clock(time(0, 30)), "12:30 a.m."),
    (en.clock(time(12, 30)), "12:30 p.m."),
    (en.clock(time(14, 5)), "2:05 p.m."),
    (en.clock(time(18)), "6 p.m."),
    (en.clock(time(19, 59)), "7:59 p.m."),
    (en.clock(time(23)), "11 p.m."),
    (en.calendar_date(date(2026, 1, 1)), "Thursday, January 1st"),
    (en.calendar_date(date(2026, 2, 2)), "Monday, February 2nd"),
    (en.calendar_date(date(2026, 3, 3)), "Tuesday, March 3rd"),
    (en.calendar_date(date(2026, 4, 11)), "Saturday, April 11th"),
    (en.calendar_date(date(2026, 5, 12)), "Tuesday, May 12th"),
    (en.calendar_date(date(2026, 6, 13)), "Saturday, June 13th"),
    (en.calendar_date(date(2026, 10, 21)), "Wednesday, October 21st"),
    (en.calendar_date(date(2026, 11, 25)), "Wednesday, November 25th"),
    (en.calendar_date(date(2028, 2, 29)), "Tuesday, February 29th"),
    (opens(2026, 11, 24, 23), "We open again today at 11 p.m."),
    (opens(2026, 11, 25, 8), "We open again tomorrow at 8 a.m."),
    (opens(2026, 11, 25, 9), "We open again tomorrow at 9 a.m."),
    (opens(2026, 11, 30, 8), "We open again on Monday at 8 a.m."),
    (opens(2026, 11, 28, 9, 30), "We open again on Saturday at 9:30 a.m."),
    (opens(2026, 12, 1, 8), "We open again on Tuesday, December 1st at 8 a.m."),
    (en.people(1), "one person"),
    (en.people(2), "two people"),
    (en.people(10), "ten people"),
    (en.people(21), "twenty-one people"),
    (en.times(1), "once"),
    (en.times(2), "twice"),
    (en.times(3), "three times"),
    (en.times(12), "twelve times"),
    (en.digits("031-909-9000"), "zero three one, nine zero nine, nine zero zero zero"),
    (en.digits("112"), "one one two"),
]


@pytest.mark.parametrize(("spoken", "text"), TABLE, ids=[text for _, text in TABLE])
def test_the_sentence(spoken: Spoken, text: str) -> None:
    assert spoken.text == text
    assert set(spoken.pieces) <= set(en.pieces()) | {say.PAUSE}


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 60
