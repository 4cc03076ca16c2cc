"""Relaxation steps (routing.md, Matching 4): on time spent queued, each an event of its own that may match at once."""

from __future__ import annotations

import pytest

from acd.core.events.agents import PresenceAsked
from acd.core.events.contacts import ContactDeparted, Departure
from acd.core.events.legs import LegFailed, LegResult
from acd.core.events.rules import RulesChanged
from acd.core.facts import Decision, PassedOver
from acd.core.snapshot import position
from acd.core.states import Presence
from acd.core.step import next_deadline
from dialplan.queuerules import Requirement
from tests.unit.acd.core.centre import EN, KO, Centre, make_agent, make_queue, make_steps

TAX = make_queue("tax", {"tax": 3}, steps=make_steps((20.0, {"tax": 2}), (60.0, {})))


def test_a_step_that_comes_due_matches_at_once_with_who_is_idle() -> None:
    centre = Centre(make_agent("1001", tax=2), queues=(TAX,))
    centre.available("1001")
    centre.offer("c1", "tax")
    assert centre.rung() == []
    assert next_deadline(centre.state) == pytest.approx(centre.now + 20.0)
    centre.wait(19.9)
    assert centre.rung() == []
    centre.wait(0.2)
    assert centre.rung() == [("c1", "1001")]
    (decision,) = centre.decisions()
    assert (decision.trigger, decision.step, decision.rule) == ("step", 1, "queues.yaml:31")
    assert decision.requirement == Requirement(KO, (("tax", 2),))


def test_a_step_that_finds_nobody_is_a_decision_that_says_why() -> None:
    centre = Centre(make_agent("1001", tax=1), make_agent("1002", EN, tax=5), queues=(TAX,))
    centre.available("1001", "1002")
    centre.offer("c1", "tax")
    (refusal,) = centre.refusals()
    assert (refusal.outcome, refusal.trigger, refusal.step, refusal.rule) == ("refusal", "arrival", 0, "queues.yaml:20")
    assert refusal.passed_over == (PassedOver("1001", "skill", "c1"), PassedOver("1002", "language", "c1"))
    centre.wait(20.0)
    (step,) = centre.refusals()
    assert (step.outcome, step.step, step.agent_id, step.rule) == ("step", 1, None, "queues.yaml:31")


def test_the_contact_keeps_its_place_in_the_lane_it_moves_to() -> None:
    queues = (make_queue("general"), TAX)
    centre = Centre("1001", queues=queues)
    centre.available("1001")
    centre.offer("busy")
    centre.talk("busy", "1001")
    centre.offer("old", "tax", after=1)
    centre.offer("young", after=1)
    centre.wait(60.0)
    assert [position(centre.state, one) for one in ("old", "young")] == [1, 2]
    centre.end("busy")
    centre.wait(30.0)
    assert centre.rung() == [("old", "1001")]


def test_the_language_is_dropped_only_where_an_interpreter_is_allowed() -> None:
    hard = make_queue("hard", {"tax": 3}, steps=make_steps((20.0, {})))
    soft = make_queue("soft", {"tax": 3}, steps=make_steps((20.0, {}), interpreter_after_s=40.0))
    centre = Centre(make_agent("1001", KO, tax=5), queues=(hard, soft))
    centre.available("1001")
    centre.offer("c1", "hard", EN)
    centre.offer("c2", "soft", EN)
    centre.wait(39.0)
    assert centre.rung() == []
    centre.wait(2.0)
    assert centre.rung() == [("c2", "1001")]
    (decision,) = centre.decisions()
    assert decision.requirement == Requirement(None)
    centre.wait(3600.0)
    assert all(contact_id != "c1" for contact_id, _ in centre.rung())


def test_steps_count_the_wait_and_nobody_who_did_not_answer_resets_it() -> None:
    centre = Centre(make_agent("1001", tax=3), make_agent("1002", tax=2), queues=(TAX,))
    centre.available("1001", "1002")
    centre.offer("c1", "tax")
    centre.ring("c1", "1001")
    centre.wait(17.0)
    assert centre.moved("c1")[-1].new.value == "queued"
    centre.wait(3.0)
    assert centre.rung() == [("c1", "1002")], "twenty seconds since it came, ringing included"


def test_a_contact_that_comes_back_after_a_restart_has_the_step_of_its_whole_wait() -> None:
    centre = Centre(make_agent("1001", tax=1), queues=(TAX,))
    centre.available("1001")
    centre.offer("c1", "tax", waited_s=45.0, resumed=True)
    assert centre.contact("c1").step == 1
    centre.wait(15.0)
    assert centre.rung() == [("c1", "1001")]


def test_a_step_that_is_passed_while_a_phone_rings_holds_when_nobody_answers() -> None:
    centre = Centre(make_agent("1001", tax=3), make_agent("1002", tax=2), queues=(TAX,))
    centre.available("1001", "1002")
    centre.offer("c1", "tax", waited_s=15.0)
    centre.ring("c1", "1001")
    centre.wait(6.0)
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED))
    assert centre.rung() == [("c1", "1002")]
    assert centre.decisions()[0].step == 1


def test_time_in_the_menu_is_no_waiting() -> None:
    centre = Centre(make_agent("1001", tax=2), queues=(make_queue(), TAX))
    centre.offer("c1", "tax")
    centre.wait(10.0)
    centre.feed(ContactDeparted("c1", Departure.BACK_TO_MENU))
    centre.wait(100.0)
    centre.available("1001")
    centre.offer("c1", "tax")
    assert centre.rung() == []
    centre.wait(10.0)
    assert centre.rung() == [("c1", "1001")]


def test_new_rules_are_new_steps_for_those_who_wait() -> None:
    centre = Centre(make_agent("1001", tax=2), queues=(make_queue("tax", {"tax": 3}),))
    centre.available("1001")
    centre.offer("c1", "tax")
    centre.wait(30.0)
    rules = {one.id: one.rule for one in centre.state.agents.values()}
    centre.feed(RulesChanged(rules, {"tax": TAX}))
    assert centre.rung() == [("c1", "1001")]


def test_a_freed_agent_for_whom_nothing_waits_says_what_does() -> None:
    centre = Centre(make_agent("1001"), make_agent("1002", EN), queues=(TAX, make_queue()))
    centre.offer("c1", "tax")
    centre.available("1001")
    (refusal,) = centre.refusals()
    assert (refusal.contact_id, refusal.agent_id, refusal.trigger) == (None, "1001", "freed")
    assert refusal.passed_over == (PassedOver("1001", "skill", "c1"),)
    assert refusal.rule == "agents.yaml:3"
    centre.feed(PresenceAsked("1002", Presence.AVAILABLE))
    assert [one.passed_over[0].code for one in centre.refusals()] == ["language"]


def test_every_decision_names_a_line_and_no_more_than_five() -> None:
    names = [f"10{number:02d}" for number in range(12)]
    centre = Centre(*names)
    centre.offer("c1")
    (refusal,) = centre.refusals()
    assert isinstance(refusal, Decision)
    assert len(refusal.passed_over) == 5
    assert {one.code for one in refusal.passed_over} == {"not_available"}
