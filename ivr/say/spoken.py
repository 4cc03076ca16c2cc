"""The two shapes that all four languages return. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something to say: the sentence as text, how it is read aloud, and the recordings that say it, in order."""

    text: str
    reading: str
    pieces: tuple[str, ...]

    @classmethod
    def plain(cls, text: str, *pieces: str) -> Spoken:
        """A sentence that is read as it is written."""
        return cls(text, text, pieces)


@dataclass(frozen=True, slots=True)
class Piece:
    """One recording of the closed set: its text, and how it is read where the letters do not tell."""

    text: str
    reading: str

    @classmethod
    def plain(cls, text: str) -> Piece:
        """A text that is read as it is written."""
        return cls(text, text)


def bounded(value: int, low: int, high: int, what: str) -> int:
    """Returns `value`, or raises ValueError naming `what` when it is outside low..high."""
    if not low <= value <= high:
        raise ValueError(f"{what} {value} is outside {low} to {high}")
    return value


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # by date.weekday()
WHOLE_POSITIONS = 20  # positions up to this are one recording each
POSITION_MAX = 999
OPENING_HOURS = (8, 9)  # opening sentences for these hours are one recording each
_WHOLE_MINUTES = (*range(1, 11), 20, 30, 40, 50)


def wait_key(wait_s: float) -> str:
    """The recording for an estimated wait: rounded up, so that the promise is kept; coarser the longer it is."""
    if wait_s <= 40:
        return "wait_30s"
    minutes = -int(-wait_s // 60)
    for last, step in ((15, 1), (30, 5)):
        if minutes <= last:
            return f"wait_{-(-minutes // step) * step}"
    return "wait_over_30"


WAIT_MINUTES = (*range(1, 16), 20, 25, 30)


def minute_pieces(minute: int) -> tuple[str, ...]:
    """The recordings for 1 to 59 minutes past the hour: 30 is one, 37 is `n_30` and `minute_7`."""
    if minute in _WHOLE_MINUTES:
        return (f"minute_{minute}",)
    if minute < 20:
        return ("n_10", f"minute_{minute - 10}")
    return (f"n_{minute // 10 * 10}", f"minute_{minute % 10}")


def number_pieces(number: int) -> tuple[str, ...]:
    """The recordings for 0 to 9999 where thousands, hundreds and the rest simply follow each other."""
    bounded(number, 0, 9999, "number")
    if number == 0:
        return ("n_0",)
    out: list[str] = []
    for unit in (1000, 100):
        if number >= unit:
            out.append(f"n_{number // unit * unit}")
            number %= unit
    if number >= 20:
        out.append(f"n_{number // 10 * 10}")
        number %= 10
    if number:
        out.append(f"n_{number}")
    return tuple(out)


NUMBER_PIECES = (*range(20), *range(20, 100, 10), *range(100, 1000, 100), *range(1000, 10000, 1000))
WHOLE_MINUTES = _WHOLE_MINUTES


def digit_groups(number: str) -> list[str]:
    """The digits of a telephone number in the groups that it is written in; blanks and hyphens separate."""
    groups = [group for group in number.replace("-", " ").split() if group]
    if not groups or not all(group.isascii() and group.isdigit() for group in groups):
        raise ValueError("a telephone number is digits, blanks and hyphens")
    return groups
