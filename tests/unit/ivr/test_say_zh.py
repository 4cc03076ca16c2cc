"""Chinese: what is said, sentence by sentence, and that every sentence has its recordings."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr import say
from ivr.say import Spoken, zh

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=SEOUL)  # a Tuesday evening


def opens(year: int, month: int, day: int, hour: int, minute: int = 0) -> Spoken:
    return say.opening("zh", datetime(year, month, day, hour, minute, tzinfo=SEOUL), NOW)


TABLE = [
    (zh.moment(date(2026, 11, 25), time(14, 30)), "十一月二十五日星期三下午两点三十分"),
    (zh.number(0), "零"),
    (zh.number(2), "二"),
    (zh.number(10), "十"),
    (zh.number(12), "十二"),
    (zh.number(20), "二十"),
    (zh.number(99), "九十九"),
    (zh.number(100), "一百"),
    (zh.number(101), "一百零一"),
    (zh.number(110), "一百一十"),
    (zh.number(112), "一百一十二"),
    (zh.number(200), "二百"),
    (zh.number(365), "三百六十五"),
    (zh.number(1000), "一千"),
    (zh.number(1001), "一千零一"),
    (zh.number(1010), "一千零一十"),
    (zh.number(1100), "一千一百"),
    (zh.number(2002), "两千零二"),
    (zh.number(2026), "两千零二十六"),
    (zh.number(9999), "九千九百九十九"),
    (zh.position(1), "您目前排在第一位。"),
    (zh.position(2), "您目前排在第二位。"),
    (zh.position(3), "您目前排在第三位。"),
    (zh.position(10), "您目前排在第十位。"),
    (zh.position(12), "您目前排在第十二位。"),
    (zh.position(20), "您目前排在第二十位。"),
    (zh.position(22), "您目前排在第二十二位。"),
    (zh.position(105), "您目前排在第一百零五位。"),
    (zh.position(137), "您目前排在第一百三十七位。"),
    (zh.wait(0), "您大约需要等待三十秒。"),
    (zh.wait(60), "您大约需要等待一分钟。"),
    (zh.wait(61), "您大约需要等待两分钟。"),
    (zh.wait(180), "您大约需要等待三分钟。"),
    (zh.wait(600), "您大约需要等待十分钟。"),
    (zh.wait(720), "您大约需要等待十二分钟。"),
    (zh.wait(901), "您大约需要等待二十分钟。"),
    (zh.wait(1801), "您需要等待三十分钟以上。"),
    (zh.clock(time(0)), "凌晨零点"),
    (zh.clock(time(2)), "凌晨两点"),
    (zh.clock(time(8)), "上午八点"),
    (zh.clock(time(9)), "上午九点"),
    (zh.clock(time(12)), "中午十二点"),
    (zh.clock(time(12, 30)), "中午十二点三十分"),
    (zh.clock(time(14)), "下午两点"),
    (zh.clock(time(14, 5)), "下午两点零五分"),
    (zh.clock(time(18)), "晚上六点"),
    (zh.clock(time(19, 59)), "晚上七点五十九分"),
    (zh.clock(time(22, 20)), "晚上十点二十分"),
    (zh.calendar_date(date(2026, 1, 1)), "一月一日星期四"),
    (zh.calendar_date(date(2026, 2, 2)), "二月二日星期一"),
    (zh.calendar_date(date(2026, 10, 10)), "十月十日星期六"),
    (zh.calendar_date(date(2026, 11, 25)), "十一月二十五日星期三"),
    (zh.calendar_date(date(2026, 12, 20)), "十二月二十日星期日"),
    (opens(2026, 11, 24, 23), "我们将于今天晚上十一点开始服务。"),
    (opens(2026, 11, 25, 8), "我们将于明天上午八点开始服务。"),
    (opens(2026, 11, 25, 9), "我们将于明天上午九点开始服务。"),
    (opens(2026, 11, 30, 8), "我们将于星期一上午八点开始服务。"),
    (opens(2026, 11, 28, 9, 30), "我们将于星期六上午九点三十分开始服务。"),
    (opens(2026, 12, 1, 8), "我们将于十二月一日星期二上午八点开始服务。"),
    (zh.people(1), "一位"),
    (zh.people(2), "两位"),
    (zh.people(5), "五位"),
    (zh.people(12), "十二位"),
    (zh.people(22), "二十二位"),
    (zh.people(102), "一百零二位"),
    (zh.times(1), "一次"),
    (zh.times(2), "两次"),
    (zh.times(3), "三次"),
    (zh.digits("031-909-9000"), "零三幺，九零九，九零零零"),
    (zh.digits("112"), "幺幺二"),
]


@pytest.mark.parametrize(("spoken", "text"), TABLE, ids=[text for _, text in TABLE])
def test_the_sentence(spoken: Spoken, text: str) -> None:
    assert spoken.text == text
    assert set(spoken.pieces) <= set(zh.pieces()) | {say.PAUSE}


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 60
