"""Japanese: what is said, sentence by sentence, and that every sentence has its recordings."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr import say
from ivr.say import Spoken, ja

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=SEOUL)  # a Tuesday evening


def opens(year: int, month: int, day: int, hour: int, minute: int = 0) -> Spoken:
    return say.opening("ja", datetime(year, month, day, hour, minute, tzinfo=SEOUL), NOW)


TABLE = [
    (
        ja.moment(date(2026, 11, 25), time(14, 30)),
        "11月25日水曜日の午後2時30分",
        "じゅういちがつにじゅうごにちすいようびのごごにじさんじゅっぷん",
    ),
    (ja.number(0), "0", "ゼロ"),
    (ja.number(4), "4", "よん"),
    (ja.number(7), "7", "なな"),
    (ja.number(10), "10", "じゅう"),
    (ja.number(14), "14", "じゅうよん"),
    (ja.number(90), "90", "きゅうじゅう"),
    (ja.number(100), "100", "ひゃく"),
    (ja.number(300), "300", "さんびゃく"),
    (ja.number(600), "600", "ろっぴゃく"),
    (ja.number(800), "800", "はっぴゃく"),
    (ja.number(1000), "1000", "せん"),
    (ja.number(2026), "2026", "にせんにじゅうろく"),
    (ja.number(3680), "3680", "さんぜんろっぴゃくはちじゅう"),
    (ja.number(8000), "8000", "はっせん"),
    (ja.position(1), "ただいまの順番は1番目です。", "ただいまの順番はいちばんめです。"),
    (ja.position(3), "ただいまの順番は3番目です。", "ただいまの順番はさんばんめです。"),
    (ja.position(4), "ただいまの順番は4番目です。", "ただいまの順番はよんばんめです。"),
    (ja.position(9), "ただいまの順番は9番目です。", "ただいまの順番はきゅうばんめです。"),
    (ja.position(20), "ただいまの順番は20番目です。", "ただいまの順番はにじゅうばんめです。"),
    (ja.position(37), "ただいまの順番は37番目です。", "ただいまの順番はさんじゅうななばんめです。"),
    (ja.wait(0), "お待ちいただく時間は、約30秒です。", "お待ちいただく時間は、やく、さんじゅうびょうです。"),
    (ja.wait(60), "お待ちいただく時間は、約1分です。", "お待ちいただく時間は、やく、いっぷんです。"),
    (ja.wait(61), "お待ちいただく時間は、約2分です。", "お待ちいただく時間は、やく、にふんです。"),
    (ja.wait(180), "お待ちいただく時間は、約3分です。", "お待ちいただく時間は、やく、さんぷんです。"),
    (ja.wait(240), "お待ちいただく時間は、約4分です。", "お待ちいただく時間は、やく、よんぷんです。"),
    (ja.wait(360), "お待ちいただく時間は、約6分です。", "お待ちいただく時間は、やく、ろっぷんです。"),
    (ja.wait(480), "お待ちいただく時間は、約8分です。", "お待ちいただく時間は、やく、はっぷんです。"),
    (ja.wait(600), "お待ちいただく時間は、約10分です。", "お待ちいただく時間は、やく、じゅっぷんです。"),
    (ja.wait(1200), "お待ちいただく時間は、約20分です。", "お待ちいただく時間は、やく、にじゅっぷんです。"),
    (ja.wait(1801), "お待ちいただく時間は、30分以上です。", "お待ちいただく時間は、さんじゅっぷんいじょうです。"),
    (ja.clock(time(0)), "午前0時", "ごぜんれいじ"),
    (ja.clock(time(1)), "午前1時", "ごぜんいちじ"),
    (ja.clock(time(4)), "午前4時", "ごぜんよじ"),
    (ja.clock(time(7)), "午前7時", "ごぜんしちじ"),
    (ja.clock(time(8)), "午前8時", "ごぜんはちじ"),
    (ja.clock(time(9)), "午前9時", "ごぜんくじ"),
    (ja.clock(time(10)), "午前10時", "ごぜんじゅうじ"),
    (ja.clock(time(12)), "正午", "しょうご"),
    (ja.clock(time(12, 30)), "午後0時30分", "ごごれいじさんじゅっぷん"),
    (ja.clock(time(14, 5)), "午後2時5分", "ごごにじごふん"),
    (ja.clock(time(16, 14)), "午後4時14分", "ごごよじじゅうよんぷん"),
    (ja.clock(time(18)), "午後6時", "ごごろくじ"),
    (ja.clock(time(19, 59)), "午後7時59分", "ごごしちじごじゅうきゅうふん"),
    (ja.clock(time(21, 48)), "午後9時48分", "ごごくじよんじゅうはっぷん"),
    (ja.calendar_date(date(2026, 1, 1)), "1月1日木曜日", "いちがつついたちもくようび"),
    (ja.calendar_date(date(2026, 4, 4)), "4月4日土曜日", "しがつよっかどようび"),
    (ja.calendar_date(date(2026, 7, 8)), "7月8日水曜日", "しちがつようかすいようび"),
    (ja.calendar_date(date(2026, 9, 10)), "9月10日木曜日", "くがつとおかもくようび"),
    (ja.calendar_date(date(2026, 9, 14)), "9月14日月曜日", "くがつじゅうよっかげつようび"),
    (ja.calendar_date(date(2026, 10, 20)), "10月20日火曜日", "じゅうがつはつかかようび"),
    (ja.calendar_date(date(2026, 11, 24)), "11月24日火曜日", "じゅういちがつにじゅうよっかかようび"),
    (ja.calendar_date(date(2028, 2, 29)), "2月29日火曜日", "にがつにじゅうくにちかようび"),
    (
        opens(2026, 11, 24, 23),
        "次の受付は、本日の午後11時からです。",
        "次の受付は、ほんじつのごごじゅういちじからです。",
    ),
    (opens(2026, 11, 25, 8), "次の受付は、明日の午前8時からです。", "次の受付は、あすのごぜんはちじからです。"),
    (opens(2026, 11, 30, 8), "次の受付は、月曜日の午前8時からです。", "次の受付は、げつようびのごぜんはちじからです。"),
    (
        opens(2026, 11, 28, 9, 30),
        "次の受付は、土曜日の午前9時30分からです。",
        "次の受付は、どようびのごぜんくじさんじゅっぷんからです。",
    ),
    (
        opens(2026, 12, 1, 8),
        "次の受付は、12月1日火曜日の午前8時からです。",
        "次の受付は、じゅうにがつついたちかようびのごぜんはちじからです。",
    ),
    (ja.people(1), "1人", "ひとり"),
    (ja.people(2), "2人", "ふたり"),
    (ja.people(3), "3人", "さんにん"),
    (ja.people(4), "4人", "よにん"),
    (ja.people(7), "7人", "ななにん"),
    (ja.people(11), "11人", "じゅういちにん"),
    (ja.people(14), "14人", "じゅうよにん"),
    (ja.people(20), "20人", "にじゅうにん"),
    (ja.times(1), "1回", "いっかい"),
    (ja.times(6), "6回", "ろっかい"),
    (ja.times(8), "8回", "はっかい"),
    (ja.times(10), "10回", "じゅっかい"),
    (ja.times(16), "16回", "じゅうろっかい"),
    (ja.digits("031-909-9000"), "031-909-9000", "ゼロさんいち、きゅうゼロきゅう、きゅうゼロゼロゼロ"),
]


@pytest.mark.parametrize(("spoken", "text", "reading"), TABLE, ids=[text for _, text, _ in TABLE])
def test_the_sentence(spoken: Spoken, text: str, reading: str) -> None:
    assert (spoken.text, spoken.reading) == (text, reading)
    assert set(spoken.pieces) <= set(ja.pieces()) | {say.PAUSE}


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 60
