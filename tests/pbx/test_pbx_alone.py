"""The PBX without an engine: what `asterisk-config/` does by itself with real phones, and what it refuses."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import randrange

import pytest
from centre import NUMBER, SLACK_S, Centre, CentrePhone, wait_for

from engine import fetch
from engine.phone import CLOSED, ESTABLISHED, INCOMING, Phone
from engine.settings import default_rules, free_port

Start = Callable[..., Centre]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre on a working day at ten whose engine is dead."""
    folder = tmp_path_factory.mktemp("alone")
    with Centre.start(
        folder, "--no-restart", "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=0"
    ) as centre:
        centre.kill_engine()
        yield centre


def test_agents_log_in_and_out_by_code(alone: Centre) -> None:
    with alone.agent("1001") as agent:
        began = time.monotonic()
        alone.code(agent, "*11")
        assert time.monotonic() - began < 3 + SLACK_S
        assert "PJSIP/1001" in alone.queue_members("fallback-ko")
        alone.code(agent, "*12")
        assert "paused" in alone.queue_members("fallback-ko")
        alone.code(agent, "*11")
        assert "paused" not in alone.queue_members("fallback-ko")
        alone.code(agent, "*13")
        assert "PJSIP/1001" not in alone.queue_members("fallback-ko")


def test_a_code_acts_even_when_it_is_hung_up_at_once(alone: Centre) -> None:
    with alone.agent("1002") as agent:
        began = agent.call("*11")
        agent.wait_talking(5, after=began)
        agent.hang_up()
        agent.wait_ended(5, after=began)
        wait_for(lambda: "PJSIP/1002" in alone.queue_members("fallback-ko"), 3)
        alone.code(agent, "*13")


def test_a_citizen_is_answered_by_an_agent_and_not_queued_again(alone: Centre) -> None:
    with alone.agent("1001") as agent, alone.citizen() as citizen:
        alone.code(agent, "*11")
        began = citizen.call(NUMBER)
        talk = agent.wait_talking(8, after=began)
        assert talk.at_s - began < 4 + SLACK_S
        agent.hang_up()
        closed = citizen.wait_ended(4, after=talk.at_s)
        assert closed.at_s - talk.at_s < 4 + SLACK_S
        assert alone.waiting_in("fallback-ko") == 0
        alone.code(agent, "*13")


def test_who_waits_hears_the_sentence_and_music_without_a_gap(alone: Centre) -> None:
    with alone.citizen() as citizen:
        began = citizen.call(NUMBER)
        citizen.wait_talking(5, after=began)
        wait_for(lambda: alone.waiting_in("fallback-ko") == 1, 3)
        wait_for(lambda: citizen.heard_s() > 12, 20)
        assert _longest_silence_s(citizen) < 1.0
        citizen.hang_up()
        wait_for(lambda: alone.waiting_in("fallback-ko") == 0, 3)


def test_agents_call_each_other_and_nobody_outside(alone: Centre) -> None:
    with alone.agent("1001") as one, alone.agent("1002") as two:
        began = one.call("1002")
        two.wait_talking(5, after=began)
        one.hang_up()
        one.wait_ended(5, after=began)
        two.wait_ended(5, after=began)
        for number in ("01012345678", "0212345678", "00812345678", "0609876543", "1004x", "114"):
            began = one.call(number)
            refused = one.wait(CLOSED, 5, after=began)
            assert "404" in refused.reason, (number, refused)


def test_a_forwarded_phone_leads_nowhere_and_a_wrong_password_is_refused(alone: Centre) -> None:
    with pytest.raises(Exception, match="not registered"), Phone("1003", alone.sip, "wrong"):
        pass


def test_an_unknown_number_of_the_centre_does_not_exist(alone: Centre) -> None:
    with alone.citizen() as citizen:
        began = citizen.call("0319099001")
        assert "404" in citizen.wait_ended(5, after=began).reason
        began = citizen.call("+82319099000")
        citizen.wait_talking(5, after=began)
        citizen.hang_up()
        citizen.wait_ended(5, after=began)


def test_an_agent_who_is_named_in_from_must_know_the_password(alone: Centre) -> None:
    with CentrePhone(alone, "1001") as forged:
        began = forged.call(NUMBER)
        assert "401" in forged.wait_ended(8, after=began).reason or not forged.events(ESTABLISHED, after=began)


def test_closed_hours_hold_without_the_engine(start_centre: Start) -> None:
    centre = start_centre("--no-restart", "--at", "2026-11-24T07:30")
    centre.kill_engine()
    with centre.citizen() as citizen:
        began = citizen.call(NUMBER)
        citizen.wait_talking(5, after=began)
        ended = citizen.wait_ended(30, after=began)
        assert citizen.heard_s() > 3
        assert ended.at_s - began > 3
    assert centre.waiting_in("fallback-ko") == 0


def test_112_and_119_reach_the_carrier_with_the_engine_dead(start_centre: Start, tmp_path: Path) -> None:
    """The carrier is a fake one: SIPp on another loopback address."""
    carrier = f"127.77.{randrange(1, 255)}.{randrange(1, 255)}"
    rules = tmp_path / "rules"
    shutil.copytree(default_rules(), rules)
    trunks = rules / "trunks.yaml"
    trunks.write_text(
        trunks.read_text().replace("carriers: []", f'carriers: [{{name: fake, addresses: ["{carrier}"]}}]')
    )
    centre = start_centre("--no-restart", "--rules", str(rules))
    centre.kill_engine()
    sipp = subprocess.Popen(
        [*fetch.program("sipp").argv(), "-sn", "uas", "-i", carrier, "-p", "5060", "-nostdin",
         "-trace_msg", "-message_file", str(tmp_path / "carrier.log")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    try:
        with centre.agent("1001") as agent:
            for number in ("112", "119"):
                began = agent.call(number)
                agent.wait_talking(5, after=began)
                agent.hang_up()
                agent.wait_ended(5, after=began)
        said = (tmp_path / "carrier.log").read_text()
        assert f"INVITE sip:112@{carrier}" in said
        assert f"INVITE sip:119@{carrier}" in said
        assert 'From: "0319099000"' in said or "From: <sip:0319099000@" in said
        assert "1001" not in [line.split(":")[2] for line in said.splitlines() if line.startswith("From: <sip:")]
        # A carrier is named now: loopback alone is nobody any more.
        with centre.citizen() as citizen:
            began = citizen.call(NUMBER)
            assert not citizen.wait_ended(8, after=began).reason.startswith("200")
            assert not citizen.events(ESTABLISHED, after=began)
    finally:
        sipp.send_signal(signal.SIGTERM)
        sipp.wait(5)


def test_sixty_invites_in_a_fifth_of_a_second_and_a_hundred_calls_at_once(alone: Centre, tmp_path: Path) -> None:
    host, port = alone.sip
    done = subprocess.run(
        [*fetch.program("sipp").argv(), "-sn", "uac", "-s", NUMBER, "-i", "127.0.0.1", "-p", str(free_port(set())),
         "-r", "60", "-rp", "200", "-m", "120", "-l", "120", "-d", "8000", "-nostdin", "-timeout", "40", f"{host}:{port}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    wait_for(lambda: not alone.channels(), 10)


def test_a_reload_brings_and_takes_agents(start_centre: Start, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(default_rules(), rules)
    centre = start_centre("--rules", str(rules))
    secrets = centre.accounts
    agents = rules / "agents.yaml"
    before = agents.read_text()
    assert "1043" in before
    agents.write_text(before.replace("1043", "1099"))
    subprocess.run(["kill", "-HUP", str(centre.process.pid)], check=True)
    wait_for(lambda: "1099" in centre.accounts and "1043" not in centre.accounts, 15, centre.said)
    wait_for(lambda: "Unable to find" in centre.console("pjsip show endpoint 1043"), 10)
    assert centre.accounts["1001"] == secrets["1001"]
    with centre.agent("1099") as agent, centre.agent("1001", answers=False) as other:
        began = agent.call("1001")
        other.wait(INCOMING, 5, after=began)


def _longest_silence_s(phone: Phone) -> float:
    samples = phone.heard()
    longest = now = 0
    for at in range(0, len(samples) - 160, 160):
        now = now + 1 if max(map(abs, samples[at : at + 160])) < 60 else 0
        longest = max(longest, now)
    return longest * 0.02


def test_a_blind_transfer_reaches_an_agent_and_nothing_else(alone: Centre) -> None:
    with alone.agent("1001") as one, alone.agent("1002") as two, alone.citizen() as citizen:
        alone.code(one, "*11")
        began = citizen.call(NUMBER)
        one.wait_talking(8, after=began)
        one.transfer("1002")
        talk = two.wait_talking(5, after=began)
        one.wait_ended(5, after=began)
        assert citizen.events(CLOSED, after=began) == []
        # A number outside: the citizen is given back to the agent who tried.
        two.transfer("01099998888")
        two.wait_talking(8, after=talk.at_s + 0.01)
        assert citizen.events(CLOSED, after=began) == []
        assert not [name for name in alone.channels() if "Local" in name]
        citizen.hang_up()
        two.wait(CLOSED, 5, after=talk.at_s + 0.01, matching=lambda said: said.call_id != talk.call_id)
        alone.code(one, "*13")


def test_the_development_rule_is_for_the_addresses_it_names(alone: Centre) -> None:
    """The same rule with another address: this machine's phones are then outsiders, and learn nothing."""
    rule = alone.state / "asterisk/etc/generated/carriers.conf"
    written = rule.read_text()
    assert "permit = 127.0.0.0/8" in written
    rule.write_text(written.replace("127.0.0.0/8", "127.0.0.5/32"))
    try:
        alone.console("module reload res_pjsip.so")
        with alone.citizen() as outsider:

            def refused() -> bool:
                """A reload takes effect a moment later."""
                began = outsider.call(NUMBER)
                wait_for(lambda: outsider.events(ESTABLISHED, after=began) or outsider.events(CLOSED, after=began), 6)
                outsider.hang_up()
                return "401" in outsider.wait_ended(6, after=began).reason

            wait_for(refused, 8)
        assert not alone.channels()
    finally:
        rule.write_text(written)
        alone.console("module reload res_pjsip.so")


def test_calls_come_over_tcp_too(alone: Centre, tmp_path: Path) -> None:
    host, port = alone.sip
    done = subprocess.run(
        [*fetch.program("sipp").argv(), "-sn", "uac", "-s", NUMBER, "-i", "127.0.0.1", "-p", str(free_port(set())),
         "-t", "t1", "-m", "3", "-d", "1500", "-nostdin", "-timeout", "20", f"{host}:{port}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path, timeout=40, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
