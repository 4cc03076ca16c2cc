"""Two Asterisks and one engine: one order over both, agents at either, a node's death, and the engine's; Kamailio before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from calls import Log, agents_of, say_code, wait_prompt, wait_state
from carrier import Carrier, rules_with_carrier, some_host
from centre import NUMBER, Centre, wait_for
from edges import kamailio
from twonodes import SECOND, TwoNodes, dial_in, two_nodes

from acd.callbacks.store import CallbackStore
from dialplan.loader import load
from engine import edge
from engine.phone import CLOSED, Phone
from tests.bench.sip_ua import Dialog, Loop, Ua

RING_S = 5
WORDS = (
    "--set", "queues.defaults.wrapup_s=0", "--set", "queues.defaults.whisper=false",
    "--set", f"queues.defaults.ring_timeout_s={RING_S}",
)  # fmt: skip
WITHIN_S = 20  # where a second would do


@pytest.fixture(scope="module")
def host() -> str:
    return some_host()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, host: str) -> Iterator[TwoNodes]:
    folder = tmp_path_factory.mktemp("both")
    rules = rules_with_carrier(folder, host)
    with two_nodes(folder, host, "--rules", str(rules), *WORDS) as both:
        yield both
        assert "illegal_transition" not in both.centre.said(100_000)
        assert '"level": "critical"' not in both.centre.said(100_000)


def on_duty(centre: Centre, phone: Phone) -> None:
    """Available, where somebody waits already: the next call comes as soon as the code's has ended."""
    began = phone.call("*11")
    wait_for(lambda: agents_of(centre)[phone.user]["presence"] == "available", WITHIN_S, centre.said)
    phone.hang_up()
    phone.wait_ended(WITHIN_S, after=began)


@pytest.mark.parametrize(("home", "away"), [(2, 1), (1, 2)])
def test_an_agent_at_one_node_and_a_caller_at_the_other(both: TwoNodes, tmp_path: Path, home: int, away: int) -> None:
    """They hear each other, over the caller's node alone; each side's hang-up ends it, and a ring goes back."""
    centre = both.centre
    with (
        both.sounding(tmp_path, home, "1001") as agent,
        both.sounding(tmp_path, away, "citizen") as citizen,
    ):
        say_code(centre, agent, "*11", "available")
        log = Log(centre)
        began = dial_in(citizen)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
        both.wait_hears(agent, "citizen")
        both.wait_hears(citizen, "1001")
        assert len(both.channels(away)) == 2, both.channels(away)
        assert both.channels(home) == []
        agent.hang_up()
        citizen.wait_ended(WITHIN_S, after=began)
        log.wait("contact.moved", WITHIN_S, new="completed")
        both.quiet()
        wait_state(centre, "1001", "available", "idle", WITHIN_S)

        # --- the citizen hangs up
        log = Log(centre)
        dial_in(citizen)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
        citizen.hang_up()
        log.wait("contact.moved", WITHIN_S, new="completed")
        both.quiet()
        wait_state(centre, "1001", "available", "idle", WITHIN_S)

        if home == 2:  # once is enough: it takes as long as a phone rings
            # --- nobody answers: the agent is NOT_RESPONDING, and the citizen waits on
            log = Log(centre)
            agent.answers = False
            began = dial_in(citizen)
            log.wait("reservation.ended", RING_S + WITHIN_S, agent_id="1001", result="no_answer")
            wait_state(centre, "1001", "not_responding", "idle", WITHIN_S)
            assert citizen.events(CLOSED, after=began) == []
            citizen.hang_up()
            both.quiet()
            agent.answers = True
        say_code(centre, agent, "*13", "offline")


def test_a_consultation_of_an_agent_who_is_registered_elsewhere(both: TwoNodes, tmp_path: Path) -> None:
    """`*2` to a colleague at the other node: rung by the citizen's node, joined there."""
    centre = both.centre
    with (
        both.sounding(tmp_path, 2, "1001") as agent,
        both.sounding(tmp_path, 2, "1002") as colleague,
        both.sounding(tmp_path, 1, "citizen") as citizen,
    ):
        say_code(centre, agent, "*11", "available")
        log = Log(centre)
        dial_in(citizen)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
        both.wait_hears(agent, "citizen")
        agent.keys("*2", gap_s=0.2)
        wait_prompt(centre, agent, "ko/agent_consult_number", WITHIN_S)
        agent.keys("1002", gap_s=0.2)
        both.wait_hears(agent, "1002")
        agent.hang_up()
        both.wait_hears(citizen, "1002")
        both.wait_hears(colleague, "citizen")
        assert log.wait("talk.noted", WITHIN_S, what="transfer")["detail"] == "consult:answered"
        colleague.hang_up()
        log.wait("contact.moved", WITHIN_S, new="completed")
        citizen.hang_up()
        both.quiet()
        say_code(centre, agent, "*13", "offline")


def test_a_node_dies_and_who_waited_there_is_called_back_in_order(both: TwoNodes, host: str) -> None:
    centre, loop = both.centre, Loop()
    loop.start()
    with ExitStack() as stack:
        carrier = stack.enter_context(closing(Carrier(loop, centre, host)))
        near, far = (stack.enter_context(both.agent(node, who)) for node, who in ((1, "1001"), (2, "1002")))
        say_code(centre, far, "*11", "available")
        log = Log(centre)
        talks = stack.enter_context(both.phone(2, "01022220000"))
        dial_in(talks)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1002")
        waiting = {}
        for number, node in (("01022220001", 2), ("01022220002", 1), ("01022220003", 2)):
            dial_in(stack.enter_context(both.phone(node, number)))
            count = len(waiting) + 1
            wait_for(lambda count=count: len(log.lines("contact.moved", new="queued", old=None)) > count, WITHIN_S)
            waiting[number] = log.lines("contact.moved", new="queued", old=None)[-1]["contact_id"]
        first, second, third = waiting.values()

        both.kill_second()
        died = log.wait("pbx.died", WITHIN_S, node=SECOND)
        assert (died["waited"], died["called_back"]) == (2, 2), died
        for contact in (first, third):
            log.wait("contact.moved", WITHIN_S, new="callback_booked", contact_id=contact)
        assert log.lines("contact.moved", new="callback_booked", contact_id=second) == []
        log.wait("contact.moved", WITHIN_S, new="completed", agent_id="1002")  # no agent is stuck
        assert len(CallbackStore(centre.state / "callbacks.sqlite").open_ones()) == 2

        # --- the other node serves on, and the order is that of the arrivals
        on_duty(centre, near)
        connected: list[str] = []
        for contact, number in ((first, "01022220001"), (second, None), (third, "01022220003")):
            rung = carrier.wait_rung(1 + bool(connected), WITHIN_S) if number is not None else None
            assert rung is None or rung.number == number
            log.wait("contact.moved", WITHIN_S, new="connected", contact_id=contact, agent_id="1001")
            connected.append(contact)
            near.hang_up()
        told = [line["contact_id"] for line in log.lines("contact.moved", new="connected", agent_id="1001")]
        assert told == [first, second, third]

        # --- it comes back, and its callers are served by whoever is there
        wait_for(lambda: both.connected(SECOND), 40, centre.said)
        both.quiet()
        log = Log(centre)
        comes = stack.enter_context(both.phone(2, "01022220004"))
        dial_in(comes)
        log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
        comes.hang_up()
        both.quiet()
        say_code(centre, near, "*13", "offline")
        say_code(centre, far, "*13", "offline")
    loop.stop()


def test_carriers_calls_by_kamailio_reach_agents_though_a_node_dies(
    both: TwoNodes, host: str, tmp_path: Path, loop: Loop
) -> None:
    """The whole of it: edge, two Asterisks, one engine. How soon after a death is told by docs/scaling.md."""
    centre = both.centre
    ports = [one.sip_port for one in centre.settings.pbxes]
    with ExitStack() as stack:
        nodes = edge.nodes_of(centre.settings)
        address = stack.enter_context(kamailio(tmp_path / "edge", load(centre.settings.rules), nodes, host))
        citizen = Ua(loop, "01044440001", address, own=(host, 0))
        stack.callback(citizen.close)
        agent = stack.enter_context(both.agent(1, "1001"))
        say_code(centre, agent, "*11", "available")

        def served() -> int:
            """One call, with an agent; the port of the node that has taken it."""
            dialog: Dialog = wait_for(answered, WITHIN_S)
            log = Log(centre)
            citizen.press(dialog, "10")
            log.wait("contact.moved", WITHIN_S, new="connected", agent_id="1001")
            dialog.hang_up()
            log.wait("contact.moved", WITHIN_S, new="completed")
            wait_state(centre, "1001", "available", "idle", WITHIN_S)
            return next(port for port in ports if f":{port}" in dialog.target)

        def answered() -> Dialog | None:
            """On a busy machine both nodes may miss a probe: then it is 503, and the carrier tries again."""
            dialog = citizen.call(NUMBER)
            wait_for(lambda: dialog.answered.is_set() or dialog.ended.is_set(), WITHIN_S)
            return dialog if dialog.answered.is_set() else None

        wait_for(lambda: sorted(served() for _ in ports) == sorted(ports), WITHIN_S * 2)  # in turn, once both are known
        both.kill_second()
        died = time.monotonic()
        served()  # whichever node has it: `up` has another Asterisk there within seconds
        print(f"\na call with an agent, and its end, within {time.monotonic() - died:.2f} s of the death")
        wait_for(lambda: both.connected(SECOND), 40, centre.said)
        wait_for(lambda: served() == ports[1], WITHIN_S * 2)
        say_code(centre, agent, "*13", "offline")
