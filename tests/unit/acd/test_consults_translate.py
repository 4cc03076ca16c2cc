"""AMI Atxfer as Asterisk 22.10.1 tells it: the events of a consultation in the order in which they came."""

from __future__ import annotations

import pytest

from acd.ami.consults import Consult
from acd.core.events.agents import DeviceChanged
from acd.core.events.contacts import ContactHungUp
from acd.core.events.found import TalkAdopted
from acd.core.events.legs import HoldChanged, TalkEnded
from dialplan.language import Language
from tests.unit.acd.test_translate import CALLER, OWN, Wire

FAR = {"Channel": "Local/7101@consult-00000000;2", "Uniqueid": "pbx1-1.4", "Linkedid": "pbx1-1.1"}
DESK = {"DestChannel": "PJSIP/7101-00000003", "DestUniqueid": "pbx1-1.5"}
COLLEAGUE = {"DestChannel": "PJSIP/1002-00000003", "DestUniqueid": "pbx1-1.5"}
TALK = ("pbx1-1.1", "1001")


@pytest.fixture
def wire() -> Wire:
    """A citizen talks with 1001, who wants to speak with 7101; the Local channel is there."""
    wire = Wire().talk()
    wire.view.phones.reachable = {"1001": True, "1002": True}
    assert wire("Hold", **OWN) == [HoldChanged("pbx1-1.1", on_hold=True)]
    wire("Newchannel", ChannelState="4", **FAR)
    wire.view.consults.begin(Consult("pbx1-1.1", "1001", "7101", "pbx1-1.4"))
    return wire


def rung(wire: Wire, party: dict[str, str] = DESK) -> Wire:
    wire("Newchannel", ChannelState="0", Channel=party["DestChannel"], Uniqueid=party["DestUniqueid"])
    wire("DialBegin", **FAR, **party)
    wire("DialState", DialStatus="RINGING", **FAR, **party)
    return wire


def answered(wire: Wire, party: dict[str, str] = DESK) -> Wire:
    rung(wire, party)
    wire("Newstate", ChannelState="6", Channel=party["DestChannel"], Uniqueid=party["DestUniqueid"])
    wire("DialEnd", DialStatus="ANSWER", **FAR, **party)
    return wire


def test_the_agents_hang_up_gives_the_citizen_to_the_official(wire: Wire) -> None:
    [talk, *_] = answered(wire)("HangupRequest", Cause="16", **OWN)
    assert talk == TalkAdopted("pbx1-1.1", "7101", Language.KO, "any", "general", wire.now)
    assert wire.view.noted == [("pbx1-1.1", "7101", "consult:answered", "1001")]
    assert wire("Hangup", Cause="16", **OWN) == []
    assert wire("Hangup", Cause="16", **FAR) == [], "the PBX takes the Local channel out of the way"
    ends = wire("HangupRequest", Channel=DESK["DestChannel"], Uniqueid=DESK["DestUniqueid"], Cause="16")
    assert ends == [TalkEnded("pbx1-1.1")]


def test_a_colleague_is_busy_with_it_and_then_has_the_citizen(wire: Wire) -> None:
    wire.view.consults.begin(Consult("pbx1-1.1", "1001", "1002", "pbx1-1.4"))
    wire("Newchannel", ChannelState="0", Channel="PJSIP/1002-00000003", Uniqueid="pbx1-1.5")
    assert wire("DialBegin", **FAR, **COLLEAGUE) == [DeviceChanged("1002", reachable=True, busy=True)]
    wire("Newstate", ChannelState="6", Channel="PJSIP/1002-00000003", Uniqueid="pbx1-1.5")
    [talk, *devices] = wire("HangupRequest", Cause="16", **OWN)
    assert talk == TalkAdopted("pbx1-1.1", "1002", Language.KO, "any", "general", wire.now)
    assert DeviceChanged("1002", reachable=True, busy=False) in devices, "busy with a contact is no call of its own"


def test_who_declines_leaves_agent_and_citizen_with_each_other(wire: Wire) -> None:
    rung(wire)("DialEnd", DialStatus="BUSY", **FAR, **DESK)
    wire("Hangup", Channel=DESK["DestChannel"], Uniqueid=DESK["DestUniqueid"], Cause="17")
    assert wire.view.noted == [], "the reason is being said"
    assert wire("Unhold", **OWN) == [HoldChanged("pbx1-1.1", on_hold=False)]
    assert wire.view.noted == [("pbx1-1.1", "7101", "consult:returned", "1001")]
    assert wire("Hangup", Cause="17", **FAR) == []
    assert len(wire.view.noted) == 1
    assert wire("HangupRequest", Cause="16", **OWN) == [TalkEnded("pbx1-1.1")]


def test_a_hold_of_the_phones_own_is_no_end_of_it(wire: Wire) -> None:
    answered(wire)("Hold", **OWN)
    wire("Unhold", **OWN)
    assert wire.view.noted == []
    assert wire.view.consults.of_contact("pbx1-1.1") is not None


def test_an_agent_who_hangs_up_while_it_rings_sends_the_citizen_on(wire: Wire) -> None:
    assert rung(wire)("HangupRequest", Cause="16", **OWN) == []
    assert wire.view.to_send_on == [("pbx1-1.1", "7101")]
    assert "pbx1-1.1" in wire.view.transferred


def test_a_citizen_who_hangs_up_leaves_the_two_to_finish(wire: Wire) -> None:
    assert answered(wire)("HangupRequest", Cause="16", **CALLER) == []
    [gone, busy] = wire("Hangup", Cause="16", **CALLER)
    assert gone == ContactHungUp("pbx1-1.1")
    assert busy == DeviceChanged("1001", reachable=True, busy=True)
    assert wire.view.noted == [("pbx1-1.1", "7101", "consult:abandoned", "1001")]
    assert wire("HangupRequest", Cause="16", **OWN) == []
    assert wire("Hangup", Cause="16", **OWN) == [DeviceChanged("1001", reachable=True, busy=False)]


def test_a_citizen_who_hangs_up_while_it_rings_is_sent_nowhere(wire: Wire) -> None:
    rung(wire)("HangupRequest", Cause="16", **CALLER)
    assert wire("Hangup", Cause="16", **OWN)[0] == TalkEnded("pbx1-1.1")
    assert wire.view.to_send_on == []
    assert wire.view.noted == [("pbx1-1.1", "7101", "consult:abandoned", "1001")]


def test_after_the_agents_key_it_begins_when_the_keys_session_is_over() -> None:
    wire = Wire().talk()
    wire("Hold", **OWN)
    wire.view.consults.wanted["pbx1-1.2"] = "7101"
    assert wire.view.to_consult == []
    wire("Unhold", **OWN)
    assert wire.view.to_consult == [("PJSIP/1001-00000002", "7101")]


def test_an_official_whom_the_phone_called_by_itself_gets_the_citizen_by_refer() -> None:
    wire = Wire().talk()
    own = {"Channel": "PJSIP/1001-00000004", "Uniqueid": "pbx1-1.8"}
    wire("Newchannel", ChannelState="4", **own)
    wire.view.consults.begin_own("pbx1-1.8", "7101")
    wire("Newchannel", ChannelState="0", Channel=DESK["DestChannel"], Uniqueid=DESK["DestUniqueid"])
    wire("DialBegin", **own, **DESK)
    transfer = {"OrigTransfererUniqueid": "pbx1-1.2", "SecondTransfererUniqueid": "pbx1-1.8", "Result": "Success"}
    [talk, *_] = wire("AttendedTransfer", TransferTargetUniqueid="pbx1-1.5", **transfer)
    assert talk == TalkAdopted("pbx1-1.1", "7101", Language.KO, "any", "general", wire.now)
    assert wire.view.noted == [("pbx1-1.1", "7101", "consult:answered", "1001")]
