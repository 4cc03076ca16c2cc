"""The simulation's witness: it sees each kind of planted inversion, and does not cry wolf with every rule in use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from acd.core import matching
from acd.core.model import Agent, Entry
from dialplan.agentrules import AgentRule, Profile, ProfileRow
from dialplan.language import Language
from dialplan.loader import load
from dialplan.queuerules import Queue, Relaxation, Sticky, Strategy
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from engine.simulation.day import simulate
from engine.simulation.plan import city_plan
from engine.simulation.staff import on_duty
from engine.simulation.witness import Group, Waiter, Witness, group
from tests.bench.core_load import PROFILES, Rules, queues

RULES = Path(__file__).parents[3] / "dialplan" / "rules"
TUESDAY = date(2026, 11, 24)
KO = Language.KO


def a_queue(key: str = "one", **more: object) -> Queue:
    return Queue(
        key, {}, (), Strategy.LONGEST_IDLE, 20.0, 5.0, 10.0, 30.0, 0.0, 60.0, 30.0, 100, "default", Source("queues.yaml", 1),
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def agents(*rows: ProfileRow, skills: dict[str, int] | None = None) -> list[AgentRule]:
    profile = Profile("these", rows or (ProfileRow(None),))
    return [
        AgentRule(str(n), str(n), "team1", frozenset({KO}), skills or {}, False, Source("agents.yaml", 1), profile)
        for n in (1, 2)
    ]


class Scene:
    """Two agents; contacts that come, and are taken."""

    def __init__(self, crew: list[AgentRule]) -> None:
        self.crew, self.witness = crew, Witness(crew)
        self.waiters: dict[str, Waiter] = {}

    def kind(self, queue: Queue, points: float = 0.0, order_class: int = 1) -> Group:
        return group(queue, KO, points, order_class, self.crew)

    def came(self, contact_id: str, into: Group, at: float, keeper: str | None = None, until: float = 0.0) -> None:
        self.waiters[contact_id] = Waiter(contact_id, into, at, keeper, until)
        self.witness.came(self.waiters[contact_id])

    def took(self, agent_id: str, contact_id: str, now: float) -> int:
        """How many inversions this match adds."""
        before = self.witness.inversions
        self.witness.left(self.waiters[contact_id])
        self.witness.took(agent_id, self.waiters[contact_id], now)
        return self.witness.inversions - before


def test_it_sees_an_inversion() -> None:
    scene = Scene(agents())
    waits = scene.kind(a_queue())
    scene.came("a", waits, 10.0)
    scene.came("b", waits, 20.0)
    assert scene.took("1", "b", 30.0) == 1
    assert scene.took("1", "a", 30.0) == 0


def test_points_and_classes_are_none() -> None:
    scene = Scene(agents())
    scene.came("a", scene.kind(a_queue()), 10.0)
    scene.came("minute", scene.kind(a_queue(), points=1.0), 20.0)
    scene.came("class", scene.kind(a_queue(), order_class=2), 20.0)
    scene.came("seconds", scene.kind(a_queue(), points=0.1), 20.0)
    assert scene.took("1", "minute", 30.0) == 0
    assert scene.took("1", "class", 30.0) == 0
    assert scene.took("1", "seconds", 30.0) == 1


def test_a_lower_rank_is_none_and_an_equal_one_is() -> None:
    scene = Scene(agents(ProfileRow("water", rank=1), ProfileRow(None, rank=2)))
    scene.came("a", scene.kind(a_queue("other")), 10.0)
    scene.came("water", scene.kind(a_queue("water")), 20.0)
    scene.came("b", scene.kind(a_queue("third")), 20.0)
    assert scene.took("1", "water", 30.0) == 0
    assert scene.took("1", "b", 30.0) == 1


def test_a_delay_counts_from_when_it_has_passed() -> None:
    scene = Scene(agents(ProfileRow("late", delay_s=20.0), ProfileRow(None)))
    scene.came("a", scene.kind(a_queue("late")), 10.0)
    for number, (now, seen) in enumerate([(29.0, 0), (31.0, 1)]):
        scene.came(f"b{number}", scene.kind(a_queue("now")), 11.0)
        assert scene.took("1", f"b{number}", now) == seen


def test_a_step_counts_from_when_it_has_passed() -> None:
    steps = (Relaxation(60.0, (("tax", 1),), False, Source("queues.yaml", 2)),)
    asking = replace(a_queue("tax", steps=steps), skills=(("tax", 3),))
    scene = Scene(agents(skills={"tax": 1}))
    scene.came("a", scene.kind(asking), 10.0)
    for number, (now, seen) in enumerate([(69.0, 0), (71.0, 1)]):
        scene.came(f"b{number}", scene.kind(a_queue("general")), 20.0)
        assert scene.took("1", f"b{number}", now) == seen


def test_a_reserve_counts_while_more_are_idle() -> None:
    scene = Scene(agents(ProfileRow("tax", reserve_idle=1), ProfileRow(None)))
    scene.came("a", scene.kind(a_queue("tax")), 10.0)
    for number, (two_idle, seen) in enumerate([(False, 0), (True, 1)]):
        scene.witness.agent("2", 15.0, there=True, idle=two_idle)
        scene.came(f"b{number}", scene.kind(a_queue("general")), 20.0)
        assert scene.took("1", f"b{number}", 30.0) == seen


def test_one_that_is_kept_for_another_agent_is_none_until_it_is_not() -> None:
    for left_at, now, seen in ((None, 24.0, 0), (None, 26.0, 1), (20.0, 24.0, 1)):
        scene = Scene(agents())
        scene.witness.agent("2", 0.0, there=True, idle=False)
        waits = scene.kind(a_queue(sticky=Sticky(7, 15.0)))
        scene.came("a", waits, 10.0, keeper="2", until=25.0)
        scene.came("b", waits, 12.0)
        if left_at is not None:
            scene.witness.agent("2", left_at, there=False, idle=False)
        assert scene.took("1", "b", now) == seen


def test_one_that_is_kept_for_this_agent_stands_in_the_first_rank() -> None:
    for rank, seen in ((1, 1), (2, 0)):
        scene = Scene(agents(ProfileRow(None, rank=rank)))
        scene.witness.agent("1", 0.0, there=True, idle=False)
        waits = scene.kind(a_queue(sticky=Sticky(7, 15.0)))
        scene.came("mine", waits, 10.0, keeper="1", until=25.0)
        scene.came("b", waits, 12.0)
        assert scene.took("1", "b", 20.0) == seen
        scene.came("c", waits, 5.0)
        assert scene.took("1", "mine", 21.0) == seen, "c came before it, in the same rank or in a lower one"


def test_it_sees_a_pair_that_stays_unmatched() -> None:
    scene = Scene(agents())
    scene.witness.agent("1", 5.0, there=True, idle=True)
    scene.came("a", scene.kind(a_queue()), 10.0)
    scene.witness.settled(10.0)
    scene.witness.left(scene.waiters["a"])
    scene.witness.settled(13.0)
    assert scene.witness.unmatched_max_s == 3.0


@pytest.mark.parametrize(("mates", "seen_s"), [(1, 0.0), (2, 5.0)])
def test_a_reserved_agent_is_no_pair(mates: int, seen_s: float) -> None:
    scene = Scene(agents(ProfileRow("tax", reserve_idle=1), ProfileRow(None)))
    for agent_id in ("1", "2")[:mates]:
        scene.witness.agent(agent_id, 0.0, there=True, idle=True)
    scene.came("a", scene.kind(a_queue("tax")), 10.0)
    scene.witness.settled(10.0)
    scene.witness.settled(15.0)
    assert scene.witness.unmatched_max_s == seen_s


@pytest.fixture(scope="module")
def full() -> Ruleset:
    """The city with every rule that matching has."""
    city = load(RULES)
    crew = {
        key: replace(rule, profile=PROFILES[n % len(PROFILES)]) for n, (key, rule) in enumerate(city.agents.items())
    }
    return replace(city, queues=queues(Rules.FULL), agents=crew, callers=())


@pytest.mark.parametrize(("count", "seed"), [(12, 1), (18, 2), (30, 3)])
def test_with_every_rule_in_use_it_does_not_cry_wolf(full: Ruleset, count: int, seed: int) -> None:
    plan = replace(city_plan(full, TUESDAY, 1500), returning=0.5)
    day = simulate(full, plan, on_duty(full.agents, count), seed, check_every=100)
    assert day.total.counts.answered > 600
    assert (day.order_inversions, day.eligible_unmatched_max_s) == (0, 0)


def test_a_core_that_takes_the_newest_first_is_seen(full: Ruleset, monkeypatch: pytest.MonkeyPatch) -> None:
    right = matching.best_contact

    def newest(agent: Agent) -> tuple[Entry | None, int]:
        best, many = right(agent)
        lanes = [lane.waiting for lane, rank, reserve in agent.ears if lane.waiting and rank == 1 and not reserve]
        return best and max([best, *(waiting[-1] for waiting in lanes if waiting[-1][0] == best[0])]), many

    monkeypatch.setattr(matching, "best_contact", newest)
    plan = replace(city_plan(full, TUESDAY, 1500), returning=0.5)
    assert simulate(full, plan, on_duty(full.agents, 12), 1).order_inversions > 50
