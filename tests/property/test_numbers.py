"""Toll fraud: 10,000 numbers against the allow-list, judged by a reference that was written from the words alone."""

import random
import re

from dialplan.numbers import check, patterns

AREAS = {"02", *(f"0{area}" for area in (31, 32, 33, 41, 42, 43, 44, 51, 52, 53, 54, 55, 61, 62, 63, 64))}
TRIED = 10_000


def may_be_dialled(digits: str) -> bool:
    """routing.md: 010, geographic, 070; never 060, 00x, 15xx; everything else neither."""
    if digits[:3] in ("010", "070"):
        return len(digits) == 11
    area = next((digits[:length] for length in (2, 3) if digits[:length] in AREAS), None)
    if area is None:
        return False
    local = digits[len(area) :]
    return len(local) in (7, 8) and local[0] not in "01"


def matches(pattern: str, number: str) -> bool:
    """As Asterisk matches an extension: a character at a time, to the end of both."""
    at = 0
    for token in re.findall(r"\[[0-9]-[0-9]\]|.", pattern.removeprefix("_")):
        if at == len(number):
            return False
        low, high = {"X": "09", "N": "29"}.get(token, (token[1], token[3]) if token[0] == "[" else (token, token))
        if not low <= number[at] <= high:
            return False
        at += 1
    return at == len(number)


def generated(rng: random.Random) -> str:
    """A number of the plan, one that is nearly one, one of the dear kinds, or mere digits."""
    starts = [
        *AREAS,
        "010",
        "070",
        "060",
        "001",
        "002",
        "00700",
        "1588",
        "1600",
        "0505",
        "080",
        "011",
        "012",
        "112",
        "",
    ]
    start = rng.choice(sorted(starts))
    length = rng.choice([7, 7, 8, 8, 8, 6, 9, 0, 3, 12])
    return start + "".join(rng.choice("0123456789") for _ in range(length))


def test_ten_thousand_numbers_here_and_in_the_pbx():
    rng = random.Random(20261124)
    compiled = patterns()
    allowed = 0
    for _ in range(TRIED):
        number = generated(rng)
        found = check(number)
        may = may_be_dialled(number)
        assert found.allowed is (may and found.digits == number), (number, found)
        assert any(matches(pattern, number) for pattern in compiled) is may, number
        allowed += found.allowed
    assert TRIED * 0.1 < allowed < TRIED * 0.9  # both kinds were tried


def test_what_is_allowed_is_so_in_every_spelling():
    rng = random.Random(7)
    for _ in range(1000):
        number = generated(rng)
        if not check(number).allowed:
            continue
        for written in (
            f"+82{number[1:]}",
            f"82{number[1:]}",
            f"+82 (0){number[1:]}",
            f"{number[:3]}-{number[3:7]} {number[7:]}",
        ):
            found = check(written)
            assert (found.digits, found.allowed) == (number, True), written
