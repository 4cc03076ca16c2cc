"""What an agent's phone can do on its own, with real phones: transfers by REFER, forwarding by 302."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

import pytest
from calls import (
    Log,
    agents_of,
    dial_in,
    logged_in,
    longest_silence_s,
    prompts_heard,
    say_code,
    wait_joined,
    wait_quiet,
    wait_state,
)
from centre import Centre, wait_for

from engine.phone import CLOSED, ESTABLISHED, INCOMING, Phone
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.ring_timeout_s=6")
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


@contextmanager
def talking(centre: Centre, *extensions: str, keys: str = "10") -> Iterator[tuple[Log, Phone, list[Phone]]]:
    """A citizen talks with the first of these agents; the others are registered, not logged in."""
    with ExitStack() as stack:
        others = [stack.enter_context(centre.agent(extension, answers=True)) for extension in extensions[1:]]
        [agent] = stack.enter_context(logged_in(centre, extensions[0]))
        citizen = stack.enter_context(centre.citizen())
        log = Log(centre)
        began = dial_in(citizen, keys)
        agent.wait_talking(8, after=began)
        log.wait("contact.moved", new="connected")
        wait_joined(centre)
        yield log, citizen, [agent, *others]
        citizen.hang_up()


def test_a_blind_transfer_to_an_agent_is_rung_and_keeps_the_contact(centre: Centre) -> None:
    with talking(centre, "1001", "1002") as (log, citizen, [agent, other]):
        say_code(centre, other, "*11", "available")
        asked = time.monotonic()
        agent.transfer("1002")
        other.wait_talking(5, after=asked)
        agent.wait_ended(5, after=asked)
        time.sleep(0.5)
        assert citizen.events(CLOSED) == []
        contacts = {line["contact_id"] for line in log.lines("contact.moved")}
        assert len(contacts) == 1
        assert len([line for line in log.lines("contact.moved") if line["offered"]]) == 1
        wait_state(centre, "1002", "available", "connected")
        wait_state(centre, "1001", "available", "idle")
        other.hang_up()
        citizen.wait_ended(5)
        assert log.wait("contact.moved", new="completed")["agent_id"] == "1002"
        assert log.wait("talk.noted", by="1001", agent_id="1002")["detail"] == "blind:answered"
        assert log.lines("contact.moved", new="abandoned") == []
        say_code(centre, other, "*13", "offline")


@pytest.mark.parametrize("target", ["01098765432", "0319099000", "*11", "9999"])
def test_a_blind_transfer_elsewhere_goes_back_to_the_agent(centre: Centre, target: str) -> None:
    with talking(centre, "1001") as (log, citizen, [agent]):
        asked = time.monotonic()
        agent.transfer(target)
        agent.wait(INCOMING, 6, after=asked)
        agent.wait(ESTABLISHED, 3, after=asked)
        wait_state(centre, "1001", "available", "connected")
        assert citizen.events(CLOSED) == []
        assert longest_silence_s(citizen.heard()) <= 1.0
        channels = centre.channels()
        assert len(channels) == 2, channels  # the citizen's and the agent's: nothing else was dialled
        assert log.lines("contact.moved", new="abandoned") == []
        assert log.wait("talk.noted", by="1001", agent_id="1001")["detail"] == "blind:returned"


def test_a_transfer_to_an_agent_who_does_not_answer_returns_to_the_one_who_made_it(centre: Centre) -> None:
    """Past another one who is free."""
    with talking(centre, "1001", "1002", "1005") as (log, citizen, [agent, other, free]):
        other.answers = False
        say_code(centre, other, "*11", "available")
        say_code(centre, free, "*11", "available")
        asked = time.monotonic()
        agent.transfer("1002")
        other.wait(INCOMING, 5, after=asked)
        agent.wait(ESTABLISHED, 9, after=asked)
        assert log.wait("talk.noted", by="1001", agent_id="1001")["detail"] == "blind:returned"
        assert free.events(INCOMING, after=asked) == []
        assert citizen.events(CLOSED) == []
        other.answers = True
        citizen.hang_up()
        wait_quiet(centre)
        say_code(centre, other, "*13", "offline")
        say_code(centre, free, "*13", "offline")


def test_hanging_up_after_a_transfer_leaves_nobody_behind(centre: Centre) -> None:
    with talking(centre, "1001", "1002") as (log, citizen, [agent, other]):
        other.answers = False
        say_code(centre, other, "*11", "available")
        asked = time.monotonic()
        agent.transfer("1002")
        other.wait(INCOMING, 5, after=asked)
        citizen.hang_up()
        wait_quiet(centre, 5)
        wait_state(centre, "1002", "available", "idle")
        wait_state(centre, "1001", "available", "idle")
        log.wait("contact.moved", new="abandoned")
        assert log.wait("talk.noted", by="1001")["detail"] == "blind:abandoned"
        other.answers = True
        say_code(centre, other, "*13", "offline")


def test_a_forwarded_phone_carries_nobody_anywhere(centre: Centre) -> None:
    """302 to a colleague's extension, and to an outside number: nothing is dialled, the next agent is rung."""
    loop = Loop()
    loop.start()
    with centre.agent("1005", answers=True) as colleague, logged_in(centre, "1002") as [_]:
        forwarded = Ua(loop, "1003", centre.sip, centre.accounts["1003"]["sip_secret"]).register()
        try:
            code = forwarded.call("*11")
            wait_for(lambda: agents_of(centre)["1003"]["presence"] == "available", 5, centre.said)
            assert code.ended.wait(20)
            wait_state(centre, "1003", "available", "idle")
            for target in (f"1005@{centre.sip[0]}:{centre.sip[1]}", "01098765432@127.0.0.1"):
                forwarded.reject_with = f"302 Moved Temporarily\r\nContact: <sip:{target}>"
                with centre.citizen() as citizen:
                    log = Log(centre)
                    dial_in(citizen, "20")  # English: 1003 alone
                    log.wait("reservation.ended", 8, agent_id="1003", result="busy")
                    time.sleep(1.0)
                    assert len(centre.channels()) == 1, centre.channels()
                    assert colleague.events(INCOMING) == []
                    citizen.hang_up()
                    wait_quiet(centre)
            forwarded.reject_with = None
            code = forwarded.call("*13")
            assert code.ended.wait(20)
        finally:
            close(forwarded, loop)


def test_an_attended_transfer_by_the_phone_keeps_the_session(centre: Centre) -> None:
    """REFER with Replaces: the citizen talks with the colleague, and the session is there when that talk ends."""
    loop = Loop()
    loop.start()
    with centre.agent("1005", answers=True) as colleague, centre.citizen() as citizen:
        agent = Ua(loop, "1001", centre.sip, centre.accounts["1001"]["sip_secret"]).register()
        try:
            assert agent.call("*11").ended.wait(20)
            wait_state(centre, "1001", "available", "idle")
            rung: list[Dialog] = []
            agent.on_invite = lambda dialog, text, now: rung.append(dialog)
            log = Log(centre)
            began = dial_in(citizen, "10")
            log.wait("contact.moved", 8, new="connected")
            consultation = agent.call("1005")
            assert consultation.answered.wait(20)
            wait_joined(centre, 2)
            refer_with_replaces(agent, rung[0], consultation)
            log.wait("contact.moved", 5, new="connected", agent_id="1005")
            assert log.wait("talk.noted", what="transfer", agent_id="1005", by="1001")["detail"] == "consult:answered"
            wait_state(centre, "1005", "offline", "connected")  # who is not logged in may help a colleague
            for dialog in (rung[0], consultation):
                dialog.hang_up()
            time.sleep(1.0)
            assert citizen.events(CLOSED) == []
            assert len(centre.channels()) == 2, centre.channels()
            assert log.lines("call.hung_up", script="call") == []
            assert log.lines("contact.moved", new="abandoned") == []
            assert log.lines("contact.moved", new="completed") == []  # the citizen still talks
            wait_state(centre, "1001", "available", "idle")
            colleague.hang_up()
            citizen.wait_ended(8, after=began)
            assert log.wait("contact.moved", new="completed")["agent_id"] == "1005"
            assert len([line for line in log.lines("contact.moved") if line["offered"]]) == 1
            assert len({line["contact_id"] for line in log.lines("contact.moved")}) == 1
            assert 'acd_transfers_total{kind="consult",result="answered"} 1.0' in centre.metrics()
            assert [p.name for p in prompts_heard(centre, citizen.heard(), "ko/goodbye")] == ["ko/goodbye"]
            wait_state(centre, "1001", "available", "idle")
            assert agent.call("*13").ended.wait(20)
        finally:
            close(agent, loop)


def refer_with_replaces(agent: Ua, talk: Dialog, consultation: Dialog) -> None:
    """What a phone sends when its attended-transfer key is pressed (RFC 5589)."""
    local, remote = (re.search(r"tag=([^;>\s]+)", side) for side in (consultation.local, consultation.remote))
    assert local is not None
    assert remote is not None
    replaces = f"{consultation.call_id};to-tag={remote[1]};from-tag={local[1]}"
    header = f"Refer-To: <{consultation.target}?Replaces={quote(replaces, safe='')}>\r\nReferred-By: {talk.local}\r\n"
    # A challenge is answered like that of an INVITE.
    agent._pending[f"{talk.call_id} {talk.cseq + 1} REFER"] = (talk.target, talk.local, talk.remote, "", header)
    talk.request("REFER", extra=header)


def close(agent: Ua, loop: Loop) -> None:
    agent.close()
    loop.stop()
