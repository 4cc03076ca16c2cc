"""Whole sessions over real FastAGI connections: the caller's way, many at once, and strangers of every kind."""

import random
import socket
import threading
import time

import pytest
import structlog

from acd.core.events.contacts import Departure
from ivr.agi import AgiChannel, AgiFault, CallerHungUp, Limits
from ivr.entrances import open_doors
from ivr.session import Outcome, Services
from tests.unit.ivr.house import TUESDAY_10, Observed, city, sound
from tests.unit.ivr.twins import TwinAcd


class Asterisk:
    """One channel of a PBX that plays every sound in no time and rings agents who answer."""

    def __init__(self, port: int, script: str = "call", uniqueid: str = "rm-1.1", **env: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(20)
        self.reader = self.socket.makefile("rb")
        self.commands: list[str] = []
        self.keys: dict[str, str] = {}  # a sound's name: the key that the caller presses in it
        lines = {
            "agi_network": "yes",
            "agi_network_script": script,
            "agi_channel": "PJSIP/carrier-00000001",
            "agi_uniqueid": uniqueid,
            "agi_callerid": "01012345678",
            **env,
        }
        self.socket.sendall("".join(f"{key}: {value}\n" for key, value in lines.items()).encode() + b"\n")

    def run(self) -> list[str]:
        """Answer commands until the engine closes. What was commanded, shortened."""
        with self.socket, self.reader:
            while line := self.reader.readline().decode().strip():
                self.commands.append(line)
                self.socket.sendall(self.reply(line))
                if line == "HANGUP":
                    self.socket.sendall(b"HANGUP\n")
        return self.commands

    def reply(self, line: str) -> bytes:
        if line.startswith("STREAM FILE"):
            key = self.keys.pop(line.split('"')[1], "")
            return b"200 result=%d endpos=8000\n" % (ord(key) if key else 0)
        if line.startswith("GET VARIABLE"):
            return b"200 result=1 (ANSWER)\n" if "DIALSTATUS" in line else b"200 result=0\n"
        if line.startswith("WAIT FOR DIGIT"):
            time.sleep(0.001)
            return b"200 result=0\n"
        return b"200 result=1\n" if line == "HANGUP" else b"200 result=0\n"


@pytest.fixture(autouse=True)
def logs():
    """Caught: no test pays for a coloured traceback, which takes seconds on a busy machine."""
    with structlog.testing.capture_logs() as caught:
        yield caught


@pytest.fixture
def centre():
    acd = SafeTwin(time.monotonic)
    observed = Observed()
    clock = iter(range(10**9))  # a stopwatch on which menus never take long
    services = Services(
        acd=acd,
        rules=city,
        clock=lambda: TUESDAY_10,
        sound=sound,
        observer=observed,
        stopwatch=lambda: float(next(clock)),
        limits=Limits(environment_s=0.5, command_s=5.0),
    )
    server = open_doors(services, ("127.0.0.1", 0))
    server.acd, server.observed = acd, observed
    yield server
    server.stop()


class SafeTwin(TwinAcd):
    """The twin, for many threads."""

    def __init__(self, clock) -> None:
        super().__init__(clock)
        self.lock = threading.RLock()

    def _match(self) -> None:
        with self.lock:
            super()._match()

    def take(self, contact_id: str):
        with self.lock:
            return super().take(contact_id)

    def offer(self, offer, channel: str) -> bool:
        with self.lock:
            return super().offer(offer, channel)


def eventually(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_call_from_greeting_to_goodbye(centre):
    centre.acd.free = ["1003"]
    asterisk = Asterisk(centre.port)
    asterisk.keys = {"greeting": "2", "en/topic_question": "3"}
    commands = asterisk.run()
    assert [c.split()[0] + " " + c.split()[1] for c in commands if c.startswith("EXEC")] == [
        "EXEC MSet", "EXEC MSet", "EXEC MSet", "EXEC Dial", "EXEC MSet", "EXEC MSet",
    ]  # fmt: skip
    words = "__RM_WHISPER=ko/agent_language_en:ko/agent_topic_passport"
    assert f"EXEC Dial PJSIP/1003,10,gitm(default)U(whisper)B(dialling^s^1(RM_PHASE=ringing^{words}))" in commands
    assert not any("GET FULL VARIABLE" in c or "Playback" in c for c in commands)
    assert all('"0123456789*#D"' in c for c in commands if c.startswith("STREAM FILE"))
    eventually(lambda: centre.observed.ended == [("en", Outcome.SERVED)])


def test_between_the_match_and_dial_lies_no_command(centre):
    centre.acd.free = ["1001"]
    asterisk = Asterisk(centre.port)
    asterisk.keys = {"greeting": "1", "ko/topic_question": "0"}
    commands = asterisk.run()
    dialled = "EXEC Dial PJSIP/1001,10,gitm(default)B(dialling^s^1(RM_PHASE=ringing^__RM_WHISPER=))"
    assert commands[commands.index(dialled) - 1].startswith("SET MUSIC ON")


def test_a_fault_of_ours_is_a_sentence_and_then_the_safety_net(centre):
    def broken(contact_id):
        raise ZeroDivisionError(contact_id)

    centre.acd.take = broken
    asterisk = Asterisk(centre.port)
    asterisk.keys = {"greeting": "2", "en/topic_question": "3"}
    commands = asterisk.run()
    assert commands[-2] == "EXEC MSet RM_PHASE=waiting"  # so the PBX's context queues them
    assert '"en/sorry_fault"' in commands[-1]
    eventually(lambda: centre.observed.ended == [("en", Outcome.ERROR)])
    assert centre.acd.said("depart") == [("rm-1.1", Departure.ERROR)]


def test_a_hundred_calls_at_once(centre):
    centre.acd.free = [f"{1001 + n % 43}" for n in range(100)]
    done = []

    def one(number: int) -> None:
        asterisk = Asterisk(centre.port, uniqueid=f"rm-{number}.1")
        asterisk.keys = {"greeting": "1", "ko/topic_question": "0"}
        done.append(asterisk.run())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 100
    assert all(any(c.startswith("EXEC Dial") for c in commands) for commands in done)
    eventually(lambda: centre.connections() == 0)
    assert len(centre.observed.ended) == 100


def test_numbers_are_masked_in_the_log(centre):
    centre.acd.free = ["1003"]
    with structlog.testing.capture_logs() as logged:
        asterisk = Asterisk(centre.port)
        asterisk.keys = {"greeting": "2", "en/topic_question": "3"}
        asterisk.run()
        eventually(lambda: centre.observed.ended)
    assert "010****5678" in str(logged)
    assert "01012345678" not in str(logged)


@pytest.mark.parametrize("script", ["", "nothing", "../call", "call/x", "feature%0a?code=11"])
def test_an_unknown_script_is_closed(centre, script):
    assert Asterisk(centre.port, script).run() == []


@pytest.mark.parametrize("uniqueid", ["", "a b", "a" * 200, "1.1,RM_PHASE=done", "가"])
def test_a_call_without_a_right_uniqueid_is_closed(centre, uniqueid):
    assert Asterisk(centre.port, uniqueid=uniqueid).run() == []


def test_a_peer_that_says_nothing_is_let_go(centre):
    with socket.create_connection(("127.0.0.1", centre.port), 5) as silent:
        silent.settimeout(20)
        assert silent.recv(1) == b""
    eventually(lambda: centre.connections() == 0)


def test_ten_thousand_malformed_environments_end_in_two_ways_only():
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    good = b"agi_network: yes\nagi_network_script: call\nagi_channel: PJSIP/1-1\nagi_uniqueid: 1.1\n\n200 result=0\n"
    limits = Limits(environment_s=0.5, command_s=0.5)
    for number in range(10_000):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(mutated(good, rng))
            theirs.shutdown(socket.SHUT_WR)
            try:
                channel = AgiChannel(ours, limits)
                channel.noop()
            except (CallerHungUp, AgiFault):
                continue
            except Exception as error:
                raise AssertionError(f"seed {seed}, environment {number}") from error


def mutated(good: bytes, rng: random.Random) -> bytes:
    data = bytearray(good)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data[at:at] = rng.randbytes(rng.randint(1, 20))
            case 1:
                del data[at : at + rng.randint(1, 30)]
            case 2:
                data[at:at] = rng.choice(
                    [b"\r\n", b"\n", b"\0", b"HANGUP\n", b":", b"\xff\xfe", b"200 result=", b"520-x\n"]
                )
            case 3:
                data[at:at] = data[: rng.randint(0, len(data))]
            case 4:
                data[at:at] = bytes([rng.randrange(256)]) * rng.randint(1, 3000)
            case 5:
                if at < len(data):
                    data[at] = rng.randrange(256)
    return bytes(data[:60_000])
