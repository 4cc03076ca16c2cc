"""English, as it is spoken in American English: a.m. and p.m., ordinals for dates, one minute but two minutes. Pure."""

from __future__ import annotations

from datetime import date, time

from ivr.say.spoken import (
    NUMBER_PIECES,
    OPENING_HOURS,
    POSITION_MAX,
    WAIT_MINUTES,
    WEEKDAYS,
    WHOLE_POSITIONS,
    Piece,
    Spoken,
    bounded,
    digit_groups,
    number_pieces,
    wait_key,
)

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = {"today": "today", "tomorrow": "tomorrow"}
_TIMES = {1: "once", 2: "twice"}


def words(number: int) -> str:
    """Returns 0 to 9999 in words: 137 → one hundred thirty-seven."""
    bounded(number, 0, 9999, "number")
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    unit, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    head = f"{_ONES[number // unit]} {name}"
    return f"{head} {words(number % unit)}" if number % unit else head


def number(value: int) -> Spoken:
    """A cardinal number, 0 to 9999."""
    return Spoken.plain(words(value), *number_pieces(value))


def position(value: int) -> Spoken:
    """The place in the queue, 1 to 999."""
    text = f"You are number {words(bounded(value, 1, POSITION_MAX, 'position'))} in the queue."
    if value <= WHOLE_POSITIONS:
        return Spoken.plain(text, f"position_{value}")
    return Spoken.plain(text, "position_lead", *number_pieces(value), "position_tail")


def _wait_text(key: str) -> str:
    if key == "wait_30s":
        return "The estimated wait is about thirty seconds."
    if key == "wait_over_30":
        return "The estimated wait is more than thirty minutes."
    minutes = int(key.removeprefix("wait_"))
    return f"The estimated wait is about {words(minutes)} minute{'s' if minutes > 1 else ''}."


def wait(wait_s: float) -> Spoken:
    """The estimated wait, in seconds ≥ 0."""
    key = wait_key(wait_s)
    return Spoken.plain(_wait_text(key), key)


def _half(hour: int) -> str:
    return "a.m." if hour < 12 else "p.m."


def _hour(hour: int) -> str:
    return {0: "12 midnight", 12: "12 noon"}.get(hour) or f"{hour % 12} {_half(hour)}"


def clock(at: time) -> Spoken:
    """A time of day to the minute: 9 a.m., 2:05 p.m. (two oh five), 12 noon."""
    if at.minute == 0:
        return Spoken.plain(_hour(at.hour), f"clock_{at.hour}")
    hour = at.hour % 12 or 12
    small = ("oh",) if at.minute < 10 else ()
    spoken = f"{words(hour)} {'oh ' if small else ''}{words(at.minute)} {_half(at.hour)}"
    pieces = (f"n_{hour}", *small, *number_pieces(at.minute), "am" if at.hour < 12 else "pm")
    return Spoken(f"{hour}:{at.minute:02d} {_half(at.hour)}", spoken, pieces)


def _ordinal_day(day: int) -> str:
    suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def calendar_date(day: date) -> Spoken:
    """Weekday, month and day: Wednesday, November 25th."""
    text = f"{_WEEKDAY_NAMES[day.weekday()]}, {_MONTHS[day.month - 1]} {_ordinal_day(day.day)}"
    return Spoken.plain(text, f"weekday_{WEEKDAYS[day.weekday()]}", f"month_{day.month}", f"mday_{day.day}")


def moment(day: date, at: time) -> Spoken:
    """Date and time of day: Wednesday, November 25th at 2:30 p.m."""
    date_said, clock_said = calendar_date(day), clock(at)
    text, reading = (f"{date_said.text} at {clock_said.text}", f"{date_said.reading} at {clock_said.reading}")
    return Spoken(text, reading, (*date_said.pieces, "at", *clock_said.pieces))


def _opens(day: str, clock_text: str) -> str:
    return f"We open again {day} at {clock_text.removesuffix('.')}."


def _on(name: str) -> str:
    return name if name in _DAYS.values() else f"on {name}"


def opening(day: str, on: date, at: time) -> Spoken:
    """The next opening; `day` is today, tomorrow, weekday or date (of `on`)."""
    weekday = WEEKDAYS[on.weekday()]
    name = weekday if day == "weekday" else day
    day_text = _DAYS.get(day) or (_WEEKDAY_NAMES[on.weekday()] if day == "weekday" else calendar_date(on).text)
    text = _opens(_on(day_text), clock(at).text)
    reading = _opens(_on(day_text), clock(at).reading)
    if day != "date" and at.minute == 0 and at.hour in OPENING_HOURS:
        return Spoken(text, reading, (f"opens_{name}_{at.hour}",))
    lead = {"date": ("on", *calendar_date(on).pieces), "weekday": ("on", f"weekday_{weekday}")}.get(
        day, (f"day_{day}",)
    )
    return Spoken(text, reading, ("opens_lead", *lead, "at", *clock(at).pieces))


def people(count: int) -> Spoken:
    """A number of people, 1 to 999."""
    text = "one person" if count == 1 else f"{words(bounded(count, 1, POSITION_MAX, 'count'))} people"
    return (
        Spoken.plain(text, f"people_{count}")
        if count <= 10
        else Spoken.plain(text, *number_pieces(count), "people_word")
    )


def times(count: int) -> Spoken:
    """How often, 1 to 999: once, twice, three times."""
    text = _TIMES.get(count) or f"{words(bounded(count, 1, POSITION_MAX, 'count'))} times"
    return (
        Spoken.plain(text, f"times_{count}") if count <= 5 else Spoken.plain(text, *number_pieces(count), "times_word")
    )


def digits(telephone: str) -> Spoken:
    """A telephone number, digit by digit, a pause between its groups."""
    groups = digit_groups(telephone)
    text = ", ".join(" ".join(_ONES[int(digit)] for digit in group) for group in groups)
    spelled = [[f"n_{digit}" for digit in group] for group in groups]
    return Spoken.plain(text, *[key for i, group in enumerate(spelled) for key in (["pause", *group] if i else group)])


def pieces() -> dict[str, Piece]:
    """Every recording that the functions above may name, but for `pause`."""
    out = {f"n_{value}": words(value) for value in NUMBER_PIECES}
    out |= {f"position_{value}": position(value).text for value in range(1, WHOLE_POSITIONS + 1)}
    out |= {"position_lead": "You are number", "position_tail": "in the queue."}
    out |= {key: _wait_text(key) for key in ("wait_30s", "wait_over_30", *(f"wait_{value}" for value in WAIT_MINUTES))}
    out |= {f"clock_{hour}": _hour(hour) for hour in range(24)}
    out |= {"am": "a.m.", "pm": "p.m.", "oh": "oh", "on": "on", "at": "at"}
    out |= {f"month_{value}": _MONTHS[value - 1] for value in range(1, 13)}
    out |= {f"mday_{value}": _ordinal_day(value) for value in range(1, 32)}
    names = dict(zip(WEEKDAYS, _WEEKDAY_NAMES, strict=True))
    out |= {f"weekday_{key}": name for key, name in names.items()} | {f"day_{key}": name for key, name in _DAYS.items()}
    for key, name in (_DAYS | names).items():
        out |= {f"opens_{key}_{hour}": _opens(_on(name), _hour(hour)) for hour in OPENING_HOURS}
    out["opens_lead"] = "We open again"
    out |= {f"people_{value}": people(value).text for value in range(1, 11)} | {"people_word": "people"}
    out |= {f"times_{value}": times(value).text for value in range(1, 6)} | {"times_word": "times"}
    return {key: Piece.plain(text) for key, text in out.items()}
