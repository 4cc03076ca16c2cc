"""A past day again: golden journals through the present core, and the first match that differs, told with its cause.

The golden journals are tests/golden/*.jsonl: what a core once gave for a centre whose rules stand here. When a change of
the core is meant to match otherwise, `python -m tests.unit.acd.test_replay` writes them anew; the commit says why.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from acd.core.facts import AgentMoved, ContactMoved, Decision, Fact, TalkNoted
from acd.core.states import Work
from acd.journal.codec import from_row, to_dict
from acd.replay import why
from acd.replay.events import events_of
from acd.replay.run import replay
from dialplan.agentrules import AgentRule, Profile, ProfileRow
from dialplan.language import Language
from dialplan.loader import load
from dialplan.menurules import Topic
from dialplan.queuerules import Sticky
from dialplan.ruleset import Ruleset
from engine.commands import replay as command
from tests.unit.acd.core.centre import EN, KO, make_agent, make_queue, make_steps
from tests.unit.engine.pastday import past_day, write

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
CITY = load(Path(__file__).resolve().parents[3] / "dialplan" / "rules")
NINE = 1_795_564_800.0  # 2026-11-25 09:00 in Seoul
DAYS = {"a_busy_hour": (70, 5, 11), "a_quiet_hour": (25, 9, 12)}  # calls, agents, seed


def small() -> Ruleset:
    """Two queues, a step, a profile with a delay, nine agents: the rules that the golden journals were made by."""
    queues = {
        "general": make_queue("general"),
        "tax": make_queue("tax", {"tax": 3}, steps=make_steps((40, {"tax": 1}), (90, {})), sticky=Sticky(7, 15.0)),
    }
    helpers = Profile("helpers", (ProfileRow("tax", delay_s=10.0), ProfileRow(None)))
    agents: dict[str, AgentRule] = {}
    for n in range(1, 10):
        spoken = (KO, EN) if n % 3 == 0 else (KO,)
        agent = make_agent(f"100{n}", *spoken, **({"tax": n % 5 + 1} if n % 2 else {}))
        agents[agent.id] = replace(agent, profile=helpers) if n in {5, 7} else agent
    topics = {
        key: Topic(key, {}, dict.fromkeys(Language, key), 0.5, CITY.any_topic_source) for key in ("general", "tax")
    }
    return replace(CITY, queues=queues, agents=agents, topics=topics, any_topic="general", callers=())


def golden(name: str) -> list[Fact]:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    data = [json.loads(line) for line in lines]
    return [from_row(one.pop("fact"), json.dumps(one)) for one in data]


@pytest.mark.parametrize("name", sorted(DAYS))
def test_a_golden_journal_happens_again(name: str) -> None:
    facts = golden(name)
    outcome = replay(facts, small())
    assert outcome.differs is None, [one.en for one in why.reasons(outcome.differs, small())]
    matches = [fact for fact in facts if isinstance(fact, Decision) and fact.outcome == "match"]
    assert outcome.matches == len(matches) > 20
    assert outcome.left.counts() == {}


def test_the_golden_days_hold_what_may_go_wrong() -> None:
    facts = [fact for name in DAYS for fact in golden(name)]
    decisions = [fact for fact in facts if isinstance(fact, Decision)]
    assert {"arrival", "freed", "returned", "step", "delay_ended"} <= {one.trigger for one in decisions}
    assert {"abandoned", "completed"} <= {one.new.value for one in facts if isinstance(one, ContactMoved)}
    assert "not_responding" in {one.presence.value for one in facts if isinstance(one, AgentMoved)}


def first_difference(rules: Ruleset, name: str = "a_busy_hour") -> tuple[Decision | None, Decision | None, list[str]]:
    outcome = replay(golden(name), rules)
    assert outcome.differs is not None
    return outcome.differs.recorded, outcome.differs.replayed, [one.en for one in why.reasons(outcome.differs, rules)]


def test_a_harder_requirement_is_the_first_difference() -> None:
    rules = small()
    tax = replace(rules.queues["tax"], skills=(("tax", 4),))
    recorded, _, reasons = first_difference(replace(rules, queues={**rules.queues, "tax": tax}))
    assert recorded is not None
    assert recorded.queue == "tax"
    assert any("level 3 or above → " in reason and "level 4 or above" in reason for reason in reasons), reasons


def test_an_agent_who_unlearned_it_is_named() -> None:
    rules = small()
    taken = next(f for f in golden("a_busy_hour") if isinstance(f, Decision) and f.queue == "tax" and f.agent_id)
    agents = {**rules.agents, taken.agent_id: replace(rules.agents[taken.agent_id], skills={})}
    recorded, _, reasons = first_difference(replace(rules, agents=agents))
    assert recorded is not None
    assert (recorded.contact_id, recorded.agent_id) == (taken.contact_id, taken.agent_id)
    assert f"agent {taken.agent_id} lacks a skill [agents.yaml:3]" in reasons


def test_another_strategy_takes_another_agent() -> None:
    rules = small()
    queues = {key: replace(queue, strategy="best_skill") for key, queue in rules.queues.items()}
    recorded, replayed, reasons = first_difference(replace(rules, queues=queues))
    assert recorded is not None
    assert replayed is not None
    assert reasons == [f"agent {recorded.agent_id} → {replayed.agent_id}"]


def test_a_topic_that_waits_elsewhere_now() -> None:
    rules = small()
    topics = {**rules.topics, "tax": replace(rules.topics["tax"], queue_by_language=dict.fromkeys(Language, "general"))}
    _, _, reasons = first_difference(replace(rules, topics=topics))
    assert reasons[0] == "queue `tax` → `general`" or reasons[0] == "queue tax → general"


# --- what is told again, and what is not


def test_a_wrapup_that_was_ended_early_or_extended_is_told() -> None:
    facts = golden("a_quiet_hour")
    ends = [f for f in facts if isinstance(f, AgentMoved) and f.old_work is Work.WRAPUP and f.work is Work.IDLE]
    first = ends[0]
    early = [replace(f, lasted_s=12.0) if f is first else f for f in facts]
    assert sum(type(event).__name__ == "WrapupEndAsked" for _, event in events_of(early, small()).events) == 1
    noted = TalkNoted(
        first.at - 5, str(facts[0].contact_id or "x"), first.agent_id, "wrapup", "extended", first.agent_id
    )
    longer = sorted([*facts, noted], key=lambda fact: fact.at)
    assert sum(type(event).__name__ == "WrapupExtendAsked" for _, event in events_of(longer, small()).events) == 1


def test_contacts_that_were_under_way_are_left_out_and_counted() -> None:
    facts = golden("a_busy_hour")
    half = len(facts) // 2
    at = facts[half].at
    rest = [fact for fact in facts if fact.at > at]
    outcome = replay(rest, small())
    begun = {f.contact_id for f in rest if isinstance(f, ContactMoved) and f.old is None}
    under_way = {f.contact_id for f in rest if isinstance(f, ContactMoved)} - begun
    assert outcome.left.counts() == {"under_way": len(under_way)}
    assert outcome.matches > 0


# --- the command


def test_from_a_file_and_from_a_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = past_day(CITY, begin=NINE, calls=60, hours=0.5, agents=12).facts
    write(tmp_path / "journal.sqlite", facts, run=1, began_at=NINE, seen_at=NINE + 9000)
    saved = tmp_path / "day.jsonl"
    assert command.run(["2026-11-25", "--state", str(tmp_path), "--save", str(saved)]) == 0
    assert "건이 같습니다" in capsys.readouterr().out
    assert command.run([str(saved), "--json"]) == 0
    (whole,) = json.loads(capsys.readouterr().out)
    assert whole["same"] == whole["recorded"] > 40
    assert whole["differs"] is None
    words = [str(saved), "--set", "queues.defaults.strategy=best_skill", "--language", "en"]
    assert command.run(words) == 1
    assert "The first that differs: " in capsys.readouterr().out


def test_what_cannot_be_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.jsonl").write_text('{"fact": "AgentMoved"}\n', encoding="utf-8")
    assert command.run([str(tmp_path / "bad.jsonl")]) == 2
    assert "bad.jsonl:1: not a fact" in capsys.readouterr().err
    assert command.run(["2026-11-25", "--state", str(tmp_path)]) == 2
    assert command.run([str(tmp_path / "none.jsonl")]) == 2
    assert "neither a day such as" in capsys.readouterr().err


if __name__ == "__main__":
    for name, (calls, agents, seed) in DAYS.items():
        made = past_day(small(), begin=NINE, calls=calls, hours=1.0, agents=agents, seed=seed)
        text = "\n".join(json.dumps(to_dict(fact), ensure_ascii=False, separators=(",", ":")) for fact in made.facts)
        (GOLDEN / f"{name}.jsonl").write_text(text + "\n", encoding="utf-8")
