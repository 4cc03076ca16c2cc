"""Idle orders and timers against naive ones: entered, left, re-entered at old and new places, in any sequence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from acd.core.idle import idle_order, mean_level
from acd.core.model import Agent
from acd.core.timers import Timer, Timers
from dialplan.agentrules import AgentRule
from dialplan.language import Language
from dialplan.queuerules import Requirement, Strategy
from dialplan.source import Source

REQUIREMENT = Requirement(Language.KO, (("passport", 1), ("tax", 1)))


def agent(number: int) -> Agent:
    skills = {"passport": 1 + number % 3, "tax": 1 + number % 2}
    one = Agent(
        f"{1000 + number}", AgentRule(f"{1000 + number}", "", "t", frozenset(), skills, False, Source("a", 1)), 0.0
    )
    one.duty_today_s, one.contact_today_s = 100.0, 10.0 * (number % 4)
    return one


@given(
    strategy=st.sampled_from(Strategy),
    moves=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), max_size=400),
)
def test_an_idle_order_is_the_sorted_order_of_those_who_are_idle(
    strategy: Strategy, moves: list[tuple[int, int]]
) -> None:
    agents = [agent(number) for number in range(8)]
    order = idle_order(strategy, REQUIREMENT)
    stamp = 0
    for number, since in moves:
        one = agents[number]
        if one.idle_stamp:
            one.idle_stamp = 0
        else:
            stamp += 1
            one.idle_stamp, one.idle_since = stamp, float(since)
            order.add(one, sum(bool(other.idle_stamp) for other in agents))
        expected = sorted((other for other in agents if other.idle_stamp), key=lambda other: key(strategy, other))
        assert list(order) == expected


def key(strategy: Strategy, one: Agent) -> tuple[float, float, str]:
    first = {
        Strategy.LONGEST_IDLE: 0.0,
        Strategy.BEST_SKILL: -mean_level(one, REQUIREMENT),
        Strategy.LEAST_OCCUPIED: one.contact_today_s / one.duty_today_s,
    }[strategy]
    return (first, one.idle_since, one.id)


def test_stale_entries_do_not_pile_up() -> None:
    for strategy in Strategy:
        order = idle_order(strategy, REQUIREMENT)
        waiting, busy = agent(1), agent(2)
        waiting.idle_stamp = 1
        order.add(waiting, 1)
        for stamp in range(2, 5_000):
            busy.idle_since, busy.idle_stamp = float(stamp), stamp
            order.add(busy, 2)
        held = order._by_level[2.0]._entries if strategy is Strategy.BEST_SKILL else None
        size = len(held if held is not None else order._heap if strategy is Strategy.LEAST_OCCUPIED else order._entries)
        assert size < 100
        assert set(order) == {waiting, busy}


@given(st.lists(st.tuples(st.sampled_from("scp"), st.integers(0, 5), st.integers(0, 30)), max_size=300))
def test_timers_fire_once_in_order_and_never_when_cancelled(moves: list[tuple[str, int, int]]) -> None:
    timers = Timers()
    naive: dict[tuple[Timer, str, str], float] = {}
    for what, number, at in moves:
        one = (Timer.WRAPUP, str(number), "")
        if what == "s":
            timers.set(one, float(at))
            naive[one] = float(at)
        elif what == "c":
            timers.cancel(one)
            naive.pop(one, None)
        else:
            due = timers.pop_due(float(at))
            earliest = min(naive.values(), default=None)
            if earliest is None or earliest > at:
                assert due is None
            else:
                assert due is not None
                assert naive.pop(due) == earliest
        assert timers.next_at() == min(naive.values(), default=None)
        assert timers.keys() == frozenset(naive)
        assert timers.at(one) == naive.get(one)


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers()
    for number in range(10_000):
        timers.set((Timer.RESERVATION, "1001", ""), 1e9 + number)
    assert len(timers._heap) < 100
