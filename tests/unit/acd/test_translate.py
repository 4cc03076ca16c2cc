"""AMI events to core events: recorded on Asterisk 22.10.1, in the order in which they came."""

from __future__ import annotations

import itertools

import pytest

from acd.ami.packets import Packet
from acd.ami.translate import translate
from acd.ami.view import Attributes, View
from acd.core.events.agents import DeviceChanged
from acd.core.events.contacts import ContactHungUp
from acd.core.events.found import RingAdopted, RingEnded, TalkAdopted
from acd.core.events.legs import HoldChanged, LegAnswered, LegFailed, LegRang, LegResult, TalkEnded
from dialplan.language import Language

CALLER = {"Channel": "PJSIP/carrier-00000001", "Uniqueid": "pbx1-1.1"}
LEG = {"DestChannel": "PJSIP/1001-00000002", "DestUniqueid": "pbx1-1.2"}
OWN = {"Channel": "PJSIP/1001-00000002", "Uniqueid": "pbx1-1.2", "Linkedid": "pbx1-1.1"}


class Wire:
    """A view, told of one contact."""

    def __init__(self) -> None:
        self.view = View(lambda variables, queue: Attributes(Language.KO, "any", "general"))
        self.view.agents = frozenset({"1001", "1002"})
        self.now = 100.0
        self("Newchannel", ChannelState="4", **CALLER)
        self.view.know_contact("pbx1-1.1", CALLER["Channel"])

    def __call__(self, name: str, **headers: str) -> list[object]:
        self.now += 0.001
        return list(translate(self.view, Packet(name, "", headers), self.now))

    def ring(self) -> Wire:
        self.view.legs.expect("pbx1-1.1", "1001", 7)
        assert self("Newchannel", ChannelState="0", **OWN) == []
        assert self("DialBegin", **CALLER, **LEG) == []
        assert self("DialState", DialStatus="RINGING", **CALLER, **LEG) == [LegRang("pbx1-1.1", "1001", 7)]
        assert self("Newstate", ChannelState="5", **OWN) == []
        return self

    def talk(self) -> Wire:
        self.ring()
        assert self("Newstate", ChannelState="6", **OWN) == [LegAnswered("pbx1-1.1", "1001")]
        assert self("DialEnd", DialStatus="ANSWER", **CALLER, **LEG) == []  # after the whisper: no news
        return self


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_the_agent_hangs_up_first(wire: Wire) -> None:
    """Free with the earliest safe event, and only once."""
    wire.talk()
    assert wire("HangupRequest", **OWN) == [TalkEnded("pbx1-1.1")]
    assert wire("Hangup", Cause="16", **OWN) == []
    assert wire("Hangup", Cause="16", **CALLER) == [ContactHungUp("pbx1-1.1")]


def test_the_caller_hangs_up_first(wire: Wire) -> None:
    """Not before the agent's phone has been told: a new INVITE would meet a phone that still talks."""
    wire.talk()
    assert wire("HangupRequest", **CALLER) == []
    assert wire("Hangup", Cause="16", **OWN) == [TalkEnded("pbx1-1.1")]
    assert wire("Hangup", Cause="16", **CALLER) == [ContactHungUp("pbx1-1.1")]


def test_in_whatever_order_a_ring_and_its_answer_are_told_it_is_a_talk() -> None:
    """Else the core ends the leg as one that never rang, and the talk with it."""
    told = (
        ("Newchannel", {"ChannelState": "0", **OWN}), ("DialBegin", CALLER | LEG), ("Newstate", {"ChannelState": "5", **OWN}),
        ("DialState", {"DialStatus": "RINGING", **CALLER, **LEG}), ("Newstate", {"ChannelState": "6", **OWN}),
        ("DialEnd", {"DialStatus": "ANSWER", **CALLER, **LEG}),
    )  # fmt: skip
    for order in itertools.permutations(told):
        wire = Wire()
        wire.view.legs.expect("pbx1-1.1", "1001", 7)
        events = [event for name, headers in order for event in wire(name, **headers)]
        names = [name for name, _ in order]
        assert events.count(LegAnswered("pbx1-1.1", "1001")) == 1, names
        assert not any(isinstance(event, LegFailed) for event in events), names
        assert wire("HangupRequest", **OWN) == [TalkEnded("pbx1-1.1")], names
        assert wire("Hangup", Cause="16", **OWN) == [], names
        assert wire("Newstate", ChannelState="6", **OWN) == [], names  # what is said of a channel that is gone
        assert wire.view.channels.keys() == {"pbx1-1.1"}, names


def test_a_ring_that_is_told_after_its_end_is_none(wire: Wire) -> None:
    """No end of it would follow, and a caller of the queue's would count as rung for until they hang up."""
    wire("QueueCallerJoin", Queue="fallback-ko", **CALLER)
    wire("Newchannel", ChannelState="0", **OWN)
    wire("Hangup", Cause="16", **OWN)
    assert wire("DialBegin", **CALLER, **LEG) == []
    assert not wire.view.queue_callers["pbx1-1.1"].ringing
    assert not wire.view.legs.by_uniqueid


def test_a_waiting_caller_hangs_up(wire: Wire) -> None:
    assert wire("HangupRequest", **CALLER) == [ContactHungUp("pbx1-1.1")]


@pytest.mark.parametrize(
    ("rang", "cause", "status", "result"),
    [
        (True, "", "NOANSWER", LegResult.NO_ANSWER),
        (True, "21", "NOANSWER", LegResult.DECLINED),  # 603
        (True, "17", "BUSY", LegResult.BUSY),
        (False, "17", "BUSY", LegResult.BUSY),
        (False, "", "CHANUNAVAIL", LegResult.UNREACHABLE),
        (False, "", "NOANSWER", LegResult.UNREACHABLE),
        (False, "", "CONGESTION", LegResult.UNREACHABLE),
        (True, "", "CONGESTION", LegResult.DECLINED),
    ],
)
def test_why_nobody_answered(wire: Wire, rang: bool, cause: str, status: str, result: LegResult) -> None:
    wire.view.legs.expect("pbx1-1.1", "1001", 7)
    wire("DialBegin", **CALLER, **LEG)
    if rang:
        wire("DialState", DialStatus="RINGING", **CALLER, **LEG)
    if cause:
        wire("HangupRequest", Cause=cause, **OWN)
    assert wire("DialEnd", DialStatus=status, **CALLER, **LEG) == [LegFailed("pbx1-1.1", "1001", result, None, 7)]
    assert wire("Hangup", Cause=cause or "16", **OWN) == []
    assert wire.view.legs.dial_returned("pbx1-1.1", "1001", 7, status, wire.now) == []


def test_a_busy_echo_of_the_own_hang_up(wire: Wire) -> None:
    wire.talk()("HangupRequest", **OWN)
    wire("Hangup", **OWN)
    wire.view.know_contact("pbx1-1.9", "PJSIP/carrier-00000009")
    wire.view.legs.expect("pbx1-1.9", "1001", 8)
    leg = {"DestChannel": "PJSIP/1001-0000000a", "DestUniqueid": "pbx1-1.10"}
    wire("DialBegin", Uniqueid="pbx1-1.9", Channel="PJSIP/carrier-00000009", **leg)
    (failed,) = wire("DialEnd", DialStatus="BUSY", Uniqueid="pbx1-1.9", **leg)
    assert isinstance(failed, LegFailed)
    assert failed.own_hangup_s is not None
    assert failed.own_hangup_s < 0.1


def test_the_session_is_the_second_witness(wire: Wire) -> None:
    """Whichever comes first is believed; the other is no news."""
    wire.ring()
    failed = wire.view.legs.dial_returned("pbx1-1.1", "1001", 7, "NOANSWER", wire.now)
    assert failed == [LegFailed("pbx1-1.1", "1001", LegResult.NO_ANSWER, None, 7)]
    assert wire("DialEnd", DialStatus="NOANSWER", **CALLER, **LEG) == []
    assert wire("Hangup", **OWN) == []


def test_the_only_witness(wire: Wire) -> None:
    """No channel was made (no contact registered), so no event comes."""
    wire.view.legs.expect("pbx1-1.1", "1001", 7)
    assert wire.view.legs.dial_returned("pbx1-1.1", "1001", 7, "CHANUNAVAIL", wire.now) == [
        LegFailed("pbx1-1.1", "1001", LegResult.UNREACHABLE, None, 7)
    ]


def test_a_talk_out_of_sight(wire: Wire) -> None:
    wire.view.legs.expect("pbx1-1.1", "1001", 7)
    told = wire.view.legs.dial_returned("pbx1-1.1", "1001", 7, "ANSWER", wire.now)
    assert told == [LegAnswered("pbx1-1.1", "1001"), TalkEnded("pbx1-1.1")]


def test_a_void_leg_is_nobodys_news(wire: Wire) -> None:
    wire.ring()
    assert [leg.name for leg in wire.view.legs.void("pbx1-1.1", 7)] == ["PJSIP/1001-00000002"]
    assert wire("DialEnd", DialStatus="NOANSWER", **CALLER, **LEG) == []
    assert wire("Hangup", **OWN) == []


def test_a_leg_that_comes_after_its_reservation_is_hung_up(wire: Wire) -> None:
    wire.view.legs.expect("pbx1-1.1", "1001", 7)
    assert wire.view.legs.void("pbx1-1.1", 7) == []
    wire("DialBegin", **CALLER, **LEG)
    assert [leg.name for leg in wire.view.to_hang_up] == ["PJSIP/1001-00000002"]


def test_hold(wire: Wire) -> None:
    wire.talk()
    assert wire("Hold", **OWN) == [HoldChanged("pbx1-1.1", on_hold=True)]
    assert wire("Unhold", **OWN) == [HoldChanged("pbx1-1.1", on_hold=False)]
    assert wire("Hold", **CALLER) == []


def test_calls_of_the_agents_own(wire: Wire) -> None:
    wire("DeviceStateChange", Device="PJSIP/1001", State="NOT_INUSE")
    dialled = {"Channel": "PJSIP/1001-0000000b", "Uniqueid": "pbx1-1.11"}
    assert wire("Newchannel", ChannelState="4", **dialled) == [DeviceChanged("1001", reachable=True, busy=True)]
    assert wire("Hangup", **dialled) == [DeviceChanged("1001", reachable=True, busy=False)]
    # Called by somebody else: the leg is nobody's contact.
    called = {"DestChannel": "PJSIP/1001-0000000c", "DestUniqueid": "pbx1-1.12"}
    wire("Newchannel", ChannelState="0", Channel=called["DestChannel"], Uniqueid=called["DestUniqueid"])
    other = {"Channel": "PJSIP/1002-0000000d", "Uniqueid": "pbx1-1.13"}
    assert wire("DialBegin", **other, **called) == [DeviceChanged("1001", reachable=True, busy=True)]


def test_a_phone_that_goes_on_talking_is_told_again_after_our_call(wire: Wire) -> None:
    wire("DeviceStateChange", Device="PJSIP/1001", State="INUSE")
    wire.talk()
    wire("Newchannel", ChannelState="4", Channel="PJSIP/1001-0000000b", Uniqueid="pbx1-1.11")
    assert wire("HangupRequest", **OWN) == [
        TalkEnded("pbx1-1.1"), DeviceChanged("1001", reachable=True, busy=True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "reachable"),
    [("NOT_INUSE", True), ("INUSE", True), ("RINGING", True), ("UNAVAILABLE", False), ("INVALID", False)],
)
def test_device_states(wire: Wire, state: str, reachable: bool) -> None:
    for _ in range(2):  # a sign of life is told each time
        assert wire("DeviceStateChange", Device="PJSIP/1001", State=state) == [
            DeviceChanged("1001", reachable=reachable, busy=False)
        ]
    assert wire("DeviceStateChange", Device="PJSIP/9999", State=state) == []
    assert wire("DeviceStateChange", Device="Queue:fallback-ko_avail", State=state) == []


def test_a_talk_of_the_fallback_queue(wire: Wire) -> None:
    caller = {"Channel": "PJSIP/carrier-00000005", "Uniqueid": "pbx1-1.5"}
    wire("Newchannel", ChannelState="4", **caller)
    assert wire("QueueCallerJoin", Queue="fallback-ko", **caller) == []
    assert list(wire.view.queue_callers) == ["pbx1-1.5"]
    wire("Newchannel", ChannelState="0", **OWN)
    wire("AgentCalled", Queue="fallback-ko", Interface="PJSIP/1001", **caller, **LEG)
    joined_at = wire.view.queue_callers["pbx1-1.5"].queued_at
    (rung,) = wire("DialBegin", **caller, **LEG)
    assert rung == RingAdopted("pbx1-1.5", "1001", Language.KO, "any", "general", joined_at, resumed=True)
    assert wire.view.queue_callers["pbx1-1.5"].ringing == {"pbx1-1.2"}
    assert wire("DialState", DialStatus="RINGING", **caller, **LEG) == []
    (adopted,) = wire("DialEnd", DialStatus="ANSWER", **caller, **LEG)
    assert adopted == TalkAdopted("pbx1-1.5", "1001", Language.KO, "any", "general", wire.now)
    assert wire("QueueCallerLeave", Queue="fallback-ko", **caller) == []
    assert not wire.view.queue_callers
    assert wire("HangupRequest", **OWN) == [TalkEnded("pbx1-1.5")]


@pytest.mark.parametrize(
    "end", [{"name": "DialEnd", "DialStatus": "NOANSWER"}, {"name": "DialEnd", "DialStatus": "CANCEL"}]
)
def test_a_ring_of_the_fallback_queue_that_nobody_answers(wire: Wire, end: dict[str, str]) -> None:
    caller = {"Channel": "PJSIP/carrier-00000005", "Uniqueid": "pbx1-1.5"}
    wire("Newchannel", ChannelState="4", **caller)
    wire("QueueCallerJoin", Queue="fallback-ko", **caller)
    wire("Newchannel", ChannelState="0", **OWN)
    wire("DialBegin", **caller, **LEG)
    assert wire(end["name"], DialStatus=end["DialStatus"], **caller, **LEG) == [RingEnded("pbx1-1.5", "1001")]
    assert wire.view.queue_callers["pbx1-1.5"].ringing == set()
    assert wire("Hangup", **OWN) == []


COLLEAGUE = {"Channel": "PJSIP/1002-00000009", "Uniqueid": "pbx1-1.9"}
ATTENDED = {"OrigTransfererUniqueid": "pbx1-1.2", "SecondTransfererUniqueid": "pbx1-1.8", "Result": "Success",
            "TransferTargetUniqueid": "pbx1-1.9"}  # fmt: skip


def test_an_attended_transfer_hands_the_talk_to_the_colleague(wire: Wire) -> None:
    """The agent's leg may end in whatever order: the talk ends with the colleague's."""
    wire.talk()
    wire("Newchannel", ChannelState="0", **COLLEAGUE)
    wire("Newstate", ChannelState="6", **COLLEAGUE)
    [talk, *devices] = wire("AttendedTransfer", **ATTENDED)
    assert talk == TalkAdopted("pbx1-1.1", "1002", Language.KO, "any", "general", wire.now)
    assert [device for device in devices if device.busy] == []
    assert wire.view.noted == [("pbx1-1.1", "1002", "consult:answered", "1001")]
    assert wire("HangupRequest", **OWN) == []
    assert TalkEnded("pbx1-1.1") not in wire("Hangup", **OWN)
    assert wire.view.legs.dial_returned("pbx1-1.1", "1001", 7, "ANSWER", wire.now) == []
    assert wire("HangupRequest", **COLLEAGUE) == [TalkEnded("pbx1-1.1")]


@pytest.mark.parametrize(
    "change", [{"Result": "Fail"}, {"TransferTargetUniqueid": "pbx1-1.77"}, {"OrigTransfererUniqueid": "pbx1-1.77"}]
)
def test_an_attended_transfer_that_is_none_of_ours_changes_nothing(wire: Wire, change: dict[str, str]) -> None:
    wire.talk()
    wire("Newchannel", ChannelState="0", **COLLEAGUE)
    assert wire("AttendedTransfer", **{**ATTENDED, **change}) == []
    assert wire("HangupRequest", **OWN) == [TalkEnded("pbx1-1.1")]


def test_a_blind_transfer_keeps_the_talk_until_the_rejoin(wire: Wire) -> None:
    wire.talk()
    assert wire("BlindTransfer", TransfererUniqueid="pbx1-1.2", Result="Success", Extension="0100000") == []
    assert wire("HangupRequest", **OWN) == []
    assert wire("Hangup", **OWN) == []
    assert list(wire.view.transferred) == ["pbx1-1.1"]
    assert wire("Hangup", **CALLER) == [ContactHungUp("pbx1-1.1")]


@pytest.mark.parametrize(
    "name", ["Newchannel", "DialBegin", "DialEnd", "Hangup", "HangupRequest", "QueueCallerJoin", "Hold"]
)
def test_an_event_without_its_headers_is_harmless(wire: Wire, name: str) -> None:
    assert wire(name) == []
