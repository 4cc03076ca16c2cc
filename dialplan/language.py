"""The languages of the centre. Pure."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """The four languages of the centre, as ISO 639-1 codes."""

    KO = "ko"
    EN = "en"
    JA = "ja"
    ZH = "zh"
