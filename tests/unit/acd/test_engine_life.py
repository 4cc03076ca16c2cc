"""docs/engine-life.md, row by row: the engine ends, AMI ends, Asterisk ends, each with a contact in every state.

With the in-memory twin, so that every row is seen; the important ones with real phones too (tests/pbx/).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from acd.core.facts import ContactMoved
from acd.core.states import ContactState, Presence
from acd.reconcile import MemberSeen, PbxSnapshot
from acd.seen import ChannelSeen
from dialplan.ruleset import Ruleset
from tests.unit.acd.twin import Phone
from tests.unit.acd.twincentre import Centre
from tests.unit.until import until

MEMBERS = (MemberSeen("fallback-ko", "PJSIP/1001", False, ""),)
DEVICES = {"PJSIP/1001": "NOT_INUSE"}
AGO_S = 50.0


def caller(phase: str, bridge: str = "", **variables: str) -> ChannelSeen:
    """c1, who has been on the line for a minute."""
    return ChannelSeen("c1", "PJSIP/carrier-c1", "c1", "6", bridge, 60.0, {"RM_PHASE": phase, **variables})


def of_a_contact(phase: str, bridge: str = "") -> ChannelSeen:
    """The same, waiting for 50 s."""
    return caller(phase, bridge, RM_CONTACT="c1", RM_LANG="ko", RM_QUEUED_AT=str(time.time() - AGO_S))


def leg(state: str, bridge: str = "") -> ChannelSeen:
    """1001's phone, in c1's call."""
    return ChannelSeen("a1", "PJSIP/1001-00000001", "c1", state, bridge, 2.0, {})


IN_NET = (("fallback-ko", "PJSIP/carrier-c1", "c1", 2.0),)


def empty(centre: Centre) -> None:
    """The first reading, of a PBX in which nobody is and nobody is logged in."""
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot((), (), (), {}))
    until(centre.dispatcher.settled.is_set)


def read(centre: Centre, *channels: ChannelSeen, entries: tuple = (), devices: dict[str, str] | None = None) -> None:
    """The PBX is read, and what it says is taken over."""
    centre.dispatcher.begin_reread()
    centre.dispatcher.reread(PbxSnapshot(channels, MEMBERS, entries, DEVICES if devices is None else devices))
    until(centre.dispatcher.settled.is_set)
    assert centre.dispatcher.snapshot() is not None  # asked after it, so answered after it


def resume(centre: Centre) -> None:
    """`/resume` connects for c1."""
    line = centre.line("c1")
    line.resumed_since = time.time() - AGO_S
    line.start()


def first_move(centre: Centre) -> ContactMoved:
    return next(fact for fact in centre.facts if isinstance(fact, ContactMoved) and fact.contact_id == "c1")


# -- a new engine: the old one was killed, hung, or ended -------------------------------------------------------------


@pytest.mark.parametrize("channel", [caller("menu"), of_a_contact("waiting")], ids=["menu", "queued"])
def test_new_engine_in_the_net(centre: Centre, channel: ChannelSeen) -> None:
    centre.twin.phones["1001"] = Phone()
    read(centre, channel, entries=IN_NET)
    assert centre.twin.withdrawn == [("fallback-ko", "PJSIP/carrier-c1")]
    assert centre.moves("c1") == [], "ours when /resume connects, not before"
    assert centre.agent("1001") == "available/idle"
    resume(centre)
    until(lambda: centre.agent("1001") == "available/connected")
    assert first_move(centre).first_queued_at == pytest.approx(time.time() - AGO_S, abs=5)


def test_new_engine_whose_clock_is_an_hour_behind(centre: Centre) -> None:
    """All who wait are carried over by the same seconds, those who came before that hour too; who comes later is not."""
    waited = {"c1": time.time() - AGO_S, "c2": time.time() + 3600.0, "c3": time.time() + 3601.0, "c4": 9e10}
    channels = [
        replace(caller("waiting", RM_QUEUED_AT=str(at)), uniqueid=one, name=f"PJSIP/carrier-{one}")
        for one, at in waited.items()
    ]
    read(centre, *channels, entries=tuple(("fallback-ko", f"PJSIP/carrier-{one}", one, 2.0) for one in waited))
    back_s = {one: centre.dispatcher.returned(one) for one in (*waited, "c5")}
    assert back_s["c1"] == back_s["c2"] == back_s["c3"] == pytest.approx(3601.0, abs=20)
    assert back_s["c4"] == back_s["c5"] == 0.0
    asked = [channel for _, channel in centre.twin.withdrawn]
    assert asked[:3] == ["PJSIP/carrier-c1", "PJSIP/carrier-c2", "PJSIP/carrier-c3"]


@pytest.mark.parametrize("answered", [True, False])
def test_new_engine_reserved_by_the_dial_of_the_dead_session(centre: Centre, answered: bool) -> None:
    """Its Dial goes on in the PBX: the agent is not rung by us meanwhile, and its end is believed."""
    centre.twin.phones["1001"] = Phone()
    read(centre, of_a_contact("ringing"), leg("5"), devices={"PJSIP/1001": "RINGING"})
    assert centre.agent("1001") == "available/reserved"
    end = {"Uniqueid": "c1", "Channel": "PJSIP/carrier-c1", "DestUniqueid": "a1", "DestChannel": "PJSIP/1001-00000001"}
    centre.twin.event("DialEnd", DialStatus="ANSWER" if answered else "NOANSWER", **end)
    if answered:
        until(lambda: centre.agent("1001") == "available/connected")
        assert centre.moves("c1") == ["queued", "reserved", "connected"]
        return
    until(lambda: centre.agent("1001") == "available/idle")
    assert centre.moves("c1") == ["queued", "reserved", "queued"]
    centre.twin.event("QueueCallerJoin", Queue="fallback-ko", Uniqueid="c1", Channel="PJSIP/carrier-c1")
    until(lambda: centre.twin.withdrawn == [("fallback-ko", "PJSIP/carrier-c1")])
    assert centre.agent("1001") == "available/idle", "no session could dial"
    resume(centre)
    until(lambda: centre.agent("1001") == "available/connected")
    assert first_move(centre).first_queued_at == pytest.approx(time.time() - AGO_S, abs=5)


def test_new_engine_reserved_by_the_queue(centre: Centre) -> None:
    read(centre, of_a_contact("waiting"), leg("5"), entries=IN_NET)
    assert centre.agent("1001") == "available/reserved"
    assert centre.twin.withdrawn == [("fallback-ko", "PJSIP/carrier-c1")], "held by the PBX until the ring's end"


@pytest.mark.parametrize("phase", ["ringing", "waiting"], ids=["of the dead session", "of the queue"])
def test_new_engine_connected_or_on_hold(centre: Centre, phase: str) -> None:
    """Hold is no property that the PBX lists: such a talk counts as talk until the next Hold."""
    read(centre, of_a_contact(phase, "b1"), leg("6", "b1"), devices={"PJSIP/1001": "INUSE"})
    assert centre.agent("1001") == "available/connected"
    assert centre.moves("c1") == ["connected"]
    centre.twin.event("Unhold", Uniqueid="a1", Channel="PJSIP/1001-00000001")
    centre.twin.event("Hold", Uniqueid="a1", Channel="PJSIP/1001-00000001")
    until(lambda: centre.agent("1001") == "available/hold")
    centre.twin.event("HangupRequest", Uniqueid="a1", Channel="PJSIP/1001-00000001")
    until(lambda: centre.moves("c1") == ["connected", "wrapup", "completed"])


@pytest.mark.parametrize("phase", ["served", "done", "closed"])
def test_new_engine_wrapup_and_after(centre: Centre, phase: str) -> None:
    """The caller hears goodbye. Of the agent's wrap-up the journal would know (test_remembering.py); here is none."""
    read(centre, of_a_contact(phase))
    assert centre.agent("1001") == "available/idle"
    assert centre.moves("c1") == []
    assert centre.twin.withdrawn == []


def test_new_engine_overflow(make_centre: Callable[..., Centre]) -> None:
    room = [0]
    centre = make_centre(room=lambda: room[0])
    read(centre, caller("overflow"), entries=(("overflow", "PJSIP/carrier-c1", "c1", 2.0),))
    assert centre.twin.withdrawn == []
    room[0] = 1
    until(lambda: centre.twin.withdrawn == [("overflow", "PJSIP/carrier-c1")])


def test_new_engine_lets_nobody_in_before_those_who_were_in_already(make_centre: Callable[..., Centre]) -> None:
    """A new engine has no sessions yet: all room seems free."""
    centre = make_centre(room=lambda: 2)
    queues = {"c1": "overflow", "c2": "overflow", "c3": "fallback-ko"}
    channels = [replace(caller("waiting"), uniqueid=one, name=f"PJSIP/carrier-{one}") for one in queues]
    read(centre, *channels, entries=tuple((queue, f"PJSIP/carrier-{one}", one, 2.0) for one, queue in queues.items()))
    until(lambda: len(centre.twin.withdrawn) == 2)
    assert centre.twin.withdrawn == [("fallback-ko", "PJSIP/carrier-c3"), ("overflow", "PJSIP/carrier-c1")]


# -- the same engine: AMI was away, or Asterisk was ---------------------------------------------------------------------


def at(centre: Centre, state: str) -> None:
    """c1 in this state, with all of its events heard."""
    empty(centre)
    phone = centre.twin.register("1001", Phone(answers=state != "reserved"))
    if state in ("reserved", "connected", "hold"):
        centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    line = centre.call("c1")
    until(lambda: centre.moves("c1"))
    if state == "hold":
        until(lambda: centre.agent("1001") == "available/connected")
        centre.twin.event("Hold", Uniqueid=line.leg, Channel=line.leg_name)
    if state == "in_net":
        line.dead.set()
        line.woken.release()
        line.join(20)
        centre.twin.event("QueueCallerJoin", Queue="fallback-ko", Uniqueid="c1", Channel=line.channel)
        until(lambda: centre.twin.withdrawn)
    if state in ("reserved", "connected", "hold"):
        until(lambda: centre.agent("1001") == f"available/{state}")
    centre.twin.deaf = True
    phone.stopped.clear()


@pytest.mark.parametrize(
    ("state", "last"),
    [
        ("queued", "abandoned"),
        ("reserved", "abandoned"),
        ("in_net", "abandoned"),
        ("connected", "completed"),
        ("hold", "completed"),
    ],
)
def test_asterisk_restarted(centre: Centre, state: str, last: str) -> None:
    """Nothing of before is in it: who waited has abandoned, a talk has ended, agents keep their word."""
    at(centre, state)
    presence = centre.agent("1001").split("/")[0]
    read(centre, devices={})
    until(lambda: centre.moves("c1")[-1] == last)
    until(lambda: centre.agent("1001") == f"{presence}/idle")
    assert centre.failures == []


@pytest.mark.parametrize("state", ["queued", "reserved", "connected", "hold", "in_net"])
def test_ami_was_away_and_nothing_happened(centre: Centre, state: str) -> None:
    at(centre, state)
    before, work = centre.moves("c1"), centre.agent("1001")
    channels = [replace(of_a_contact("waiting", "b1" if state in ("connected", "hold") else ""))]
    if state in ("reserved", "connected", "hold"):
        line = centre.lines[0]
        up = state != "reserved"
        channels.append(ChannelSeen(line.leg, line.leg_name, "c1", "6" if up else "5", "b1" if up else "", 2.0, {}))
    read(centre, *channels, entries=IN_NET if state == "in_net" else ())
    assert centre.moves("c1") == before
    assert centre.agent("1001") == work


def test_ami_was_away_and_a_session_fell_into_the_net(centre: Centre) -> None:
    at(centre, "queued")
    line = centre.lines[0]
    line.dead.set()
    line.woken.release()
    line.join(20)
    read(centre, of_a_contact("waiting"), entries=IN_NET)
    centre.twin.deaf = False
    assert centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    assert centre.agent("1001") == "available/idle", "no session could dial"
    assert centre.twin.withdrawn == [("fallback-ko", "PJSIP/carrier-c1")]
    resume(centre)
    until(lambda: centre.agent("1001") == "available/connected")
    assert centre.moves("c1") == ["queued", "reserved", "connected"]


def test_ami_was_away_and_the_queue_answered(centre: Centre) -> None:
    at(centre, "in_net")
    centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    read(centre, of_a_contact("waiting", "b1"), leg("6", "b1"))
    assert centre.agent("1001") == "available/connected"
    assert centre.moves("c1") == ["queued", "connected"]


# -- new rules under a hundred who wait -----------------------------------------------------------------------------------


def test_new_rules_while_a_hundred_wait(centre: Centre, rules: Ruleset) -> None:
    """Their requirements are read again, and each is served in the old order; nobody is dropped."""
    empty(centre)
    for number in range(100):
        centre.call(f"c{number:03d}", queue="general")
    until(lambda: sum(isinstance(fact, ContactMoved) for fact in centre.facts) == 100)
    queues = {key: replace(queue, ring_timeout_s=2.0) for key, queue in rules.queues.items()}
    centre.dispatcher.change_rules(replace(rules, queues=queues))
    centre.twin.register("1001", Phone())
    centre.dispatcher.ask_presence("1001", Presence.AVAILABLE)
    served: list[str] = []
    for _ in range(100):
        until(lambda: centre.agent("1001") == "available/connected")
        connected = [
            f.contact_id for f in centre.facts if isinstance(f, ContactMoved) and f.new is ContactState.CONNECTED
        ]
        served.append(connected[-1])
        centre.twin.phones["1001"].stopped.set()
        until(lambda: centre.moves(served[-1])[-1] == "completed")
    waited = {f.contact_id: f.first_queued_at for f in centre.facts if isinstance(f, ContactMoved) and f.old is None}
    assert served == sorted(waited, key=lambda one: (waited[one], one))
    assert centre.failures == []


def test_a_queue_goes_while_a_hundred_wait_in_it(centre: Centre, rules: Ruleset) -> None:
    """They wait in its heir, with their places; one who is in the net comes back into the heir."""
    empty(centre)
    for number in range(100):
        centre.call(f"c{number:03d}", queue="passport" if number % 2 else "general")
    until(lambda: sum(isinstance(fact, ContactMoved) for fact in centre.facts) == 100)
    waited = {f.contact_id: f.first_queued_at for f in centre.facts if isinstance(f, ContactMoved)}
    left = {key: queue for key, queue in rules.queues.items() if key != "passport"}
    centre.dispatcher.change_rules(replace(rules, queues=left, moved_to={"passport": "general"}))
    until(lambda: sum(isinstance(fact, ContactMoved) for fact in centre.facts) == 200)  # to the menu and back
    moved = [fact for fact in centre.facts if isinstance(fact, ContactMoved) and fact.new is ContactState.QUEUED][100:]
    assert [(fact.queue, fact.offered) for fact in moved] == [("general", True)] * 50
    assert all(fact.first_queued_at == waited[fact.contact_id] for fact in moved)
    order = sorted(waited, key=lambda one: (waited[one], one))
    assert [centre.dispatcher.position(one) for one in order] == list(range(1, 101))
    assert centre.failures == []
