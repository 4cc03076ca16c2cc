"""Japanese: text in the usual writing, readings in kana: 4時, 9時, 4分, 1人, 20日 are not read as they look. Pure."""

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

_ONES = ("ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")
_HUNDREDS = {1: "ひゃく", 3: "さんびゃく", 6: "ろっぴゃく", 8: "はっぴゃく"}
_THOUSANDS = {1: "せん", 3: "さんぜん", 8: "はっせん"}
_HOUR_ONES = {0: "れい", 4: "よ", 7: "しち", 9: "く"}
_MINUTE_ONES = {1: "いっぷん", 3: "さんぷん", 4: "よんぷん", 6: "ろっぷん", 8: "はっぷん"}
_TIMES_ONES = {1: "いっかい", 6: "ろっかい", 8: "はっかい"}
_MONTH_ONES = {4: "し", 7: "しち", 9: "く"}
_DAY_READINGS = {
    1: "ついたち", 2: "ふつか", 3: "みっか", 4: "よっか", 5: "いつか", 6: "むいか", 7: "なのか", 8: "ようか",
    9: "ここのか", 10: "とおか", 14: "じゅうよっか", 17: "じゅうしちにち",
    19: "じゅうくにち", 20: "はつか", 24: "にじゅうよっか",
    27: "にじゅうしちにち", 29: "にじゅうくにち",
}  # fmt: skip
_PEOPLE_ONES = {4: "よ", 7: "なな"}
_WEEKDAY_NAMES = ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日")
_WEEKDAY_READINGS = ("げつようび", "かようび", "すいようび", "もくようび", "きんようび", "どようび", "にちようび")
_DAYS = {"today": ("本日", "ほんじつ"), "tomorrow": ("明日", "あす")}


def reading(number: int) -> str:
    """Returns 0 to 9999 in kana: 3680 → さんぜんろっぴゃくはちじゅう."""
    bounded(number, 0, 9999, "number")
    if number == 0:
        return _ONES[0]
    thousands, hundreds, tens, ones = (number // 1000, number // 100 % 10, number // 10 % 10, number % 10)
    out = ""
    if thousands:
        out += _THOUSANDS.get(thousands) or f"{_ONES[thousands]}せん"
    if hundreds:
        out += _HUNDREDS.get(hundreds) or f"{_ONES[hundreds]}ひゃく"
    if tens:
        out += ("" if tens == 1 else _ONES[tens]) + "じゅう"
    return out + (_ONES[ones] if ones else "")


def _with_ones(number: int, ones: dict[int, str], counter: str) -> str:
    """The tens, and the last digit with its own reading before `counter`."""
    head = reading(number - number % 10) if number >= 10 else ""
    if number >= 10 and number % 10 == 0:
        return head + counter
    return head + (ones.get(number % 10) or _ONES[number % 10]) + counter


def hour(value: int) -> str:
    """Returns the reading of N時, 0 to 24: よじ, しちじ, くじ, じゅうじ."""
    return _with_ones(bounded(value, 0, 24, "hour"), _HOUR_ONES, "じ")


def _short_counter(number: int, ones: dict[int, str], plain: str, after_ten: str) -> str:
    """Counters that swallow a syllable: いっぷん, じゅっぷん; いっかい, じゅっかい."""
    head = reading(number - number % 10) if number >= 10 else ""
    last = number % 10
    if last:
        return head + (ones.get(last) or _ONES[last] + plain)
    if number % 100 == 0:  # ひゃっぷん, ひゃっかい
        return head.removesuffix("く") + "っ" + after_ten
    return head.removesuffix("う") + "っ" + after_ten


def minute(value: int) -> str:
    """Returns the reading of N分, 1 to 999: よんぷん, じゅっぷん, さんじゅうななふん."""
    return _short_counter(bounded(value, 1, 999, "minutes"), _MINUTE_ONES, "ふん", "ぷん")


def times_reading(count: int) -> str:
    """Returns the reading of N回."""
    return _short_counter(bounded(count, 1, POSITION_MAX, "count"), _TIMES_ONES, "かい", "かい")


def month(value: int) -> str:
    """Returns the reading of N月: しがつ, しちがつ, くがつ."""
    return _with_ones(bounded(value, 1, 12, "month"), _MONTH_ONES, "がつ")


def day_of_month(value: int) -> str:
    """Returns the reading of N日: ついたち, じゅうよっか, はつか."""
    return _DAY_READINGS.get(bounded(value, 1, 31, "day")) or f"{reading(value)}にち"


def people_reading(count: int) -> str:
    """Returns the reading of N人: ひとり, ふたり, よにん."""
    special = {1: "ひとり", 2: "ふたり"}
    return special.get(bounded(count, 1, POSITION_MAX, "count")) or _with_ones(count, _PEOPLE_ONES, "にん")


def number(value: int) -> Spoken:
    """A cardinal number, 0 to 9999."""
    return Spoken(str(value), reading(value), number_pieces(value))


def position(value: int) -> Spoken:
    """The place in the queue, 1 to 999."""
    bounded(value, 1, POSITION_MAX, "position")
    text, read = (f"ただいまの順番は{said}番目です。" for said in (str(value), reading(value)))
    read = read.replace("番目", "ばんめ")
    if value <= WHOLE_POSITIONS:
        return Spoken(text, read, (f"position_{value}",))
    return Spoken(text, read, ("position_lead", *number_pieces(value), "position_tail"))


def _wait(key: str) -> Piece:
    lead = "お待ちいただく時間は、"
    if key == "wait_30s":
        return Piece(f"{lead}約30秒です。", f"{lead}やく、さんじゅうびょうです。")
    if key == "wait_over_30":
        return Piece(f"{lead}30分以上です。", f"{lead}さんじゅっぷんいじょうです。")
    minutes = int(key.removeprefix("wait_"))
    return Piece(f"{lead}約{minutes}分です。", f"{lead}やく、{minute(minutes)}です。")


def wait(wait_s: float) -> Spoken:
    """The estimated wait, in seconds ≥ 0."""
    key = wait_key(wait_s)
    return Spoken(_wait(key).text, _wait(key).reading, (key,))


def _hour(value: int) -> Piece:
    if value == 12:
        return Piece("正午", "しょうご")
    part, part_read = ("午前", "ごぜん") if value < 12 else ("午後", "ごご")
    return Piece(f"{part}{value % 12}時", f"{part_read}{hour(value % 12)}")


def clock(at: time) -> Spoken:
    """A time of day to the minute: 午前9時30分; 12:30 is 午後0時30分."""
    if at.minute == 0:
        on_the_hour = _hour(at.hour)
        return Spoken(on_the_hour.text, on_the_hour.reading, (f"clock_{at.hour}",))
    part = _hour(at.hour) if at.hour != 12 else Piece("午後0時", "ごごれいじ")
    key = "clock_12_before_minutes" if at.hour == 12 else f"clock_{at.hour}"
    return Spoken(f"{part.text}{at.minute}分", part.reading + minute(at.minute), (key, *minute_pieces(at.minute)))


def calendar_date(day: date) -> Spoken:
    """Month, day and weekday: 11月25日水曜日."""
    weekday = day.weekday()
    text = f"{day.month}月{day.day}日{_WEEKDAY_NAMES[weekday]}"
    read = f"{month(day.month)}{day_of_month(day.day)}{_WEEKDAY_READINGS[weekday]}"
    return Spoken(text, read, (f"month_{day.month}", f"mday_{day.day}", f"weekday_{WEEKDAYS[weekday]}"))


def moment(day: date, at: time) -> Spoken:
    """Date and time of day: 11月25日水曜日の午後2時30分."""
    date_said, clock_said = calendar_date(day), clock(at)
    text, read = (f"{date_said.text}の{clock_said.text}", f"{date_said.reading}の{clock_said.reading}")
    return Spoken(text, read, (*date_said.pieces, "no", *clock_said.pieces))


def _opens(day: str, clock_text: str) -> str:
    return f"次の受付は、{day}の{clock_text}からです。"


def opening(day: str, on: date, at: time) -> Spoken:
    """The next opening; `day` is today, tomorrow, weekday or date (of `on`)."""
    weekday = WEEKDAYS[on.weekday()]
    name = weekday if day == "weekday" else day
    if day == "weekday":
        text, read = _WEEKDAY_NAMES[on.weekday()], _WEEKDAY_READINGS[on.weekday()]
    elif day == "date":
        text, read = calendar_date(on).text, calendar_date(on).reading
    else:
        text, read = _DAYS[day]
    said, said_read = _opens(text, clock(at).text), _opens(read, clock(at).reading)
    if day != "date" and at.minute == 0 and at.hour in OPENING_HOURS:
        return Spoken(said, said_read, (f"opens_{name}_{at.hour}",))
    lead = {"date": calendar_date(on).pieces, "weekday": (f"weekday_{weekday}",)}.get(day, (f"day_{day}",))
    return Spoken(said, said_read, ("opens_lead", *lead, "no", *clock(at).pieces, "opens_tail"))


def people(count: int) -> Spoken:
    """A number of people, 1 to 999."""
    if count <= 10:
        pieces: tuple[str, ...] = (f"people_{count}",)
    elif count % 10 == 4:  # じゅうよにん
        pieces = (*number_pieces(count - 4), "people_4")
    else:
        pieces = (*number_pieces(count), "people_word")
    return Spoken(f"{count}人", people_reading(count), pieces)


def times(count: int) -> Spoken:
    """How often, 1 to 999."""
    last = count % 10
    if count <= 10:
        pieces: tuple[str, ...] = (f"times_{count}",)
    elif last:  # じゅうろっかい
        pieces = (*number_pieces(count - last), f"times_{last}")
    else:
        pieces = (*number_pieces(count), "times_word")
    return Spoken(f"{count}回", times_reading(count), pieces)


def digits(telephone: str) -> Spoken:
    """A telephone number, digit by digit, a pause between its groups."""
    groups = digit_groups(telephone)
    read = "、".join("".join(_ONES[int(digit)] for digit in group) for group in groups)
    spelled = [[f"n_{digit}" for digit in group] for group in groups]
    keys = [key for i, group in enumerate(spelled) for key in (["pause", *group] if i else group)]
    return Spoken("-".join(groups), read, tuple(keys))


def pieces() -> dict[str, Piece]:
    """Every recording that the functions above may name, but for `pause`."""
    out = {f"n_{value}": Piece(str(value), reading(value)) for value in NUMBER_PIECES}
    for value in range(1, WHOLE_POSITIONS + 1):
        spoken = position(value)
        out[f"position_{value}"] = Piece(spoken.text, spoken.reading)
    out["position_lead"] = Piece.plain("ただいまの順番は")
    out["position_tail"] = Piece("番目です。", "ばんめです。")
    out |= {key: _wait(key) for key in ("wait_30s", "wait_over_30", *(f"wait_{value}" for value in WAIT_MINUTES))}
    out |= {f"clock_{value}": _hour(value) for value in range(24)}
    out["clock_12_before_minutes"] = Piece("午後0時", "ごごれいじ")
    out |= {f"minute_{value}": Piece(f"{value}分", minute(value)) for value in WHOLE_MINUTES}
    out |= {f"month_{value}": Piece(f"{value}月", month(value)) for value in range(1, 13)}
    out |= {f"mday_{value}": Piece(f"{value}日", day_of_month(value)) for value in range(1, 32)}
    named = zip(WEEKDAYS, zip(_WEEKDAY_NAMES, _WEEKDAY_READINGS, strict=True), strict=True)
    names = dict(named)
    out |= {f"weekday_{key}": Piece(*name) for key, name in names.items()}
    out |= {f"day_{key}": Piece(*name) for key, name in _DAYS.items()}
    for key, (name, name_read) in (_DAYS | names).items():
        for value in OPENING_HOURS:
            at = _hour(value)
            out[f"opens_{key}_{value}"] = Piece(_opens(name, at.text), _opens(name_read, at.reading))
    out |= {
        "opens_lead": Piece("次の受付は、", "つぎのうけつけは、"),
        "no": Piece.plain("の"),
        "opens_tail": Piece.plain("からです。"),
    }
    out |= {f"people_{value}": Piece(f"{value}人", people_reading(value)) for value in range(1, 11)}
    out |= {f"times_{value}": Piece(f"{value}回", times_reading(value)) for value in range(1, 11)}
    return out | {"people_word": Piece("人", "にん"), "times_word": Piece("回", "かい")}
