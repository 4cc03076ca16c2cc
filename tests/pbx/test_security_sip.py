"""Promises 8, 12, 13 and SIP's part of 15 on a real Asterisk with a carrier named: nothing is evaluated, nobody outside is
dialled, guests get in nowhere and learn nothing, and no message ends anything.

Everyday a sample; the whole numbers with --long.
"""

from __future__ import annotations

import random
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Self
from urllib.parse import quote

import pytest
from calls import Log, wait_quiet
from carrier import Carrier, agent, rules_with_carrier, some_host
from centre import NUMBER, Centre, wait_for

from acd.ami.client import ActionFailed, AmiClient
from tests.bench.sip_ua import Dialog, Loop, Ua
from tests.corpus.generate import cases, many
from tests.property.test_numbers import generated

SEED = 20261124
GUEST = "127.0.0.3"
LONG = (pytest.mark.long, pytest.mark.timeout(14_400))
HOST = some_host()


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("c") / "canary"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, canary: Path) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    words = [
        "--rules", str(rules_with_carrier(folder, HOST)), "--at", "2026-11-24T10:00", "--set", "trunks.flood=null",
        "--set", "queues.defaults.wrapup_s=0",
        "--set", f"agents.agents.1001.name='${{SHELL(touch {canary})}},& $[1+1]'",
    ]  # fmt: skip
    with Centre.start(folder, *words) as centre:
        yield centre


@pytest.fixture
def carrier(centre: Centre, loop: Loop) -> Iterator[Carrier]:
    carrier = Carrier(loop, centre, HOST)
    yield carrier
    carrier.close()


class Sender:
    """Writes SIP as it likes. A context manager."""

    def __init__(self, centre: Centre, address: str) -> None:
        self.centre, self.address = centre, address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(10)
        self.port = self.socket.getsockname()[1]
        self.number = 0
        self.open: list[str] = []  # the BYEs of calls that were accepted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.socket.close()

    def raw(self, data: bytes) -> None:
        self.socket.sendto(data, self.centre.sip)

    def ask(self, method: str, to: str, who: str, extra: str = "") -> str:
        """The final answer to one request; an INVITE's is acknowledged."""
        self.number += 1
        call, host = f"s{self.number}-{self.port}-{time.monotonic_ns()}", self.centre.sip[0]
        uri = f"sip:{to}@{host}" if to else f"sip:{host}"
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
            if method == "INVITE"
            else ""
        )
        kind = "Content-Type: application/sdp\r\n" if body else ""
        common = f"Max-Forwards: 70\r\nFrom: <sip:{who}@{self.address}>;tag=1\r\nCall-ID: {call}\r\n"
        via = f"Via: SIP/2.0/UDP {self.address}:{self.port};rport;branch=z9hG4bK{call}\r\n"
        self.raw(
            f"{method} {uri} SIP/2.0\r\n{via}{common}To: <sip:{who if method == 'REGISTER' else to}@{host}>\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:x@{self.address}:{self.port}>\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        while True:
            answer = self.socket.recv(65_535).decode("utf-8", "replace")
            if f"Call-ID: {call}" in answer and answer.startswith("SIP/2.0 ") and not answer.startswith("SIP/2.0 1"):
                break
        if method == "INVITE":
            to_header = re.search(r"^To:.*$", answer, re.MULTILINE)
            assert to_header
            self.raw(
                f"ACK {uri} SIP/2.0\r\n{via}{common}{to_header[0].strip()}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n".encode()
            )
            if answer.startswith("SIP/2.0 2"):
                target = re.search(r"^Contact:.*<([^>]+)>", answer, re.MULTILINE)
                assert target
                self.open.append(
                    f"BYE {target[1]} SIP/2.0\r\n{via.replace('z9hG4bK', 'z9hG4bKb')}{common}{to_header[0].strip()}\r\n"
                    "CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n"
                )
        return answer

    def hang_up(self) -> None:
        """Every call that was accepted."""
        while self.open:
            self.raw(self.open.pop().encode())

    def status(self, *words: str) -> int:
        return int(self.ask(*words)[8:11])


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


@pytest.mark.parametrize("count", [2, pytest.param(300, marks=LONG)])
def test_refer_leads_nobody_outside(centre: Centre, carrier: Carrier, loop: Loop, canary: Path, count: int) -> None:
    """Nor is what it names evaluated."""
    phone = agent(loop, centre, "1001")
    targets = [quote(f"${{SHELL(touch {canary})}}"), *outside(count - 1)]
    for number in targets:
        dialog, log = talk(centre, carrier, phone), Log(centre)
        dialog.request(
            "REFER", extra=f"Refer-To: <sip:{number}@{centre.sip[0]}>\r\nReferred-By: <sip:1001@{centre.sip[0]}>\r\n"
        )
        if number.isdecimal():
            log.wait("call.began", 20, script="transfer")
        time.sleep(1.0)  # nothing may come of it: there is nothing to wait for
        assert carrier.rung == [], number
        hang_up(carrier, phone)
        wait_quiet(centre, 20)
    assert phone.call("*13").ended.wait(20)
    phone.close()
    assert not canary.exists()


def test_a_forwarded_phone_leads_nobody_outside(centre: Centre, carrier: Carrier, loop: Loop) -> None:
    phone = Forwarder(loop, "1003", centre.sip, centre.accounts["1003"]["sip_secret"]).register()
    assert phone.call("*11").ended.wait(20)
    phone.to, phone.reject_with = "0060012345678", "302 Moved Temporarily"
    log, rung = Log(centre), []
    phone.on_invite = lambda dialog, text, now: rung.append(dialog)
    call = carrier.citizen()
    log.wait("call.began", 20)
    time.sleep(0.3)
    carrier.press(call, "10")
    wait_for(lambda: rung, 20, centre.said)
    time.sleep(1.0)
    call.hang_up()
    wait_quiet(centre, 20)
    phone.to, phone.reject_with = "", None
    assert phone.call("*13").ended.wait(20)
    phone.close()
    assert carrier.rung == []


# --- 8: nothing is evaluated


def payloads(rng: random.Random, canary: Path) -> Iterator[str]:
    pieces = [
        f"${{SHELL(touch {canary})}}", f"$(touch {canary})", f"`touch {canary}`", f"&System(touch {canary})", f"|touch {canary}",
        f";touch {canary};", "${GLOBAL(RM_PHASE)}", "${ENV(PATH)}", "$[1/0]", "$[1+1]", "${", "}", "%n%s", ",", "&", ";", "|", "=", "^",
        "RM_PHASE=done", "${RM_PHASE}", "'; drop table facts; --", "{{7*7}}", "가", "😀", "<b>", "a" * 100, "%00", "%0d%0aX: y", "..", "/",
    ]  # fmt: skip
    while True:
        yield "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 4)))


@pytest.mark.parametrize("count", [40, pytest.param(10_000, marks=LONG)])
def test_what_a_caller_says_is_never_evaluated(centre: Centre, canary: Path, count: int) -> None:
    rng = random.Random(SEED)
    some = payloads(rng, canary)
    before, log = centre.console("dialplan show globals"), Log(centre)
    with Sender(centre, HOST) as citizen:
        accepted = 0
        for number in range(count):
            said = next(some)
            quoted = said.replace("\\", "\\\\").replace('"', '\\"')
            user = quote(next(some), safe="")
            extra = (
                f'P-Asserted-Identity: "{quoted}" <sip:{user}@{HOST}>\r\nUser-Agent: {said}\r\nSubject: {said}\r\n'
                f"Diversion: <sip:{user}@{HOST}>;reason=unknown\r\nX-Ringmaster: {said}\r\n"
            )
            status = citizen.status("INVITE", NUMBER, user, extra)
            assert status in (200, 400), said
            accepted += status == 200
            if number % 40 == 39:  # the engine has them all before they end
                wait_for(lambda most=accepted: len(log.lines("call.began")) >= most, 30, centre.said)
                citizen.hang_up()
                wait_quiet(centre, 30)
    assert accepted > count / 2
    assert not canary.exists()
    assert centre.console("dialplan show globals") == before
    assert not log.lines("call.failed")


def test_the_name_of_a_caller_goes_all_the_way_unevaluated(
    centre: Centre, carrier: Carrier, loop: Loop, canary: Path
) -> None:
    """To a phone that rings, the journal and the wallboard; and agent 1001's own name in the rules is such a one too."""
    phone, log = agent(loop, centre, "1001"), Log(centre)
    evil = quote(f"${{SHELL(touch {canary})}}&,", safe="")
    call = carrier.call(NUMBER, evil)
    assert call.answered.wait(20)
    log.wait("call.began", 20)
    time.sleep(0.3)
    carrier.press(call, "10")
    connected = log.wait("contact.moved", 20, new="connected")
    assert connected["agent_id"] == "1001"
    assert "SHELL" in centre.get("/snapshot.json")  # the agent's name, as it was written
    call.hang_up()
    wait_quiet(centre, 20)
    assert phone.call("*13").ended.wait(20)
    phone.close()
    assert not canary.exists()


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
