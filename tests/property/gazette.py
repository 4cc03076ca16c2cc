"""The public holidays of government offices in 2026 and 2027, as the gazette's lists have them: 22 and 24 days.

Written out by hand from the law (관공서의 공휴일에 관한 규정, with 1 May and 17 July from 2026); a new edition of the
`holidays` package that says otherwise is seen here. 2026 holds the local elections of 3 June.
"""

from datetime import date

GAZETTE = {
    2026: {
        date(2026, 1, 1): "신정",
        date(2026, 2, 16): "설날 연휴",
        date(2026, 2, 17): "설날",
        date(2026, 2, 18): "설날 연휴",
        date(2026, 3, 1): "삼일절",
        date(2026, 3, 2): "대체공휴일(삼일절)",
        date(2026, 5, 1): "노동절",
        date(2026, 5, 5): "어린이날",
        date(2026, 5, 24): "부처님오신날",
        date(2026, 5, 25): "대체공휴일(부처님오신날)",
        date(2026, 6, 3): "전국동시지방선거",
        date(2026, 6, 6): "현충일",
        date(2026, 7, 17): "제헌절",
        date(2026, 8, 15): "광복절",
        date(2026, 8, 17): "대체공휴일(광복절)",
        date(2026, 9, 24): "추석 연휴",
        date(2026, 9, 25): "추석",
        date(2026, 9, 26): "추석 연휴",
        date(2026, 10, 3): "개천절",
        date(2026, 10, 5): "대체공휴일(개천절)",
        date(2026, 10, 9): "한글날",
        date(2026, 12, 25): "기독탄신일",
    },
    2027: {
        date(2027, 1, 1): "신정",
        date(2027, 2, 6): "설날 연휴",
        date(2027, 2, 7): "설날",
        date(2027, 2, 8): "설날 연휴",
        date(2027, 2, 9): "대체공휴일(설날)",
        date(2027, 3, 1): "삼일절",
        date(2027, 5, 1): "노동절",
        date(2027, 5, 3): "대체공휴일(노동절)",
        date(2027, 5, 5): "어린이날",
        date(2027, 5, 13): "부처님오신날",
        date(2027, 6, 6): "현충일",
        date(2027, 7, 17): "제헌절",
        date(2027, 7, 19): "대체공휴일(제헌절)",
        date(2027, 8, 15): "광복절",
        date(2027, 8, 16): "대체공휴일(광복절)",
        date(2027, 9, 14): "추석 연휴",
        date(2027, 9, 15): "추석",
        date(2027, 9, 16): "추석 연휴",
        date(2027, 10, 3): "개천절",
        date(2027, 10, 4): "대체공휴일(개천절)",
        date(2027, 10, 9): "한글날",
        date(2027, 10, 11): "대체공휴일(한글날)",
        date(2027, 12, 25): "기독탄신일",
        date(2027, 12, 27): "대체공휴일(기독탄신일)",
    },
}
# The two years before, from which elections and one temporary holiday are worth holding too.
EARLIER = {
    date(2024, 4, 10): "국회의원 선거일",
    date(2024, 10, 1): "국군의 날",
    date(2025, 1, 27): "임시공휴일",
    date(2025, 6, 3): "대통령 선거일",
}
