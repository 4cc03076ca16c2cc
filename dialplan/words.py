"""Sentences for operators in Korean and English, and the small words both are made of. Pure text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialplan.language import Language

LANGUAGES: Mapping[str, tuple[str, str]] = {
    "ko": ("한국어", "Korean"),
    "en": ("영어", "English"),
    "ja": ("일본어", "Japanese"),
    "zh": ("중국어", "Chinese"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence, or a part of one, in both languages."""

    ko: str
    en: str

    def text(self, language: Language) -> str:
        """The Korean one, or the English one for every other language."""
        return self.ko if language is Language.KO else self.en

    def __add__(self, other: Words) -> Words:
        return Words(self.ko + other.ko, self.en + other.en)


def same(text: str) -> Words:
    """What reads alike in both: a name, a number, a time."""
    return Words(text, text)


def language_words(language: Language | None) -> Words:
    """`한국어`, `Korean`; None is any language, by an interpreter."""
    return Words("모든 언어(통역)", "any language (interpreter)") if language is None else Words(*LANGUAGES[language])


def languages_words(languages: Iterable[Language]) -> Words:
    """Several, in the usual order; all four as `모든 언어`."""
    named = [language for language in Language if language in set(languages)]
    if len(named) == len(Language):
        return Words("모든 언어", "every language")
    return joined([language_words(language) for language in named])


def joined(parts: Iterable[Words], by: str = ", ") -> Words:
    """The parts in one line."""
    several = list(parts)
    return Words(by.join(part.ko for part in several), by.join(part.en for part in several))


def skills_words(skills: Iterable[tuple[str, int]], *, known: str | None = None, names: Mapping[str, Words]) -> Words:
    """`여권 2레벨 이상`; without the name where the only skill is `known` from what was said; `누구나` for none."""
    asked = list(skills)
    if not asked:
        return Words("누구나", "anybody")
    if len(asked) == 1 and asked[0][0] == known:
        return Words(f"{asked[0][1]}레벨 이상", f"level {asked[0][1]} or above")
    found = []
    for skill, level in asked:
        name = names.get(skill, same(skill))
        found.append(Words(f"{name.ko} {level}레벨 이상", f"{name.en} level {level} or above"))
    return joined(found)


def to(word: str) -> str:
    """A Korean word with 로 or 으로, by how it ends."""
    last = word[-1:] if word else ""
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return word + ("로" if final in (0, 8) else "으로")
    return word + ("으로" if last in tuple("036)") else "로")


def number(value: float) -> str:
    """Without the `.0` of a whole number."""
    return f"{value:g}"


def clipped(text: str, most: int = 120) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
