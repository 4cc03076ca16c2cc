"""Sentences in two languages: their parts, and the Korean particle that depends on how a word ends."""

from __future__ import annotations

import pytest

from dialplan.fieldwords import field_words, value_words
from dialplan.language import Language
from dialplan.words import Words, clipped, language_words, languages_words, same, skills_words, to


@pytest.mark.parametrize(
    ("word", "with_particle"),
    [
        ("누구나", "누구나로"),
        ("2레벨 이상", "2레벨 이상으로"),
        ("메일", "메일로"),
        ("1팀", "1팀으로"),
        ("4", "4로"),
        ("3", "3으로"),
        ("", "로"),
    ],
)
def test_to(word: str, with_particle: str) -> None:
    assert to(word) == with_particle


def test_languages() -> None:
    assert languages_words([Language.ZH, Language.KO]).ko == "한국어, 중국어"
    assert languages_words(list(Language)).en == "every language"
    assert language_words(None).ko == "모든 언어(통역)"
    assert Words("가", "a").text(Language.JA) == "a"


def test_skills() -> None:
    names = {"tax": Words("세금", "Tax")}
    assert skills_words([], names=names).ko == "누구나"
    assert skills_words([("tax", 3)], known="tax", names=names).ko == "3레벨 이상"
    assert skills_words([("tax", 3), ("law", 1)], known="tax", names=names).ko == "세금 3레벨 이상, law 1레벨 이상"


def test_fields_and_values() -> None:
    assert field_words("wait_s", ("menus", "topics")).ko == "번호를 기다리는 시간"
    assert field_words("wait_s", ("queues", "tax", "sticky")).ko == "지정상담원을 기다리는 시간"
    assert field_words("brand_new") == same("`brand_new`")
    assert value_words("wrapup_s", 30.0) == Words("30초", "30 s")
    assert value_words("whisper", True) == Words("예", "yes")
    assert value_words("share", 0.13) == same("13.0%")
    assert value_words("steps", []).ko == "없음"
    assert value_words("sticky", {"days": 7, "wait_s": 15.0}).ko == "(기억하는 날 7, 지정상담원을 기다리는 시간 15초)"
    assert clipped("가 " * 100, 10) == "가 가 가 가 가…"
