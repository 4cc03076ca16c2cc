"""Officials behind a carrier, with a carrier's phone of our own: what it is shown, and that nothing else reaches it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import randrange

import pytest
from calls import Log, logged_in, wait_heeded, wait_joined, wait_quiet, wait_state
from centre import NUMBER, Centre, wait_for
from handovers import ask_for
from test_call_transfer import refer_with_replaces

from engine.phone import ESTABLISHED, Phone
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua

OFFICIAL, LINE = "7901", "0318075000"
CITIZEN = "01087654321"


class Carrier:
    """The carrier's end: citizens call from its address, and whoever is dialled outside rings there and answers."""

    def __init__(self, loop: Loop, address: str, centre: Centre) -> None:
        self.loop, self.address, self.centre, self.server = loop, address, centre, centre.sip
        self.invited: list[tuple[Dialog, str]] = []
        self.phone = Ua(loop, LINE, centre.sip, own=(address, 5060))
        self.phone.on_invite = lambda dialog, text, now: self.invited.append((dialog, text))
        self.citizens: list[Ua] = []

    def citizen(self) -> Ua:
        self.citizens.append(Ua(self.loop, CITIZEN, self.server, own=(self.address, 0)))
        return self.citizens[-1]

    def rung(self, after: int) -> tuple[Dialog, str]:
        wait_for(lambda: len(self.invited) > after, 6, "the carrier was not rung")
        return self.invited[after]

    def close(self) -> None:
        for one in (self.phone, *self.citizens):
            one.close()


@pytest.fixture(scope="module")
def address() -> str:
    return f"127.78.{randrange(1, 255)}.{randrange(1, 255)}"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[Centre]:
    words = (
        "--set", "queues.defaults.wrapup_s=0", "--set", f'trunks.carriers=[{{name: one, addresses: ["{address}"]}}]',
        "--set", f"directory.officials.{OFFICIAL}.number={LINE}",
    )  # fmt: skip
    with Centre.start(tmp_path_factory.mktemp("centre"), "--at", "2026-11-24T10:00", *words) as centre:
        yield centre


@pytest.fixture
def carrier(centre: Centre, loop: Loop, address: str) -> Iterator[Carrier]:
    carrier = Carrier(loop, address, centre)
    yield carrier
    carrier.close()


@contextmanager
def calling(carrier: Carrier, log: Log) -> Iterator[Dialog]:
    """A citizen's call that an agent has answered."""
    citizen = carrier.citizen()
    call = citizen.call(NUMBER)
    assert call.answered.wait(20)
    wait_heeded(log, citizen.user)
    citizen.press(call, "10")
    log.wait("contact.moved", 8, new="connected")
    wait_joined(carrier.centre)
    yield call
    if not call.ended.is_set():
        call.hang_up()


@contextmanager
def talk(centre: Centre, carrier: Carrier) -> Iterator[tuple[Log, Dialog, Phone]]:
    with logged_in(centre, "1001") as [agent]:
        log = Log(centre)
        with calling(carrier, log) as call:
            yield log, call, agent


def shown(invite: str) -> dict[str, str]:
    """Every number in the headers that a carrier bills and shows by, and who else is named anywhere."""
    found = {name: re.search(rf"^{name}: .*?sip:([^@>]+)@", invite, re.MULTILINE | re.IGNORECASE) for name in HEADERS}
    return {name: match[1] for name, match in found.items() if match}


HEADERS = ("From", "P-Asserted-Identity", "Remote-Party-ID", "Contact", "Diversion")


def assert_ours(invite: str) -> None:
    assert invite.startswith(f"INVITE sip:{LINE}@")
    numbers = shown(invite)
    assert numbers["From"] == numbers["P-Asserted-Identity"] == NUMBER, numbers
    assert CITIZEN not in invite
    assert "1001" not in re.sub(r"(Call-ID|Via|o=|branch).*", "", invite)


def test_a_consultation_shows_the_centres_number_and_gives_the_citizen_over(centre: Centre, carrier: Carrier) -> None:
    with talk(centre, carrier) as (log, citizen, agent):
        ask_for(agent, OFFICIAL)
        official, invite = carrier.rung(0)
        assert_ours(invite)
        time.sleep(1.0)
        agent.hang_up()
        log.wait("contact.moved", new="connected", agent_id=OFFICIAL)
        assert log.wait("talk.noted", by="1001", agent_id=OFFICIAL)["detail"] == "consult:answered"
        time.sleep(0.5)
        assert not citizen.ended.is_set()
        official.hang_up()
        assert citizen.ended.wait(20)
        assert log.wait("contact.moved", new="completed")["agent_id"] == OFFICIAL
        wait_quiet(centre)


def test_a_blind_transfer_shows_it_too(centre: Centre, carrier: Carrier) -> None:
    with talk(centre, carrier) as (log, citizen, agent):
        agent.transfer(OFFICIAL)
        official, invite = carrier.rung(0)
        assert_ours(invite)
        log.wait("contact.moved", new="connected", agent_id=OFFICIAL)
        citizen.hang_up()
        assert official.ended.wait(20)
        log.wait("contact.moved", new="completed")
        wait_quiet(centre)


def test_a_phone_joins_citizen_and_official_by_itself(centre: Centre, carrier: Carrier, loop: Loop) -> None:
    """REFER with Replaces, after the phone has dialled the official's four digits."""
    agent = Ua(loop, "1001", centre.sip, centre.accounts["1001"]["sip_secret"]).register()
    try:
        assert agent.call("*11").ended.wait(20)
        wait_state(centre, "1001", "available", "idle")
        rung: list[Dialog] = []
        agent.on_invite = lambda dialog, text, now: rung.append(dialog)
        log = Log(centre)
        with calling(carrier, log) as citizen:
            consultation = agent.call(OFFICIAL)
            official, invite = carrier.rung(0)
            assert_ours(invite)
            assert consultation.answered.wait(20)
            wait_joined(centre, 2)
            refer_with_replaces(agent, rung[0], consultation)
            log.wait("contact.moved", 5, new="connected", agent_id=OFFICIAL)
            assert log.wait("talk.noted", by="1001")["detail"] == "consult:answered"
            for dialog in (rung[0], consultation):
                dialog.hang_up()
            wait_state(centre, "1001", "available", "idle")
            assert not citizen.ended.is_set()
            official.hang_up()
            assert citizen.ended.wait(20)
            assert log.wait("contact.moved", new="completed")["agent_id"] == OFFICIAL
        wait_quiet(centre)
        assert agent.call("*13").ended.wait(20)
    finally:
        agent.close()


TRIED: list[tuple[str, Callable[[Phone, str], None]]] = [
    ("01098765432", lambda agent, number: agent.transfer(number)),
    (LINE, lambda agent, number: agent.transfer(number)),
    ("0601234567", lambda agent, number: agent.transfer(number)),
    ("00821098765432", lambda agent, number: agent.transfer(number)),
    ("0109", lambda agent, number: ask_for(agent, number) and None),
]


def test_no_other_number_reaches_the_carrier(centre: Centre, carrier: Carrier) -> None:
    with talk(centre, carrier) as (log, citizen, agent):
        for number, attempt in TRIED:
            asked = time.monotonic()
            attempt(agent, number)
            if len(number) > 4:
                agent.wait(ESTABLISHED, 6, after=asked)  # the citizen is back
            else:
                log.wait("talkkey.pressed", 6, said="agent_transfer_refused")
        assert not citizen.ended.is_set()
    with centre.agent("1002") as other:
        for number in ("01098765432", LINE, "0101", "06012345678"):
            dialled = other.call(number)
            other.wait_ended(5, after=dialled)
        assert carrier.invited == []
        dialled = other.call("119")  # but this one always
        _, invite = carrier.rung(0)
        assert invite.startswith("INVITE sip:119@")
        assert shown(invite)["From"] == shown(invite)["P-Asserted-Identity"] == NUMBER
        other.hang_up()
        wait_quiet(centre)
