"""The dispatcher and callers in the safety net, or in its overflow: they hold no agent, and are asked out of it once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from acd.core.facts import ContactMoved
from acd.core.states import ContactState
from acd.reconcile import PbxSnapshot
from acd.seen import ChannelSeen
from tests.unit.acd.begun import available, member, settled, waiting
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until


def test_a_caller_without_a_session_holds_no_agent(centre: Centre) -> None:
    """A phone that rings for the queue is found in another talk. The caller waits on in the queue, asked out of it, and
    is offered to nobody until `/resume` has connected: then they have their old place.
    """
    first = waiting("c1", time.time() - 50)
    ringing = ChannelSeen("a1", "PJSIP/1001-00000001", "c1", "5", "", 2.0, {})
    other = replace(waiting("c2", time.time() - 60), bridge="b1")
    talking = ChannelSeen("a2", "PJSIP/1001-00000002", "c2", "6", "b1", 20.0, {})
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(
        PbxSnapshot(
            (first, ringing, other, talking), (member("ko", "1001"),), (("fallback-ko", first.name, "c1", 2.0),), {}
        )
    )
    until(centre.dispatcher.settled.is_set)
    assert centre.agent("1001") == "available/connected"
    assert centre.moves("c1") == ["queued", "reserved", "queued"]
    assert centre.twin.withdrawn == [("fallback-ko", first.name)]
    available(centre, "1002")
    assert centre.agent("1002") == "available/idle", "nobody would dial"
    newcomer = centre.call("c3")
    until(lambda: centre.agent("1002") == "available/connected")
    assert newcomer.taken
    centre.twin.event("DialEnd", Uniqueid="c1", DestUniqueid="a1", DestChannel=ringing.name, DialStatus="NOANSWER")
    centre.twin.event("QueueCallerLeave", Queue="fallback-ko", Uniqueid="c1", Channel=first.name)
    back = centre.line("c1")
    back.resumed_since = time.time() - 50
    back.start()
    centre.call("c4")
    until(lambda: centre.moves("c4") == ["queued"])
    centre.twin.phones["1002"].stopped.set()
    until(lambda: back.taken)
    until(lambda: centre.moves("c1")[3:] == ["reserved", "connected"])
    assert not [fact for fact in centre.facts if isinstance(fact, ContactMoved) and fact.new is ContactState.FAILED]


def test_a_caller_who_has_left_the_queue_is_not_asked_out_of_it(centre: Centre) -> None:
    """The end of the queue's ring may come after the word that the caller left."""
    settled(centre)
    caller = {"Uniqueid": "c1", "Channel": "PJSIP/carrier-c1"}
    leg = {"DestUniqueid": "a1", "DestChannel": "PJSIP/1001-00000001"}
    centre.twin.register("1001", Phone())
    centre.twin.event("Newchannel", ChannelState="4", **caller)
    centre.twin.event("QueueCallerJoin", Queue="fallback-ko", **caller)
    until(lambda: len(centre.twin.withdrawn) == 1)
    centre.twin.event("DialBegin", **caller, **leg)
    time.sleep(2.3)  # a second asking would be due after 2 s: while it rings, the PBX keeps the first
    assert len(centre.twin.withdrawn) == 1
    centre.twin.event("QueueCallerLeave", Queue="fallback-ko", **caller)
    centre.twin.event("DialEnd", DialStatus="NOANSWER", **caller, **leg)
    until(lambda: centre.moves("c1") == ["queued", "reserved", "queued"])
    time.sleep(2.3)  # a second asking would be due after 2 s
    assert len(centre.twin.withdrawn) == 1


def test_a_session_that_ends_without_a_word_leaves_its_caller_to_the_net(centre: Centre) -> None:
    settled(centre)
    line = centre.call("c1")
    until(lambda: centre.moves("c1") == ["queued"])
    line.dead.set()
    line.woken.release()
    line.join(20)
    caller = {"Uniqueid": "c1", "Channel": line.channel}
    centre.twin.event("QueueCallerJoin", Queue="fallback-ko", **caller)
    until(lambda: centre.twin.withdrawn == [("fallback-ko", line.channel)])
    available(centre, "1001")
    assert centre.agent("1001") == "available/idle"
    assert centre.dispatcher.contact_of("c1") == "c1"
    back = centre.line("c1")
    back.resumed_since = time.time() - 5
    back.start()
    until(lambda: centre.agent("1001") == "available/connected")
    assert centre.moves("c1") == ["queued", "reserved", "connected"]


def test_callers_in_overflow_come_in_as_there_is_room(make_centre: Callable[..., Centre]) -> None:
    room, sweeps = [0], [0]

    def looked_for() -> int:
        sweeps[0] += 1
        return room[0]

    def another_sweep() -> None:
        before = sweeps[0]
        until(lambda: sweeps[0] > before + 1)

    centre = make_centre(room=looked_for)
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot((), (), (), {}))
    for n in range(3):
        centre.twin.event("Newchannel", Uniqueid=f"o{n}", Channel=f"PJSIP/carrier-o{n}", ChannelState="4")
        centre.twin.event("QueueCallerJoin", Queue="overflow", Uniqueid=f"o{n}", Channel=f"PJSIP/carrier-o{n}")
    another_sweep()
    assert centre.twin.withdrawn == []
    room[0] = 1
    until(lambda: centre.twin.withdrawn == [("overflow", "PJSIP/carrier-o0")])
    centre.twin.event("QueueCallerLeave", Queue="overflow", Uniqueid="o0")
    another_sweep()
    assert len(centre.twin.withdrawn) == 1  # the one who is on their way has the room
    centre.dispatcher.returned("o0")
    until(lambda: len(centre.twin.withdrawn) == 2)
    assert centre.twin.withdrawn[1] == ("overflow", "PJSIP/carrier-o1")
