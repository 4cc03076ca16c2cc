"""How long it will take (docs/adr/0011): what is known of wrap-ups, talks and patience, and when nothing is."""

from __future__ import annotations

from math import log

import pytest

from acd.core.events.agents import PresenceAsked
from acd.core.history import Handling, Patience, Waits
from acd.core.snapshot import estimated_arrival_s, estimated_wait_s
from acd.core.states import Presence
from tests.unit.acd.core.centre import EN, KO, Centre, make_agent, make_queue


def practised(centre: Centre, talks: int = 3, agent_id: str = "1001") -> None:
    """The agent has completed talks of 70 s, wrap-up of 30 s: 100 s of handling each."""
    centre.available(agent_id)
    for number in range(talks):
        centre.offer(f"p{number}")
        centre.talk(f"p{number}", agent_id)
        centre.end(f"p{number}", 70.0)
        centre.wait(30.0)


def busy(centre: Centre, *agent_ids: str) -> None:
    for agent_id in agent_ids:
        centre.feed(PresenceAsked(agent_id, Presence.AVAILABLE))
        centre.offer(f"with-{agent_id}")
        centre.talk(f"with-{agent_id}", agent_id)


HALF = log(2)  # of the time of an average turn: half of them are over by then


def test_it_is_the_turns_of_those_ahead_and_half_of_ones_own() -> None:
    """Who talks is not free before a wrap-up of 30 s has passed; then 2 agents are free in 70 s of talk."""
    centre = Centre("1001", "1002")
    practised(centre)
    assert centre.state.handling.mean_s == pytest.approx(100.0)
    assert estimated_arrival_s(centre.state, "general", KO) == 0.0
    busy(centre, "1001", "1002")
    centre.offer("c1", after=1)
    centre.offer("c2", after=1)
    assert estimated_wait_s(centre.state, "c1") == pytest.approx(30 + HALF * 35)
    assert estimated_wait_s(centre.state, "c2") == pytest.approx(30 + (1 + HALF) * 35)
    assert estimated_arrival_s(centre.state, "general", KO) == pytest.approx(30 + (2 + HALF) * 35)
    assert centre.contact("c2").estimated_s == pytest.approx(30 + (1 + HALF) * 35)


def test_a_wrapup_ends_at_a_known_time() -> None:
    centre = Centre("1001", "1002")
    practised(centre)
    busy(centre, "1001", "1002")
    centre.end("with-1001", 20.0)
    centre.offer("c1", after=10)
    centre.offer("c2", after=5)
    assert estimated_wait_s(centre.state, "c1") == pytest.approx(15.0)
    assert estimated_wait_s(centre.state, "c2") == pytest.approx(30 + HALF * 70), "the other one talks"


def test_who_is_ahead_may_give_up() -> None:
    centre = Centre("1001")
    practised(centre)
    for _ in range(100):
        centre.state.patience.observe(50.0, gave_up=True)
    busy(centre, "1001")
    for number in range(5):
        centre.offer(f"c{number}", after=1)
    patient = 30 + (4 + HALF) * 70
    assert 30.0 < (estimated_wait_s(centre.state, "c4") or 0) < patient / 2


def test_those_ahead_count_by_the_share_of_their_agents_who_are_this_ones_too() -> None:
    queues = (make_queue(), make_queue("tax", {"tax": 3}))
    centre = Centre("1001", "1002", "1003", make_agent("1004", tax=3), queues=queues)
    practised(centre)
    busy(centre, "1001", "1002", "1003", "1004")
    for number in range(4):
        centre.offer(f"c{number}", after=1)
    centre.offer("t1", "tax", after=1)
    assert estimated_wait_s(centre.state, "t1") == pytest.approx(30 + (4 / 4 + HALF) * 70)
    centre.offer("c9", after=1)
    assert estimated_wait_s(centre.state, "c9") == pytest.approx(30 + (4 + 1 + HALF) * 70 / 4)


def test_without_agents_on_duty_it_is_unknown() -> None:
    centre = Centre("1001", make_agent("1002", EN))
    practised(centre)
    centre.offer("e1", language=EN)
    assert estimated_wait_s(centre.state, "e1") is None
    assert estimated_arrival_s(centre.state, "general", EN) is None
    centre.feed(PresenceAsked("1002", Presence.AWAY))
    assert estimated_wait_s(centre.state, "e1") is None
    assert estimated_wait_s(centre.state, "nobody") is None


def test_with_fewer_than_a_few_completions_it_is_unknown() -> None:
    centre = Centre("1001")
    practised(centre, 2)
    busy(centre, "1001")
    centre.offer("c1")
    assert estimated_wait_s(centre.state, "c1") is None
    assert centre.contact("c1").estimated_s is None


def test_it_is_bounded_by_the_ninetieth_percentile_of_the_waits() -> None:
    centre = Centre("1001")
    practised(centre)
    waits = centre.state.waits.setdefault(KO, Waits())
    for number in range(1, 101):
        waits.observe(float(number))
    busy(centre, "1001")
    for number in range(5):
        centre.offer(f"c{number}", after=1)
    assert estimated_wait_s(centre.state, "c4") == pytest.approx(90.0, abs=1.0)


def test_what_was_estimated_is_told_with_the_answer() -> None:
    centre = Centre("1001")
    practised(centre)
    busy(centre, "1001")
    centre.offer("c1")
    assert centre.contact("c1").estimated_s == pytest.approx(30 + HALF * 70)
    centre.end("with-1001", 50.0)
    centre.wait(30.0)
    centre.ring("c1", "1001")
    centre.answer("c1", "1001")
    (answered,) = [fact for fact in centre.moved("c1") if fact.new.value == "connected"]
    assert answered.estimated_s == pytest.approx(30 + HALF * 70)
    assert answered.waited_s == pytest.approx(82.15)
    centre.end("c1")
    centre.wait(30.0)
    centre.offer("c2")
    centre.talk("c2", "1001")
    assert centre.moved("c2")[-1].estimated_s is None, "who does not wait has no estimate"


def test_handling_is_a_mean_at_first_then_follows() -> None:
    handling = Handling()
    for value in (100.0, 200.0, 300.0):
        handling.observe(value)
    assert handling.mean_s == pytest.approx(200.0)
    for _ in range(200):
        handling.observe(60.0)
    assert handling.mean_s == pytest.approx(60.0, abs=1.0)


def test_the_percentile_is_of_the_last_two_hundred() -> None:
    waits = Waits()
    for _ in range(19):
        waits.observe(1000.0)
    assert waits.p90_s() is None
    for number in range(200):
        waits.observe(float(number))
    assert waits.p90_s() == 179.0


def test_patience_is_the_newest_contacts_hang_ups_by_their_waiting() -> None:
    patience = Patience()
    for _ in range(2):
        patience.observe(60.0, gave_up=True)
    assert patience.per_s() == 0.0, "too few to tell"
    for _ in range(2000):
        patience.observe(30.0, gave_up=True)
        patience.observe(60.0, gave_up=False)
    assert patience.per_s() == pytest.approx(1 / 90, rel=0.01)
    for _ in range(2000):
        patience.observe(60.0, gave_up=False)
    assert patience.per_s() == pytest.approx(0.0, abs=1e-4)
