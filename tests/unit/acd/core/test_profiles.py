"""Classes, ranks, delays, reserves and the agent of last time (routing.md, Matching 1, 5, 6)."""

from __future__ import annotations

import pytest

from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked
from acd.core.events.contacts import Channel, ContactOffered
from acd.core.events.legs import LegFailed, LegResult
from acd.core.facts import PassedOver
from acd.core.snapshot import position, why_not
from acd.core.states import Presence
from dialplan.agentrules import ProfileRow
from dialplan.queuerules import Requirement, Sticky
from tests.unit.acd.core.centre import EN, KO, Centre, make_agent, make_profile, make_queue

QUEUES = (make_queue("general"), make_queue("water"), make_queue("tax"))
WATER_FIRST = make_profile("water_desk", ProfileRow("water", rank=1), ProfileRow(None, rank=2))
HELPERS = make_profile("helpers", ProfileRow("general"), ProfileRow("tax", delay_s=20.0))
KEEPERS = make_profile("keepers", ProfileRow("tax"), ProfileRow("general", reserve_idle=1))


def talking(centre: Centre, agent_id: str) -> None:
    centre.available(agent_id)
    centre.offer(f"with-{agent_id}")
    centre.talk(f"with-{agent_id}", agent_id)


def free(centre: Centre, agent_id: str) -> None:
    centre.end(f"with-{agent_id}", 1.0)
    centre.wait(30.0)


def test_a_lower_class_is_served_first_whatever_the_others_waited() -> None:
    centre = Centre("1001")
    talking(centre, "1001")
    centre.offer("patient", points=60.0)
    centre.offer("emergency", after=100, order_class=0)
    centre.offer("late", after=1, order_class=2, points=60.0)
    assert [position(centre.state, one) for one in ("emergency", "patient", "late")] == [1, 2, 3]
    free(centre, "1001")
    assert centre.rung() == [("emergency", "1001")]


def test_a_lower_rank_of_the_profile_is_served_first_by_its_agents_alone() -> None:
    centre = Centre(make_agent("1001", profile=WATER_FIRST), "1002", queues=QUEUES)
    talking(centre, "1001")
    talking(centre, "1002")
    centre.offer("old", "general", after=1)
    centre.offer("leak", "water", after=10)
    free(centre, "1001")
    assert centre.rung() == [("leak", "1001")]
    (decision,) = centre.decisions()
    assert decision.passed_over == (PassedOver("1001", "rank", "old"),)
    centre.talk("leak", "1001")
    centre.offer("leak2", "water")
    free(centre, "1002")
    assert centre.rung() == [("old", "1002")]


def test_equal_ranks_form_one_order() -> None:
    profile = make_profile("two", ProfileRow("tax", rank=2), ProfileRow("water", rank=2))
    centre = Centre(make_agent("1001", profile=profile), queues=QUEUES)
    centre.offer("first", "tax", after=1)
    centre.offer("second", "water", after=1)
    centre.available("1001")
    assert centre.rung() == [("first", "1001")]


def test_a_queue_that_the_profile_does_not_name_is_not_served() -> None:
    profile = make_profile("tax_only", ProfileRow("tax"))
    centre = Centre(make_agent("1001", profile=profile), queues=QUEUES)
    centre.available("1001")
    centre.offer("c1", "general")
    assert centre.rung() == []
    assert why_not(centre.contact("c1"), centre.rule_of("1001")) == "not_served"
    assert [one.code for one in centre.refusals()[0].passed_over] == ["not_served"]


def test_a_second_group_sees_a_queue_only_after_its_delay() -> None:
    centre = Centre(make_agent("1001", profile=HELPERS), queues=QUEUES)
    centre.available("1001")
    centre.offer("c1", "tax")
    assert centre.rung() == []
    assert why_not(centre.contact("c1"), centre.rule_of("1001")) == "delayed"
    centre.wait(19.9)
    assert centre.rung() == []
    centre.wait(0.2)
    assert centre.rung() == [("c1", "1001")]
    assert centre.decisions()[0].trigger == "delay_ended"


def test_the_first_group_takes_it_before_the_delay_and_after_it_too() -> None:
    centre = Centre(make_agent("1001", profile=HELPERS), "1002", queues=QUEUES)
    centre.available("1001")
    centre.offer("c1", "tax", after=1)
    centre.offer("c2", "tax", after=1)
    centre.available("1002")
    assert centre.rung() == [("c1", "1002")]
    centre.talk("c1", "1002")
    centre.feed(PresenceAsked("1001", Presence.AWAY))
    centre.wait(20.0)
    centre.end("c1", 1.0)
    centre.wait(30.0)
    assert centre.rung() == [("c2", "1002")]


def test_the_longest_waiting_of_those_seen_is_taken_not_the_head_of_the_queue() -> None:
    centre = Centre(make_agent("1001", profile=HELPERS), queues=QUEUES)
    talking(centre, "1001")
    centre.offer("vip", "tax", after=1, points=10.0)  # first in order, and not to be seen yet
    centre.offer("old", "tax", waited_s=30.0)
    free(centre, "1001")
    assert centre.rung() == [("vip", "1001")], "both are seen by now, and points count"
    centre = Centre(make_agent("1001", profile=HELPERS), queues=QUEUES)
    centre.offer("vip", "tax", points=10.0)
    centre.offer("old", "tax", waited_s=30.0)
    centre.available("1001")
    assert centre.rung() == [("old", "1001")]
    assert PassedOver("1001", "delayed", "vip") in centre.decisions()[0].passed_over


def test_reserve_keeps_agents_of_the_group_idle_for_its_own_queue() -> None:
    rules = [make_agent("1001", profile=KEEPERS), make_agent("1002", profile=KEEPERS)]
    centre = Centre(*rules, queues=QUEUES)
    centre.available("1001", "1002")
    centre.offer("c1", "general")
    assert centre.rung() == [("c1", "1001")]
    centre.offer("c2", "general")
    assert centre.rung() == []
    assert centre.refusals()[0].passed_over == (PassedOver("1002", "reserved", "c2"), PassedOver("1001", "busy", "c2"))
    centre.offer("t1", "tax")
    assert centre.rung() == [("t1", "1002")]


def test_who_comes_back_to_a_group_frees_the_one_that_was_kept() -> None:
    # 1001 lacks the skill that waits; that they are idle again lets 1002 go to it.
    queues = (make_queue("general", {"city": 2}), make_queue("tax"))
    rules = [make_agent("1001", profile=KEEPERS), make_agent("1002", profile=KEEPERS, city=3)]
    centre = Centre(*rules, queues=queues)
    centre.available("1002")
    centre.offer("c1", "general")
    assert centre.rung() == []
    centre.available("1001")
    assert centre.rung() == [("c1", "1002")]


STICKY = (make_queue("welfare", sticky=Sticky(7, 15.0)), make_queue("general"))


def test_a_caller_is_kept_for_the_agent_of_last_time() -> None:
    centre = Centre("1001", "1002", queues=STICKY)
    centre.available("1001", "1002")
    centre.offer("with-1001", "general")
    centre.talk("with-1001", "1001")
    centre.offer("c1", "welfare", sticky="1001")
    assert centre.rung() == []
    assert centre.refusals()[0].passed_over[:2] == (PassedOver("1001", "busy", "c1"), PassedOver("1002", "kept", "c1"))
    assert why_not(centre.contact("c1"), centre.rule_of("1002")) == "kept"
    centre.end("with-1001", 1.0)
    centre.feed(PresenceAsked("1001", Presence.AVAILABLE))
    centre.feed(WrapupEndAsked("1001"), 3.0)
    assert centre.rung() == [("c1", "1001")]


def test_an_idle_agent_of_last_time_is_taken_before_the_longest_idle() -> None:
    centre = Centre("1001", "1002", queues=STICKY)
    centre.available("1001", "1002")
    centre.offer("c1", "welfare", sticky="1002")
    assert centre.rung() == [("c1", "1002")]


def test_after_the_wait_the_caller_goes_on_as_if_nothing_had_happened() -> None:
    centre = Centre("1001", "1002", queues=STICKY)
    centre.available("1001", "1002")
    centre.offer("with-1001", "general")
    centre.talk("with-1001", "1001")
    centre.offer("c1", "welfare", sticky="1001")
    centre.wait(14.9)
    assert centre.rung() == []
    centre.wait(0.2)
    assert centre.rung() == [("c1", "1002")]
    assert centre.decisions()[0].trigger == "sticky_ended"


@pytest.mark.parametrize("why", ["offline", "away", "dead phone", "language"])
def test_nobody_is_kept_for_an_agent_who_is_not_there(why: str) -> None:
    centre = Centre(make_agent("1001", EN if why == "language" else KO), "1002", queues=STICKY)
    centre.available("1001", "1002")
    match why:
        case "offline":
            centre.feed(PresenceAsked("1001", Presence.OFFLINE))
        case "away":
            centre.feed(PresenceAsked("1001", Presence.AWAY))
        case "dead phone":
            centre.feed(DeviceChanged("1001", False, False))
    centre.offer("c1", "welfare", sticky="1001")
    assert centre.rung() == [("c1", "1002")]


@pytest.mark.parametrize("event", [PresenceAsked("1001", Presence.OFFLINE), DeviceChanged("1001", False, False)])
def test_an_agent_of_last_time_who_leaves_sets_the_caller_free_at_once(event) -> None:
    centre = Centre("1001", "1002", queues=STICKY)
    centre.available("1001")
    centre.offer("with-1001", "general")
    centre.talk("with-1001", "1001")
    centre.end("with-1001", 5.0)
    centre.offer("c1", "welfare", sticky="1001")
    centre.available("1002")
    assert centre.rung() == []
    centre.feed(event)
    assert centre.rung() == [("c1", "1002")]


def test_an_agent_of_last_time_who_does_not_answer_is_not_waited_for_again() -> None:
    centre = Centre("1001", "1002", queues=STICKY)
    centre.available("1001", "1002")
    centre.offer("c1", "welfare", sticky="1001")
    centre.ring("c1", "1001")
    centre.feed(LegFailed("c1", "1001", LegResult.DECLINED))
    assert centre.rung() == [("c1", "1002")]


def test_a_queue_without_the_rule_keeps_nobody() -> None:
    centre = Centre("1001", "1002", queues=STICKY)
    centre.available("1001", "1002")
    centre.offer("c1", "general", sticky="1002")
    assert centre.rung() == [("c1", "1001")]


def test_a_delay_holds_for_a_queue_that_the_rules_have_lost() -> None:
    """Its contact is found in the PBX by a new engine: whoever serves all queues after a while serves it too."""
    late = make_profile("late", ProfileRow("general"), ProfileRow(None, delay_s=20.0))
    centre = Centre(make_agent("1001", profile=late), queues=QUEUES)
    centre.available("1001")
    centre.feed(ContactOffered("c1", Channel.VOICE, KO, "any", "gone", Requirement(KO)))
    assert centre.rung() == []
    centre.wait(21.0)
    assert centre.rung() == [("c1", "1001")]
