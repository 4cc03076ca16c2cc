"""Who may listen to whom, after which PIN, and what the record says of it."""

from __future__ import annotations

from typing import Any

import pytest

from acd.port import Talk
from dialplan.limits import PIN_LOCKED_S, PIN_TRIES
from ivr.features import feature
from ivr.pins import Pins
from ivr.session import Request
from tests.unit.ivr.house import House

SUPERVISOR, AGENT = "1001", "1002"
PIN = "042517"


def dial(code: str, keys: str = "", by: str = SUPERVISOR, talking: bool = True, at: str = "") -> House:
    house = House(agi_channel=f"PJSIP/{by}-0000002a", agi_extension=code)
    house.services.pins._secret = {SUPERVISOR: PIN}.get
    if talking:
        house.acd.talks = {AGENT: Talk("c1", f"{at}PJSIP/{AGENT}-00000007")}
    house.channel.press(3.0, keys)
    fake: Any = house.channel
    feature(house.services, fake, Request("feature", {}))
    return house


@pytest.mark.parametrize(
    ("code", "mode", "options"),
    [
        ("*51", "listen", "qESe(PJSIP/1002)"),
        ("*52", "whisper", "qwESe(PJSIP/1002)"),
        ("*53", "barge", "qBESe(PJSIP/1002)"),
    ],
)
def test_after_the_pin_the_talk_is_heard_and_the_record_says_so(code: str, mode: str, options: str) -> None:
    house = dial(code + AGENT, PIN)
    assert house.channel.heard == [
        "end_after:40", "ko/agent_pin", "end_after:0", f"spy:PJSIP/1002-00000007,{options}", "hangup",
    ]  # fmt: skip
    assert house.acd.log == [
        ("note", "c1", AGENT, "supervision", mode, SUPERVISOR),
        ("note", "c1", AGENT, "supervision", f"{mode}_ended", SUPERVISOR),
    ]


@pytest.mark.parametrize("keys", ["042518", "04251#", "", "0425170"[1:]])
def test_a_wrong_pin_hears_nothing_and_is_in_the_record(keys: str) -> None:
    house = dial(f"*51{AGENT}", keys)
    assert house.channel.heard[-2:] == ["ko/agent_pin_wrong", "hangup"]
    assert house.acd.log == [("note", "c1", AGENT, "supervision", "listen_refused", SUPERVISOR)]


def test_a_talk_at_another_node_is_refused_in_words_and_in_the_record() -> None:
    house = dial(f"*51{AGENT}", PIN, at="pbx2:")
    assert house.channel.heard[-2:] == ["ko/agent_talk_elsewhere", "hangup"]
    assert house.acd.log == [("note", "c1", AGENT, "supervision", "listen_refused", SUPERVISOR)]


@pytest.mark.parametrize(("by", "target"), [("1003", AGENT), (SUPERVISOR, SUPERVISOR), (SUPERVISOR, "9999")])
def test_only_supervisors_and_only_agents(by: str, target: str) -> None:
    house = dial(f"*51{target}", PIN, by)
    assert house.channel.heard == ["ko/agent_not_applicable", "hangup"]
    assert house.acd.log == []


def test_who_does_not_talk_is_not_listened_to() -> None:
    assert dial(f"*51{AGENT}", PIN, talking=False).channel.heard == ["ko/agent_not_talking", "hangup"]


def test_five_wrong_tries_lock_the_right_pin_out_for_a_while() -> None:
    now = [0.0]
    pins = Pins({SUPERVISOR: PIN}.get, lambda: now[0])
    for _ in range(PIN_TRIES - 1):
        assert not pins.right(SUPERVISOR, "000000")
    assert pins.right(SUPERVISOR, PIN)
    for _ in range(PIN_TRIES):
        assert not pins.right(SUPERVISOR, "000000")
    assert not pins.right(SUPERVISOR, PIN)
    now[0] = PIN_LOCKED_S
    assert pins.right(SUPERVISOR, PIN)


def test_who_has_no_pin_is_never_right() -> None:
    assert not Pins(lambda _: None).right(SUPERVISOR, "")
