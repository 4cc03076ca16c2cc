"""Agents on a real PBX with real phones: what a phone, an engine or a colleague's registration does to them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Self

import pytest
from calls import Log, agents_of, dial_in, logged_in, wait_heeded, wait_quiet, wait_state
from centre import NUMBER, Centre, wait_for

from acd.core.commands import Notice
from acd.notices import TEXTS
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("agents")
    sets = ("queues.defaults.wrapup_s=90", "queues.defaults.ring_timeout_s=2")
    with Centre.start(folder, "--at", "2026-11-24T10:00", *(w for one in sets for w in ("--set", one))) as centre:
        yield centre


def test_a_wrapup_goes_on_over_a_kill(centre: Centre) -> None:
    with logged_in(centre, "1001") as (agent,), centre.citizen() as citizen:
        dial_in(citizen, "10")
        wait_state(centre, "1001", "available", "connected", 10)
        time.sleep(1.0)  # a talk
        citizen.hang_up()
        wait_state(centre, "1001", "available", "wrapup")
        began = time.monotonic()
        time.sleep(0.5)  # the journal has it by then: it gathers for 50 ms
        before = agents_of(centre)["1001"]["today"]
        killed = centre.kill_engine()
        centre.wait_ready(20, not_pid=killed)
        wait_state(centre, "1001", "available", "wrapup")
        wait_for(
            lambda: agents_of(centre)["1001"]["today"]["answered"], 5, "the day's figures are those of this engine"
        )
        after = agents_of(centre)["1001"]["today"]
        assert (after["answered"], after["no_answer"]) == (before["answered"], before["no_answer"]) == (1, 0)
        assert after["talk_s"] == pytest.approx(before["talk_s"], abs=0.2)
        assert after["wrapup_s"] >= before["wrapup_s"] - 3.0, "exact to the last time that the engine was seen alive"
        centre.code(agent, "*15")  # extended, once
        assert agents_of(centre)["1001"]["work"] == "wrapup"
        centre.code(agent, "*14")
        wait_state(centre, "1001", "available", "idle")
        assert time.monotonic() - began < 90, "it has ended by itself"
        wait_quiet(centre)


class Desk:
    """An agent's phone that shows texts and can be unplugged, logged in; logged out and gone at the end."""

    def __init__(self, centre: Centre, loop: Loop, agent: str) -> None:
        self.centre, self.agent = centre, agent
        self.ua = Ua(loop, agent, centre.sip, centre.accounts[agent]["sip_secret"]).register()

    def __enter__(self) -> Self:
        self.code("*11")
        wait_state(self.centre, self.agent, "available", "idle")
        return self

    def __exit__(self, *_: object) -> None:
        with closing(self.ua):
            self.ua.dead = False
            wait_quiet(self.centre)
            self.code("*13")
            wait_state(self.centre, self.agent, "offline", "idle")

    def code(self, code: str) -> None:
        assert self.ua.call(code).ended.wait(20)

    def end_wrapup(self) -> None:
        wait_state(self.centre, self.agent, "available", "wrapup")
        self.code("*14")
        wait_state(self.centre, self.agent, "available", "idle")

    def rang(self) -> int:
        """How often it was called."""
        return sum(one.cseq >= 100 for one in self.ua.dialogs.values())

    def talking(self) -> bool:
        return any(
            one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set() for one in self.ua.dialogs.values()
        )


@contextmanager
def waiting_citizen(centre: Centre, loop: Loop, number: str = "01012345678") -> Iterator[None]:
    """One who waits in the general queue, until the end of the block."""
    log = Log(centre)
    with closing(Ua(loop, number, centre.sip)) as citizen:
        call = citizen.call(NUMBER)
        assert call.answered.wait(20)
        wait_heeded(log, number)
        citizen.press(call, "10")
        log.wait("contact.moved", new="queued")
        try:
            yield
        finally:
            if not call.ended.is_set():
                call.hang_up()


def test_who_did_not_answer_reads_so_and_how_to_come_back(centre: Centre, loop: Loop) -> None:
    with Desk(centre, loop, "1001") as desk:
        desk.ua.answer_after_s = None
        with waiting_citizen(centre, loop):
            wait_state(centre, "1001", "not_responding", "idle", 6)
            wait_for(lambda: desk.ua.texts, 3, centre.said)
            assert desk.ua.texts == [TEXTS[Notice.NOT_RESPONDING]]
            assert "*11" in desk.ua.texts[0]
            desk.code("*11")
            wait_state(centre, "1001", "available", "idle")
            assert desk.rang() == 1, "this caller excludes them for a minute"


def test_an_extension_has_one_phone_the_one_that_registered_last(centre: Centre, loop: Loop) -> None:
    """Two phones register as 1001 in turn: one of them rings, never both, and the other reads why it does not."""
    log = Log(centre)
    secret = centre.accounts["1001"]["sip_secret"]
    with Desk(centre, loop, "1001") as first, closing(Ua(loop, "1001", centre.sip, secret)) as second:
        second.register()
        rung: list[str] = []
        second.on_invite = lambda dialog, text, now: rung.append("second")
        wait_for(lambda: first.ua.texts, 3, centre.said)
        assert first.ua.texts == [TEXTS[Notice.REGISTERED_ELSEWHERE]]
        log.wait("agent.registered_elsewhere", agent="1001")
        assert agents_of(centre)["1001"]["presence"] == "available", "their word is theirs, whatever phone they have"
        with waiting_citizen(centre, loop):
            wait_state(centre, "1001", "available", "connected")
            assert (rung, first.rang()) == (["second"], 0)
        first.end_wrapup()
        first.ua.register()  # again, and so it is the last
        wait_for(lambda: second.texts, 3, centre.said)
        with waiting_citizen(centre, loop):
            wait_for(first.talking, 5, centre.said)
            assert (rung, first.rang()) == (["second"], 1)
        first.end_wrapup()
        assert first.ua.texts == [TEXTS[Notice.REGISTERED_ELSEWHERE]], "told once a time"


def test_an_unplugged_phone_is_offered_one_call_and_no_second(centre: Centre, loop: Loop) -> None:
    """And when it is back its agent is available as before, and takes who waits: nobody has to do anything for it.

    It was away for a shorter time than the PBX takes between two looks, so the PBX itself has noticed nothing.
    """
    with Desk(centre, loop, "1001") as desk:
        desk.ua.dead = True
        log = Log(centre)
        with waiting_citizen(centre, loop):
            wait_state(centre, "1001", "error", "idle")
            with waiting_citizen(centre, loop, "01087654321"):
                time.sleep(2.5)  # longer than a dead phone takes to be found out
                assert len(log.lines("reservation.ended", agent_id="1001", result="unreachable")) == 1
                assert agents_of(centre)["1001"]["presence"] == "error"
                desk.ua.dead = False
                wait_state(centre, "1001", "available", "connected", 12)
                assert desk.talking()
        desk.end_wrapup()


def test_a_phone_that_left_is_not_rung_and_comes_back_as_it_was(centre: Centre, loop: Loop) -> None:
    with Desk(centre, loop, "1001") as desk:
        desk.ua.register(expires_s=0)
        wait_for(lambda: not agents_of(centre)["1001"]["reachable"], 5, centre.said)
        log = Log(centre)
        with waiting_citizen(centre, loop):
            assert log.lines("reservation.ended") == []
            assert desk.rang() == 0
            desk.ua.register()
            wait_state(centre, "1001", "available", "connected")
        desk.end_wrapup()


def test_a_message_from_outside_runs_nothing(centre: Centre, loop: Loop) -> None:
    """Texts go to agents' phones; none comes in, from a phone or from a carrier."""
    log = Log(centre)
    with Desk(centre, loop, "1001") as desk, closing(Ua(loop, "01012345678", centre.sip)) as stranger:
        for sender, to in ((stranger, NUMBER), (desk.ua, "*13"), (desk.ua, "1002")):
            target = f"sip:{to}@{centre.sip[0]}:{centre.sip[1]}"
            me = f"<sip:{sender.user}@127.0.0.1:{sender.port}>;tag=1"
            sender.send_request("MESSAGE", target, me, f"<{target}>", f"m-{sender.port}-{to}", 1)
        with waiting_citizen(centre, loop):  # all of them are dealt with before this call
            wait_state(centre, "1001", "available", "connected")
        assert len(log.lines("call.began")) == 1
        desk.end_wrapup()
