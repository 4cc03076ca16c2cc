"""The rules of matching: relaxation steps, priority, routing profiles, and what `explain` says of them."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialplan.agentrules import EVERY_QUEUE
from dialplan.calendar import SEOUL
from dialplan.decision import priority, route
from dialplan.dialogue import Call, decide
from dialplan.language import Language
from dialplan.loader import load
from dialplan.queuerules import Requirement, Sticky
from tests.unit.dialplan.conftest import Folder

KO = Language.KO
STEPS = """skills: {property: 2}
    steps:
      - {after_s: 20, skills: {property: 1}}
      - {after_s: 60, skills: {}, allow_interpreter: true}"""
PROFILES = """profiles:
  desk:
    queues:
      - {queue: tax, rank: 1}
      - {queue: city, rank: 3, delay_s: 20, reserve_idle: 1}
      - {queue: "*", rank: 2}
"""


def test_steps_are_told_with_their_line_and_who_is_able(folder: Folder) -> None:
    folder.replace("queues.yaml", "skills: {property: 2}", STEPS)
    ruleset = load(folder.path)
    found = route(ruleset, KO, "property")
    assert [(step.after_s, step.requirement) for step in found.steps] == [
        (20, Requirement(KO, (("property", 1),))),
        (60, Requirement(None)),
    ]
    place = folder.place("queues.yaml", "{after_s: 60, skills: {}").rsplit(":", 1)[0]
    (told,) = [one for one in found.reasons if str(one.source) == place]
    assert told.text() == f"after 60 s of waiting any language is enough: {len(ruleset.agents)} agents"


def test_a_step_without_the_word_interpreter_keeps_the_language(folder: Folder) -> None:
    folder.replace(
        "queues.yaml", "skills: {property: 2}", "skills: {property: 2}\n    steps: [{after_s: 20, skills: {}}]"
    )
    (step,) = route(load(folder.path), KO, "property").steps
    assert step.requirement == Requirement(KO)


def test_steps_of_the_defaults_hold_for_queues_that_write_none(folder: Folder) -> None:
    folder.replace("queues.yaml", "steps: []", "steps: [{after_s: 30, skills: {}}]")
    folder.replace("queues.yaml", "skills: {health: 2}", "skills: {health: 2}\n    steps: []")
    ruleset = load(folder.path)
    assert len(ruleset.queues["city"].steps) == 1
    assert ruleset.queues["health"].steps == ()


def test_points_of_queue_topic_and_number_add_up(folder: Folder) -> None:
    folder.replace("queues.yaml", "    skills: {passport: 2}", "    skills: {passport: 2}\n    points: 1\n    class: 2")
    folder.replace("menus.yaml", "    queue: passport", "    queue: passport\n    points: 0.5")
    callers = "callers:\n  - {numbers: ['0319090*', '01012345678'], points: 2, class: 1, why: 시청}\nqueues:\n"
    folder.replace("queues.yaml", "queues:\n", callers)
    ruleset = load(folder.path)
    assert (
        priority(ruleset, "passport", "passport").points,
        priority(ruleset, "passport", "passport").order_class,
    ) == (1.5, 2)
    for number in ("01012345678", "010-1234-5678", "+82 10-1234-5678", "0319090111"):
        found = priority(ruleset, "passport", "passport", number)
        assert (found.points, found.order_class) == (3.5, 1)
    for number in ("01012345679", "0319091111", "anonymous", "", None):
        assert priority(ruleset, "passport", "passport", number).points == 1.5
    call = Call(datetime(2026, 11, 24, 10, tzinfo=SEOUL), "01012345678", KO, ("3",))
    decision = decide(ruleset, call)
    assert decision.priority is not None
    assert decision.priority.points == 3.5
    assert decision.reasons[-1].text() == "the caller's number gives a head start of 2 min, in class 1"
    assert decision.reasons[-1].text(KO) == "전화번호 규칙으로 2분 먼저 온 것으로 보며 등급은 1입니다"


def test_a_profile_gives_rank_delay_and_reserve_by_queue(folder: Folder) -> None:
    folder.replace("agents.yaml", "profiles:\n", PROFILES)
    for number in ("02", "03"):
        folder.replace(
            "agents.yaml",
            f"10{number}: {{name: 상담사 {number},",
            f"10{number}: {{profile: desk, name: 상담사 {number},",
        )
    ruleset = load(folder.path)
    profile = ruleset.agents["1002"].profile
    tax, city, other = profile.row("tax"), profile.row("city"), profile.row("health")
    assert tax
    assert city
    assert other
    assert (tax.rank, tax.delay_s, tax.reserve_idle) == (1, 0, 0)
    assert (city.rank, city.delay_s, city.reserve_idle) == (3, 20, 1)
    assert (other.queue, other.rank) == (None, 2)
    assert ruleset.agents["1004"].profile is EVERY_QUEUE


def test_a_topic_that_only_a_profile_without_its_queue_could_answer_is_refused(folder: Folder) -> None:
    folder.replace("agents.yaml", "profiles:\n", "profiles:\n  default: {queues: [{queue: tax}]}\n")
    assert any("no agent can answer topic `any` in en" in problem for problem in folder.problems())


def test_more_reserved_than_there_are_is_refused(folder: Folder) -> None:
    folder.replace("agents.yaml", "profiles:\n", PROFILES)
    folder.replace("agents.yaml", "1002: {name: 상담사 02,", "1002: {profile: desk, name: 상담사 02,")
    (problem,) = folder.problems()
    assert problem.endswith("reserve_idle 1 keeps all 1 agents of `desk` from it for ever")


@pytest.mark.parametrize(
    ("written", "expected"), [("{days: 7, wait_s: 15}", Sticky(7, 15)), ("{days: 0, wait_s: 15}", None)]
)
def test_sticky_is_a_queues_own(folder: Folder, written: str, expected: Sticky | None) -> None:
    folder.replace("queues.yaml", "skills: {property: 2}", f"skills: {{property: 2}}\n    sticky: {written}")
    assert load(folder.path).queues["property"].sticky == expected


def test_callbacks_are_offered_where_the_operator_wrote_how(folder: Folder) -> None:
    rule = load(folder.path).callback
    assert rule is not None
    assert (rule.offer_after_s, rule.attempts, rule.retry_every_s, rule.slot_minutes) == (60.0, 3, 600.0, 30)
    assert str(rule.source).startswith("queues.yaml:")
    text = (folder.path / "queues.yaml").read_text(encoding="utf-8")
    before, _, after = text.partition("callback:\n")
    (folder.path / "queues.yaml").write_text(before + after[after.index("queues:\n") :], encoding="utf-8")
    assert load(folder.path).callback is None
