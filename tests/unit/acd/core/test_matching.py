"""Who answers: routing.md, "Matching", sentence by sentence."""

from __future__ import annotations

import pytest

from acd.core.events.agents import PresenceAsked
from acd.core.events.legs import TalkEnded
from acd.core.facts import PassedOver
from acd.core.snapshot import position, why_not
from acd.core.states import Presence, Work
from dialplan.queuerules import Requirement, Strategy
from tests.unit.acd.core.centre import EN, JA, KO, START, Centre, make_agent, make_queue


def busy(centre: Centre, *agent_ids: str) -> None:
    """They log in and talk, each with a contact of their own."""
    for agent_id in agent_ids:
        centre.available(agent_id)
        centre.offer(f"with-{agent_id}")
        assert centre.rung() == [(f"with-{agent_id}", agent_id)]
        centre.talk(f"with-{agent_id}", agent_id)


def free(centre: Centre, agent_id: str) -> None:
    """Their talk and its wrap-up are over."""
    centre.feed(TalkEnded(f"with-{agent_id}"), 1.0)
    centre.wait(30.0)


def test_an_arriving_contact_takes_the_agent_who_has_been_idle_longest() -> None:
    centre = Centre("1001", "1002", "1003")
    centre.available("1002", "1003", "1001")
    centre.offer("c1")
    assert centre.rung() == [("c1", "1002")]


def test_agents_idle_equally_long_are_taken_by_id() -> None:
    centre = Centre("1002", "1001")
    for agent_id in ("1002", "1001"):
        centre.feed(PresenceAsked(agent_id, Presence.AVAILABLE))
    centre.offer("c1")
    assert centre.rung() == [("c1", "1001")]


def test_a_freed_agent_takes_the_contact_that_waited_longest_over_all_queues() -> None:
    queues = (make_queue("general"), make_queue("tax", {"tax": 3}))
    centre = Centre(make_agent("1001", tax=4), queues=queues)
    busy(centre, "1001")
    centre.offer("c1", "tax", after=1)
    centre.offer("c2", "general", after=1)
    centre.offer("c3", "tax", after=1)
    order = []
    for _ in range(3):
        free_contact = next(iter(centre.state.contacts.values())).id
        centre.end(free_contact, 1.0)
        centre.wait(30.0)
        ((contact_id, agent_id),) = centre.rung()
        centre.talk(contact_id, agent_id)
        order.append(contact_id)
    assert order == ["c1", "c2", "c3"]


def test_language_is_a_hard_filter() -> None:
    centre = Centre(make_agent("1001", KO), make_agent("1002", KO, EN))
    centre.available("1001")
    centre.offer("c1", language=EN)
    assert centre.rung() == []
    centre.wait(3600.0)
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.IDLE)
    centre.available("1002")
    assert centre.rung() == [("c1", "1002")]


def test_every_skill_needs_its_minimum_level() -> None:
    queues = (make_queue("cars", {"passport": 3, "vehicle": 1}),)
    rules = [
        make_agent("1001", passport=5),
        make_agent("1002", passport=2, vehicle=5),
        make_agent("1003", passport=3, vehicle=1),
    ]
    centre = Centre(*rules, queues=queues)
    centre.available("1001", "1002")
    centre.offer("c1", "cars")
    assert centre.rung() == []
    centre.available("1003")
    assert centre.rung() == [("c1", "1003")]


def test_a_point_is_a_head_start_of_a_minute_and_no_more() -> None:
    centre = Centre("1001")
    busy(centre, "1001")
    centre.offer("patient", after=0)
    centre.offer("late vip", after=59, points=1.0)
    free(centre, "1001")
    assert centre.rung() == [("late vip", "1001")]

    centre = Centre("1001")
    busy(centre, "1001")
    centre.offer("patient", after=0)
    centre.offer("later vip", after=61, points=1.0)
    free(centre, "1001")
    assert centre.rung() == [("patient", "1001")], "nobody is starved by points"


def test_contacts_of_the_same_moment_are_taken_by_id() -> None:
    centre = Centre("1001")
    busy(centre, "1001")
    centre.offer("b")
    centre.offer("a")
    free(centre, "1001")
    assert centre.rung() == [("a", "1001")]


def test_best_skill_takes_the_highest_mean_level_then_the_longest_idle() -> None:
    queues = (make_queue("q", {"passport": 1, "tax": 1}, strategy=Strategy.BEST_SKILL),)
    rules = [
        make_agent("1001", passport=5, tax=2),
        make_agent("1002", passport=4, tax=4),
        make_agent("1003", passport=3, tax=5),
    ]
    centre = Centre(*rules, queues=queues)
    centre.available("1001", "1003", "1002")
    centre.offer("c1", "q")
    assert centre.rung() == [("c1", "1003")]
    centre.offer("c2", "q")
    assert centre.rung() == [("c2", "1002")]
    centre.offer("c3", "q")
    assert centre.rung() == [("c3", "1001")]


def test_least_occupied_takes_the_least_share_of_today_spent_in_contacts() -> None:
    queues = (make_queue("q", strategy=Strategy.LEAST_OCCUPIED),)
    centre = Centre("1001", "1002", queues=queues)
    centre.available("1001")
    centre.offer("c1", "q")
    centre.talk("c1", "1001")
    centre.available("1002")
    centre.offer("c2", "q")
    centre.talk("c2", "1002")
    centre.end("c2", 5.0)
    centre.wait(30.0)  # 1002 has been idle since now
    centre.end("c1", 100.0)
    centre.wait(30.0)  # 1001 has talked nearly all day
    centre.wait(1.0)
    centre.feed(PresenceAsked("1002", Presence.AWAY))
    centre.wait(600.0)
    centre.feed(PresenceAsked("1002", Presence.AVAILABLE))  # idle for less long than 1001, and less occupied
    centre.offer("c3", "q")
    assert centre.rung() == [("c3", "1002")]


def test_occupancy_starts_anew_at_midnight_in_seoul() -> None:
    midnight = START + 7 * 3600.0
    centre = Centre("1001", at=midnight - 120.0)
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    centre.end("c1", 240.0)
    agent = centre.rule_of("1001")
    assert agent.contact_today_s == pytest.approx(centre.now - midnight)
    assert agent.duty_today_s == pytest.approx(centre.now - midnight)


def test_nobody_is_rung_who_is_away_offline_or_not_responding() -> None:
    centre = Centre("1001", "1002", "1003")
    centre.available("1001", "1002")
    centre.feed(PresenceAsked("1001", Presence.AWAY, "lunch"))
    centre.feed(PresenceAsked("1002", Presence.OFFLINE))
    centre.offer("c1")
    assert centre.rung() == []


def test_the_decision_says_what_was_chosen_among_how_many_and_what_was_passed_over() -> None:
    queues = (make_queue("q", {"tax": 2}),)
    rules = [make_agent("1001", tax=3), make_agent("1002", tax=3), make_agent("1003", tax=3), make_agent("1004", tax=1)]
    centre = Centre(*rules, queues=queues)
    centre.available("1002", "1001", "1004")
    centre.offer("c1", "q", after=1)
    (decision,) = centre.decisions()
    assert (decision.contact_id, decision.agent_id, decision.trigger) == ("c1", "1002", "arrival")
    assert decision.candidates == 2
    assert decision.passed_over == (
        PassedOver("1001", "longer_idle", "c1"),
        PassedOver("1003", "not_available", "c1"),
        PassedOver("1004", "skill", "c1"),
    )
    assert decision.rule == "queues.yaml:20"
    assert decision.requirement == Requirement(KO, (("tax", 2),))


def test_a_freed_agents_decision_names_contacts_that_waited_longer_but_may_not_be_taken() -> None:
    queues = (make_queue(), make_queue("tax", {"tax": 3}))
    centre = Centre("1001", make_agent("1002", KO, JA, tax=3), queues=queues)
    busy(centre, "1001")
    centre.offer("t1", "tax", after=1)
    centre.offer("j1", language=JA, after=1)
    centre.offer("c1", after=1)
    centre.offer("c2", after=1)
    free(centre, "1001")
    (decision,) = centre.decisions()
    assert (decision.contact_id, decision.trigger, decision.candidates) == ("c1", "freed", 2)
    assert set(decision.passed_over) == {PassedOver("1001", "skill", "t1"), PassedOver("1001", "language", "j1")}


def test_no_more_than_five_passed_over_are_named() -> None:
    names = [f"10{number:02d}" for number in range(12)]
    centre = Centre(*names)
    centre.available(*names)
    centre.offer("c1")
    (decision,) = centre.decisions()
    assert decision.candidates == 12
    assert [passed.agent_id for passed in decision.passed_over] == names[1:6]


def test_position_counts_those_who_compete_for_the_same_agents_on_duty() -> None:
    queues = (make_queue(), make_queue("tax", {"tax": 3}))
    centre = Centre(
        "1001", make_agent("1002", KO, tax=3), make_agent("1003", JA), make_agent("1004", KO, JA), queues=queues
    )
    busy(centre, "1001", "1002")
    centre.available("1003")
    centre.offer("with-1003", language=JA)
    centre.talk("with-1003", "1003")
    centre.offer("c1", after=1)
    centre.offer("j1", language=JA, after=1)
    centre.offer("t1", "tax", after=1)
    centre.offer("c2", after=1)
    assert [position(centre.state, one) for one in ("c1", "t1", "c2", "j1")] == [1, 2, 3, 1]
    assert position(centre.state, "with-1001") is None
    assert position(centre.state, "nobody") is None
    centre.available("1004")  # who speaks both, so that now Japanese callers compete with Korean ones
    centre.talk("c1", "1004")
    assert [position(centre.state, one) for one in ("j1", "t1", "c2")] == [1, 1, 3], "tax shares nobody with Japanese"


def test_why_not_names_what_keeps_an_agent_from_a_contact() -> None:
    queues = (make_queue(), make_queue("tax", {"tax": 3}))
    centre = Centre("1001", make_agent("1002", tax=3), make_agent("1003", EN), queues=queues)
    busy(centre, "1001")
    centre.offer("t1", "tax")
    contact = centre.contact("t1")
    codes = {agent.id: why_not(contact, agent) for agent in centre.state.agents.values()}
    assert codes == {"1001": "skill", "1002": "not_available", "1003": "language"}
    centre.offer("c1")
    assert why_not(centre.contact("c1"), centre.rule_of("1001")) == "busy"
