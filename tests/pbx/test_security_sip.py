"""Promises 12, 13 and SIP's part of 15 on a real Asterisk with a carrier named: nobody outside is dialled, guests get in
nowhere and learn nothing, and no message ends anything.

Everyday a sample; the whole numbers with --long.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import quote

import pytest
from calls import Log, wait_quiet
from carrier import Carrier, agent, rules_with_carrier, say, some_host
from centre import NUMBER, Centre, wait_for
from sender import Sender

from acd.ami.client import ActionFailed, AmiClient
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua
from tests.corpus.generate import cases, many
from tests.property.test_numbers import generated

SEED = 20261124
GUEST = "127.0.0.3"
LONG = (pytest.mark.long, pytest.mark.timeout(14_400))
HOST = some_host()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    words = [
        "--rules", str(rules_with_carrier(folder, HOST)), "--at", "2026-11-24T10:00", "--set", "trunks.flood=null",
        "--set", "queues.defaults.wrapup_s=0",
    ]  # fmt: skip
    with Centre.start(folder, *words) as centre:
        yield centre


def processed(centre: Centre) -> int:
    """Calls that the PBX has taken since its start."""
    found = re.search(r"(\d+) calls? processed", centre.console("core show channels count"))
    assert found
    return int(found[1])


# --- 13: guests and scanners


def without_names(answer: str) -> list[str]:
    """An answer without what differs in every one."""
    kept = [line for line in answer.split("\r\n") if not re.match(r"(Via|Call-ID|From|To|CSeq|Date):", line)]
    return [re.sub(r'(nonce|opaque)="[^"]*"', "", line) for line in kept]


@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=LONG)])
def test_guests_get_in_nowhere(centre: Centre, count: int) -> None:
    rng, before = random.Random(SEED), processed(centre)
    targets = [NUMBER, f"+82{NUMBER[1:]}", "1001", "7901", "*11", "*51", "112", "s", "01012345678", "fallback-ko"]
    with Sender(centre, GUEST) as guest:
        for _ in range(count):
            who = rng.choice(
                ["1001", "anonymous", "carrier-fake", "fake", "5999", "01012345678", "ringmaster", "admin"]
            )
            assert guest.status("INVITE", rng.choice(targets), who) in (401, 403)
    assert processed(centre) == before
    assert not centre.channels()


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS"])
@pytest.mark.parametrize("tried", ["", "wrong"])
def test_a_scanner_learns_no_user(centre: Centre, method: str, tried: str) -> None:
    """Known or not, with a wrong password or none: the same words."""
    extra = (
        'Authorization: Digest username="%s", realm="asterisk", nonce="1/1", uri="sip:x", response="' + "0" * 32 + '"\r\n'
        if tried else ""
    )  # fmt: skip
    with Sender(centre, GUEST) as guest:
        answers = {}
        for user in ("1001", "1010", "5999", "nobody", "carrier-fake"):
            answers[user] = without_names(
                guest.ask(method, "" if method == "REGISTER" else user, user, extra % user if extra else "")
            )
    assert len({tuple(lines) for lines in answers.values()}) == 1, answers
    assert answers["nobody"][0] == "SIP/2.0 401 Unauthorized"


@pytest.mark.long
def test_a_scanner_learns_no_user_by_the_time_either(centre: Centre) -> None:
    took: dict[str, list[float]] = {"1001": [], "5999": []}
    with Sender(centre, GUEST) as guest:
        for number in range(600):
            user = "1001" if number % 2 else "5999"
            began = time.perf_counter()
            guest.ask("REGISTER", "", user)
            took[user].append(time.perf_counter() - began)
    known, unknown = (median(took[user]) for user in ("1001", "5999"))
    assert 1 / 3 < known / unknown < 3, (known, unknown)


# --- 12: toll fraud


def outside(count: int) -> list[str]:
    """Numbers that are nobody's here: on the allow-list of call-backs or not, no phone, guest or carrier reaches them."""
    rng = random.Random(SEED)
    numbers: list[str] = []
    while len(numbers) < count:
        number = generated(rng)
        if number not in ("", "112", "119", NUMBER) and len(number) != 4:
            numbers.append(number)
    return numbers


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=LONG)])
def test_no_number_outside_is_dialled(centre: Centre, carrier: Carrier, loop: Loop, count: int) -> None:
    """By guests, through the carrier itself, by an agent's phone with its password, in turns."""
    phone = Ua(loop, "1002", centre.sip, centre.accounts["1002"]["sip_secret"]).register()
    with Sender(centre, GUEST) as guest, Sender(centre, HOST) as citizen:
        for at, number in enumerate(outside(count)):
            if at % 3 == 0:
                assert guest.status("INVITE", number, "1001") in (401, 403), number
            elif at % 3 == 1:
                assert citizen.status("INVITE", number, "01012345678") in (404, 484), number
            else:
                dialog = phone.call(number)
                assert dialog.ended.wait(10), number
                assert dialog.status in (404, 484), number  # 484: the beginning of one of ours
    phone.close()
    assert carrier.rung == []


def test_ami_originates_nothing(centre: Centre, carrier: Carrier) -> None:
    known = centre.ready["ami"]
    client = AmiClient(known["host"], known["port"], known["user"], known["secret"], on_packet=lambda _: None)
    client.start()
    try:
        assert client.logged_in.wait(20)
        for channel in (
            "Local/01012345678@outgoing",
            f"PJSIP/carrier-fake/sip:0060012345@{HOST}",
            "Local/0015551234@agents",
        ):
            with pytest.raises(ActionFailed, match="Permission denied"):
                client.ask("Originate", Channel=channel, Application="Wait", Data="1")
        with pytest.raises(ActionFailed, match="Permission denied"):
            client.ask("Command", Command="channel originate Local/01012345678@outgoing application Wait 1")
    finally:
        client.stop()
    assert carrier.rung == []


class Forwarder(Ua):
    """A phone that is forwarded to a number outside, once `to` is set."""

    to = ""

    @property
    def contact(self) -> str:
        return f"<sip:{self.to}@{HOST}>" if self.to else super().contact


def talk(centre: Centre, carrier: Carrier, phone: Ua) -> Dialog:
    """A citizen and this agent, talking; the agent's side."""
    log = Log(centre)
    call = carrier.citizen()
    log.wait("call.began", 20)
    time.sleep(0.3)
    carrier.press(call, "10")
    log.wait("contact.moved", 20, new="connected")
    return next(
        one for one in phone.dialogs.values() if one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set()
    )


def hang_up(*phones: Ua) -> None:
    for phone in phones:
        for one in list(phone.dialogs.values()):
            if one.answered.is_set() and not one.ended.is_set():
                one.hang_up()


@pytest.mark.parametrize("count", [4, pytest.param(300, marks=LONG)])
def test_refer_leads_nobody_outside(centre: Centre, carrier: Carrier, loop: Loop, canary: Path, count: int) -> None:
    """What it leads to is the agent who sent it: their phone rings, and they talk again. Nor is what it names evaluated."""
    phone = agent(loop, centre, "1001")
    dialog = talk(centre, carrier, phone)
    for number in [f"00{quote(f'${{SHELL(touch {canary})}}')}", *outside(count - 1)]:
        log, before = Log(centre), set(phone.dialogs)
        dialog.request(
            "REFER", extra=f"Refer-To: <sip:{number}@{centre.sip[0]}>\r\nReferred-By: <sip:1001@{centre.sip[0]}>\r\n"
        )
        assert log.wait("transfer.asked", 20)["refused"], number
        again = log.wait("contact.moved", 20, new="connected")
        assert again["agent_id"] == "1001", number
        wait_for(lambda: centre.talks() == 1, 20, centre.said)
        dialog.hang_up()  # as a phone does whose transfer was taken
        (dialog,) = (phone.dialogs[one] for one in phone.dialogs.keys() - before)
        assert carrier.rung == [], number
    hang_up(carrier)
    wait_quiet(centre, 20)
    say(centre, phone, "*13", "offline")
    phone.close()
    assert not canary.exists()


def test_a_forwarded_phone_leads_nobody_outside(centre: Centre, carrier: Carrier, loop: Loop) -> None:
    phone = Forwarder(loop, "1003", centre.sip, centre.accounts["1003"]["sip_secret"]).register()
    say(centre, phone, "*11", "available")
    phone.to, phone.reject_with = "0060012345678", "302 Moved Temporarily"
    log, rung = Log(centre), []
    phone.on_invite = lambda dialog, text, now: rung.append(dialog)
    call = carrier.citizen()
    log.wait("call.began", 20)
    time.sleep(0.3)
    carrier.press(call, "10")
    wait_for(lambda: rung, 20, centre.said)
    log.wait("reservation.ended", 20, agent_id="1003")
    call.hang_up()
    wait_quiet(centre, 20)
    phone.to, phone.reject_with = "", None
    say(centre, phone, "*13", "offline")
    phone.close()
    assert carrier.rung == []


# --- 15: malformed SIP


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=LONG)])
def test_no_message_ends_anything(centre: Centre, count: int) -> None:
    """From strangers, and every tenth from the carrier's own address; who asks after every fifty is answered."""
    pid = centre.asterisk_pid
    with Sender(centre, GUEST) as guest, Sender(centre, HOST) as trusted, Sender(centre, HOST) as asking:
        for at, data in enumerate([*(data for _, data in cases("sip")), *many("sip", SEED, count)]):
            (trusted if at % 10 == 0 else guest).raw(data[:60_000])
            if at % 50 == 49:
                assert asking.status("OPTIONS", NUMBER, "01012345678") in (200, 404), f"case {at} of seed {SEED}"
        trusted.hang_up()
        assert asking.status("INVITE", NUMBER, "01012345678") == 200
    assert centre.asterisk_pid == pid
    assert centre.engine_pid == centre.ready["pid"]
