"""Which talks are recorded, how long that is kept, and who is asked after the talk."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from dialplan.cache import RulesCache
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from dialplan.talkrules import RecordingClass, Survey
from tests.unit.dialplan.conftest import CITY, Folder

SURVEY = Survey(None, 0.2, 30, False, date(2027, 3, 2), date(2027, 3, 4), 60.0, "comment")
IN_TIME = date(2027, 3, 3)


def test_the_city_records_nothing_until_it_decides_so_and_surveys_three_days(city: Ruleset) -> None:
    assert {queue.recording for queue in city.queues.values()} == {None}
    assert city.recordings.classes["talk"] == RecordingClass("talk", 90)
    assert city.survey == SURVEY


def test_a_queue_may_be_off_and_another_kept_longer(folder: Folder) -> None:
    folder.replace("queues.yaml", "  recording: off", "  recording: talk")
    folder.replace("queues.yaml", "skills: {passport: 2}", "skills: {passport: 2}\n    recording: off")
    folder.replace("queues.yaml", "skills: {health: 2}", "skills: {health: 2}\n    recording: comment")
    rules = load(folder.path)
    recorded = [rules.queues[key].recording for key in ("tax", "passport", "health")]
    assert recorded == ["talk", None, "comment"]


def test_who_writes_nothing_of_it_records_nothing_and_asks_nobody(folder: Folder) -> None:
    text = (folder.path / "queues.yaml").read_text(encoding="utf-8")
    lines = [line for line in text[: text.index("\nrecordings:")].splitlines() if not line.startswith("  recording:")]
    (folder.path / "queues.yaml").write_text("\n".join(lines), encoding="utf-8")
    rules = load(folder.path)
    assert {queue.recording for queue in rules.queues.values()} == {None}
    assert (rules.recordings.classes, rules.survey) == ({}, None)


def test_checked_rules_come_back_from_the_cache_with_all_of_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    first = load(CITY, (), folder)
    again = RulesCache(folder).get(first.digest)
    assert again is not None
    assert (again.recordings, again.survey) == (first.recordings, first.survey)


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("recording: off ", "recording: tlak ", "tlak", "no recording class is called `tlak`; did you mean `talk`?"),
        (
            "    talk: {retention_days: 90}",
            "    talk: {retention_days: 90}\n    off: {retention_days: 9}",
            "off: {ret",
            "`off` means that nothing is recorded; name the class otherwise",
        ),
        ('queues: ["*"]', "queues: [passprt]", "passprt", "no queue is called `passprt`; did you mean `passport`?"),
        ('queues: ["*"]', "queues: [tax, tax]", " tax]", "queue `tax` is listed twice"),
        (
            "last_day: 2027-03-04",
            "last_day: 2027-03-01",
            "2027-03-01",
            "the survey ends on 2027-03-01, before it begins on 2027-03-02",
        ),
        ("recording: comment}", "recording: coment}", "coment", "no recording class is called `coment`"),
        ("retention_days: 90", "retention_days: 0", "0}", "0 is too small: at least 1"),
        ("share: 0.2", "share: 1.2", "1.2", "1.2 is too large: at most 1"),
        ("not_again_days: 30", "not_agian_days: 30", "not_agian_days", "did you mean `not_again_days`?"),
    ],
)
def test_mistakes_are_told_with_their_place(folder: Folder, old: str, new: str, at: str, said: str) -> None:
    folder.replace("queues.yaml", old, new)
    (problem,) = folder.problems()
    place = folder.place("queues.yaml", at)
    line, column = place.rsplit(":", 1)
    if at.startswith(" "):
        place = f"{line}:{int(column) + 1}"
    assert problem.startswith(f"{place}: ")
    assert said in problem


def test_without_classes_the_remedy_is_told(folder: Folder) -> None:
    folder.replace("queues.yaml", "  recording: off", "  recording: talk")
    folder.replace("queues.yaml", "    talk: {retention_days: 90}\n", "")
    folder.replace("queues.yaml", "    comment: {retention_days: 365}", "    {}")
    folder.replace("queues.yaml", "  comment: {max_s: 60, recording: comment}\n", "")
    (problem,) = folder.problems()
    assert "write it below `recordings: classes:`, with its retention_days, or `recording: off`" in problem


def test_a_missing_sentence_is_told_where_it_is_needed(folder: Folder) -> None:
    folder.replace("queues.yaml", "  recording: off", "  recording: talk")
    for key in ("recording_notice", "survey_thanks"):
        folder.replace("prompts.yaml", f"  {key}:", f"  x{key}:")
    problems = folder.problems()
    assert len(problems) == 2
    assert "a recorded talk needs `recording_notice` in prompts.yaml" in problems[0]
    assert "the survey needs `survey_thanks` in prompts.yaml" in problems[1]


def test_the_share_is_drawn_from_the_contact_and_kept() -> None:
    contacts = [f"pbx1-1795518371.{number}" for number in range(5000)]
    asked = [one for one in contacts if SURVEY.asks(one, "tax", IN_TIME, transferred=False)]
    assert 0.18 < len(asked) / len(contacts) < 0.22
    assert asked == [one for one in contacts if SURVEY.asks(one, "tax", IN_TIME, transferred=False)]


def test_everybody_nobody_and_the_days_between() -> None:
    everybody = dataclasses.replace(SURVEY, share=1.0)
    assert not dataclasses.replace(SURVEY, share=0.0).asks("c", "tax", IN_TIME, transferred=False)
    days = [day for day in range(1, 8) if everybody.asks("c", "tax", date(2027, 3, day), transferred=False)]
    assert days == [2, 3, 4]
    assert not everybody.asks("c", "tax", IN_TIME, transferred=True)
    assert dataclasses.replace(everybody, after_transfer=True).asks("c", "tax", IN_TIME, transferred=True)
    some = dataclasses.replace(everybody, queues=frozenset({"tax"}))
    assert some.asks("c", "tax", IN_TIME, transferred=False)
    assert not some.asks("c", "water", IN_TIME, transferred=False)
