"""The scenarios of tests/scenarios with real phones: all callers of a plain morning at once, on one centre.

Matching sees every caller and every agent, so scenarios with agents would meet in one centre; first nobody is
logged in, and each scenario's way through the menus is played by a real caller: its keys, its language, topic and queue, its
hang-up. Then those in which one caller is matched are played with their agents' phones, one after the other.
Talks, shifted clocks and the engine's end have real-phone tests of their own (test_call_*.py, test_hours_native.py,
test_ami_cut.py, test_safety_net.py).
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from calls import Log, dial_in, logged_in, wait_quiet
from centre import NUMBER, Centre, wait_for

from engine.demo.phones import Account, Kind, PhoneBank, PhoneEvent
from tests.scenarios.model import Call, Scenario, scenarios

KEY_GAP_S, FIRST_KEY_S, APART_S = 0.3, 0.5, 0.15
LEAVES_AFTER_S = 27.0  # the longest way is 13 s of greeting and 8 s of question, in silence


def playable() -> list[tuple[str, str, Call]]:
    """Number, name and call of each scenario that one caller alone can play at ten o'clock."""
    plain = Scenario(name="plain")
    found = []
    for name, one in scenarios():
        told = [call for call in one.calls if call.record and (call.record.language or call.record.topic)]
        if one.at == plain.at and not one.set and not one.deeds and len(one.calls) == 1 and told:
            found.append((name, one.calls[0]))
    return [(f"0101111{number:04d}", name, call) for number, (name, call) in enumerate(found, 1)]


def matched() -> list[tuple[str, Scenario]]:
    """Scenarios of a plain morning in which one caller, who types ahead to the end, reaches one of the agents."""
    plain = Scenario(name="plain")
    return [
        (name, one)
        for name, one in scenarios()
        if name.split(":")[0] in ("languages", "matching", "ringing")
        and (one.at, one.set, one.deeds) == (plain.at, [], [])
        and len(one.calls) == 1
        and len(one.calls[0].keys) >= 2
        and one.calls[0].rings
        and one.calls[0].hangs_up_s is None
        and all(phone.phone in ("answers", "silent") and phone.after_s == 2.0 for phone in one.phones())
        and sum(phone.phone == "silent" for phone in one.phones()) <= 1
    ]


@pytest.mark.parametrize("scenario", [one for _, one in matched()], ids=[name for name, _ in matched()])
def test_a_caller_is_matched(open_centre: Centre, scenario: Scenario) -> None:
    call = scenario.calls[0]
    assert call.rings
    with ExitStack() as stack:
        for phone in scenario.phones():
            stack.enter_context(logged_in(open_centre, phone.id, answers=phone.phone == "answers"))
        log = Log(open_centre)
        with open_centre.citizen() as citizen:
            dial_in(citizen, call.keys)
            connected = log.wait("contact.moved", 20, new="connected")
            assert connected["agent_id"] == call.rings[-1]
            assert [line["agent_id"] for line in log.lines("reservation.ended")] == call.rings
            assert call.record
            for what in ("language", "topic", "queue"):
                assert getattr(call.record, what) in (None, connected[what])
            citizen.hang_up()
            wait_quiet(open_centre)


def test_the_callers_of_all_scenarios_side_by_side(open_centre: Centre, tmp_path: Path) -> None:
    plays = playable()
    assert len(plays) >= 30
    keys = {number: call.keys for number, _, call in plays}
    established: SimpleQueue[str] = SimpleQueue()

    def hear(event: PhoneEvent) -> None:
        if event.kind is Kind.ESTABLISHED:
            established.put(event.user)

    log = Log(open_centre)
    planned: list[tuple[float, int, str, str]] = []
    serial = count()
    began = time.monotonic()
    for place, (number, _, _) in enumerate(plays):
        heappush(planned, (began + place * APART_S, next(serial), number, "dial"))
    with PhoneBank(tmp_path / "citizens", [Account(number) for number in keys], open_centre.sip, hear) as bank:
        answered = 0
        while planned or answered < len(plays):
            assert time.monotonic() - began < 100, f"{answered} of {len(plays)} calls were answered"
            try:
                number = established.get(
                    timeout=max(0.0, min(0.2, planned[0][0] - time.monotonic())) if planned else 0.2
                )
            except Empty:
                pass
            else:
                answered += 1
                now = time.monotonic()
                for turn, key in enumerate(keys[number]):
                    heappush(planned, (now + FIRST_KEY_S + turn * KEY_GAP_S, next(serial), number, key))
                heappush(planned, (now + LEAVES_AFTER_S, next(serial), number, "leave"))
            while planned and planned[0][0] <= time.monotonic():
                _, _, number, what = heappop(planned)
                if what == "dial":
                    bank.dial(number, NUMBER)
                elif what == "leave":
                    bank.hangup(number)
                else:
                    bank.press(number, what)
        wait_quiet(open_centre)
    moves = defaultdict(list)
    wait_for(
        lambda: len(log.lines("contact.moved", new="abandoned")) >= len(plays), 5,
        lambda: f"{len(log.lines('contact.moved', new='abandoned'))} of {len(plays)} left the queue",
    )  # fmt: skip
    for line in log.lines("contact.moved"):
        moves[line["contact_id"]].append(line)
    contact_of = {line["number"][-4:]: line["call_id"] for line in log.lines("call.began")}
    wrong = []
    for number, name, call in plays:
        facts = moves[contact_of[number[-4:]]]
        wanted = call.record
        assert wanted is not None
        queued = facts[0]
        for what in ("language", "topic", "queue"):
            if getattr(wanted, what) not in (None, queued[what]):
                wrong.append(f"{name}: {what} {queued[what]}, not {getattr(wanted, what)}")
        if [fact["new"] for fact in facts] != ["queued", "abandoned"]:
            wrong.append(f"{name}: {[fact['new'] for fact in facts]}")
    assert wrong == []
