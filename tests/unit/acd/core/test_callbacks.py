"""Call-backs in the core: the place is kept, the agent is rung first, attempts, opening hours, and their ends."""

from __future__ import annotations

from acd.core.commands import Assign, Unassign
from acd.core.events.agents import PresenceAsked
from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CallOutEnded,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
    HoursChanged,
)
from acd.core.events.contacts import Channel, ContactHungUp
from acd.core.events.found import TalkAdopted
from acd.core.events.legs import LegFailed, LegResult, TalkEnded
from acd.core.facts import CallbackNoted, ContactMoved
from acd.core.snapshot import position, snapshot
from acd.core.states import ContactState, Presence, Work
from tests.unit.acd.core.centre import KO, START, Centre, make_agent, make_queue


def book(centre: Centre, contact_id: str, due_in_s: float = 0.0, **more) -> list:
    values = {"queue": "general", "first_queued_at": centre.now, "due_at": centre.now + due_in_s} | more
    queue = centre.state.queues.get(values["queue"]) or make_queue(values["queue"])
    return centre.feed(CallbackBooked(contact_id, KO, "any", requirement=queue.requirement(KO), **values))


def noted(centre: Centre) -> list[str]:
    return [fact.what for fact in centre.facts() if isinstance(fact, CallbackNoted)]


def reach(centre: Centre, contact_id: str, agent_id: str) -> None:
    """The agent answers, and the citizen's phone is rung."""
    centre.talk(contact_id, agent_id)
    centre.feed(CitizenDialled(contact_id), after=3.0)


def ways(centre: Centre, out: list) -> list[str]:
    return [fact.new.value for fact in centre.facts(out) if isinstance(fact, ContactMoved)]


def test_a_waiting_caller_keeps_the_place_and_leaves_the_line() -> None:
    centre = Centre("1001")
    for number in range(3):
        centre.offer(f"c{number}", after=10.0)
    assert position(centre.state, "c1") == 2
    assert ways(centre, book(centre, "c1")) == ["callback_booked", "queued"]
    assert position(centre.state, "c1") == 2
    contact = centre.contact("c1")
    assert (contact.channel, contact.first_queued_at) == (Channel.CALLBACK, START + 20.0)
    assert centre.hang_up("c1", after=5.0) == [], "their phone is not needed any more"
    centre.available("1001")
    assert centre.rung() == [("c0", "1001")]


def test_callbacks_that_jump_the_queue_freepbx_621_525() -> None:
    """Neither before those who wait longer nor after those who came later: callers and call-backs are one order."""
    centre = Centre("1001")
    for number in range(6):
        centre.offer(f"c{number}", after=1.0)
    for number in (4, 1, 3):
        book(centre, f"c{number}")
    order = []
    centre.available("1001")
    for _ in range(6):
        ((contact_id, agent_id),) = centre.rung()
        order.append(contact_id)
        if centre.contact(contact_id).channel is Channel.CALLBACK:
            reach(centre, contact_id, agent_id)
            centre.feed(CitizenAnswered(contact_id))
        else:
            centre.talk(contact_id, agent_id)
        centre.end(contact_id, 5.0)
        centre.wait(30.0)
    assert order == [f"c{number}" for number in range(6)]


def test_no_virtual_queue_fusionpbx_1322() -> None:
    """Who leaves the line waits on in the queue: counted, seen, and with their waiting time running."""
    centre = Centre("1001")
    centre.offer("c1")
    centre.wait(70.0)
    book(centre, "c1")
    centre.wait(50.0)
    (line,) = snapshot(centre.state, centre.now).lines
    assert (line.queued, line.oldest_wait_s) == (1, None), "nobody is on the line"
    assert centre.contact("c1").waited_s(centre.now) == 120.0


def test_agent_first_then_the_citizen() -> None:
    centre = Centre("1001")
    centre.available("1001")
    out = book(centre, "c1", first_queued_at=centre.now - 60.0, counted=True)
    assert [c.call_back for c in out if isinstance(c, Assign)] == [True]
    centre.ring("c1", "1001")
    assert centre.answer("c1", "1001") == []
    assert (centre.contact("c1").state, centre.agent("1001")[1]) == (ContactState.RESERVED, Work.RESERVED)
    centre.feed(CitizenDialled("c1"), after=3.0)
    centre.feed(CitizenAnswered("c1"), after=8.0)
    assert noted(centre) == ["kept"]
    (moved,) = centre.moved("c1")
    assert (moved.new, moved.detail, moved.within_threshold) == (ContactState.CONNECTED, "kept", None)
    assert centre.feed(CitizenAnswered("c1")) == []
    assert [fact.new.value for fact in centre.facts(centre.end("c1")) if isinstance(fact, ContactMoved)] == ["wrapup"]
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.WRAPUP)
    centre.wait(30.0)
    assert "c1" not in centre.state.contacts


def test_three_attempts_ten_minutes_apart_and_then_it_is_closed() -> None:
    centre = Centre("1001")
    centre.available("1001")
    centre.offer("c1", after=1.0)
    book(centre, "c1")
    for attempt in (1, 2, 3):
        assert centre.contact("c1").reservation is not None
        reach(centre, "c1", "1001")
        assert centre.feed(CitizenFailed("c1", CitizenResult.BUSY), after=5.0) == []
        assert centre.agent("1001")[1] is Work.RESERVED, "they hear why, and are not rung meanwhile"
        centre.feed(TalkEnded("c1"), after=3.0)
        assert centre.agent("1001") == (Presence.AVAILABLE, Work.IDLE), "without wrap-up"
        if attempt < 3:
            assert noted(centre) == ["busy"]
            assert centre.contact("c1").state is ContactState.CALLBACK_BOOKED
            assert centre.wait(599.0) == []
            centre.wait(2.0)
    assert noted(centre) == ["busy", "failed"]
    assert centre.moved("c1")[-1].detail == "unkept"
    assert "c1" not in centre.state.contacts


def test_no_answer_of_the_agent_is_no_attempt() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    book(centre, "c1")
    centre.ring("c1", "1001")
    centre.wait(13.0)
    assert centre.agent("1001")[0] is Presence.NOT_RESPONDING
    assert centre.rung() == [("c1", "1002")]
    assert centre.contact("c1").attempts == 0
    centre.feed(LegFailed("c1", "1002", LegResult.BUSY))
    assert centre.contact("c1").state is ContactState.QUEUED


def test_an_agent_who_hangs_up_before_the_citizen_is_rung_is_no_attempt() -> None:
    centre = Centre("1001")
    centre.available("1001")
    book(centre, "c1")
    centre.talk("c1", "1001")
    centre.feed(TalkEnded("c1"), after=1.0)
    assert centre.ended() == ["declined"]
    contact = centre.contact("c1")
    assert (contact.state, contact.attempts, contact.excluded) == (ContactState.QUEUED, 0, {"1001"})
    centre.wait(60.0)
    assert centre.rung() == [("c1", "1001")]


def test_a_very_late_word_on_an_earlier_leg_leaves_no_session_that_still_rings() -> None:
    """The next agent is rung for them at once: two sessions would have the same citizen (chaos clock, seed 1635453045)."""
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    book(centre, "c1")
    centre.talk("c1", "1001")
    out = centre.feed(TalkEnded("c1"), after=1.0)
    told = [one for one in out if isinstance(one, Assign | Unassign)]
    assert isinstance(told[0], Unassign)
    assert (told[0].contact_id, told[0].agent_id) == ("c1", "1001")
    assert isinstance(told[1], Assign)
    assert told[1].agent_id == "1002"


def test_an_agent_who_hangs_up_while_the_citizen_rings_has_made_an_attempt() -> None:
    """Else the citizen's phone would ring again at once, and again."""
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    book(centre, "c1")
    reach(centre, "c1", "1001")
    centre.feed(TalkEnded("c1"), after=1.0)
    assert noted(centre) == ["no_answer"]
    assert (centre.contact("c1").state, centre.contact("c1").attempts) == (ContactState.CALLBACK_BOOKED, 1)
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.IDLE)


def test_what_hangs_is_ended_by_the_cores_own_deadline() -> None:
    centre = Centre("1001")
    centre.available("1001")
    book(centre, "c1")
    reach(centre, "c1", "1001")
    out = centre.wait(41.0)
    assert [c for c in out if isinstance(c, Unassign)]
    assert centre.contact("c1").state is ContactState.CALLBACK_BOOKED
    assert centre.agent("1001")[1] is Work.IDLE
    assert centre.feed(TalkEnded("c1")) == centre.feed(CallOutEnded("c1", 1)) == []
    centre.feed(CitizenAnswered("c1", "1001"))  # and yet they talk
    assert (centre.contact("c1").state, centre.agent("1001")[1]) == (ContactState.CONNECTED, Work.CONNECTED)
    assert noted(centre) == ["kept"]


def test_a_session_that_never_came_costs_no_attempt_and_nothing_is_lost() -> None:
    """The PBX is away: three tries, then it waits; the agent is not held."""
    centre = Centre("1001")
    centre.available("1001")
    book(centre, "c1")
    centre.wait(60.0)
    assert (centre.contact("c1").state, centre.contact("c1").attempts) == (ContactState.CALLBACK_BOOKED, 0)
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.IDLE)
    centre.wait(567.0)
    assert centre.contact("c1").state is ContactState.RESERVED


def test_booked_for_a_time_its_place_is_that_time() -> None:
    centre = Centre("1001")
    centre.offer("early", after=0.0)
    book(centre, "c1", 1800.0, slot_at=centre.now + 1800.0)
    centre.wait(1700.0)
    assert centre.contact("c1").state is ContactState.CALLBACK_BOOKED
    assert snapshot(centre.state, centre.now).callbacks_booked == 1
    centre.offer("before")
    out = centre.wait(100.0)
    (moved,) = [fact for fact in centre.facts(out) if isinstance(fact, ContactMoved)]
    assert (moved.contact_id, moved.new, moved.offered) == ("c1", ContactState.QUEUED, True)
    centre.offer("after", after=1.0)
    assert [position(centre.state, one) for one in ("early", "before", "c1", "after")] == [1, 2, 3, 4]


def test_opening_hours_bind() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001")
    centre.offer("talks")
    centre.talk("talks", "1001")
    book(centre, "waits")
    centre.wait(1.0)
    book(centre, "later", 100.0)
    opens_at = centre.now + 50_000.0
    centre.feed(HoursChanged(opens_at))
    assert {one.state for one in centre.state.contacts.values()} == {
        ContactState.CONNECTED,
        ContactState.CALLBACK_BOOKED,
    }
    assert centre.feed(HoursChanged(opens_at)) == []
    centre.available("1002")
    assert centre.wait(200.0) == []
    assert centre.rung() == []
    centre.end("talks")
    centre.feed(PresenceAsked("1002", Presence.OFFLINE))
    centre.wait(opens_at - centre.now - 1.0)
    assert centre.contact("waits").state is ContactState.CALLBACK_BOOKED
    centre.wait(2.0)
    assert centre.rung() == [("waits", "1001")], "who waited longer, at the opening"
    centre.feed(HoursChanged(None))
    assert centre.contact("waits").state is ContactState.RESERVED


def test_who_is_rung_at_closing_time_is_served_and_nobody_after_them() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001", "1002")
    book(centre, "c1")
    book(centre, "c2")
    reach(centre, "c1", "1001")
    centre.feed(HoursChanged(centre.now + 3600.0))
    centre.feed(LegFailed("c2", "1002", LegResult.DECLINED))
    assert centre.contact("c2").state is ContactState.CALLBACK_BOOKED
    centre.feed(CitizenAnswered("c1"))
    assert centre.contact("c1").state is ContactState.CONNECTED


def test_rules_that_open_again_are_heard() -> None:
    centre = Centre("1001")
    book(centre, "c1")
    centre.feed(HoursChanged(centre.now + 3600.0))
    centre.feed(HoursChanged(None), after=60.0)
    assert centre.contact("c1").state is ContactState.QUEUED


def test_who_rings_in_and_is_answered_needs_no_call_any_more() -> None:
    centre = Centre("1001", "1002")
    centre.available("1001")
    book(centre, "c1", counted=True)
    centre.ring("c1", "1001")
    out = centre.feed(CallbackClosed("c1", CallbackEnd.RANG_IN))
    assert [c for c in out if isinstance(c, Unassign)]
    assert noted(centre) == ["rang_in"]
    assert centre.moved("c1")[-1].new is ContactState.CLOSED
    assert centre.agent("1001") == (Presence.AVAILABLE, Work.IDLE)
    assert centre.feed(CallbackClosed("c1", CallbackEnd.RANG_IN)) == []


def test_a_caller_who_was_not_told_any_more_is_on_the_line_again() -> None:
    """The engine died between the booking and the sentence; the queue had them, and /resume brings them back."""
    centre = Centre("1001")
    book(centre, "c1", restored=True, counted=True)
    assert ways(centre, centre.offer("c1", resumed=True, first_queued_at=START)) == []
    assert noted(centre) == ["on_line"]
    assert centre.contact("c1").channel is Channel.VOICE
    assert centre.hang_up("c1", after=9.0)
    assert "c1" not in centre.state.contacts


def test_a_transfer_in_a_call_back_is_a_transfer_of_one_who_is_on_the_line() -> None:
    centre = Centre("1001", make_agent("1002", tax=3), queues=(make_queue(), make_queue("tax", {"tax": 2})))
    centre.available("1001")
    book(centre, "c1")
    reach(centre, "c1", "1001")
    centre.feed(CitizenAnswered("c1"))
    centre.offer("c1", "tax", after=10.0)
    assert centre.contact("c1").channel is Channel.VOICE
    centre.feed(ContactHungUp("c1"), after=3.0)
    assert "c1" not in centre.state.contacts


def test_restored_with_its_attempts_and_a_talk_that_goes_on() -> None:
    centre = Centre("1001")
    book(centre, "c1", 500.0, attempts=2, restored=True, counted=True, first_queued_at=START - 900.0)
    assert noted(centre) == []
    centre.feed(TalkAdopted("c1", "1001", KO, "any", "general", centre.now - 20.0))
    (moved,) = [fact for fact in centre.moved("c1") if fact.new is ContactState.CONNECTED]
    assert moved.detail == "kept"
    assert noted(centre) == ["kept"]
    centre.end("c1")
    centre.wait(1000.0)
    assert "c1" not in centre.state.contacts


def test_overdue() -> None:
    centre = Centre("1001")
    book(centre, "c1")
    assert snapshot(centre.state, centre.now + 599.0).callbacks_overdue == ()
    assert snapshot(centre.state, centre.now + 600.0).callbacks_overdue == (("general", 1),)
