"""After the talk, on real phones: the question, a key, a spoken comment; and everybody who is not asked."""

from __future__ import annotations

import stat
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from calls import Log, dial_in, logged_in, prompts_heard, wait_joined, wait_prompt
from centre import SLACK_S, Centre, wait_for

from acd.core.facts import SurveyAnswered
from acd.journal.read import timeline
from dialplan.language import Language
from engine.phone import Phone


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ["queues.defaults.wrapup_s=0", "queues.survey.share=1", "queues.survey.first_day=2026-11-24"]
    with Centre.start(
        tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *(w for word in words for w in ("--set", word))
    ) as centre:
        yield centre


@contextmanager
def served(centre: Centre, number: str, keys: str, extension: str) -> Iterator[tuple[Log, Phone, str]]:
    """A citizen's talk is over, because the agent has hung up."""
    with logged_in(centre, extension) as [agent], centre.citizen(number) as citizen:
        log = Log(centre)
        began = dial_in(citizen, keys)
        agent.wait_talking(8, after=began)
        contact = log.wait("contact.moved", new="connected")["contact_id"]
        wait_joined(centre)
        agent.hang_up()
        yield log, citizen, contact


def answered(centre: Centre, contact: str) -> SurveyAnswered:
    """What the record has of it."""

    def found() -> list[SurveyAnswered]:
        return [fact for fact in timeline(centre.settings.database, contact) if isinstance(fact, SurveyAnswered)]

    [fact] = wait_for(found, 5, "nothing is in the record")
    assert isinstance(fact, SurveyAnswered)
    return fact


def test_an_opinion_and_a_comment_are_joined_to_contact_agent_and_topic(centre: Centre) -> None:
    with served(centre, "01011110001", "21", "1003") as (_, citizen, contact):
        wait_prompt(centre, citizen, "en/survey_question")
        citizen.keys("2")
        wait_prompt(centre, citizen, "en/survey_comment")
        comment: Path = centre.state / "recordings" / "comment" / f"{contact}.wav"
        wait_for(comment.exists, 10, "nothing is written")
        time.sleep(3)  # they speak
        citizen.keys("#")
        wait_prompt(centre, citizen, "en/survey_thanks")
        citizen.wait_ended(8)
    fact = answered(centre, contact)
    assert (fact.score, fact.comment, fact.agent_id, fact.topic) == ("satisfied", True, "1003", "city")
    assert fact.language is Language.EN
    assert "01011110001" not in repr(fact)
    assert stat.S_IMODE(comment.stat().st_mode) == 0o600
    with wave.open(str(comment)) as file:
        assert 2 <= file.getnframes() / file.getframerate() <= 5 + SLACK_S
    assert 'acd_survey_responses_total{score="satisfied"} 1.0' in centre.metrics()
    # The same number is not asked again.
    with served(centre, "01011110001", "21", "1003") as (_, citizen, _):
        citizen.wait_ended(8)
        heard = [one.name for one in prompts_heard(centre, citizen.heard(), "en/goodbye", "en/survey_question")]
        assert heard == ["en/goodbye"]


def test_who_hangs_up_has_said_what_they_have_said(centre: Centre) -> None:
    with served(centre, "01011110003", "10", "1001") as (_, citizen, contact):
        wait_prompt(centre, citizen, "ko/survey_question")
        citizen.keys("4")
        wait_prompt(centre, citizen, "ko/survey_comment")
        citizen.hang_up()
    fact = answered(centre, contact)
    assert (fact.score, fact.comment) == ("dissatisfied", False)


def test_an_engine_that_dies_meanwhile_leaves_a_short_goodbye(centre: Centre) -> None:
    with served(centre, "01011110004", "10", "1001") as (_, citizen, contact):
        wait_prompt(centre, citizen, "ko/survey_question")
        pid = centre.kill_engine()
        killed = time.monotonic()
        assert citizen.wait_ended(6, after=killed).at_s - killed < 4 + SLACK_S
        assert prompts_heard(centre, citizen.heard(), "ko/served_goodbye")
        centre.wait_ready(not_pid=pid)
    facts = timeline(centre.settings.database, contact)
    assert not [fact for fact in facts if isinstance(fact, SurveyAnswered)]
