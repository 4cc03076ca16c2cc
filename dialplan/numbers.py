"""Korean telephone numbers: how they are written, what kind they are, and which may be dialled for a citizen.

The outgoing allow-list of the whole house: the same rows decide here, when a call-back is booked, when it is dialled,
when an official is rung, and, compiled to patterns, in the PBX's own dialplan (`patterns`). What no row names is
refused. Pure text. Source: the numbering plan of the Ministry of Science and ICT (전기통신번호관리세칙).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dialplan.limits import NUMBER_CHARS


class NumberKind(StrEnum):
    """What a number is, by its beginning and length."""

    MOBILE = "mobile"  # 010
    GEOGRAPHIC = "geographic"  # 02, 031 to 064
    INTERNET = "internet"  # 070
    PREMIUM = "premium"  # 060: the one who is rung earns by it
    OVERSEAS = "overseas"  # 00x, and foreign numbers after a plus
    SHORT = "short"  # 1xx and 1xxx: emergency, services, 15xx
    PERSONAL = "personal"  # 050x: leads wherever its owner says, abroad too
    FREEPHONE = "freephone"  # 080
    OLD_MOBILE = "old_mobile"  # 011, 016 to 019: gone since 2021; 012 are machines
    OWN = "own"  # the centre's own
    UNKNOWN = "unknown"  # nothing of the numbering plan's


# In the notation of the PBX's patterns: X is a digit, N one of 2 to 9, [1-3] one of these.
_ALLOWED: tuple[tuple[NumberKind, str], ...] = (
    (NumberKind.MOBILE, "010XXXXXXXX"),
    (NumberKind.GEOGRAPHIC, "02NXXXXXX"),
    (NumberKind.GEOGRAPHIC, "02NXXXXXXX"),
    (NumberKind.GEOGRAPHIC, "03[1-3]NXXXXXX"),
    (NumberKind.GEOGRAPHIC, "03[1-3]NXXXXXXX"),
    (NumberKind.GEOGRAPHIC, "04[1-4]NXXXXXX"),
    (NumberKind.GEOGRAPHIC, "04[1-4]NXXXXXXX"),
    (NumberKind.GEOGRAPHIC, "05[1-5]NXXXXXX"),
    (NumberKind.GEOGRAPHIC, "05[1-5]NXXXXXXX"),
    (NumberKind.GEOGRAPHIC, "06[1-4]NXXXXXX"),
    (NumberKind.GEOGRAPHIC, "06[1-4]NXXXXXXX"),
    (NumberKind.INTERNET, "070XXXXXXXX"),
)
_REFUSED: tuple[tuple[NumberKind, str], ...] = (
    (NumberKind.OVERSEAS, "00"),
    (NumberKind.OLD_MOBILE, "01[1-9]"),
    (NumberKind.PERSONAL, "050"),
    (NumberKind.PREMIUM, "060"),
    (NumberKind.FREEPHONE, "080"),
    (NumberKind.SHORT, "1"),
)
_CLASSES = {"X": "[0-9]", "N": "[2-9]"}


def _regex(pattern: str) -> str:
    return re.sub("[XN]", lambda found: _CLASSES[found[0]], pattern)


_KINDS = [(kind, re.compile(_regex(pattern) + r"\Z")) for kind, pattern in _ALLOWED]
_KINDS += [(kind, re.compile(_regex(pattern))) for kind, pattern in _REFUSED]
_WRITTEN = re.compile(r"[+(]?[0-9][0-9 ().-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checked:
    """A number as it was judged: `digits` is its national form, "" where there is none."""

    digits: str
    kind: NumberKind

    @property
    def allowed(self) -> bool:
        """Whether it may be dialled."""
        return self.kind in ALLOWED_KINDS


ALLOWED_KINDS = frozenset({NumberKind.MOBILE, NumberKind.GEOGRAPHIC, NumberKind.INTERNET})


def normalise(written: str) -> str | None:
    """The national digits of a number as typed or as a carrier gives it (+82 10…, 82-10…, 031-…).

    None for what is no number: letters, keys such as *, a foreign country after the plus, nothing at all.
    """
    text = written.strip()
    if len(text) > NUMBER_CHARS or not _WRITTEN.fullmatch(text):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    if digits.startswith("82") and (text.startswith("+") or len(digits) > len("82") + 7):
        return "0" + digits[2:].removeprefix("0")  # +82 (0)10 is written too; no national number begins with 8
    return None if text.startswith("+") else digits


def check(written: str, own: Iterable[str] = ()) -> Checked:
    """Judge a number as it was written. `own`: the centre's numbers, which it never dials."""
    digits = normalise(written)
    if digits is None:
        return Checked("", NumberKind.OVERSEAS if written.strip().startswith("+") else NumberKind.UNKNOWN)
    if digits in own:
        return Checked(digits, NumberKind.OWN)
    kinds = (kind for kind, pattern in _KINDS if pattern.match(digits))
    return Checked(digits, next(kinds, NumberKind.UNKNOWN))


def in_groups(digits: str) -> str:
    """National digits in the groups that they are written and read in: 010-1234-5678, 031-909-9000, 02-120."""
    area = 2 if digits.startswith("02") else 3
    if len(digits) < area + 5:
        return digits if len(digits) <= area else f"{digits[:area]}-{digits[area:]}"
    return f"{digits[:area]}-{digits[area:-4]}-{digits[-4:]}"


def complete(typed: str) -> bool:
    """Whether no number is longer than what has been typed so far, so that nothing more need be waited for."""
    return len(typed) >= (10 if typed.startswith("02") else 11)


def patterns() -> tuple[str, ...]:
    """The allow-list as extensions of the PBX's dialplan, such as `_010XXXXXXXX`."""
    return tuple(f"_{pattern}" for _, pattern in _ALLOWED)


def listed(number: str, among: Iterable[str]) -> bool:
    """Whether a number of digits only is one of these: whole numbers, or beginnings that end in `*`."""
    return any(number.startswith(one[:-1]) if one.endswith("*") else number == one for one in among)


def masked(number: str) -> str:
    """A number as it may be shown: 010****5678; nothing but stars when it is too short to hide a part of it."""
    digits = re.sub(r"[^0-9+]", "", number)
    if len(digits) < 9:
        return "*" * len(digits)
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"
