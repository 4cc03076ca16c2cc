"""Rules that are loaded in the midst of it: agents and queues come and go, and nobody who waits or talks is dropped."""

from __future__ import annotations

from acd.core.events.rules import RulesChanged
from acd.core.states import Presence, Work
from dialplan.queuerules import Requirement
from tests.unit.acd.core.begun import talking
from tests.unit.acd.core.centre import EN, KO, Centre, make_agent, make_queue

AVAILABLE, OFFLINE = Presence.AVAILABLE, Presence.OFFLINE
IDLE, WRAPUP = Work.IDLE, Work.WRAPUP


def rules(centre: Centre, *agents: str, queues: tuple = (make_queue(),)) -> None:
    made = {one: make_agent(one) for one in agents}
    centre.feed(RulesChanged(made, {one.key: one for one in queues}), 1.0)


def test_a_new_agent_is_offline_and_a_removed_one_gone() -> None:
    centre = Centre("1001")
    centre.available("1001")
    rules(centre, "1002")
    assert set(centre.state.agents) == {"1002"}
    assert centre.agent("1002") == (OFFLINE, IDLE)
    assert centre.mirrored() == [(OFFLINE, None)]


def test_a_removed_agent_finishes_the_call_and_the_wrap_up() -> None:
    centre = talking()
    rules(centre, "1002")
    assert centre.agent("1001") == (AVAILABLE, Work.CONNECTED)
    centre.end("c1")
    assert centre.agent("1001") == (OFFLINE, WRAPUP)
    centre.wait(30.0)
    assert set(centre.state.agents) == {"1002"}
    assert centre.state.contacts == {}


def test_an_agent_named_again_before_the_call_is_over_stays() -> None:
    centre = talking()
    rules(centre, "1002")
    rules(centre, "1001")
    centre.end("c1")
    centre.wait(30.0)
    assert centre.agent("1001") == (AVAILABLE, IDLE)


def test_waiting_contacts_take_the_queues_new_requirement_and_match_at_once() -> None:
    centre = Centre("1001", queues=(make_queue("q", {"tax": 3}),))
    centre.available("1001")
    centre.offer("c1", "q")
    assert centre.rung() == []
    centre.feed(RulesChanged({"1001": make_agent("1001")}, {"q": make_queue("q")}), 30.0)
    assert centre.rung() == [("c1", "1001")]
    assert centre.moved("c1")[0].waited_s == 30.0


def test_a_requirement_that_is_not_the_queues_own_is_kept() -> None:
    centre = Centre("1001", queues=(make_queue("q", {"tax": 3}),))
    centre.offer("c1", "q", requirement=Requirement(KO))
    centre.feed(RulesChanged({"1001": make_agent("1001")}, {"q": make_queue("q", {"tax": 5})}))
    assert centre.contact("c1").requirement == Requirement(KO)


def test_an_agent_who_learns_a_language_is_matched_at_once() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1", language=EN)
    centre.feed(RulesChanged({"1001": make_agent("1001", KO, EN)}, {"general": make_queue()}))
    assert centre.rung() == [("c1", "1001")]


def test_nobody_who_waits_is_dropped_with_their_queue() -> None:
    centre = Centre("1001", queues=(make_queue(), make_queue("q")))
    centre.offer("c1", "q")
    rules(centre, "1001")
    centre.available("1001")
    assert centre.rung() == [("c1", "1001")]


def test_the_longest_idle_comes_first_when_rules_free_many_at_once() -> None:
    centre = Centre("1001", "1002")
    centre.available("1002", "1001")
    centre.offer("c1", language=EN)
    centre.feed(RulesChanged({one: make_agent(one, KO, EN) for one in ("1001", "1002")}, {"general": make_queue()}))
    assert centre.rung() == [("c1", "1002")]
