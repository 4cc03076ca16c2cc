"""Two Asterisks, two engines and PostgreSQL: what is done across nodes, and the first engine's loss with its parent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from calls import Log, pin, say_code, type_pin, wait_prompt, wait_state
from carrier import rules_with_carrier, some_host
from centre import ringmaster, wait_for
from twonodes import SECOND, TwoNodes, dial_in, two_nodes

from engine import pbx, pbxconfig
from engine.phone import CLOSED
from tests.postgres import PostgresServer

pytestmark = pytest.mark.timeout(240)
WITHIN_S = 20  # where a second would do
WORDS = ("--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.whisper=false")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    folder, host = tmp_path_factory.mktemp("both"), some_host()
    rules = rules_with_carrier(folder, host)
    with PostgresServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGMASTER_DATABASE", server.store.url)
        with two_nodes(folder, host, "--rules", str(rules), *WORDS) as both:
            yield both
            assert "illegal_transition" not in both.centre.said(100_000)
            assert '"level": "critical"' not in both.centre.said(100_000)


def test_sent_on_by_a_phone_of_the_other_node_and_listened_to(both: TwoNodes, tmp_path: Path) -> None:
    """REFER over the caller's node, which rings the colleague where they are registered. Then supervisors listen."""
    centre = both.centre
    with (
        both.agent(2, "1001") as agent,
        both.agent(1, "1016") as near,
        both.sounding(tmp_path, 2, "1002") as colleague,
        both.sounding(tmp_path, 1, "citizen") as citizen,
    ):
        say_code(centre, agent, "*11", "available")
        log = Log(centre)
        began = dial_in(citizen)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
        wait_for(lambda: len(both.channels(1)) == 2, WITHIN_S)
        say_code(centre, colleague, "*11", "available")
        agent.transfer("1002")
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1002")
        both.wait_hears(citizen, "1002")
        both.wait_hears(colleague, "citizen")
        assert log.wait("talk.noted", WITHIN_S, by="1001", agent_id="1002")["detail"] == "blind:answered"
        wait_state(centre, "1001", "available", "idle", WITHIN_S)
        assert citizen.events(CLOSED, after=began) == []
        assert len({line["contact_id"] for line in log.lines("contact.moved")}) == 1

        # --- supervisors: the talk is at the citizen's node, and so are those who may hear it
        contact = log.lines("contact.moved")[0]["contact_id"]
        for supervisor, code, detail in ((near, "*51", "listen"), (agent, "*53", "barge_refused")):
            began = type_pin(supervisor, f"{code}1002", pin(centre, supervisor.user))
            log.wait("talk.noted", WITHIN_S, contact_id=contact, by=supervisor.user, detail=detail)
            if supervisor is near:
                supervisor.hang_up()
            else:
                wait_prompt(centre, supervisor, "ko/agent_talk_elsewhere", WITHIN_S)
            supervisor.wait_ended(WITHIN_S, after=began)
        citizen.hang_up()
        log.wait("contact.moved", WITHIN_S, new="completed", agent_id="1002")
        both.quiet()
        for phone in (agent, colleague):
            say_code(centre, phone, "*13", "offline")


def test_an_agent_moves_to_the_other_node_while_they_talk(both: TwoNodes) -> None:
    """Registered at the other node from the midst of a talk on: that goes on, the next one comes there."""
    centre = both.centre
    with ExitStack() as stack:
        before = stack.enter_context(both.agent(1, "1001"))
        citizen, next_one = (stack.enter_context(both.phone(1, f"0103333000{at}")) for at in (1, 2))
        say_code(centre, before, "*11", "available")
        log = Log(centre)
        began = dial_in(citizen)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
        after = stack.enter_context(both.agent(2, "1001"))
        told = log.wait("agent.registered_elsewhere", WITHIN_S, agent="1001")
        assert told["before"] != told["now"]
        wait_state(centre, "1001", "available", "connected", WITHIN_S)
        dial_in(next_one)
        log.wait("contact.moved", WITHIN_S, new="queued", old=None)
        assert citizen.events(CLOSED, after=began) == []
        citizen.hang_up()
        after.wait_talking(WITHIN_S, after=began)
        wait_state(centre, "1001", "available", "connected", WITHIN_S)
        before.close()  # which takes its registration back, where nobody is at home any more
        next_one.hang_up()
        both.quiet()
        wait_state(centre, "1001", "available", "idle", WITHIN_S)
        assert log.lines("agent.moved", agent_id="1001", presence="offline") == []
        say_code(centre, after, "*13", "offline")


def test_doctor_names_the_node_of_what_it_finds(both: TwoNodes) -> None:
    """Planted by hand at the second: a user of AMI's, a file that others read, a line that is not loaded."""
    node = both.second
    etc = pbxconfig.etc_dir(node)
    manager, extensions = etc / "manager.conf", etc / "extensions.conf"
    before = {path: path.read_text() for path in (manager, extensions)}
    try:
        manager.write_text(before[manager] + "\n[backdoor]\nsecret = 12345\nwrite = all\n")
        pbx.console(node, "manager reload")
        extensions.write_text(before[extensions].replace("[citizen]\n", "[citizen]\nexten => x,1,Dial(PJSIP/1001)\n"))
        extensions.chmod(0o644)
        done = ringmaster("doctor", "--state", str(both.centre.state), "--json")
    finally:
        for path, text in before.items():
            path.write_text(text)
            path.chmod(0o600)
        pbx.console(node, "manager reload")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    bad = [one for one in found if one["level"] != "fine" and one["area"] != "machine"]
    assert {one["node"] for one in bad} == {SECOND}, bad
    wanted = {("files", "rights"), ("pbx", "files"), ("pbx", "dialplan"), ("security", "AMI")}
    assert {(one["area"], one["name"]) for one in bad} == wanted, bad
    reach = {one["node"]: one["what"] for one in found if (one["area"], one["name"]) == ("pbx", "reach")}
    assert sorted(reach) == ["pbx1", SECOND]
    assert f"{node.ami_host}:{node.ami_port}: Asterisk 2" in reach[SECOND]


def test_the_second_engine_takes_over_both_nodes(both: TwoNodes) -> None:
    """The last one. Both talks cross from node to node, who waits does so at either; nobody is lost, and no order."""
    centre = both.centre
    centre.stand_by()
    with ExitStack() as stack:
        agents = {who: stack.enter_context(both.agent(node, who)) for node, who in ((1, "1001"), (2, "1002"))}
        citizens, log = [], Log(centre)
        for number, node, who in (("01033330001", 2, "1001"), ("01033330002", 1, "1002")):
            say_code(centre, agents[who], "*11", "available")
            citizens.append(stack.enter_context(both.phone(node, number)))
            dial_in(citizens[-1])
            log.wait("contact.moved", WITHIN_S, new="connected", agent_id=who)
        waiting = []
        for number, node in (("01033330003", 2), ("01033330004", 1), ("01033330005", 2)):
            citizens.append(stack.enter_context(both.phone(node, number)))
            dial_in(citizens[-1])
            wait_for(lambda: len(log.lines("contact.moved", new="queued", old=None)) >= len(citizens), WITHIN_S)
            waiting.append(log.lines("contact.moved", new="queued", old=None)[-1])

        # --- the first engine is lost with its parent
        log = Log(centre)
        began, first = time.monotonic(), centre.kill_with_parent()
        assert centre.wait_ready(WITHIN_S, not_pid=first)["place"] == "second"
        print(f"\nthe second engine takes calls {time.monotonic() - began:.2f} s after the kill")
        for one in waiting:
            back = log.wait("contact.moved", WITHIN_S, new="queued", contact_id=one["contact_id"])
            assert back["first_queued_at"] == pytest.approx(one["first_queued_at"], abs=0.01)
            assert not back["offered"]
        print(f"\neverybody has their place {time.monotonic() - began:.2f} s after the kill")
        for who in agents:
            wait_state(centre, who, "available", "connected", WITHIN_S)
        assert [one.events(CLOSED) for one in citizens] == [[]] * len(citizens)
        doctor = ringmaster("doctor", "--state", str(centre.state))
        assert doctor.returncode == 0, doctor.stdout  # the ports that count are now the second engine's

        # --- served in their order, by agents at either node
        for who, one in zip(("1002", "1001", "1002"), waiting, strict=True):
            agents[who].hang_up()
            log.wait("contact.moved", WITHIN_S, new="connected", contact_id=one["contact_id"], agent_id=who)
        for phone in citizens:
            phone.hang_up()
        both.quiet()
