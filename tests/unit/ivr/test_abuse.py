"""The agent's *4: a warning, then the end; within one talk, in the caller's language, and for no other channel."""

from __future__ import annotations

from ivr.abuse import abuse
from ivr.session import Request
from tests.unit.ivr.house import House

REQUEST = Request("abuse", {})


def pressed(house: House) -> list[str]:
    before = len(house.channel.heard)
    abuse(house.services, house.call().channel, REQUEST)
    return house.channel.heard[before:]


def talking(house: House, agent: str = "1001") -> None:
    house.acd.known = {"rm-1.1": "rm-1.1"}
    house.acd.talking = {"rm-1.1": agent}


def test_a_warning_and_then_the_end() -> None:
    house = House()
    talking(house)
    house.channel.variables["RM_LANG"] = "zh"
    assert pressed(house) == ["zh/abuse_warning"]
    assert pressed(house) == ["zh/abuse_end", "hangup"]
    notes = [(note[1], note[2], note[3]) for note in house.acd.said("note")]
    assert notes == [("1001", "abuse", "warned"), ("1001", "abuse", "ended")]


def test_the_next_agent_begins_with_a_warning() -> None:
    house = House()
    talking(house)
    pressed(house)
    talking(house, "1002")
    assert pressed(house) == ["ko/abuse_warning"]


def test_no_key_of_the_citizen_cuts_it_short() -> None:
    house = House()
    talking(house)
    house.channel.press(0.5, "1#*")
    abuse(house.services, house.call().channel, REQUEST)
    assert house.channel.now_s == 2.0  # its whole length


def test_on_another_channel_it_does_nothing() -> None:
    house = House()
    assert pressed(house) == []  # an official, a colleague
    house.acd.known = {"rm-1.1": "rm-1.1"}
    assert pressed(house) == []  # nobody talks with them
    assert house.acd.said("note") == []
