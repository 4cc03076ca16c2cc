"""`./ringmaster show` on a journal that real writers wrote: contacts, one contact, the agents' day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acd.core.facts import Fact, HandoverWritten, TalkNoted
from acd.core.states import ContactState
from acd.journal.agents import agents_day
from acd.journal.migrate import migrate
from dialplan.language import Language
from dialplan.loader import load
from engine import agentstoday, timeline
from engine.commands import show
from tests.unit.acd.core.test_agentday import A_MORNING, DAY, NINE
from tests.unit.acd.test_journal import moved
from tests.unit.acd.test_journal_agents import engine_that_said


@pytest.fixture
def state(tmp_path: Path) -> Path:
    migrate(tmp_path / "journal.sqlite")
    facts: list[Fact] = [
        moved("1795507200.1", ContactState.QUEUED, at=NINE, topic="passport"),
        moved("1795507200.1", ContactState.CONNECTED, at=NINE + 4, topic="passport", agent_id="1001", waited_s=4.0, old=ContactState.RESERVED),
        moved("1795507200.1", ContactState.WRAPUP, at=NINE + 9, topic="passport", agent_id="1001", waited_s=4.0, old=ContactState.RESERVED),
        moved("1795507300.2", ContactState.QUEUED, at=NINE + 100),
        moved("1795507300.2", ContactState.ABANDONED, at=NINE + 103, detail="short", waited_s=3.0, old=ContactState.QUEUED),
    ]  # fmt: skip
    engine_that_said(tmp_path / "journal.sqlite", [*facts, *A_MORNING], from_at=NINE - 1, seen_at=NINE + 2000)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert show.run(words) == 0
    return capsys.readouterr().out


def test_the_latest_contacts_a_line_each(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "--state", str(state)).splitlines()[2:]
    assert lines[1].split() == [
        "1795507200.1", "2026-11-24", "09:00:00", "ko", "passport", "wrapup", "1001", "4.0", "s",
    ]  # fmt: skip
    assert lines[0].split() == [
        "1795507300.2", "2026-11-24", "09:01:40", "ko", "any", "abandoned", "(short)", "-", "3.0", "s",
    ]  # fmt: skip


def test_the_latest_contacts_as_data(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(said(capsys, "--state", str(state), "--json"))
    assert [(one["contact_id"], one["state"], one["agent_id"]) for one in listed] == [
        ("1795507300.2", "abandoned", None), ("1795507200.1", "wrapup", "1001"),
    ]  # fmt: skip


def test_the_agents_day(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads(said(capsys, "--state", str(state), "--agents", "--json"))
    wanted = agents_day(state / "journal.sqlite", DAY, DAY + 86_400).figures(NINE + 2000)["1001"]
    assert whole["agents"] == [{"agent": "1001", "name": None, **agentstoday.as_json(wanted)}]
    assert whole["since"].startswith("2026-11-24T00:00:00")
    assert whole["agents"][0]["away_s"] == {"break": 100.0, "lunch": 600.0}
    assert whole["agents"][0]["occupancy"] == pytest.approx(210 / 355, abs=1e-4)
    line = said(capsys, "--state", str(state), "--agents").splitlines()[-1]
    assert "0:02:40" in line
    assert "59 %" in line
    assert "break 0:01:40, lunch 0:10:00, not responding 0:00:30" in line


def test_a_contact_that_is_not_there_names_those_that_are(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show.run(["nobody", "--state", str(state)]) == 1
    assert "1795507300.2, 1795507200.1" in capsys.readouterr().err


def test_live_facts_wait_for_the_journals(state: Path) -> None:
    live = agentstoday.AgentsToday()
    live.receive(A_MORNING[-1:])
    assert live.figures(NINE + 2000) == {}
    earlier = agentstoday.AgentsToday()
    earlier.begin_anyway(NINE)
    earlier.receive(A_MORNING)
    journal = agents_day(state / "journal.sqlite", DAY, NINE + 1050)
    live.begin_with(journal)
    assert live.figures(NINE + 1100)["1001"].away_s == earlier.figures(NINE + 1100)["1001"].away_s


def test_a_citizen_who_was_handed_on_in_words() -> None:
    rules = load(Path(__file__).parents[3] / "dialplan" / "rules")
    talk = moved("c1", ContactState.CONNECTED, at=NINE + 60, agent_id="7101", waited_s=4.0, old=ContactState.QUEUED)
    facts: list[Fact] = [
        HandoverWritten(NINE + 50, "c1", "1001", "passport", "재발급 기간", "분실"),
        TalkNoted(NINE + 60, "c1", "7101", "transfer", "consult:answered", "1001"),
        talk,
    ]
    korean = "\n".join(timeline.lines(facts, rules))
    english = "\n".join(timeline.lines(facts, rules, Language.EN))
    assert "인계 내용 (상담사 1001): passport 업무, 문의: 재발급 기간, 메모: 분실" in korean
    assert "1001에서 7101(으)로 협의 후 연결: 받음" in korean
    assert "담당자 7101(민원여권과)에게 연결" in korean
    assert "1001 to 7101, consultation: answered" in english
    assert "talks with official 7101 (민원여권과)" in english
