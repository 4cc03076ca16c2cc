"""`explain --contact`, `--why` and `--why-not` on a journal of a day that the real core lived through."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event

from acd.core.facts import ContactMoved, Decision
from acd.core.states import ContactState
from acd.journal import history
from dialplan.loader import load
from engine.commands import explain, show
from tests.unit.engine.pastday import PastDay, past_day, write

CITY = load(Path(__file__).resolve().parents[3] / "dialplan" / "rules")
NINE = 1_795_564_800.0  # 2026-11-25 09:00 in Seoul


@pytest.fixture(scope="module")
def day() -> PastDay:
    return past_day(CITY, begin=NINE, calls=500, hours=2, agents=22)


@pytest.fixture(scope="module")
def state(day: PastDay, tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    half = next(i for i, fact in enumerate(day.facts) if fact.at > NINE + 3600)
    database = state / "journal.sqlite"
    write(database, day.facts[:half], run=1, began_at=NINE, seen_at=NINE + 3600)
    write(database, day.facts[half:], run=2, began_at=NINE + 3600, seen_at=NINE + 9000)  # another engine went on
    return state


def decisions(day: PastDay, **words: object) -> list[Decision]:
    found = [fact for fact in day.facts if isinstance(fact, Decision) and fact.contact_id]
    return [one for one in found if all(getattr(one, name) == value for name, value in words.items())]


def asked(capsys: pytest.CaptureFixture[str], state: Path, *words: str) -> str:
    assert explain.run([*words, "--state", str(state)]) == 0
    return capsys.readouterr().out


def test_a_contacts_way(day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = decisions(day, outcome="refusal", trigger="returned")[0]
    whole = json.loads(asked(capsys, state, "--contact", refused.contact_id, "--json"))
    mine = [one for one in decisions(day) if one.contact_id == refused.contact_id]
    assert [(one["outcome"], one["agent"], one["rule"]) for one in whole["decisions"]] == [
        (one.outcome, one.agent_id, one.rule) for one in mine
    ]
    assert whole["decisions"][0]["result"] == "no_answer"
    assert "어떤" not in whole["decisions"][0]["ko"]
    moves = [fact for fact in day.facts if isinstance(fact, ContactMoved) and fact.contact_id == refused.contact_id]
    assert (whole["outcome"], whole["queue"], whole["language"]) == (moves[-1].new, moves[0].queue, moves[0].language)
    korean = asked(capsys, state, "--contact", refused.contact_id)
    assert f"  1. {whole['decisions'][0]['at'][11:19]}  {whole['decisions'][0]['ko']}" in korean
    assert "벨 10.0초: 받지 않음" in korean
    english = asked(capsys, state, "--contact", refused.contact_id, "--language", "en")
    assert "rang for 10.0 s: did not answer" in english
    assert "받지 않음" not in english


def test_why_is_the_decision_that_matched(day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = decisions(day, outcome="match", trigger="freed")[0]
    said = asked(capsys, state, "--why", one.agent_id, one.contact_id)
    assert f"({one.agent_id})" in said
    assert one.rule in said
    other = next(agent for agent in CITY.agents if agent != one.agent_id)
    assert explain.run(["--why", other, one.contact_id, "--state", str(state)]) == 1
    assert f"--why-not {other} {one.contact_id} tells more" in capsys.readouterr().err


def verdict(capsys: pytest.CaptureFixture[str], state: Path, agent: str, contact: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(asked(capsys, state, "--why-not", agent, contact, "--json"))["verdict"]
    return found


def test_why_not_by_the_rules(day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    english = next(one for one in decisions(day) if one.requirement.language == "en")
    found = verdict(capsys, state, "1001", english.contact_id)
    assert (found["code"], found["ko"]) == ("language", "언어가 맞지 않음: 필요 영어, 상담사 한국어")
    assert found["rule"] == str(CITY.agents["1001"].source)
    passport = decisions(day, queue="health")[0]
    found = verdict(capsys, state, "1003", passport.contact_id)
    assert found["code"] in {"skill", "language"}
    korean = next(one for one in decisions(day, queue="health") if one.requirement.language == "ko")
    assert verdict(capsys, state, "1003", korean.contact_id)["en"] == "lacks a skill: needs health 2 or above, has 0"


def test_why_not_by_what_the_agent_did(day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    never = next(one for one in decisions(day, queue="general") if one.requirement.language == "ko")
    found = verdict(capsys, state, "1043", never.contact_id)
    assert (found["code"], found["ko"]) == ("not_available", "그때까지 로그인한 적 없음")
    busy = next(
        (one, passed)
        for one in decisions(day, outcome="match", trigger="arrival")
        for passed in one.passed_over
        if passed.code == "busy"
    )
    found = verdict(capsys, state, busy[1].agent_id, busy[0].contact_id)
    assert found["code"] == "busy"
    assert re.search("통화 중|연결 중|후처리 중", found["ko"])
    beaten = next(
        (one, passed)
        for one in decisions(day, outcome="match", trigger="arrival", strategy="longest_idle")
        for passed in one.passed_over
        if passed.code == "longer_idle" and one.waited_s == 0
    )
    assert verdict(capsys, state, beaten[1].agent_id, beaten[0].contact_id)["code"] == "longer_idle"


def test_why_not_names_the_call_that_was_taken_instead(
    day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken, passed = next(
        (one, passed)
        for one in decisions(day, outcome="match", trigger="freed")
        for passed in one.passed_over
        if passed.code == "earlier"
    )
    whole = json.loads(asked(capsys, state, "--why-not", taken.agent_id, passed.contact_id, "--json"))
    assert f"통화 {taken.contact_id}번을 받음: 더 늦게 온 전화" in [one["ko"] for one in whole["moments"]]


def test_the_chosen_agent_is_told_so(day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = next(
        fact
        for fact in decisions(day, outcome="match", trigger="arrival")
        if fact is [other for other in decisions(day) if other.contact_id == fact.contact_id][-1]
    )
    assert f"{one.contact_id}번은" in asked(capsys, state, "--why-not", one.agent_id, one.contact_id)
    whole = json.loads(asked(capsys, state, "--why-not", one.agent_id, one.contact_id, "--json"))
    assert "chosen" in [moment["code"] for moment in whole["moments"]]


def test_a_contact_or_a_journal_that_is_not_there(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain.run(["--contact", "nobody", "--state", str(state)]) == 1
    assert "the latest are: " in capsys.readouterr().err
    assert explain.run(["--contact", "nobody", "--state", str(tmp_path)]) == 1
    assert "there is no journal" in capsys.readouterr().err
    assert explain.run(["--contact", "nobody", "--state", str(state), "--language", "ja"]) == 2


def test_show_speaks_one_language(day: PastDay, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contact = next(
        one.contact_id for one in day.facts if isinstance(one, ContactMoved) and one.new is ContactState.COMPLETED
    )
    assert show.run([contact, "--state", str(state)]) == 0
    korean = capsys.readouterr().out
    assert show.run([contact, "--state", str(state), "--language", "en"]) == 0
    english = capsys.readouterr().out
    assert "대기열에서 기다림" in korean
    assert "waits in" not in korean
    assert "waits in" in english
    assert len(korean.splitlines()) == len(english.splitlines())


def test_every_question_is_answered_by_an_index(state: Path, day: PastDay, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the cost is the contact's own, whatever the journal's size: no table is read from one end to the other."""
    database = state / "journal.sqlite"
    asked: list[str] = []
    real = history.open_engine

    def watched(path: Path) -> object:
        engine = real(path)
        event.listen(engine, "before_cursor_execute", lambda c, cur, sql, values, *_: asked.append((sql, values)))
        return engine

    monkeypatch.setattr(history, "open_engine", watched)
    contact = decisions(day, outcome="match")[-1].contact_id
    kept = history.way(database, contact)
    history.agent_moves(database, "1001", history.Place(1, 5), kept[-1].place)
    history.decisions_between(database, NINE, NINE + 60)
    with sqlite3.connect(database) as connection:
        plans = [row[3] for sql, values in asked for row in connection.execute(f"explain query plan {sql}", values)]
    connection.close()
    assert len(asked) >= 5
    assert all(plan.startswith("SEARCH") for plan in plans), plans
