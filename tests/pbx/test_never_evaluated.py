"""Promise 8 on a real Asterisk: what callers say and press, what agents' phones say, and what the rules say of agents is
never evaluated: no program runs (a canary file), no global changes, nobody outside is dialled.

Everyday a sample; the whole numbers with --long.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import pytest
from calls import Log, wait_quiet
from carrier import Carrier, agent, rules_with_carrier, say, some_host
from centre import NUMBER, Centre, wait_for
from sender import Accepted, Sender

from acd.ami.client import AmiClient
from acd.ami.pbx import AmiPbx
from acd.core.states import Presence
from acd.pbx import Membership
from dialplan.language import Language
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua

SEED = 20261124
MANY = [40, pytest.param(10_000, marks=(pytest.mark.long, pytest.mark.timeout(14_400)))]
AT_ONCE = 40
HOST = some_host()
NOBODY = "PJSIP/0000"  # a member of the queues for whom no caller ever waits
KEYS = "0123456789*#ABCD"
FLASH = 16
NO_SUCH_CALL = 481
TELEPHONE_EVENT = 101


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, canary: Path) -> Iterator[Centre]:
    """Its rules are poisoned too, wherever an operator writes text."""
    folder = tmp_path_factory.mktemp("centre")
    evil = f"${{SHELL(touch {canary})}},& $[1+1]"
    texts = {
        "agents.agents.1001.name": evil,
        "agents.agents.1003.name": "a|Local/112@agents;0;0;b",
        "agents.teams.team1.label.ko": evil,
        "agents.away_reasons.lunch.label.ko": evil,
        "directory.officials.7101.department": evil,
        "directory.officials.7101.work": evil,
        "queues.queues.city.label.ko": evil,
    }
    words = [
        "--rules", str(rules_with_carrier(folder, HOST)), "--at", "2026-11-24T10:00", "--set", "trunks.flood=null",
        "--set", "queues.defaults.wrapup_s=0", *(word for key, text in texts.items() for word in ("--set", f"{key}='{text}'")),
    ]  # fmt: skip
    with Centre.start(folder, *words) as centre:
        yield centre


@pytest.fixture(autouse=True)
def nothing_evaluated(centre: Centre, canary: Path, carrier: Carrier) -> Iterator[None]:
    """What every test here is about."""
    before, log = centre.console("dialplan show globals"), Log(centre)
    yield
    assert not canary.exists()
    assert centre.console("dialplan show globals") == before
    assert carrier.rung == []
    assert not log.lines("call.failed")


def payloads(rng: random.Random, canary: Path) -> Iterator[str]:
    pieces = [
        f"${{SHELL(touch {canary})}}", f"$(touch {canary})", f"`touch {canary}`", f"&System(touch {canary})", f"|touch {canary}",
        f";touch {canary};", "${GLOBAL(RM_PHASE)}", "${ENV(PATH)}", "$[1/0]", "$[1+1]", "${", "}", "%n%s", ",", "&", ";", "|", "=", "^",
        "RM_PHASE=done", "${RM_PHASE}", "'; drop table facts; --", "{{7*7}}", "가", "😀", "<b>", "a" * 100, "%00", "%0d%0aX: y", "..", "/",
    ]  # fmt: skip
    while True:
        yield "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 4)))


def quoted(said: str) -> str:
    """As a display name."""
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '


# --- callers


class Fingers:
    """A caller's keys by RFC 4733, and packets that are nearly such."""

    def __init__(self, citizen: Sender, call: Accepted) -> None:
        self.citizen, self.call, self.sequence, self.stamp = citizen, call, 0, 0

    def press(self, keys: str) -> None:
        for key in keys:
            self.stamp += 1600
            for ends in (False, True):
                self._send(KEYS.index(key), ends=ends, duration=800)

    def fumble(self, rng: random.Random) -> None:
        """Events that are none, of no length or of the longest, cut off, with more than belongs there, of other types."""
        for _ in range(12):
            self.stamp += rng.choice([0, 1, 1600, 0x7FFFFFFF])
            self._send(
                rng.choice([rng.randrange(256), FLASH, rng.randrange(len(KEYS))]),
                ends=rng.random() < 0.5, duration=rng.choice([0, 1, 800, 0xFFFF]), first=rng.choice([0x80, 0x90, 0xA0, 0x8F, 0x40]),
                kind=rng.choice([TELEPHONE_EVENT, TELEPHONE_EVENT, rng.randrange(128)]), size=rng.choice([None, None, rng.randrange(16)]),
                more=rng.choice([b"", b"${SHELL(id)}", rng.randbytes(600)]),
            )  # fmt: skip

    def _send(
        self, event: int, *, ends: bool, duration: int, first: int = 0x80, kind: int = TELEPHONE_EVENT,
        size: int | None = None, more: bytes = b"",
    ) -> None:  # fmt: skip
        self.sequence = (self.sequence + 1) & 0xFFFF
        packet = struct.pack(
            "!BBHIIBBH", first, kind, self.sequence, self.stamp & 0xFFFFFFFF, 7, event, (0x80 if ends else 0) | 10, duration
        )  # fmt: skip
        self.citizen.sound(self.call, packet[:size] + more)


def tell_keys(citizen: Sender, call: Accepted, rng: random.Random, said: str) -> None:
    """SIP INFO: keys, as old phones send them, keys that are none, and no keys at all."""
    many = "".join(rng.choice(KEYS) for _ in range(rng.choice([1, 30, 3000])))
    for kind, body in (
        ("application/dtmf-relay", f"Signal={said}\r\nDuration={said}\r\n"),
        ("application/dtmf-relay", f"Signal= {many}\r\nDuration= -1\r\n"),
        ("application/dtmf", said),
        ("application/dtmf", many),
        (rng.choice(["application/hook-flash", "text/plain", "application/broadsoft"]), said),
    ):
        citizen.within(call, "INFO", kind=kind, body=body.encode(), extra=f"Info-Package: {said}\r\n")


@pytest.mark.parametrize("count", MANY)
def test_what_a_caller_says_and_presses(centre: Centre, canary: Path, count: int) -> None:
    rng, log = random.Random(SEED), Log(centre)
    some, accepted = payloads(rng, canary), 0

    def begun() -> bool:
        return len(log.lines("call.began")) >= accepted

    def chosen(hands: list[Fingers]) -> bool:
        """Keys that come before the engine listens are lost; who is not understood presses again."""
        for one in hands:
            one.press("1")
        time.sleep(0.2)
        return len({line["call_id"] for line in log.lines("call.chose")}) >= accepted

    with Sender(centre, HOST) as citizen:
        for begin in range(0, count, AT_ONCE):
            for _ in range(min(AT_ONCE, count - begin)):
                said, user = next(some), quote(next(some), safe="")
                extra = (
                    f"P-Asserted-Identity: {quoted(said)}<sip:{user}@{HOST}>\r\nUser-Agent: {said}\r\nSubject: {said}\r\n"
                    f"Diversion: <sip:{user}@{HOST}>;reason=unknown\r\nX-Ringmaster: {said}\r\n"
                )
                status = citizen.status("INVITE", NUMBER, user, extra)
                assert status in (200, 400), said
                accepted += status == 200
            wait_for(begun, 30, centre.said)  # the engine has them all before they end
            hands = [Fingers(citizen, call) for call in citizen.open]
            wait_for(lambda hands=hands: chosen(hands), 30, centre.said)
            for one in hands:
                one.fumble(rng)
                tell_keys(citizen, one.call, rng, next(some))
            assert citizen.status("OPTIONS", NUMBER, "01012345678") == 200
            citizen.hang_up(f'Reason: Q.850;cause=16;text="{next(some)}"\r\n')
            wait_quiet(centre, 30)
    assert accepted > count / 2


# --- agents


class Talker(Ua):
    """An agent's phone that says what it is told to, and knows what it was answered."""

    def __init__(self, loop: Loop, centre: Centre, extension: str) -> None:
        super().__init__(loop, extension, centre.sip, centre.accounts[extension]["sip_secret"])
        self.registered_as = extension
        self.answers: dict[str, int] = {}
        self.on_final = self.answers.__setitem__

    @property
    def contact(self) -> str:
        return f"<sip:{self.registered_as}@{self.host}:{self.port};x={self.registered_as}>"

    def asked(self, dialog: Dialog, method: str, *words: str) -> str:
        """A request within a call, by the name that `answers` has it under."""
        dialog.request(method, *words)
        return f"{dialog.call_id} {dialog.cseq} {method}"


@pytest.mark.parametrize("count", MANY)
def test_what_an_agents_phone_says(centre: Centre, carrier: Carrier, loop: Loop, canary: Path, count: int) -> None:
    """As what it dials, calls itself, registers as, answers with; within a talk as INFO, MESSAGE, REFER, and at its end."""
    some = payloads(random.Random(SEED), canary)
    one, other, third = (Talker(loop, centre, extension) for extension in ("1001", "1002", "1003"))
    for phone in (one, other, third):
        phone.register()
    log = Log(centre)
    say(centre, one, "*11", "available")
    one.answer_after_s = 0.1
    call = carrier.citizen()
    carrier.press(call, "10")
    log.wait("contact.moved", 20, new="connected")
    wait_for(lambda: centre.talks() == 1, 20, centre.said)
    (talk,) = (dialog for dialog in one.dialogs.values() if dialog.cseq >= 100)
    for number, said in enumerate(islice(some, count)):
        named = f"User-Agent: {said}\r\nSubject: {said}\r\nP-Asserted-Identity: {quoted(said)}<sip:1001@{HOST}>\r\n"
        to = quote(said, safe="")
        if number % 10 == 0:  # a phone that has moved, by a name of its own; the engine tells the one before
            other.registered_as = to
            other.register()
        other.reject_with = f"{302 if number % 2 else 486} {said}"
        dialled, ringing = (third.call(whom, shown=quoted(said), extra=named) for whom in (to, "1002"))
        kind = ("application/dtmf-relay", "application/dtmf")[number % 2]
        extra = (
            f"Refer-To: <sip:{to}@{HOST}>\r\nReferred-By: {quoted(said)}<sip:{to}@{HOST}>\r\nInfo-Package: {said}\r\n"
        )
        call.request("MESSAGE", said, extra, "text/plain")  # the citizen writes on the agent's screen
        talk.request("INFO", said, extra, "text/plain")  # the PBX knows no such thing, and answers nothing
        asked = {
            one.asked(talk, "INFO", f"Signal={said}\r\nDuration={said}\r\n", extra, kind),
            one.asked(talk, "MESSAGE", said, extra, "text/plain"),
            one.asked(talk, "REFER", "", extra),
        }
        assert dialled.ended.wait(20), said
        assert ringing.ended.wait(20), said
        wait_for(lambda asked=asked: asked <= one.answers.keys(), 20, lambda asked=asked: f"{asked}\n{centre.said()}")
        assert dialled.status in (404, 484), said
        assert ringing.status >= 400, said
        assert NO_SUCH_CALL not in one.answers.values(), said
        for phone in (one, other, third):
            phone.answers.clear()
        for phone in (third, other):
            phone.dialogs.clear()
    wait_for(lambda: said in one.texts, 20, lambda: f"{said} is not among {one.texts[-3:]}")
    assert not talk.ended.is_set()
    assert centre.talks() == 1
    talk.request("BYE", extra=f'Reason: Q.850;cause=16;text="{next(some)}"\r\n')
    assert call.ended.wait(20)
    wait_quiet(centre, 20)
    say(centre, one, "*13", "offline")
    for phone in (one, other, third):
        phone.registered_as = phone.user
        phone.register(expires_s=0)
        phone.close()


# --- the rules


def members(centre: Centre) -> set[str]:
    """Who would be rung for the queues' callers after a restart of the PBX, read as it reads its own database."""
    listed = centre.console("database show Queue/PersistentMembers")
    kept = [line.partition(" : ")[2] or line.partition(": ")[2] for line in listed.splitlines() if ": " in line]
    return {member.partition(";")[0].strip() for line in kept for member in line.replace(",", "|").split("|")}


@pytest.mark.parametrize("count", MANY)
def test_what_the_rules_say_of_an_agent(centre: Centre, carrier: Carrier, loop: Loop, canary: Path, count: int) -> None:
    """Through the engine's own door into AMI: a member's name and reason, a text for a phone."""
    some, known = payloads(random.Random(SEED), canary), centre.ready["ami"]
    client = AmiClient(known["host"], known["port"], known["user"], known["secret"], on_packet=lambda _: None)
    door, languages = AmiPbx(client), frozenset({Language.ZH})
    phone = Talker(loop, centre, "1004").register()
    client.start()
    try:
        assert client.logged_in.wait(20)
        for begin in range(0, count, AT_ONCE):
            texts = list(islice(some, min(AT_ONCE, count - begin)))
            for said in texts:
                for presence in (Presence.AVAILABLE, Presence.AWAY):
                    assert door.mirror(Membership("0000", said, NOBODY, languages, presence, said))
                    assert door.mirror(Membership("0000", said, NOBODY, languages, Presence.OFFLINE, None))
                assert door.tell("1004", said)
            assert door.mirror(Membership("0000", texts[-1], NOBODY, languages, Presence.AWAY, texts[-1]))
            client.ask("Ping")
            assert members(centre) <= {NOBODY, *(f"PJSIP/{extension}" for extension in centre.accounts)}
            assert NOBODY in members(centre)
            wait_for(lambda texts=texts: set(texts) <= set(phone.texts), 20, centre.said)
            phone.texts.clear()
            assert door.mirror(Membership("0000", "", NOBODY, languages, Presence.OFFLINE, None))
            client.ask("Ping")
            assert NOBODY not in members(centre)
    finally:
        client.stop()
        phone.close()


def test_a_name_goes_all_the_way(centre: Centre, carrier: Carrier, loop: Loop, canary: Path) -> None:
    """A caller's and an agent's own: to a phone that rings, the queues, the journal, the wallboard; an official's to a desk."""
    phones = [agent(loop, centre, extension) for extension in ("1001", "1003")]
    wait_for(lambda: {"PJSIP/1001", "PJSIP/1003"} <= members(centre), 20, lambda: str(members(centre)))
    assert {one for one in members(centre) if not one.startswith("PJSIP/")} == set()
    say(centre, phones[1], "*121", "away")  # lunch, whose label is poisoned
    log = Log(centre)
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
    asked = phones[0].call("7101")  # nobody has that phone: the engine judges, and says so
    log.wait("consult.ended", 30, target="7101")
    assert asked.ended.wait(20)
    wait_quiet(centre, 20)
    for phone in phones:
        say(centre, phone, "*13", "offline")
        phone.close()
