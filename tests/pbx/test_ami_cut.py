"""AMI goes away and comes back, by a closed or a half-open line, while calls go on: the state is right within 2 s."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ami_proxy import AmiProxy
from calls import Log, wait_heeded
from centre import NUMBER, SLACK_S, Centre, wait_for

from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Dialog, Ua

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(180)]


class Town:
    """A centre whose AMI runs through a proxy, its phones in this process."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.loop = Loop()
        self.loop.start()
        self.phones: list[Ua] = []
        self.agents: dict[str, Ua] = {}
        self.rung: list[tuple[str, str]] = []  # agent, caller's number
        self.proxy = AmiProxy(("127.0.0.1", centre.settings.ami_port))
        # An engine that is started anew reads the port that is noted here.
        run = centre.state / "run.json"
        noted = json.loads(run.read_text())
        run.write_text(json.dumps({**noted, "ami_port": self.proxy.port}))
        centre.kill_engine()
        centre.engine_only()

    def agent(self, extension: str) -> Ua:
        phone = Ua(self.loop, extension, self.centre.sip, self.centre.accounts[extension]["sip_secret"]).register()
        phone.on_invite = lambda dialog, text, now: self.rung.append(
            (extension, text.split("From: ")[1].split("@")[0][-11:])
        )
        self.agents[extension] = phone
        self.phones.append(phone)
        self.code(extension, "*11")
        wait_for(lambda: self.state(extension) == "available/idle", 5, lambda: self.state(extension))
        return phone

    def code(self, extension: str, code: str) -> None:
        assert self.agents[extension].call(code).ended.wait(20)

    def citizen(self, number: str) -> Dialog:
        phone = Ua(self.loop, number, self.centre.sip)
        self.phones.append(phone)
        log = Log(self.centre)
        dialog = phone.call(NUMBER)
        assert dialog.answered.wait(20)
        wait_heeded(log, number)
        phone.press(dialog, "10")
        return dialog

    def board(self) -> dict:
        return json.loads(self.centre.get("/snapshot.json"))

    def state(self, extension: str) -> str:
        one = next(agent for agent in self.board()["agents"] if agent["id"] == extension)
        return f"{one['presence']}/{one['work']}"

    def waiting(self) -> int:
        return sum(line["count"] for line in self.board()["waiting"].values())

    def connected(self) -> bool:
        return bool(self.board()["ami_connected"])

    def talks_of(self, extension: str) -> list[Dialog]:
        dialogs = self.agents[extension].dialogs.values()
        return [one for one in dialogs if one.cseq >= 100 and one.answered.is_set() and not one.ended.is_set()]

    def end_talk(self, extension: str) -> None:
        """The agent hangs up, once the talk has begun for everybody."""
        (dialog,) = wait_for(lambda: self.talks_of(extension), 10)
        time.sleep(0.2)  # a talk
        dialog.hang_up()

    def close(self) -> None:
        for phone in self.phones:
            phone.close()
        self.loop.stop()
        self.proxy.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    # Without the whisper, during which a phone that hangs up at once gives the caller back.
    words = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.whisper=false")
    with Centre.start(tmp_path, "--no-restart", "--at", "2026-11-24T10:00", *words) as centre:
        town = Town(centre)
        yield town
        assert "illegal_transition" not in centre.said(100_000)
        assert '"level": "critical"' not in centre.said(100_000)
        town.close()


@pytest.mark.parametrize("how", ["cut", "hold"])
def test_calls_go_on_and_the_state_is_right_after_it(town: Town, how: str) -> None:
    town.agent("1001")
    first = town.citizen("01000000001")
    wait_for(lambda: town.state("1001") == "available/connected", 10)
    second, third = town.citizen("01000000002"), town.citizen("01000000003")
    wait_for(lambda: town.waiting() == 2, 10)

    getattr(town.proxy, how)()
    wait_for(lambda: not town.connected(), 5)
    second_ended = second.hang_up()
    assert second_ended
    town.end_talk("1001")
    assert first.ended.wait(20)  # goodbye is heard without AMI too
    # The session's Dial has returned: the agent is free, and the third caller's session polls for the assignment.
    wait_for(lambda: town.rung[-1] == ("1001", "01000000003"), 10, lambda: str(town.rung))
    fourth = town.citizen("01000000004")

    town.proxy.mend()
    wait_for(town.connected, 6)
    begun = time.monotonic()
    wait_for(
        lambda: town.state("1001") == "available/connected" and town.waiting() == 1, 2.5, lambda: str(town.board())
    )
    assert time.monotonic() - begun < 2.5 + SLACK_S
    assert not third.ended.is_set()
    town.end_talk("1001")
    wait_for(lambda: town.rung[-1] == ("1001", "01000000004"), 5)
    town.end_talk("1001")
    wait_for(lambda: town.state("1001") == "available/idle" and town.waiting() == 0, 5)
    assert fourth.ended.wait(20)


def test_twenty_cuts_in_a_row(town: Town) -> None:
    town.agent("1001")
    for n in range(20):
        town.proxy.cut()
        town.proxy.mend()
        wait_for(town.connected, 5)
        if n % 5 == 0:
            caller = town.citizen(f"0100000{n:04d}")
            town.end_talk("1001")
            assert caller.ended.wait(20)
    wait_for(lambda: town.state("1001") == "available/idle" and town.waiting() == 0, 5)


def test_half_a_minute_away_and_callers_are_in_the_safety_net(town: Town) -> None:
    town.agent("1001")
    town.code("1001", "*121")
    caller = town.citizen("01000000001")
    wait_for(lambda: town.waiting() == 1, 10)
    town.proxy.cut()
    wait_for(lambda: town.centre.waiting_in("fallback-ko") == 1, 40)
    town.proxy.mend()
    wait_for(lambda: town.waiting() == 1, 6)  # and back again
    assert town.centre.waiting_in("fallback-ko") == 0
    town.code("1001", "*11")
    wait_for(lambda: town.talks_of("1001"), 10)
    caller.hang_up()
