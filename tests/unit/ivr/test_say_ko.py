"""Korean: what is said, sentence by sentence, and that every sentence has its recordings."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr import say
from ivr.say import Spoken, ko

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=SEOUL)  # a Tuesday evening


def opens(year: int, month: int, day: int, hour: int, minute: int = 0) -> Spoken:
    return say.opening("ko", datetime(year, month, day, hour, minute, tzinfo=SEOUL), NOW)


TABLE = [
    (ko.moment(date(2026, 11, 25), time(14, 30)), "십일월 이십오일 수요일 오후 두 시 삼십 분"),
    (ko.number(0), "영"),
    (ko.number(1), "일"),
    (ko.number(10), "십"),
    (ko.number(11), "십일"),
    (ko.number(16), "십육"),
    (ko.number(20), "이십"),
    (ko.number(99), "구십구"),
    (ko.number(100), "백"),
    (ko.number(101), "백일"),
    (ko.number(110), "백십"),
    (ko.number(365), "삼백육십오"),
    (ko.number(1000), "천"),
    (ko.number(1004), "천사"),
    (ko.number(2026), "이천이십육"),
    (ko.number(9999), "구천구백구십구"),
    (ko.position(1), "현재 대기 순서는 첫 번째입니다."),
    (ko.position(2), "현재 대기 순서는 두 번째입니다."),
    (ko.position(3), "현재 대기 순서는 세 번째입니다."),
    (ko.position(4), "현재 대기 순서는 네 번째입니다."),
    (ko.position(6), "현재 대기 순서는 여섯 번째입니다."),
    (ko.position(10), "현재 대기 순서는 열 번째입니다."),
    (ko.position(11), "현재 대기 순서는 열한 번째입니다."),
    (ko.position(20), "현재 대기 순서는 스무 번째입니다."),
    (ko.position(21), "현재 대기 순서는 스물한 번째입니다."),
    (ko.position(34), "현재 대기 순서는 서른네 번째입니다."),
    (ko.position(120), "현재 대기 순서는 백스무 번째입니다."),
    (ko.wait(0), "예상 대기 시간은 약 삼십 초입니다."),
    (ko.wait(40), "예상 대기 시간은 약 삼십 초입니다."),
    (ko.wait(41), "예상 대기 시간은 약 일 분입니다."),
    (ko.wait(60), "예상 대기 시간은 약 일 분입니다."),
    (ko.wait(61), "예상 대기 시간은 약 이 분입니다."),
    (ko.wait(600), "예상 대기 시간은 약 십 분입니다."),
    (ko.wait(901), "예상 대기 시간은 약 이십 분입니다."),
    (ko.wait(1800), "예상 대기 시간은 약 삼십 분입니다."),
    (ko.wait(1801), "예상 대기 시간은 삼십 분 이상입니다."),
    (ko.clock(time(0)), "밤 열두 시"),
    (ko.clock(time(1)), "오전 한 시"),
    (ko.clock(time(8)), "오전 여덟 시"),
    (ko.clock(time(9)), "오전 아홉 시"),
    (ko.clock(time(12)), "낮 열두 시"),
    (ko.clock(time(12, 30)), "낮 열두 시 삼십 분"),
    (ko.clock(time(14, 5)), "오후 두 시 오 분"),
    (ko.clock(time(18)), "오후 여섯 시"),
    (ko.clock(time(19, 59)), "오후 일곱 시 오십구 분"),
    (ko.clock(time(23, 17)), "오후 열한 시 십칠 분"),
    (ko.calendar_date(date(2026, 1, 1)), "일월 일일 목요일"),
    (ko.calendar_date(date(2026, 6, 6)), "유월 육일 토요일"),
    (ko.calendar_date(date(2026, 10, 9)), "시월 구일 금요일"),
    (ko.calendar_date(date(2026, 11, 25)), "십일월 이십오일 수요일"),
    (ko.calendar_date(date(2028, 2, 29)), "이월 이십구일 화요일"),
    (opens(2026, 11, 24, 23), "오늘 오후 열한 시부터 상담하실 수 있습니다."),
    (opens(2026, 11, 25, 8), "내일 오전 여덟 시부터 상담하실 수 있습니다."),
    (opens(2026, 11, 25, 9), "내일 오전 아홉 시부터 상담하실 수 있습니다."),
    (opens(2026, 11, 30, 8), "월요일 오전 여덟 시부터 상담하실 수 있습니다."),
    (opens(2026, 11, 28, 9, 30), "토요일 오전 아홉 시 삼십 분부터 상담하실 수 있습니다."),
    (opens(2026, 12, 1, 8), "십이월 일일 화요일 오전 여덟 시부터 상담하실 수 있습니다."),
    (ko.people(1), "한 명"),
    (ko.people(2), "두 명"),
    (ko.people(5), "다섯 명"),
    (ko.people(20), "스무 명"),
    (ko.people(21), "스물한 명"),
    (ko.people(43), "마흔세 명"),
    (ko.people(100), "백 명"),
    (ko.times(1), "한 번"),
    (ko.times(3), "세 번"),
    (ko.times(12), "열두 번"),
    (ko.times(20), "스무 번"),
    (ko.digits("031-909-9000"), "공삼일, 구공구, 구공공공"),
    (ko.digits("112"), "일일이"),
]


@pytest.mark.parametrize(("spoken", "text"), TABLE, ids=[text for _, text in TABLE])
def test_the_sentence(spoken: Spoken, text: str) -> None:
    assert spoken.text == text
    assert set(spoken.pieces) <= set(ko.pieces()) | {say.PAUSE}


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 60
