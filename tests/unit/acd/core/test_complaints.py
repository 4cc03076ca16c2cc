"""What users of other routers complain of, as far as matching is concerned: each a test that names the complaint."""

from __future__ import annotations

from acd.core.commands import Command
from acd.core.events.agents import DeviceChanged, PresenceAsked
from acd.core.events.contacts import HandOnAsked, HandoverNoted, SentOut
from acd.core.events.event import Event
from acd.core.events.found import TalkAdopted
from acd.core.events.legs import LegAnswered, LegFailed, LegResult, TalkEnded
from acd.core.facts import NOT_COUNTED, ContactMoved
from acd.core.handover import Handover
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.centre import KO, Centre, make_agent, make_queue, make_steps

QUEUES = (make_queue("general"), make_queue("tax", {"tax": 2}))


def taken_in_order(centre: Centre, agent_id: str, many: int) -> list[str]:
    order = []
    centre.available(agent_id)
    for _ in range(many):
        ((contact_id, _),) = centre.rung()
        order.append(contact_id)
        centre.talk(contact_id, agent_id)
        centre.end(contact_id, 5.0)
        centre.wait(30.0)
    return order


def test_order_across_queues_asterisk_108_1637_1691() -> None:
    centre = Centre(make_agent("1001", tax=3), queues=QUEUES)
    for number in range(6):
        centre.offer(f"c{number}", ("general", "tax")[number % 2], after=1.0)
    assert taken_in_order(centre, "1001", 6) == [f"c{number}" for number in range(6)]


def test_weight_times_penalty_starves_asterisk_1561() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("busy")
    centre.talk("busy", "1001")
    centre.offer("patient")
    for number in range(10):  # they come with priority, again and again
        centre.offer(f"vip{number}", after=30.0, points=2.0)
    order = []
    contact_id = "busy"
    for _ in range(11):
        centre.end(contact_id, 1.0)
        centre.wait(30.0)
        ((contact_id, _),) = centre.rung()
        centre.talk(contact_id, "1001")
        order.append(contact_id)
    assert order.index("patient") == 3, "two points are two minutes: only who came within them goes first"


def test_starvation_with_priorities_over_shared_queues_asterisk_1561() -> None:
    """Whatever comes with priority, in whichever queue: who waits is overtaken by those of their head start alone."""
    queues = (make_queue("general"), make_queue("tax", {"tax": 2}), make_queue("vip", {"tax": 1}))
    centre = Centre(make_agent("1001", tax=3), queues=queues)
    centre.available("1001")
    centre.offer("busy")
    centre.talk("busy", "1001")
    came: dict[str, float] = {}
    for number in range(30):
        queue, points = (("general", 0.0), ("tax", 1.0), ("vip", 3.0))[number % 3]
        centre.offer(f"c{number}", queue, after=20.0, points=points)
        came[f"c{number}"] = centre.now - 60.0 * points
    order = []
    contact_id = "busy"
    for _ in range(30):
        centre.end(contact_id, 1.0)
        centre.wait(30.0)
        ((contact_id, _),) = centre.rung()
        centre.talk(contact_id, "1001")
        order.append(contact_id)
    assert order == sorted(came, key=lambda one: came[one])
    assert order[:5] == ["c2", "c5", "c1", "c8", "c0"], "three points are three minutes, and one point is one"


def test_order_across_queues_holds_when_a_step_opens_another_queues_contacts() -> None:
    """asterisk #1637: a contact that may go to more agents by now keeps its place among those who came before."""
    tax = make_queue("tax", {"tax": 3}, steps=make_steps((40.0, {})))
    centre = Centre("1001", queues=(make_queue("general"), tax))
    centre.available("1001")
    centre.offer("busy")
    centre.talk("busy", "1001")
    centre.offer("first", "tax", after=1.0)
    centre.offer("second", after=10.0)
    centre.end("busy", 1.0)
    centre.wait(30.0)
    assert centre.rung() == [("first", "1001")], "its step came due while the agent wrapped up"


def test_who_is_not_for_this_agent_keeps_nobody_waiting_asterisk_108() -> None:
    """No head-of-line blocking: the first contact needs another agent, the second does not."""
    centre = Centre("1001", make_agent("1002", tax=3), queues=QUEUES)
    centre.offer("first", "tax")
    centre.offer("second", after=1.0)
    centre.available("1001")
    assert centre.rung() == [("second", "1001")]


def test_wrapup_ignored_asterisk_1006_607_1255() -> None:
    centre = Centre(make_agent("1001", tax=3), queues=QUEUES)
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    centre.offer("c2", "tax")
    centre.end("c1")
    centre.wait(29.9)
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.WRAPUP)
    centre.wait(0.2)
    assert centre.rung() == [("c2", "1001")]


def test_two_calls_to_one_agent_asterisk_176() -> None:
    centre = Centre(make_agent("1001", tax=3), queues=QUEUES)
    centre.available("1001")
    centre.offer("c1")
    centre.offer("c2", "tax")
    assert centre.rung() == []
    assert centre.refusals()[0].passed_over[0].code == "busy"
    centre.talk("c1", "1001")
    assert centre.rung() == []


def test_agents_stuck_in_a_state_freeswitch_2540_1973() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1")
    centre.ring("c1", "1001")
    centre.hang_up("c1")
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.IDLE)
    centre.offer("c2")  # nothing more is heard of this session, nor of this phone
    centre.wait(60.0)
    assert centre.agent("1001")[1] in (Work.IDLE, Work.RESERVED)
    centre.hang_up("c2")
    assert centre.agent("1001")[1] is Work.IDLE


def test_skills_asterisk_685_686() -> None:
    centre = Centre(make_agent("1001", tax=1), make_agent("1002", tax=2), queues=QUEUES)
    centre.available("1001", "1002")
    centre.offer("c1", "tax")
    assert centre.rung() == [("c1", "1002")]
    centre.feed(LegFailed("c1", "1002", LegResult.DECLINED))
    centre.wait(59.0)
    assert centre.rung() == [], "a level below the minimum is never enough without a step"


def test_agents_offered_calls_while_their_phone_is_dead() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    centre.feed(DeviceChanged("1001", False, False))
    centre.offer("c1")
    assert centre.rung() == [("c1", "1002")]


def test_why_did_this_call_go_to_me() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    centre.offer("c1")
    (decision,) = centre.decisions()
    assert (decision.agent_id, decision.candidates, decision.rule, decision.step) == ("1001", 2, "queues.yaml:20", 0)
    assert [(one.agent_id, one.code) for one in decision.passed_over] == [("1002", "longer_idle")]


def test_why_does_nobody_take_it() -> None:
    centre = Centre("1001")
    centre.offer("c1")
    (refusal,) = centre.refusals()
    assert [(one.agent_id, one.code) for one in refusal.passed_over] == [("1001", "not_available")]
    centre.feed(PresenceAsked("1001", Presence.AVAILABLE))
    assert centre.rung() == [("c1", "1001")]


class Recorded(Centre):
    """A centre whose contacts' moves are kept."""

    def __init__(self, *agents: str) -> None:
        self.said: list[ContactMoved] = []
        super().__init__(*agents)

    def feed(self, event: Event, after: float = 0.0) -> list[Command]:
        out = super().feed(event, after)
        self.said += [fact for fact in self.facts(out) if isinstance(fact, ContactMoved)]
        return out


def test_transfers_that_break_reports() -> None:
    """Four citizens, each handed on in another way: four offered, four answered, nobody abandoned, one end each."""
    centre = Recorded("1001", "1002")
    centre.available("1001")
    for contact_id in ("consulted", "to_official", "to_agent", "gone"):
        centre.offer(contact_id)
        centre.talk(contact_id, "1001")
        match contact_id:
            case "consulted":
                centre.feed(TalkAdopted(contact_id, "7101", KO, "any", "general", centre.now), 30.0)
                centre.feed(TalkEnded(contact_id), 60.0)
            case "to_official":
                centre.feed(SentOut(contact_id), 30.0)
                centre.feed(LegAnswered(contact_id, "7901"), 5.0)
                centre.feed(TalkEnded(contact_id), 60.0)
            case "to_agent":
                centre.available("1002")
                centre.feed(HandOnAsked(contact_id, "1002"), 30.0)
                centre.talk(contact_id, "1002")
                centre.end(contact_id)
                centre.feed(PresenceAsked("1002", Presence.OFFLINE), 40.0)
            case "gone":
                centre.feed(SentOut(contact_id), 30.0)
                centre.hang_up(contact_id, 5.0)
        centre.wait(40.0)
    said = centre.said
    assert sum(fact.offered for fact in said) == 4
    assert sum(fact.within_threshold is not None for fact in said) == 4
    abandoned = [fact for fact in said if fact.new is ContactState.ABANDONED]
    assert [fact.detail in NOT_COUNTED for fact in abandoned] == [True]
    ends = [fact.contact_id for fact in said if fact.new in (ContactState.COMPLETED, ContactState.ABANDONED)]
    assert ends == ["consulted", "to_official", "to_agent", "gone"]
    assert {fact.agent_id for fact in said if fact.old is ContactState.CONNECTED} == {"1001", "1002", "7101", "7901"}


def test_transfer_without_a_briefing() -> None:
    """What the first agent wrote is with the contact when the second has it, and when it waits in another queue."""
    centre = Centre("1001", "1002", queues=QUEUES)
    centre.available("1001")
    centre.offer("c1")
    centre.talk("c1", "1001")
    written = Handover("tax", "자동차세 환급", "폐차함")
    centre.feed(HandoverNoted("c1", "1001", written), 20.0)
    centre.available("1002")
    centre.feed(HandOnAsked("c1", "1002"), 5.0)
    centre.talk("c1", "1002")
    assert (centre.contact("c1").agent_id, centre.contact("c1").handover) == ("1002", written)
    centre.offer("c1", "tax", after=30.0)
    assert (centre.contact("c1").queue.key, centre.contact("c1").handover) == ("tax", written)
