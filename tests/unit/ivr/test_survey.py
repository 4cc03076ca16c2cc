"""Who is asked after a talk, what they may answer, and what is left when they hang up in the middle of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from acd.core.facts import SurveyAnswered, TalkNoted
from dialplan.language import Language
from dialplan.talkrules import Survey
from ivr.agi import AgiFault, CallerHungUp
from ivr.recorder import Recorder
from ivr.recordings import RecordingStore
from ivr.session import Call, Outcome, Talked, _to_the_end
from ivr.waiting import goodbye
from tests.unit.ivr.house import House, city
from tests.unit.ivr.test_recording import Tape

SURVEY = Survey(None, 1.0, 30, False, None, None, 60.0, "comment")
TALKED = Talked("1001", "tax", "tax")


class Desk(House):
    """A call whose talk is over."""

    def __init__(self, folder: Path, survey: Survey | None = SURVEY) -> None:
        super().__init__(rules=dataclasses.replace(city(), survey=survey))
        self.store = RecordingStore(folder)
        recorder = Recorder(self.store, Tape(), lambda: self.rules, self.acd.note, self.acd.channel_of)
        self.asked: dict[str, float] = {}
        self.services = dataclasses.replace(
            self.services,
            recorder=recorder,
            caller=lambda number: f"hash of {number}" if number else None,
            surveyed_since=lambda caller, since: self.asked.get(caller, 0.0) >= since,
        )
        self.channel.env["agi_callerid"] = "01012345678"
        self.channel.on_take_down = lambda path: path.write_bytes(bytes(44 + 3 * 16_000))

    def over(self, language: Language = Language.KO) -> Outcome:
        call: Call = self.call()
        call.language, call.talked = language, TALKED
        return goodbye(call)

    def answers(self) -> list[tuple[str | None, bool]]:
        return [(fact.score, fact.comment) for (fact,) in self.acd.said("surveyed")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_key_a_comment_and_thanks(desk: Desk) -> None:
    desk.channel.press(3.0, "1")
    assert desk.over(Language.JA) is Outcome.SERVED
    assert desk.channel.heard == [
        "ja/survey_question", "ja/survey_comment", "take_down:rm-1.1,60,3", "ja/survey_thanks", "hangup",
    ]  # fmt: skip
    assert desk.channel.phases == ["served", "done"]
    [(fact,)] = desk.acd.said("surveyed")
    assert isinstance(fact, SurveyAnswered)
    assert (fact.contact_id, fact.agent_id, fact.queue, fact.topic) == ("rm-1.1", "1001", "tax", "tax")
    assert (fact.language, fact.score, fact.comment) == (Language.JA, "very_satisfied", True)
    assert fact.caller == "hash of 01012345678"


@pytest.mark.parametrize(
    ("key", "score"), [("1", "very_satisfied"), ("2", "satisfied"), ("3", "neutral"), ("4", "dissatisfied")]
)
def test_the_four_scales(desk: Desk, key: str, score: str) -> None:
    desk.channel.press(1.0, key)  # in the middle of the question
    desk.over()
    assert desk.answers() == [(score, True)]


def test_a_wrong_key_is_asked_once_more_and_silence_is_let_go(desk: Desk) -> None:
    desk.channel.press(3.0, "7")
    desk.channel.press(8.0, "2")
    desk.over()
    assert desk.channel.heard[:3] == ["ko/survey_question", "ko/wrong_key", "ko/survey_question"]
    assert desk.answers() == [("satisfied", True)]
    desk.channel.heard.clear()
    desk.over()
    assert desk.channel.heard == ["ko/survey_question", "ko/goodbye", "hangup"]
    assert desk.answers()[1:] == [(None, False)]


def test_a_breath_is_no_comment_and_a_hash_declines(desk: Desk) -> None:
    desk.channel.on_take_down = lambda path: path.write_bytes(bytes(44 + 8000))
    desk.channel.press(3.0, "2")
    desk.over()
    assert desk.answers() == [("satisfied", False)]
    assert not desk.store.path("comment", "rm-1.1").exists()
    begun = desk.channel.now_s
    desk.channel.press(begun + 3.0, "2")
    desk.channel.press(begun + 4.0, "#")
    desk.channel.heard.clear()
    desk.over()
    assert desk.channel.heard == ["ko/survey_question", "ko/survey_comment", "ko/survey_thanks", "hangup"]


def test_who_hangs_up_in_the_survey_was_served(desk: Desk) -> None:
    call = desk.call()
    call.talked = TALKED
    desk.channel.hangs_up_at_s = 1.0
    assert _to_the_end(call, goodbye) is Outcome.SERVED


def test_who_hangs_up_has_said_what_they_have_said(desk: Desk) -> None:
    desk.channel.press(3.0, "4")
    desk.channel.hangs_up_at_s = 3.5
    with pytest.raises(CallerHungUp):
        desk.over()
    assert desk.answers() == [("dissatisfied", False)]


def test_hung_up_after_speaking_the_comment_is_kept(desk: Desk) -> None:
    def speak(path: Path) -> None:
        path.write_bytes(bytes(44 + 3 * 16_000))
        desk.channel.hangs_up_at_s = desk.channel.now_s

    desk.channel.on_take_down = speak
    desk.channel.press(3.0, "4")
    with pytest.raises(CallerHungUp):
        desk.over()
    assert desk.answers() == [("dissatisfied", True)]


def test_a_comment_that_cannot_be_kept_is_not_asked_for_or_not_missed(desk: Desk) -> None:
    def refuse(path: Path) -> None:
        raise AgiFault("not written")

    desk.channel.on_take_down = refuse
    desk.channel.press(3.0, "2")
    assert desk.over() is Outcome.SERVED
    assert desk.answers() == [("satisfied", False)]
    desk.store.has_room = False
    desk.channel.press(desk.channel.now_s + 3.0, "2")
    desk.channel.heard.clear()
    desk.over()
    assert desk.channel.heard == ["ko/survey_question", "ko/survey_thanks", "hangup"]


def test_who_is_not_asked(tmp_path: Path) -> None:
    desks = {name: Desk(tmp_path, SURVEY) for name in ("asked a week ago", "withheld", "handed on")}
    desks["asked a week ago"].asked = {"hash of 01012345678": desks["asked a week ago"].epoch - 7 * 86_400}
    desks["withheld"].channel.env["agi_callerid"] = ""
    desks["handed on"].services.marks.receive([TalkNoted(1.0, "rm-1.1", "1002", "transfer", "blind:answered", "1001")])
    desks |= {
        "no survey": Desk(tmp_path, None),
        "another queue": Desk(tmp_path, dataclasses.replace(SURVEY, queues=frozenset({"water"}))),
        "not drawn": Desk(tmp_path, dataclasses.replace(SURVEY, share=0.0)),
    }
    for name, desk in desks.items():
        desk.over()
        assert desk.channel.heard == ["ko/goodbye", "hangup"], name
        assert desk.answers() == [], name


def test_a_number_may_be_asked_again_when_its_days_are_over_or_none_are_named(tmp_path: Path) -> None:
    long_ago, any_time = Desk(tmp_path), Desk(tmp_path, dataclasses.replace(SURVEY, not_again_days=0))
    long_ago.asked = {"hash of 01012345678": long_ago.epoch - 31 * 86_400}
    any_time.asked = {"hash of 01012345678": any_time.epoch - 60}
    for desk in (long_ago, any_time):
        desk.over()
        assert len(desk.answers()) == 1


def test_a_transfer_that_came_back_is_none(desk: Desk) -> None:
    desk.services.marks.receive([TalkNoted(1.0, "rm-1.1", "1001", "transfer", "blind:returned", "1001")])
    desk.over()
    assert len(desk.answers()) == 1
