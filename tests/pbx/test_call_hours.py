"""Outside the opening hours on a real Asterisk: what is said, in each language, and that nobody is queued."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from calls import Log, dial_in, longest_silence_s, prompts_heard, wait_prompt, wait_quiet
from centre import NUMBER, Centre

HOLIDAY = "2026-12-25T08:30"  # a Friday: the day off's hours begin at 9


@pytest.fixture(scope="module")
def holiday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", HOLIDAY) as centre:
        yield centre


@pytest.mark.parametrize(
    ("key", "opening"),
    [
        ("1", "ko/opens_today_9"),
        ("2", "en/opens_today_9"),
        ("3", "ja/opens_today_9"),
        ("4", "zh/opens_today_9"),
    ],
)
def test_closed_on_a_holiday_is_said_with_the_opening_and_ends(holiday: Centre, key: str, opening: str) -> None:
    with holiday.citizen() as citizen:
        log = Log(holiday)
        began = dial_in(citizen, key)
        citizen.wait_ended(20, after=began)
        language = opening.partition("/")[0]
        heard = [
            p.name
            for p in prompts_heard(holiday, citizen.heard(), f"{language}/closed", opening, f"{language}/goodbye")
        ]
        assert heard == [f"{language}/closed", opening, f"{language}/goodbye"]
        assert longest_silence_s(citizen.heard()) <= 1.0
        assert log.wait("call.ended")["outcome"] == "closed"
        assert log.lines("contact.moved") == []
        wait_quiet(holiday, 3)


def test_a_silent_caller_may_choose_a_language_while_the_message_is_said(holiday: Centre) -> None:
    with holiday.citizen() as citizen:
        began = citizen.call(NUMBER)
        wait_prompt(holiday, citizen, "ko/closed", 20)
        citizen.keys("2")
        citizen.wait_ended(20, after=began)
        heard = [
            p.name for p in prompts_heard(holiday, citizen.heard(), "greeting", "ko/closed", "en/closed", "en/goodbye")
        ]
        assert heard == ["greeting", "ko/closed", "en/closed", "en/goodbye"]
