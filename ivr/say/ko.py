"""Korean: Sino-Korean numbers for minutes, dates and keys, native ones for hours, people and turns. Pure."""

from __future__ import annotations

from datetime import date, time

from ivr.say.spoken import (
    NUMBER_PIECES,
    OPENING_HOURS,
    POSITION_MAX,
    WAIT_MINUTES,
    WEEKDAYS,
    WHOLE_MINUTES,
    WHOLE_POSITIONS,
    Piece,
    Spoken,
    bounded,
    digit_groups,
    minute_pieces,
    number_pieces,
    wait_key,
)

_SINO = ("영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")
_NATIVE_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")  # the forms before a counter
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_WEEKDAY_NAMES = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")
_DAYS = {"today": "오늘", "tomorrow": "내일"}
_PHONE_DIGITS = ("공", *_SINO[1:])  # zero is 공 in telephone numbers


def sino(number: int) -> str:
    """Returns 0 to 9999 as Sino-Korean: 2026 → 이천이십육. One is left out before 십, 백, 천."""
    bounded(number, 0, 9999, "number")
    if number == 0:
        return _SINO[0]
    out = ""
    for unit, name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += (_SINO[digit] if digit > 1 or unit == 1 else "") + name
    return out


def native(number: int) -> str:
    """Returns 1 to 999 as it stands before a native counter: 한, 스무, 스물한; hundreds are Sino-Korean: 백두."""
    bounded(number, 1, POSITION_MAX, "count")
    hundreds, rest = divmod(number, 100)
    head = sino(hundreds * 100) if hundreds else ""
    if rest == 20:
        return head + "스무"
    return head + _NATIVE_TENS[rest // 10] + _NATIVE_ONES[rest % 10]


def _native_pieces(number: int) -> tuple[str, ...]:
    hundreds, rest = divmod(number, 100)
    head = (f"n_{hundreds * 100}",) if hundreds else ()
    if rest == 20:
        return (*head, "native_20_alone")
    tens = (f"native_{rest // 10 * 10}",) if rest >= 10 else ()
    ones = (f"native_{rest % 10}",) if rest % 10 else ()
    return (*head, *tens, *ones)


def number(value: int) -> Spoken:
    """A cardinal number, 0 to 9999."""
    return Spoken.plain(sino(value), *number_pieces(value))


def _ordinal(position: int) -> str:
    return "첫" if position == 1 else native(position)


def position(value: int) -> Spoken:
    """The place in the queue, 1 to 999."""
    text = f"현재 대기 순서는 {_ordinal(bounded(value, 1, POSITION_MAX, 'position'))} 번째입니다."
    if value <= WHOLE_POSITIONS:
        return Spoken.plain(text, f"position_{value}")
    return Spoken.plain(text, "position_lead", *_native_pieces(value), "position_tail")


def _wait_text(key: str) -> str:
    if key == "wait_30s":
        return "예상 대기 시간은 약 삼십 초입니다."
    if key == "wait_over_30":
        return "예상 대기 시간은 삼십 분 이상입니다."
    return f"예상 대기 시간은 약 {sino(int(key.removeprefix('wait_')))} 분입니다."


def wait(wait_s: float) -> Spoken:
    """The estimated wait, in seconds ≥ 0."""
    key = wait_key(wait_s)
    return Spoken.plain(_wait_text(key), key)


def _hour(hour: int) -> str:
    """Returns the hour with the part of the day: midnight is 밤 열두 시, noon 낮 열두 시."""
    part = "밤" if hour == 0 else "오전" if hour < 12 else "낮" if hour == 12 else "오후"
    return f"{part} {native(hour % 12 or 12)} 시"


def clock(at: time) -> Spoken:
    """A time of day to the minute."""
    if at.minute == 0:
        return Spoken.plain(_hour(at.hour), f"clock_{at.hour}")
    return Spoken.plain(f"{_hour(at.hour)} {sino(at.minute)} 분", f"clock_{at.hour}", *minute_pieces(at.minute))


def month(value: int) -> str:
    """Returns the month's name; June and October lose their consonant: 유월, 시월."""
    return {6: "유월", 10: "시월"}.get(value) or f"{sino(value)}월"


def calendar_date(day: date) -> Spoken:
    """Month, day and weekday."""
    weekday = day.weekday()
    text = f"{month(day.month)} {sino(day.day)}일 {_WEEKDAY_NAMES[weekday]}"
    return Spoken.plain(text, f"month_{day.month}", f"mday_{day.day}", f"weekday_{WEEKDAYS[weekday]}")


def moment(day: date, at: time) -> Spoken:
    """Date and time of day: 십일월 이십오일 수요일 오후 두 시 삼십 분."""
    date_said, clock_said = calendar_date(day), clock(at)
    return Spoken.plain(f"{date_said.text} {clock_said.text}", *date_said.pieces, *clock_said.pieces)


def _opens(day: str, clock_text: str) -> str:
    return f"{day} {clock_text}부터 상담하실 수 있습니다."


def opening(day: str, on: date, at: time) -> Spoken:
    """The next opening; `day` is today, tomorrow, weekday or date (of `on`)."""
    weekday = WEEKDAYS[on.weekday()]
    name = weekday if day == "weekday" else day
    day_text = _DAYS.get(day) or (_WEEKDAY_NAMES[on.weekday()] if day == "weekday" else calendar_date(on).text)
    text = _opens(day_text, clock(at).text)
    if day != "date" and at.minute == 0 and at.hour in OPENING_HOURS:
        return Spoken.plain(text, f"opens_{name}_{at.hour}")
    lead = {"date": calendar_date(on).pieces, "weekday": (f"weekday_{weekday}",)}.get(day, (f"day_{day}",))
    return Spoken.plain(text, *lead, *clock(at).pieces, "opens_tail")


def people(count: int) -> Spoken:
    """A number of people, 1 to 999."""
    text = f"{native(count)} 명"
    return (
        Spoken.plain(text, f"people_{count}")
        if count <= 10
        else Spoken.plain(text, *_native_pieces(count), "people_word")
    )


def times(count: int) -> Spoken:
    """How often, 1 to 999."""
    text = f"{native(count)} 번"
    return (
        Spoken.plain(text, f"times_{count}") if count <= 5 else Spoken.plain(text, *_native_pieces(count), "times_word")
    )


def digits(telephone: str) -> Spoken:
    """A telephone number, digit by digit, a pause between its groups."""
    groups = digit_groups(telephone)
    text = ", ".join("".join(_PHONE_DIGITS[int(digit)] for digit in group) for group in groups)
    spelled = [["d_0" if digit == "0" else f"n_{digit}" for digit in group] for group in groups]
    return Spoken.plain(text, *[key for i, group in enumerate(spelled) for key in (["pause", *group] if i else group)])


def pieces() -> dict[str, Piece]:
    """Every recording that the functions above may name, but for `pause`."""
    out = {f"n_{value}": sino(value) for value in NUMBER_PIECES}
    out["d_0"] = "공"
    out |= {f"native_{value}": _NATIVE_ONES[value] for value in range(1, 10)}
    out |= {f"native_{value}": _NATIVE_TENS[value // 10] for value in range(10, 100, 10)}
    out["native_20_alone"] = "스무"
    out |= {f"position_{value}": position(value).text for value in range(1, WHOLE_POSITIONS + 1)}
    out |= {"position_lead": "현재 대기 순서는", "position_tail": "번째입니다."}
    out |= {key: _wait_text(key) for key in ("wait_30s", "wait_over_30", *(f"wait_{value}" for value in WAIT_MINUTES))}
    out |= {f"clock_{hour}": _hour(hour) for hour in range(24)}
    out |= {f"minute_{value}": f"{sino(value)} 분" for value in WHOLE_MINUTES}
    out |= {f"month_{value}": month(value) for value in range(1, 13)}
    out |= {f"mday_{value}": f"{sino(value)}일" for value in range(1, 32)}
    names = dict(zip(WEEKDAYS, _WEEKDAY_NAMES, strict=True))
    out |= {f"weekday_{key}": name for key, name in names.items()} | {f"day_{key}": name for key, name in _DAYS.items()}
    for key, name in (_DAYS | names).items():
        out |= {f"opens_{key}_{hour}": _opens(name, _hour(hour)) for hour in OPENING_HOURS}
    out["opens_tail"] = "부터 상담하실 수 있습니다."
    out |= {f"people_{value}": people(value).text for value in range(1, 11)} | {"people_word": "명"}
    out |= {f"times_{value}": times(value).text for value in range(1, 6)} | {"times_word": "번"}
    # a short stop after 약 keeps it from melting into the number
    return {key: Piece(text, text.replace(" 약 ", " 약, ")) for key, text in out.items()}
