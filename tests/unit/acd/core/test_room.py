"""Whether a queue has room for one more caller: those who wait in it count, in whatever language, and nobody else."""

from __future__ import annotations

from acd.core.events.contacts import ContactHungUp
from acd.core.snapshot import has_room
from dialplan.queuerules import Sticky
from tests.unit.acd.core.centre import EN, Centre, make_agent, make_queue


def test_callers_of_all_languages_count_for_their_queue_alone() -> None:
    centre = Centre(queues=(make_queue(max_waiting=2), make_queue("tax")))
    assert has_room(centre.state, "general")
    centre.offer("c1")
    centre.offer("t1", "tax")
    assert has_room(centre.state, "general")
    centre.offer("c2", language=EN)
    assert not has_room(centre.state, "general")
    assert has_room(centre.state, "tax")
    centre.feed(ContactHungUp("c1"))
    assert has_room(centre.state, "general")


def test_whoever_rings_or_talks_does_not_wait() -> None:
    centre = Centre("1001", "1002", queues=(make_queue(max_waiting=1),))
    centre.available("1001", "1002")
    centre.offer("c1")
    assert has_room(centre.state, "general")  # it rings
    centre.talk("c1", "1001")
    centre.offer("c2")
    assert has_room(centre.state, "general")
    centre.offer("c3")
    assert not has_room(centre.state, "general")


def test_who_waits_for_the_agent_of_last_time_waits_in_the_queue() -> None:
    queue = make_queue(max_waiting=1, sticky=Sticky(7, 15.0))
    centre = Centre(make_agent("1001"), make_agent("1002"), queues=(queue,))
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    centre.available("1002")
    centre.offer("c2", sticky="1001")
    assert centre.contact("c2").kept_by is not None
    assert not has_room(centre.state, "general")


def test_a_queue_that_no_rule_names_turns_nobody_away() -> None:
    assert has_room(Centre().state, "gone")
