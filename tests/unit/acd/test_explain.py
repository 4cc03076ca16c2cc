"""Decisions in words: every trigger, every code, both languages, with and without the rules' names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.core.facts import Decision, PassedOver
from acd.explain import headline, sentence
from dialplan.language import Language
from dialplan.queuerules import Requirement, Strategy

ARRIVAL = Decision(
    at=0.0,
    contact_id="1800000000.17",
    agent_id="1007",
    reservation_id=5,
    queue="passport",
    requirement=Requirement(Language.KO, (("passport", 2),)),
    strategy=Strategy.LONGEST_IDLE,
    trigger="arrival",
    waited_s=12.9,
    candidates=3,
    passed_over=(PassedOver("1009", "longer_idle", "1800000000.17"), PassedOver("1011", "busy", "1800000000.17")),
    rule="queues.yaml:31",
)
FREED = replace(
    ARRIVAL,
    trigger="freed",
    passed_over=(PassedOver("1007", "language", "1800000000.9"), PassedOver("1007", "earlier", "x")),
)


def test_an_arrival_in_english() -> None:
    assert sentence(ARRIVAL, None, Language.EN) == (
        "When it came in, call 1800000000.17, which had waited 12 s, went to 1007, who had been idle longest of 3 who "
        "could take it. Queue: passport. Required: Korean, passport at level 2 or above. Rule: queues.yaml:31. "
        "Passed over: 1009 (was idle for less long), 1011 (in a call or wrap-up)."
    )


def test_an_arrival_in_korean() -> None:
    assert sentence(ARRIVAL, None, Language.KO) == (
        "전화가 들어왔을 때, 12초 기다린 전화 1800000000.17번을 받을 수 있는 3명 중 가장 오래 대기한 1007에게 연결했습니다. "
        "대기열: passport. 조건: 한국어, passport 2단계 이상. 규칙: queues.yaml:31. "
        "선택되지 않음: 1009 (대기 시간이 더 짧음), 1011 (통화 또는 후처리 중)."
    )


def test_a_freed_agent_in_both_languages() -> None:
    assert headline(FREED, None, Language.EN) == (
        "1007 became free and got call 1800000000.17, which had waited 12 s, the first in order of 3 they could take."
    )
    assert headline(FREED, None, Language.KO) == (
        "1007이 비어서 받을 수 있는 3건 중 순서가 가장 빠른, 12초 기다린 전화 1800000000.17번을 연결했습니다."
    )
    assert "1800000000.9 (in a language the agent does not speak), x (came later)" in sentence(FREED, None, Language.EN)


def test_every_other_language_is_told_in_english() -> None:
    assert sentence(FREED, None, Language.JA) == sentence(FREED, None, Language.EN)


@pytest.mark.parametrize("trigger", ["arrival", "returned", "exclusion_ended", "freed", "handed_on"])
@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("language", [Language.KO, Language.EN])
@pytest.mark.parametrize("candidates", [1, 7])
def test_no_raw_code_is_ever_heard(trigger: str, strategy: Strategy, language: Language, candidates: int) -> None:
    agents = ("excluded", "longer_idle", "better_skill", "less_occupied", "busy", "not_available")
    codes = ("excluded", "language", "skill", "earlier") if trigger == "freed" else agents
    passed = tuple(PassedOver("1001", code, "c1") for code in codes)
    one = replace(ARRIVAL, trigger=trigger, strategy=strategy, candidates=candidates, passed_over=passed)
    words = sentence(one, None, language)
    assert not any(f"({code})" in words for code in codes)
    assert trigger not in words.split() or trigger in ("freed", "arrival")
    assert "_" not in words
