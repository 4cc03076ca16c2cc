"""A past day again: its callers from the journal, under the same or other rules; two sets of rules beside each other."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from acd.core.facts import ContactMoved
from acd.core.states import ContactState
from dialplan.calendar import SEOUL
from dialplan.loader import load
from engine.commands import simulate as command
from engine.simulation.day import simulate
from engine.simulation.past import NoCallersError, past_day
from engine.simulation.plan import city_plan
from engine.simulation.staff import on_duty
from engine.simulation.timeuse import TimeUse
from tests.unit.engine.pastday import past_day as lived
from tests.unit.engine.pastday import write

RULES = Path(__file__).resolve().parents[3] / "dialplan" / "rules"
CITY = load(RULES)
NINE = 1_795_564_800.0  # 2026-11-25 09:00 in Seoul
DAY = datetime.fromtimestamp(NINE, SEOUL)


@pytest.fixture(scope="module")
def moves() -> list[ContactMoved]:
    facts = lived(CITY, begin=NINE, calls=400, hours=3, agents=16).facts
    return [fact for fact in facts if isinstance(fact, ContactMoved)]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, moves: list[ContactMoved]) -> Path:
    state = tmp_path_factory.mktemp("state")
    write(state / "journal.sqlite", moves, run=1, began_at=NINE, seen_at=NINE + 20_000)
    return state


def test_its_callers_are_those_of_the_day(moves: list[ContactMoved]) -> None:
    plan, callers = past_day(CITY, DAY, moves, seed=1)
    first = [move for move in moves if move.old is None]
    assert len(callers) == len(first) == plan.calls
    assert [one.at_s for one in callers] == pytest.approx([move.at - plan.midnight for move in first])
    assert [(one.language, one.topic) for one in callers] == [(move.language, move.topic) for move in first]
    gone = [move for move in moves if move.new is ContactState.ABANDONED]
    assert gone
    patience = {round(one.at_s + plan.midnight, 3): one.patience_s for one in callers}
    for move in gone:
        assert patience[round(move.first_queued_at, 3)] == pytest.approx(move.waited_s)
    talks = sorted(move.talk_s + move.hold_s for move in moves if move.new is ContactState.WRAPUP)
    assert set(talks) <= {one.talk_s for one in callers}
    assert past_day(CITY, DAY, moves, seed=1)[1] == callers
    assert past_day(CITY, DAY, moves, seed=2)[1] != callers


def test_a_contact_that_two_engines_saw_calls_once(moves: list[ContactMoved]) -> None:
    again = [move for move in moves if move.contact_id == moves[0].contact_id]
    assert len(past_day(CITY, DAY, [*again, *again], seed=1)[1]) == 1


def test_a_topic_that_the_rules_no_longer_have_is_any(moves: list[ContactMoved]) -> None:
    topics = {key: topic for key, topic in CITY.topics.items() if key != "passport"}
    callers = past_day(replace(CITY, topics=topics), DAY, moves, seed=1)[1]
    assert "passport" not in {one.topic for one in callers}
    assert len(callers) == len(past_day(CITY, DAY, moves, seed=1)[1])


def test_an_empty_day_says_so() -> None:
    with pytest.raises(NoCallersError, match="2026-11-25"):
        past_day(CITY, DAY, [], seed=1)


def test_what_agents_time_went_into() -> None:
    plan = city_plan(CITY, DAY.date(), 600)
    use = TimeUse(plan.midnight)
    day = simulate(CITY, plan, on_duty(CITY.agents, 12), 3, on_fact=use.receive)
    hours, queues = use.occupancy_by_hour(), use.share_by_queue()
    assert day.occupancy is not None
    assert min(hours.values()) < day.occupancy < max(hours.values())
    assert sum(queues.values()) == pytest.approx(1.0)
    assert set(queues) == set(day.by_queue())


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert command.run([*words]) == 0
    return capsys.readouterr().out


def test_from_the_journal(state: Path, moves: list[ContactMoved], capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--from-journal", "--state", str(state), "--day", "2026-11-25", "--agents", "16", "--json")
    whole = json.loads(asked(capsys, *words))
    assert whole["offered"] == sum(move.old is None for move in moves)
    assert set(whole["by_hour"]) == {"09", "10", "11"}
    assert whole["order_inversions"] == 0
    assert command.run(["--from-journal", "--state", str(state), "--day", "2026-11-24"]) == 1
    assert "no contact on 2026-11-24" in capsys.readouterr().err
    assert command.run(["--from-journal", "--state", str(state / "none"), "--day", "2026-11-25"]) == 1
    assert "there is no journal" in capsys.readouterr().err


def test_two_sets_of_rules_meet_the_same_callers(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "rules"
    shutil.copytree(RULES, other)
    text = (other / "queues.yaml").read_text(encoding="utf-8").replace("wrapup_s: 30 ", "wrapup_s: 0 ")
    (other / "queues.yaml").write_text(text, encoding="utf-8")
    words = (
        "--compare",
        str(RULES),
        str(other),
        "--from-journal",
        "--state",
        str(state),
        "--day",
        "2026-11-25",
        "--agents",
        "9",
    )
    whole = json.loads(asked(capsys, *words, "--json"))
    assert whole["a"]["offered"] == whole["b"]["offered"]
    assert whole["b_minus_a"]["occupancy"] < 0
    assert whole["b_minus_a"]["asa_s"] < 0
    page = tmp_path / "page.html"
    table = asked(capsys, *words, "--html", str(page))
    assert "the same callers, seed 1" in table
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    assert str(other) in text
    assert not re.search(r"(src|href)=|<script|@import|url\(", text), "the page needs nothing from elsewhere"
