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
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from calls import Log, wait_quiet
from centre import NUMBER, Centre, wait_for
from stage import Stage, side_by_side, start, typed_to_the_end, why_pure

from engine.demo.phones import Account, Kind, PhoneBank, PhoneEvent
from tests.bench.sip_loop import Loop
from tests.scenarios.model import Call, Scenario, scenarios

KEY_GAP_S, FIRST_KEY_S, APART_S = 0.3, 1.5, 0.15
LEAVES_AFTER_S = 33.0  # the longest way is 13 s of greeting and 8 s of question, in silence


def playable() -> list[tuple[str, str, Call]]:
    """Number, name and call of each scenario that one caller alone can play at ten o'clock."""
    plain = Scenario(name="plain")
    found = []
    for name, one in scenarios():
        told = [call for call in one.calls if call.record and (call.record.language or call.record.topic)]
        if one.at == plain.at and not one.set and not one.deeds and len(one.calls) == 1 and told:
            found.append((name, one.calls[0]))
    return [(f"0101111{number:04d}", name, call) for number, (name, call) in enumerate(found, 1)]


def on_stage() -> list[tuple[str, Scenario]]:
    """Those with agents. What menus do is seen side by side; there too, who waits for a greeting's end."""
    return [
        (name, one)
        for name, one in scenarios()
        if why_pure(one) is None
        and not (side_by_side(one) and (name.startswith("menus") or not typed_to_the_end(one.calls[0])))
    ]


def test_each_is_played_or_says_why_not() -> None:
    """At least so many are played with real phones, on the stage or side by side."""
    beside = {name for _, name, _ in playable()}
    played = beside | {name for name, _ in on_stage()}
    for name, one in scenarios():
        assert (name in played) or why_pure(one), name
    assert len(played) >= 70
    assert all(one.only is None or len(one.only) >= 8 for _, one in scenarios())


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with start(tmp_path_factory.mktemp("stage")) as centre:
        yield centre


@pytest.mark.parametrize("scenario", [one for _, one in on_stage()], ids=[name for name, _ in on_stage()])
def test_on_stage(centre: Centre, loop: Loop, scenario: Scenario) -> None:
    Stage(centre, loop, scenario).play()


def test_the_callers_of_all_scenarios_side_by_side(centre: Centre, tmp_path: Path) -> None:
    plays = playable()
    assert len(plays) >= 30
    keys = {number: call.keys for number, _, call in plays}
    established: SimpleQueue[str] = SimpleQueue()

    def hear(event: PhoneEvent) -> None:
        if event.kind is Kind.ESTABLISHED:
            established.put(event.user)

    log = Log(centre)
    planned: list[tuple[float, int, str, str]] = []
    serial = count()
    began = time.monotonic()
    for place, (number, _, _) in enumerate(plays):
        heappush(planned, (began + place * APART_S, next(serial), number, "dial"))
    with PhoneBank(tmp_path / "citizens", [Account(number) for number in keys], centre.sip, hear) as bank:
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
        wait_quiet(centre)
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
