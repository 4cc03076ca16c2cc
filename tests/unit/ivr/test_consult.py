"""Consultation: what *2 asks for, and what the session that rings the target does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acd.port import Answer, Talk
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.trunkrules import Carrier
from ivr.consult import consult
from ivr.session import Request
from ivr.talkkeys import talk_key
from tests.unit.ivr.house import House, city

TALK = Talk("c1", "PJSIP/1001-0000002a")


def press(keys: str, rules: Ruleset | None = None, answer: Answer = Answer.DONE) -> House:
    house = House(rules=rules, agi_channel="PJSIP/1001-0000002a")
    house.acd.talks = {"1001": TALK}
    house.acd.answer = answer
    house.channel.press(1.0, keys)
    fake: Any = house.channel
    talk_key(house.services, fake, Request("talk", {"key": "2"}))
    return house


def ring(typed: str, *, by_phone: bool = False, rules: Ruleset | None = None, dials: list[str] | None = None) -> House:
    channel = "PJSIP/1001-0000003c" if by_phone else "Local/x@consult-0000;2"
    house = House(rules=rules, agi_channel=channel, agi_extension=typed, agi_uniqueid="rm-1.9")
    house.acd.talks = {"1001": TALK}
    house.channel.dials = dials or []
    if not by_phone:
        house.channel.variables["TRANSFERERNAME"] = "PJSIP/1001-0000002a"
    fake: Any = house.channel
    consult(house.services, fake, Request("consult", {}))
    return house


def outside() -> Ruleset:
    """The city's rules with one official behind an outside number and one carrier."""
    rules = city()
    official = replace(rules.directory.officials["7102"], number="0318075000")
    directory = replace(rules.directory, officials=rules.directory.officials | {"7102": official})
    carriers = (Carrier("one", ("203.0.113.10", "203.0.113.11"), None, Source("trunks.yaml", 1)),)
    return replace(rules, directory=directory, trunks=replace(rules.trunks, carriers=carriers))


def test_four_digits_begin_a_consultation_without_a_word_more() -> None:
    house = press("7101")
    assert house.acd.log == [("consult", "1001", "7101", True)]
    assert house.channel.heard == ["ko/agent_consult_number"]


def test_an_agents_extension_does_too() -> None:
    assert press("1002").acd.log == [("consult", "1001", "1002", True)]


def test_a_queue_takes_the_citizen_at_once() -> None:
    house = press("8004")
    assert house.acd.log == [("send_on", "1001", "8004")]
    assert house.channel.heard == ["ko/agent_consult_number", "ko/agent_to_queue"]


@pytest.mark.parametrize(
    ("keys", "prompt"),
    [
        ("9999", "agent_transfer_refused"), ("1001", "agent_transfer_refused"), ("010#", "agent_transfer_refused"),
        ("112#", "agent_transfer_refused"),
    ],
)  # fmt: skip
def test_no_target_is_said_to_be_none(keys: str, prompt: str) -> None:
    house = press(keys)
    assert house.acd.log == []
    assert house.channel.heard == ["ko/agent_consult_number", f"ko/{prompt}"]


@pytest.mark.parametrize("keys", ["", "#", "71*"])
def test_who_types_nothing_or_star_is_back_without_a_word(keys: str) -> None:
    house = press(keys)
    assert house.acd.log == []
    assert house.channel.heard == ["ko/agent_consult_number"]


def test_without_a_carrier_an_outside_number_is_not_tried() -> None:
    rules = outside()
    none = replace(rules, trunks=replace(rules.trunks, carriers=()))
    assert press("7102", none).channel.heard[-1] == "ko/agent_target_no_line"


def test_when_the_talk_is_gone_it_is_said() -> None:
    assert press("7101", answer=Answer.NOT_APPLICABLE).channel.heard[-1] == "ko/agent_not_applicable"


def test_the_target_is_rung_after_the_dispatcher_knows() -> None:
    house = ring("7101")
    assert house.acd.log == [("consult_begins", "1001", "7101", "rm-1.9")]
    assert house.channel.heard == ["dial:PJSIP/7101"]
    assert house.channel.dial_options == ["i"]
    assert house.channel.variables["RM_CONSULT"] == "judged"


def test_a_colleague_may_be_given_the_citizen_and_consult_in_turn() -> None:
    assert ring("1002").channel.dial_options == ["it"]


@pytest.mark.parametrize(
    ("status", "prompt"),
    [("BUSY", "agent_target_busy"), ("NOANSWER", "agent_target_no_answer"), ("CHANUNAVAIL", "agent_target_no_line")],
)
def test_who_does_not_come_is_told(status: str, prompt: str) -> None:
    assert ring("7101", dials=[status]).channel.heard == ["dial:PJSIP/7101", f"ko/{prompt}"]


def test_an_outside_number_goes_by_each_carrier_and_shows_the_centres_own() -> None:
    house = ring("7102", rules=outside(), dials=["CHANUNAVAIL", "ANSWER"])
    assert house.channel.heard == [
        "dial:PJSIP/carrier-one/sip:0318075000@203.0.113.10", "dial:PJSIP/carrier-one/sip:0318075000@203.0.113.11",
    ]  # fmt: skip
    assert house.channel.dial_options == ["ib(centre-id^s^1)"] * 2


def test_a_queue_by_ami_takes_the_citizen_too() -> None:
    house = ring("8004")
    assert house.acd.log == [("send_on", "1001", "8004")]
    assert house.channel.heard == ["ko/agent_to_queue"]


@pytest.mark.parametrize("typed", ["9999", "1001"])
def test_what_comes_by_ami_is_judged_all_the_same(typed: str) -> None:
    house = ring(typed)
    assert house.acd.log == []
    assert [one for one in house.channel.heard if one.startswith("dial:")] == []


def test_a_phone_may_call_an_official_by_itself() -> None:
    house = ring("7101", by_phone=True)
    assert house.acd.log == [("calls_official", "rm-1.9", "7101")]
    assert house.channel.heard == ["dial:PJSIP/7101"]


def test_a_consultation_of_nobody_is_refused() -> None:
    house = House(agi_channel="Local/x@consult-0000;2", agi_extension="7101")
    fake: Any = house.channel
    consult(house.services, fake, Request("consult", {}))
    assert house.channel.heard == ["ko/agent_transfer_refused"]
