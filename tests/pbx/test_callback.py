"""Call-backs with real phones: a carrier that is called, agents who are rung first, engines that die in each state."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from calls import Log, say_code, wait_quiet, wait_state
from carrier import Carrier, agent, book, close, rules_with_carrier, some_host
from centre import NUMBER, Centre, wait_for

from acd.callbacks.store import CallbackStore
from engine.commands import show
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua

MOBILE = "01012345678"


@pytest.fixture(scope="module")
def host() -> str:
    return some_host()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, host: str) -> Iterator[Centre]:
    """Attempts a second apart, a citizen's phone rings for five, and agents are not told whom they get."""
    folder = tmp_path_factory.mktemp("centre")
    rules = rules_with_carrier(folder, host)
    values = [
        "queues.defaults.wrapup_s=0", "queues.defaults.whisper=false", "queues.defaults.rona_exclude_s=2",
        "queues.callback.retry_every_s=1", "queues.callback.ring_timeout_s=5", "queues.defaults.ring_timeout_s=5",
        "queues.callback.offer_after_s=1",
    ]  # fmt: skip
    words = [word for value in values for word in ("--set", value)]
    with Centre.start(folder, "--rules", str(rules), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


class Floor:
    """The phones of one test, all ended with it."""

    def __init__(self, centre: Centre, host: str) -> None:
        self.centre = centre
        self.loop = Loop()
        self.loop.start()
        self.carrier = Carrier(self.loop, centre, host)
        self.agents: list[Ua] = []

    def agent(self, extension: str, *, answer_after_s: float | None = 0.1) -> Ua:
        phone = agent(self.loop, self.centre, extension, answer_after_s=answer_after_s)
        self.agents.append(phone)
        return phone

    def close(self) -> None:
        for phone in (self.carrier, *self.agents):
            for dialog in list(phone.dialogs.values()):
                if dialog.answered.is_set() and not dialog.ended.is_set():
                    dialog.hang_up()
        for phone in self.agents:
            phone.call("*13").ended.wait(20)
        close(self.loop, self.carrier, *self.agents)


@pytest.fixture
def floor(centre: Centre, host: str) -> Iterator[Floor]:
    """Nobody is on duty, and no call-back is open, before and after."""
    floor = Floor(centre, host)
    try:
        yield floor
    finally:
        floor.close()
        wait_quiet(centre, 15)


def restart(centre: Centre) -> None:
    """Another engine, which reads the file of call-backs."""
    centre.wait_ready(not_pid=centre.kill_engine())


def ringing(phone: Ua) -> str:
    """The call that rings on this phone."""
    return wait_for(lambda: list(phone._invites), 8, f"{phone.user} does not ring")[0]


def talk_of(phone: Ua) -> Dialog:
    """The call that it is in."""
    return wait_for(
        lambda: [one for one in phone.dialogs.values() if one.answered.is_set() and not one.ended.is_set()], 5
    )[0]


def still_open(centre: Centre) -> dict[str, int]:
    """Open call-backs in the file, with their attempts."""
    store = CallbackStore(centre.state / "callbacks.sqlite")
    found = {one.wanted.contact_id: one.attempts for one in store.open_ones()}
    store.release()
    return found


def test_agent_first_then_the_citizen_who_sees_the_centres_own_number(centre: Centre, floor: Floor) -> None:
    book(centre, "cb-1.1", ago_s=70.0)
    restart(centre)
    phone = floor.agent("1001", answer_after_s=None)
    log = Log(centre)
    wait_state(centre, "1001", "available", "reserved")
    call_id = ringing(phone)
    assert floor.carrier.rung == [], "the citizen is rung when an agent is there"
    phone.pick_up(phone.dialogs[call_id])
    rung = floor.carrier.wait_rung()
    assert (rung.number, rung.shown) == (MOBILE, NUMBER)
    assert f"P-Asserted-Identity: <sip:{NUMBER}@" in rung.text
    assert "1001" not in rung.text.partition("\r\n\r\n")[0]
    wait_state(centre, "1001", "available", "connected")
    moved = log.wait("contact.moved", new="connected")
    assert (moved["contact_id"], moved["channel"], moved["detail"]) == ("cb-1.1", "callback", "kept")
    rung.dialog.hang_up()
    wait_state(centre, "1001", "available", "idle")
    log.wait("contact.moved", new="completed", contact_id="cb-1.1")
    wait_for(lambda: still_open(centre) == {}, 5)
    assert 'acd_callbacks_total{queue="passport",result="kept"} 1.0' in centre.metrics()
    board = json.loads(centre.get("/snapshot.json"))
    assert board["callbacks"] == {"booked": 0, "due": 0}
    counts = board["counts"]
    assert counts["callbacks_kept"] == 1
    wait_for(lambda: "0 results" in centre.console("database show callback"), 5)
    assert MOBILE not in centre.log.read_text(errors="replace")
    assert MOBILE not in (centre.state / "asterisk/log/messages.log").read_text(errors="replace")
    assert list((centre.state / "asterisk/spool").rglob("*.call")) == []
    assert MOBILE.encode() not in (centre.state / "journal.sqlite").read_bytes()


def test_callbacks_that_jump_the_queue_freepbx_621_525(centre: Centre, floor: Floor) -> None:
    """The kept place among callers on the line: after who came before, before who came after."""
    first = floor.carrier.citizen("01000000001")
    log = Log(centre)
    floor.carrier.press(first, "1")
    log.wait("call.chose", menu="language")
    floor.carrier.press(first, "0")
    waits = log.wait("contact.moved", new="queued", channel="voice")
    book(centre, "cb-2.1", "01000000002")
    restart(centre)
    log.wait("contact.moved", 8, new="queued", contact_id="cb-2.1")
    log.wait("contact.moved", 8, new="queued", contact_id=waits["contact_id"])
    last = floor.carrier.citizen("01000000003")
    floor.carrier.press(last, "1")
    wait_for(lambda: len(log.lines("call.chose", menu="language")) >= 2, 5)
    floor.carrier.press(last, "0")
    wait_for(lambda: len(log.lines("contact.moved", new="queued", channel="voice", offered=True)) >= 2, 5, centre.said)
    log = Log(centre)
    phone = floor.agent("1001")
    order = []
    for _ in range(3):
        talk = wait_for(lambda: log.lines("contact.moved", new="connected")[len(order) :], 12, centre.said)[0]
        order.append(talk["contact_id"])
        talk_of(phone).hang_up()
    assert order[:2] == [waits["contact_id"], "cb-2.1"]
    assert len(set(order)) == 3


def test_press_one_hang_up_and_be_called_and_who_rings_in_need_not_be(centre: Centre, floor: Floor) -> None:
    number, other = "01055550001", "01055550002"
    book(centre, "cb-late", other, slot_at=time.time() + 3600.0)
    restart(centre)
    log = Log(centre)
    caller = floor.carrier.citizen(number)
    floor.carrier.press(caller, "10")
    queued = log.wait("contact.moved", new="queued", channel="voice")
    for _ in range(8):  # the offer, then the number that is read back
        if log.lines("callback.asked"):
            break
        floor.carrier.press(caller, "1")
        caller.ended.wait(1.5)
    assert log.wait("callback.asked", contact_id=queued["contact_id"])["result"] == "kept"
    if not caller.ended.is_set():
        caller.hang_up()
    phone = floor.agent("1001")
    rung = floor.carrier.wait_rung(within_s=15)
    assert rung.number == number
    moved = log.wait("contact.moved", new="connected")
    assert (moved["contact_id"], moved["first_queued_at"]) == (queued["contact_id"], queued["first_queued_at"])
    rung.dialog.hang_up()
    wait_state(centre, "1001", "available", "idle")
    rings_in = floor.carrier.citizen(other)
    floor.carrier.press(rings_in, "10")
    log.wait("callback.noted", 20, what="rang_in", contact_id="cb-late")
    wait_for(lambda: still_open(centre) == {}, 5)
    talk_of(phone).hang_up()
    assert len(floor.carrier.rung) == 1


def test_an_agent_who_does_not_answer_is_no_attempt_and_three_attempts_are_all(centre: Centre, floor: Floor) -> None:
    """No answer, busy, and an agent who hangs up while the citizen's phone rings; then it is closed as failed."""
    floor.carrier.answer_after_s = None
    book(centre, "cb-3.1")
    restart(centre)
    log = Log(centre)
    floor.agent("1001", answer_after_s=None)
    wait_state(centre, "1001", "not_responding", "idle", 10)
    assert floor.carrier.rung == []
    phone = floor.agent("1003")
    floor.carrier.wait_rung()
    assert log.wait("callback.noted", 14, what="no_answer")["attempts"] == 1
    floor.carrier.reject_with = "486 Busy Here"
    floor.carrier.wait_rung(2)
    assert log.wait("callback.noted", 12, what="busy")["attempts"] == 2
    wait_state(centre, "1003", "available", "idle")
    floor.carrier.reject_with = None
    last = floor.carrier.wait_rung(3)
    talk_of(phone).hang_up()
    assert last.dialog.ended.wait(20), "the citizen's phone stops ringing"
    assert log.wait("callback.noted", what="failed")["attempts"] == 3
    wait_state(centre, "1003", "available", "idle")
    assert log.wait("contact.moved", new="failed")["detail"] == "unkept"
    wait_for(lambda: still_open(centre) == {}, 5)
    assert [rung.number for rung in floor.carrier.rung] == [MOBILE] * 3


def test_a_citizen_who_was_called_is_transferred_like_a_caller(centre: Centre, floor: Floor) -> None:
    """Blind, by the agent's phone (REFER): one contact, and the citizen stays on the line."""
    book(centre, "cb-4.1")
    restart(centre)
    with centre.agent("1001", answers=True) as phone:
        centre.code(phone, "*11")
        rung = floor.carrier.wait_rung(within_s=15)
        log = Log(centre)
        wait_state(centre, "1001", "available", "connected")
        colleague = floor.agent("1003")
        phone.transfer("1003")
        assert log.wait("contact.moved", 10, new="connected", agent_id="1003")["contact_id"] == "cb-4.1"
        assert not rung.dialog.ended.is_set()
        talk_of(colleague).hang_up()
        assert rung.dialog.ended.wait(20)
        wait_quiet(centre)
        say_code(centre, phone, "*13", "offline")


def test_engine_killed_while_the_agent_rings(centre: Centre, floor: Floor) -> None:
    """Nobody is dialled without an engine; the next one rings an agent again, and the citizen once."""
    book(centre, "cb-6.1")
    restart(centre)
    phone = floor.agent("1001", answer_after_s=None)
    wait_state(centre, "1001", "available", "reserved")
    call_id = ringing(phone)
    killed = centre.kill_engine()
    phone.pick_up(phone.dialogs[call_id])
    assert phone.dialogs[call_id].ended.wait(20), "the agent hears that it is not possible now, and is let go"
    assert floor.carrier.rung == []
    phone.answer_after_s = 0.1
    centre.wait_ready(not_pid=killed)
    log = Log(centre)
    floor.carrier.wait_rung(within_s=15)
    wait_state(centre, "1001", "available", "connected")
    assert log.wait("callback.noted", what="kept")["attempts"] == 1
    floor.carrier.rung[0].dialog.hang_up()
    assert len(floor.carrier.rung) == 1


def test_engine_killed_while_the_citizen_rings_and_again_in_the_talk(centre: Centre, floor: Floor) -> None:
    """Answered while no engine lives: a talk for the next one, and for the one after that."""
    floor.carrier.answer_after_s = None
    book(centre, "cb-8.1")
    restart(centre)
    floor.agent("1001")
    rung = floor.carrier.wait_rung()
    assert still_open(centre) == {"cb-8.1": 1}
    log = Log(centre)
    killed = centre.kill_engine()
    floor.carrier.pick_up(rung.dialog)
    moved = log.wait("contact.moved", 10, new="connected", contact_id="cb-8.1")
    assert (moved["agent_id"], moved["detail"]) == ("1001", "kept")
    centre.wait_ready(not_pid=killed)
    wait_state(centre, "1001", "available", "connected")
    wait_for(lambda: still_open(centre) == {}, 5)
    restart(centre)
    wait_state(centre, "1001", "available", "connected")
    rung.dialog.hang_up()
    wait_state(centre, "1001", "available", "idle")
    assert len(floor.carrier.rung) == 1


def test_engine_hung_while_the_talk_begins_and_ends(centre: Centre, floor: Floor) -> None:
    """Nobody heard of it but the PBX's own database: kept, and the citizen is not called twice."""
    floor.carrier.answer_after_s = None
    book(centre, "cb-9.1")
    restart(centre)
    floor.agent("1001")
    rung = floor.carrier.wait_rung()
    log = Log(centre)
    hung = centre.stop_engine()
    floor.carrier.pick_up(rung.dialog)
    wait_for(lambda: "cb-9.1" in centre.console("database show callback"), 5)
    rung.dialog.hang_up()
    wait_quiet(centre, 12)
    centre.wait_ready(not_pid=hung)
    log.wait("callback.noted", 8, what="kept", contact_id="cb-9.1")
    wait_for(lambda: still_open(centre) == {}, 5)
    wait_state(centre, "1001", "available", "idle")
    assert len(floor.carrier.rung) == 1


def test_the_pbx_refuses_what_is_not_allowed_even_if_the_engine_were_tricked(centre: Centre, floor: Floor) -> None:
    """A number that no engine would book, put into its own file: refused by the engine, and by the PBX's patterns."""
    for number in ("0607001234", "0015551234567", "15881234", "112"):
        asked = centre.console(f"dialplan show {number}@outgoing")
        assert "_[0-9]!" in asked
        assert "outgoing-line" not in asked
    assert "outgoing-line" in centre.console(f"dialplan show {MOBILE}@outgoing")
    assert "REFUSED" in centre.console(f"dialplan show {NUMBER}@outgoing")
    floor.agent("1001")
    book(centre, "cb-10.1", "0607001234")
    restart(centre)
    log = Log(centre)
    wait_for(lambda: log.lines("callback.not_dialled", contact_id="cb-10.1"), 10, centre.said)
    assert floor.carrier.rung == []
    store = CallbackStore(centre.state / "callbacks.sqlite")
    store.close("cb-10.1", "withdrawn", 0.0)
    store.release()
    restart(centre)


def test_the_record_tells_the_whole_way_under_one_id(centre: Centre) -> None:
    assert show.run(["cb-3.1", "--state", str(centre.state)]) == 0
    assert Path(centre.state / "callbacks.sqlite").stat().st_mode & 0o077 == 0
