"""The engine dies or hangs with callers in every state, and comes back: nobody is lost, nobody loses their place.

One long scenario a failure: what is in the PBX at the same time is what makes it hard. All of it with real phones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from calls import Log, dial_in, longest_silence_s, prompts_heard, say_code, wait_quiet, wait_state
from centre import NUMBER, SLACK_S, Centre, wait_for
from witness import Witness

from engine import ready
from engine.phone import CLOSED, ESTABLISHED, INCOMING, Phone

RING_S = 6
WRAPUP_S = 3
Start = Callable[..., Centre]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre at ten on a working day whose engine stays away when it is killed."""
    folder: Path = tmp_path_factory.mktemp("net")
    short = ("--set", f"queues.defaults.wrapup_s={WRAPUP_S}", "--set", f"queues.defaults.ring_timeout_s={RING_S}")
    with Centre.start(folder, "--no-restart", "--at", "2026-11-24T10:00", *short) as centre:
        yield centre


def _code(phone: Phone, code: str) -> None:
    """Dial a code and wait for the PBX to end it."""
    began = phone.call(code)
    phone.wait_ended(8, after=began)


@pytest.mark.parametrize(("failure", "within_s"), [("kill", 1.0), ("hang", 3.0)])
def test_an_engine_that_fails_loses_nobody_and_comes_back(net: Centre, failure: str, within_s: float) -> None:
    with ExitStack() as stack:
        seen = stack.enter_context(Witness(net))
        log = Log(net)
        agent_ja = stack.enter_context(net.agent("1006"))  # ko, ja
        agent_ko = stack.enter_context(net.agent("1002", answers=False))  # ko
        numbers = {who: f"0101111000{at}" for at, who in enumerate(("talk", "ring", "ko", "ja", "en", "new"))}
        who = {name: stack.enter_context(net.citizen(number)) for name, number in numbers.items()}

        # --- everybody to their place
        say_code(net, agent_ja, "*11", "available")
        began = dial_in(who["talk"], "30")
        agent_ja.wait_talking(5, after=began)
        log.wait("contact.moved", new="connected")
        for name, keys in (("ring", "10"), ("ko", "10"), ("ja", "30")):
            dial_in(who[name], keys)
            log.wait("contact.moved", new="queued", contact_id=seen.uniqueid(who[name].user))
        dial_in(who["en"], "2")
        log.wait("call.chose", menu="language", choice="2")
        code = agent_ko.call("*11")
        agent_ko.wait(INCOMING, 6, after=code)
        dial_in(who["new"], "")
        rung_at_s = agent_ko.events(INCOMING, after=code)[0].at_s
        time.sleep(0.3)  # in the midst of the greeting's first words

        # --- the engine fails
        ids = {name: seen.uniqueid(number) for name, number in numbers.items()}
        failed_at_s = time.monotonic()
        heard_before_s = {name: phone.heard_s() for name, phone in who.items()}
        net.kill_engine() if failure == "kill" else net.stop_engine()
        fell = {}
        for name in ("ko", "ja", "en", "new"):
            fell[name] = seen.wait(
                "QueueCallerJoin", within_s + 4, after=failed_at_s, Uniqueid=ids[name], otherwise=net.said
            )
        late = {name: round(one.at_s - failed_at_s, 3) for name, one in fell.items()}
        print(f"\n{failure}: in Queue() after {late}")
        assert max(late.values()) <= within_s + SLACK_S, late
        assert fell["ja"]["Queue"] == "fallback-ja"
        assert {fell[name]["Queue"] for name in ("ko", "new")} == {"fallback-ko"}
        ring_join = seen.wait("QueueCallerJoin", RING_S + 4, after=failed_at_s, Uniqueid=ids["ring"])
        print(f"  the ringing one after {ring_join.at_s - rung_at_s:.2f} s of ringing")
        assert ring_join.at_s - rung_at_s <= RING_S + 1 + SLACK_S

        # --- the phone that was rung is rung by the queue now, for whoever came first, and an answer is a talk
        again = agent_ko.wait(INCOMING, RING_S + 4, after=ring_join.at_s - 0.5)
        time.sleep(1.0)
        agent_ko.accept("1002", again.call_id)
        taken = seen.wait("DialEnd", 4, after=failed_at_s, DialStatus="ANSWER")
        assert taken["Uniqueid"] in (ids["ring"], ids["ko"]), "not the first in the order"

        # --- the talk has gone on, and its end is a short goodbye
        assert who["talk"].events(CLOSED, after=failed_at_s) == []
        elapsed_s = time.monotonic() - failed_at_s
        assert who["talk"].heard_s() - heard_before_s["talk"] > elapsed_s - 3.0
        ended_at_s = time.monotonic()
        agent_ja.hang_up()
        closed = who["talk"].wait_ended(5, after=ended_at_s)
        print(f"  closed {closed.at_s - ended_at_s:.2f} s after the agent's hang-up")
        assert closed.at_s - ended_at_s <= 2.5 + SLACK_S  # 2 s of goodbye, and what the phones take
        assert seen.events("QueueCallerJoin", Uniqueid=ids["talk"]) == []
        assert "ja/served_goodbye" in [one.name for one in prompts_heard(net, who["talk"].heard(), "ja/served_goodbye")]

        # --- the Japanese agent is free after the queue's own wrap-up: the Japanese caller is answered from the net
        talk_ja = agent_ja.wait(ESTABLISHED, WRAPUP_S + 5, after=ended_at_s)
        connect = seen.wait("DialEnd", 4, after=ended_at_s, DialStatus="ANSWER", DestCallerIDNum="1006")
        print(
            f"  1006 rung again {talk_ja.at_s - ended_at_s:.2f} s after the end of the talk, for {connect['Uniqueid']}"
        )

        # --- what they have heard meanwhile
        for name, prompts in {
            "ko": ["ko/fallback"],
            "ja": ["ja/fallback"],
            "en": ["en/language_no_agents"],
            "new": ["ko/fallback"],
        }.items():
            phone = who[name]
            since = int((heard_before_s[name] - 0.2) * 8000)
            heard = phone.heard()[max(0, since) :]
            found = [one.name for one in prompts_heard(net, heard, *prompts)]
            print(f"  {name}: heard {found}, silence {longest_silence_s(heard):.2f} s")
            assert found[:1] == prompts, (name, found)
            if failure == "kill":
                assert longest_silence_s(heard) <= 1.0, name
            elapsed_s = time.monotonic() - failed_at_s
            assert phone.heard_s() - heard_before_s[name] > elapsed_s - within_s - 2.0, name

        # --- the engine comes back while two talk by the queue
        talking = {
            seen.events("DialEnd", after=failed_at_s, DialStatus="ANSWER", DestCallerIDNum=one)[-1]["Uniqueid"]
            for one in ("1002", "1006")
        }
        left = [ids[name] for name in ("ring", "ko", "ja", "en", "new") if ids[name] not in talking]
        wait_for(lambda: not _alive(net), 5)
        log = Log(net)
        started_at_s = time.monotonic()
        net.engine_only("--no-restart")
        settled_at_s = time.monotonic()
        print(f"  another engine after {settled_at_s - started_at_s:.2f} s")
        wait_state(net, "1002", "available", "connected", 2)
        wait_state(net, "1006", "available", "connected", 2)
        wait_for(lambda: len(log.lines("contact.moved", new="queued")) == len(left), 3, net.said)
        print(f"  right {time.monotonic() - settled_at_s:.2f} s after ready.json")
        back = {line["contact_id"]: line for line in log.lines("contact.moved", new="queued")}
        assert set(back) == set(left)
        for contact in back.values():
            # Offered is counted once: before the failure, or now for those who were still in the menu.
            assert contact["offered"] == (contact["contact_id"] in (ids["en"], ids["new"]))
            queued_at = contact["first_queued_at"]
            assert contact["waited_s"] == pytest.approx(_epoch(contact["timestamp"]) - queued_at, abs=SLACK_S)
        order = sorted(back.values(), key=lambda one: one["first_queued_at"])
        known = [one for one in left if one not in (ids["en"], ids["new"])]  # the others fell in the same millisecond
        assert [one["contact_id"] for one in order][: len(known)] == known
        assert all(net.waiting_in(queue) == 0 for queue in ("fallback-ko", "fallback-ja"))

        # --- wrap-up follows the talk that the queue connected; then the first in the order, by the engine
        ended_at_s = time.monotonic()
        agent_ko.answers = True
        agent_ko.hang_up()
        wait_state(net, "1002", "available", "wrapup", 1)
        next_call = agent_ko.wait(INCOMING, WRAPUP_S + 3, after=ended_at_s)
        assert WRAPUP_S - 0.7 <= next_call.at_s - ended_at_s <= WRAPUP_S + SLACK_S
        korean = next(one["contact_id"] for one in order if one["language"] == "ko")
        log.wait("contact.moved", new="connected", agent_id="1002", contact_id=korean)

        for phone in who.values():
            phone.hang_up()
        wait_quiet(net)
        for phone in (agent_ja, agent_ko):
            wait_state(net, phone.user, "available", "idle", WRAPUP_S + 2)
            say_code(net, phone, "*13", "offline")


def test_a_returning_engine_finds_a_phone_that_rings_for_the_queue(start_centre: Start) -> None:
    """The withdrawal waits for the ring's end, an answer there is a talk of the queue, and the rest are taken back."""
    short = ("--set", f"queues.defaults.wrapup_s={WRAPUP_S}", "--set", "queues.defaults.ring_timeout_s=25")
    # Without a restart of its own: the phone must ring before the engine is back, however fast that is.
    centre = start_centre("--at", "2026-11-24T10:00", "--no-restart", *short)
    with (
        Witness(centre) as seen,
        centre.agent("1002", answers=False) as agent,
        centre.citizen("01011120001") as first,
        centre.citizen("01011120002") as second,
    ):
        log = Log(centre)
        for citizen in (first, second):
            began = dial_in(citizen, "10")
            log.wait("contact.moved", new="queued", contact_id=seen.uniqueid(citizen.user, after=began))
        ids = [seen.uniqueid(citizen.user) for citizen in (first, second)]
        queued_at = {line["contact_id"]: line["first_queued_at"] for line in log.lines("contact.moved", new="queued")}
        log = Log(centre)
        centre.kill_engine()
        wait_for(lambda: centre.waiting_in("fallback-ko") == 2, 1, "the callers are not in the queue")
        agent.call("*11")
        ringing = agent.wait(INCOMING, 5)
        centre.engine_only("--no-restart")
        wait_state(centre, "1002", "available", "reserved", 2)
        log.wait("contact.moved", 2, new="queued", contact_id=ids[1])
        assert log.wait("contact.moved", new="reserved")["contact_id"] == ids[0]
        assert log.lines("call.began", call_id=ids[0]) == []  # no session of ours before the ring has ended
        assert first.events(CLOSED) == []

        agent.accept("1002", ringing.call_id)
        log.wait("contact.moved", 2, new="connected", contact_id=ids[0], agent_id="1002")
        wait_state(centre, "1002", "available", "connected", 1)
        for contact in ids:
            again = log.lines("contact.moved", new="queued", contact_id=contact)
            assert [line["offered"] for line in again] == [False]
            assert again[0]["first_queued_at"] == pytest.approx(queued_at[contact], abs=0.002)

        # A talk of the queue: its end closes the call with a short goodbye, and wrap-up follows.
        ended_at_s = time.monotonic()
        agent.answers = True
        agent.hang_up()
        wait_state(centre, "1002", "available", "wrapup", 1)
        assert first.wait_ended(4, after=ended_at_s).at_s - ended_at_s <= 2.5 + SLACK_S
        rung = agent.wait(INCOMING, WRAPUP_S + 3, after=ended_at_s)
        assert WRAPUP_S - 0.7 <= rung.at_s - ended_at_s <= WRAPUP_S + SLACK_S
        log.wait("contact.moved", 2, new="connected", contact_id=ids[1], agent_id="1002")
        second.hang_up()
        wait_quiet(centre)
        assert centre.waiting_in("fallback-ko") == 0


def test_a_citizen_of_a_ringing_queue_who_is_not_answered_comes_back_in_order(net: Centre) -> None:
    """Nobody picks up: at the ring's end the held-back withdrawal takes effect, with the first one's place."""
    with (
        Witness(net) as seen,
        net.agent("1002", answers=False) as agent,
        net.agent("1004") as lunching,
        net.agent("1005") as leaving,
        net.citizen("01011130001") as first,
        net.citizen("01011130002") as second,
    ):
        for phone in (lunching, leaving):
            say_code(net, phone, "*11", "available")
        net.kill_engine()
        _code(lunching, "*12")
        _code(leaving, "*13")
        for citizen in (first, second):
            began = citizen.call(NUMBER)
            seen.wait("QueueCallerJoin", 5, after=began, CallerIDNum=citizen.user)
        ids = [seen.uniqueid(citizen.user) for citizen in (first, second)]
        _code(agent, "*11")
        log = Log(net)
        net.engine_only("--no-restart")
        wait_state(net, "1004", "away", "idle", 2)
        wait_state(net, "1005", "offline", "idle", 2)
        for contact in ids:
            log.wait("contact.moved", RING_S + 4, new="queued", contact_id=contact)
        # The agent did not answer the queue's ring; the engine rings for the first, whoever came back first.
        matched = log.wait("contact.matched", RING_S + 4)
        assert matched["contact_id"] == ids[0]
        matched_at_s = _epoch(matched["timestamp"]) - time.time() + time.monotonic()
        agent.answer(RING_S + 2, after=matched_at_s - 0.5)  # facts are logged a moment after the INVITE has left
        log.wait("contact.moved", new="connected", contact_id=ids[0])
        for citizen in (first, second):
            citizen.hang_up()
        wait_quiet(net)
        wait_state(net, "1002", "available", "idle", WRAPUP_S + 2)
        for phone in (agent, lunching):
            say_code(net, phone, "*13", "offline")


def _alive(centre: Centre) -> bool:
    return ready.alive(centre.engine_pid)


def _epoch(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
