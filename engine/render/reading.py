"""How digits and their counters in a sentence are read aloud. Pure.

English and Chinese digits are read rightly by the phoneme makers; Korean and Japanese change with the counter.
"""

from __future__ import annotations

import re

from ivr.say import ja, ko

_KO_COUNTED = re.compile(r"(\d+)\s*(시|명|분|번|월|일|년|층|세)?")
_JA_COUNTED = re.compile(r"(\d+)(時|分|番|月|日|人|回)?")


def _korean(match: re.Match[str]) -> str:
    number, counter = int(match[1]), match[2] or ""
    if counter in ("시", "명") and 1 <= number <= 99:
        return f"{ko.native(number)} {counter}"
    if counter == "월":
        return ko.month(number)
    gap = " " if counter in ("번", "분") else ""
    return f"{ko.sino(number)}{gap}{counter}"


def _japanese(match: re.Match[str]) -> str:
    number, counter = int(match[1]), match[2] or ""
    readers = {
        "時": ja.hour, "分": ja.minute, "月": ja.month, "日": ja.day_of_month, "人": ja.people_reading,
        "回": ja.times_reading,
    }  # fmt: skip
    if counter in readers:
        return readers[counter](number)
    return ja.reading(number) + ("ばん" if counter else "")


def reading(lang: str, text: str) -> str:
    """Returns `text` as the speech engine shall read it."""
    if lang == "ko":
        return _KO_COUNTED.sub(_korean, text)
    if lang == "ja":
        return _JA_COUNTED.sub(_japanese, text)
    return text
