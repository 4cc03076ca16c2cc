"""An agent's keys in a talk: which action they lead to, and who gets none."""

from __future__ import annotations

from typing import Any

import pytest

from acd.port import Talk
from ivr import talkkeys
from ivr.agi import AgiChannel
from ivr.session import Request, Services
from tests.unit.ivr.house import House


def press(
    key: str, said: str | None, monkeypatch: pytest.MonkeyPatch, agent: str = "1001"
) -> tuple[House, list[tuple[str, Talk]]]:
    house = House(agi_channel=f"PJSIP/{agent}-0000002a")
    house.acd.talks = {"1001": Talk("c1", "PJSIP/1001-0000002a"), "9999": Talk("c1", "PJSIP/9999-0000002a")}
    done: list[tuple[str, Talk]] = []

    def act(services: Services, channel: AgiChannel, agent: str, talk: Talk) -> str | None:
        del services, channel
        done.append((agent, talk))
        return said

    monkeypatch.setattr(talkkeys, "ACTIONS", {"3": act})
    fake: Any = house.channel
    talkkeys.talk_key(house.services, fake, Request("talk", {"key": key}))
    return house, done


def test_the_keys_action_gets_agent_and_talk_and_its_word_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    house, done = press("3", "agent_available", monkeypatch)
    assert done == [("1001", Talk("c1", "PJSIP/1001-0000002a"))]
    assert house.channel.heard == ["ko/agent_available"]  # and no hang-up: the talk goes on


def test_an_action_may_have_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    house, done = press("3", None, monkeypatch)
    assert done
    assert house.channel.heard == []


@pytest.mark.parametrize(("key", "agent"), [("9", "1001"), ("", "1001"), ("3", "1002"), ("3", "9999")])
def test_a_key_that_does_not_apply_changes_nothing(key: str, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such key; no talk of ours; a phone that no rule names."""
    house, done = press(key, "agent_available", monkeypatch, agent)
    assert done == []
    assert house.channel.heard == ["ko/agent_not_applicable"]
