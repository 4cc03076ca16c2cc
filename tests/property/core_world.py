"""The small centre in which the core's machine lives: its queues, agents and rules."""

from __future__ import annotations

from collections.abc import Sequence

from acd.core.events.rules import RulesChanged
from dialplan.agentrules import EVERY_QUEUE, AgentRule, Profile, ProfileRow
from dialplan.language import Language
from dialplan.queuerules import CallbackRule, Queue, Relaxation, Sticky, Strategy
from dialplan.source import Source

KO, EN = Language.KO, Language.EN
START = 1_800_000_000.0


def queue(key: str, skills: dict[str, int], strategy: Strategy, **values) -> Queue:
    times = {"ring_timeout_s": 10.0, "wrapup_s": 30.0, "wrapup_extend_s": 20.0, "rona_exclude_s": 60.0} | values
    return Queue(
        key, {}, tuple(sorted(skills.items())), strategy, 20.0, 5.0, announce_every_s=30.0, max_waiting=100,
        music="default", source=Source("queues.yaml", 7), **times,
    )  # fmt: skip


def agent(agent_id: str, languages: Sequence[Language], profile: Profile = EVERY_QUEUE, **skills: int) -> AgentRule:
    return AgentRule(
        agent_id, agent_id, "team1", frozenset(languages), skills, False, Source("agents.yaml", 3), profile
    )


def steps(*written: tuple[float, dict[str, int], bool]) -> tuple[Relaxation, ...]:
    return tuple(
        Relaxation(after_s, tuple(sorted(skills.items())), interpreter, Source("queues.yaml", 20 + number))
        for number, (after_s, skills, interpreter) in enumerate(written)
    )


RANKED = Profile("ranked", (ProfileRow("tax", rank=1), ProfileRow(None, rank=2)))
HELPING = Profile(
    "helping", (ProfileRow("passport"), ProfileRow("tax", delay_s=8.0), ProfileRow(None, delay_s=20.0, rank=3))
)
KEEPING = Profile("keeping", (ProfileRow("tax"), ProfileRow(None, delay_s=5.0, reserve_idle=1)))


def keyed(*things: Queue | AgentRule) -> dict:
    return {thing.key if isinstance(thing, Queue) else thing.id: thing for thing in things}


GENERAL = queue("general", {}, Strategy.LONGEST_IDLE, sticky=Sticky(7, 12.0))
PASSPORT = queue("passport", {"passport": 2}, Strategy.BEST_SKILL, rona_exclude_s=5.0)
TAX = queue(
    "tax", {"tax": 3}, Strategy.LEAST_OCCUPIED, wrapup_s=0.0, steps=steps((6.0, {"tax": 1}, False), (25.0, {}, True))
)
BOTH = queue(
    "both", {"passport": 1, "tax": 2}, Strategy.BEST_SKILL, wrapup_extend_s=0.0, sticky=Sticky(7, 15.0),
    steps=steps((10.0, {"tax": 1}, False)),
)  # fmt: skip
CALLBACK = CallbackRule(0.0, 2, 5.0, 30.0, 3, 500, 30, 7, Source("queues.yaml", 30))
AGENTS = keyed(
    agent("1001", [KO], passport=5, tax=3),
    agent("1002", [KO], passport=2),
    agent("1003", [KO, EN], tax=5),
    agent("1004", [EN], passport=3, tax=3),
    agent("1005", [KO, EN], passport=3, tax=4),
)
GROUPED = keyed(
    agent("1001", [KO], RANKED, passport=5, tax=3),
    agent("1002", [KO], HELPING, passport=2),
    agent("1003", [KO, EN], KEEPING, tax=5),
    agent("1004", [EN], KEEPING, passport=3, tax=3),
    agent("1005", [KO, EN], KEEPING, passport=3, tax=4),
)
RULES = [
    RulesChanged(AGENTS, keyed(GENERAL, PASSPORT, TAX, BOTH)),
    RulesChanged(
        keyed(agent("1001", [KO], passport=1, tax=5), agent("1003", [EN]), agent("1006", [KO], passport=4)),
        keyed(GENERAL, queue("passport", {"passport": 4}, Strategy.LONGEST_IDLE), TAX),
    ),
    RulesChanged(AGENTS | keyed(agent("1002", [KO, EN], tax=4)), keyed(GENERAL, queue("tax", {}, Strategy.BEST_SKILL))),
    RulesChanged(GROUPED, keyed(GENERAL, PASSPORT, TAX, BOTH)),
]
QUEUES = keyed(GENERAL, PASSPORT, TAX, BOTH)
