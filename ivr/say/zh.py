"""Mandarin Chinese: 两 before a measure word, 零 for a gap inside a number, 幺 for one in telephone numbers. Pure."""

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
    wait_key,
)

_DIGITS = "零一二三四五六七八九"
_WEEKDAY_NAMES = tuple(f"星期{day}" for day in "一二三四五六日")
_DAYS = {"today": "今天", "tomorrow": "明天"}
_PHONE_ONE = "幺"


def _tens(value: int, *, inside: bool) -> str:
    """0 to 99; `inside` a larger number ten is 一十."""
    tens, ones = divmod(value, 10)
    head = "" if not tens else "十" if tens == 1 and not inside else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def words(number: int) -> str:
    """Returns 0 to 9999: 1010 → 一千零一十, 2200 → 两千二百, 305 → 三百零五."""
    bounded(number, 0, 9999, "number")
    if number < 100:
        return _tens(number, inside=False)
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    out = ""
    if thousands:
        out += ("两" if thousands == 2 else _DIGITS[thousands]) + "千"
    if hundreds:
        out += _DIGITS[hundreds] + "百"
    if rest:
        gap = "零" if rest < 10 or (thousands and not hundreds) else ""
        out += gap + _tens(rest, inside=True)
    return out


def counted(number: int) -> str:
    """Returns the number before a measure word: two alone is 两 (两位, 两点), twelve stays 十二."""
    return "两" if number == 2 else words(number)


def _number_pieces(number: int) -> tuple[str, ...]:
    bounded(number, 0, 9999, "number")
    out: list[str] = []
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    if thousands:
        out.append(f"n_{thousands * 1000}")
    if hundreds:
        out.append(f"n_{hundreds * 100}")
    inside = number >= 100
    if inside and rest and (rest < 10 or (thousands and not hundreds)):
        out.append("n_0")
    if inside and 10 <= rest < 20:
        out.append("n_10_inside")
        rest -= 10
    elif rest >= 20:
        out.append(f"n_{rest // 10 * 10}")
        rest %= 10
    if rest or not number:
        out.append(f"n_{rest}")
    return tuple(out)


def number(value: int) -> Spoken:
    """A cardinal number, 0 to 9999."""
    return Spoken.plain(words(value), *_number_pieces(value))


def position(value: int) -> Spoken:
    """The place in the queue, 1 to 999."""
    text = f"您目前排在第{words(bounded(value, 1, POSITION_MAX, 'position'))}位。"
    if value <= WHOLE_POSITIONS:
        return Spoken.plain(text, f"position_{value}")
    return Spoken.plain(text, "position_lead", *_number_pieces(value), "position_tail")


def _wait_text(key: str) -> str:
    if key == "wait_30s":
        return "您大约需要等待三十秒。"
    if key == "wait_over_30":
        return "您需要等待三十分钟以上。"
    return f"您大约需要等待{counted(int(key.removeprefix('wait_')))}分钟。"


def wait(wait_s: float) -> Spoken:
    """The estimated wait, in seconds ≥ 0."""
    key = wait_key(wait_s)
    return Spoken.plain(_wait_text(key), key)


def _part_of_day(hour: int) -> str:
    for until, part in ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午")):
        if hour < until:
            return part
    return "晚上"


def _hour(hour: int) -> str:
    spoken = "零" if hour == 0 else counted(hour if hour <= 12 else hour - 12)
    return f"{_part_of_day(hour)}{spoken}点"


def clock(at: time) -> Spoken:
    """A time of day to the minute: 上午九点, 下午两点零五分."""
    if at.minute == 0:
        return Spoken.plain(_hour(at.hour), f"clock_{at.hour}")
    gap = ("n_0",) if at.minute < 10 else ()
    text = f"{_hour(at.hour)}{'零' if gap else ''}{words(at.minute)}分"
    return Spoken.plain(text, f"clock_{at.hour}", *gap, *minute_pieces(at.minute))


def calendar_date(day: date) -> Spoken:
    """Month, day and weekday: 十一月二十五日星期三."""
    weekday = day.weekday()
    text = f"{words(day.month)}月{words(day.day)}日{_WEEKDAY_NAMES[weekday]}"
    return Spoken.plain(text, f"month_{day.month}", f"mday_{day.day}", f"weekday_{WEEKDAYS[weekday]}")


def moment(day: date, at: time) -> Spoken:
    """Date and time of day: 十一月二十五日星期三下午两点三十分."""
    date_said, clock_said = calendar_date(day), clock(at)
    return Spoken.plain(date_said.text + clock_said.text, *date_said.pieces, *clock_said.pieces)


def _opens(day: str, clock_text: str) -> str:
    return f"我们将于{day}{clock_text}开始服务。"


def opening(day: str, on: date, at: time) -> Spoken:
    """The next opening; `day` is today, tomorrow, weekday or date (of `on`)."""
    weekday = WEEKDAYS[on.weekday()]
    name = weekday if day == "weekday" else day
    day_text = _DAYS.get(day) or (_WEEKDAY_NAMES[on.weekday()] if day == "weekday" else calendar_date(on).text)
    text = _opens(day_text, clock(at).text)
    if day != "date" and at.minute == 0 and at.hour in OPENING_HOURS:
        return Spoken.plain(text, f"opens_{name}_{at.hour}")
    lead = {"date": calendar_date(on).pieces, "weekday": (f"weekday_{weekday}",)}.get(day, (f"day_{day}",))
    return Spoken.plain(text, "opens_lead", *lead, *clock(at).pieces, "opens_tail")


def people(count: int) -> Spoken:
    """A number of people, politely, 1 to 999: 两位."""
    text = f"{counted(bounded(count, 1, POSITION_MAX, 'count'))}位"
    return (
        Spoken.plain(text, f"people_{count}")
        if count <= 10
        else Spoken.plain(text, *_number_pieces(count), "people_word")
    )


def times(count: int) -> Spoken:
    """How often, 1 to 999: 两次."""
    text = f"{counted(bounded(count, 1, POSITION_MAX, 'count'))}次"
    return (
        Spoken.plain(text, f"times_{count}") if count <= 5 else Spoken.plain(text, *_number_pieces(count), "times_word")
    )


def digits(telephone: str) -> Spoken:
    """A telephone number, digit by digit (one is 幺), a pause between its groups."""
    groups = digit_groups(telephone)
    text = "，".join(
        "".join(_PHONE_ONE if digit == "1" else _DIGITS[int(digit)] for digit in group) for group in groups
    )
    spelled = [["d_1" if digit == "1" else f"n_{digit}" for digit in group] for group in groups]
    return Spoken.plain(text, *[key for i, group in enumerate(spelled) for key in (["pause", *group] if i else group)])


def pieces() -> dict[str, Piece]:
    """Every recording that the functions above may name, but for `pause`."""
    out = {f"n_{value}": words(value) for value in NUMBER_PIECES}
    out |= {"n_10_inside": "一十", "d_1": _PHONE_ONE}
    out |= {f"position_{value}": position(value).text for value in range(1, WHOLE_POSITIONS + 1)}
    out |= {"position_lead": "您目前排在第", "position_tail": "位。"}
    out |= {key: _wait_text(key) for key in ("wait_30s", "wait_over_30", *(f"wait_{value}" for value in WAIT_MINUTES))}
    out |= {f"clock_{hour}": _hour(hour) for hour in range(24)}
    out |= {f"minute_{value}": f"{words(value)}分" for value in WHOLE_MINUTES}
    out |= {f"month_{value}": f"{words(value)}月" for value in range(1, 13)}
    out |= {f"mday_{value}": f"{words(value)}日" for value in range(1, 32)}
    names = dict(zip(WEEKDAYS, _WEEKDAY_NAMES, strict=True))
    out |= {f"weekday_{key}": name for key, name in names.items()} | {f"day_{key}": name for key, name in _DAYS.items()}
    for key, name in (_DAYS | names).items():
        out |= {f"opens_{key}_{hour}": _opens(name, _hour(hour)) for hour in OPENING_HOURS}
    out |= {"opens_lead": "我们将于", "opens_tail": "开始服务。"}
    out |= {f"people_{value}": people(value).text for value in range(1, 11)} | {"people_word": "位"}
    out |= {f"times_{value}": times(value).text for value in range(1, 6)} | {"times_word": "次"}
    return {key: Piece.plain(text) for key, text in out.items()}
