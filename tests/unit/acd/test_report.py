"""Reports by hand-made facts, and a busy day's held against the journal's other ways of counting."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from acd.core.facts import ContactMoved, Fact, TalkNoted
from acd.core.figures import ServiceLevel
from acd.core.seoul import DAY_S, midnight
from acd.core.states import ContactState, Presence, Work
from acd.journal.agents import agents_day, agents_hours
from acd.journal.migrate import migrate
from acd.journal.read import figures
from acd.journal.report import OF_AGENTS, By, Report, Row, reports
from acd.journal.store import open_engine
from dialplan.language import Language
from tests.bench.millionfacts import fill
from tests.unit.acd.core.test_agentday import A_MORNING, AV, DAY, NINE, moved
from tests.unit.acd.test_journal_agents import engine_that_said

C = ContactState


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    migrate(path)
    return path


def contact(at: float, one: str, old: C | None, new: C, **words: object) -> ContactMoved:
    values: dict = {
        "channel": "voice", "language": Language.KO, "topic": "passport", "queue": "passport", "agent_id": None,
        "first_queued_at": at, "waited_s": 0.0, "offered": old is None, "within_threshold": None, "detail": None, **words,
    }  # fmt: skip
    return ContactMoved(at=at, contact_id=one, old=old, new=new, **values)


def a_call(at: float, one: str, *, waited_s: float, agent: str = "1001", **words: object) -> list[Fact]:
    """Answered, 100 s of talk, 10 s on hold, 30 s of wrap-up."""
    mine = {"agent_id": agent, **words}
    return [
        contact(at, one, None, C.QUEUED, **words),
        contact(
            at + waited_s, one, C.RESERVED, C.CONNECTED, waited_s=waited_s, within_threshold=waited_s <= 20, **mine
        ),
        contact(at + waited_s + 110, one, C.CONNECTED, C.WRAPUP, talk_s=100.0, hold_s=10.0, **mine),
        contact(at + waited_s + 140, one, C.WRAPUP, C.COMPLETED, **mine),
    ]


TEN = DAY + 10 * 3600
A_DAY: list[Fact] = [
    *A_MORNING,
    *a_call(NINE, "c1", waited_s=5.0),
    *a_call(TEN, "c2", waited_s=45.0, queue="tax", topic="tax", language=Language.EN),
    contact(TEN, "c3", None, C.QUEUED),
    contact(TEN + 2, "c3", C.QUEUED, C.ABANDONED, waited_s=2.0, detail="short"),
    contact(TEN + 5, "c4", None, C.QUEUED),
    contact(TEN + 65, "c4", C.QUEUED, C.ABANDONED, waited_s=60.0, detail="queue"),
    contact(TEN + 9, "c5", None, C.QUEUED),
    contact(TEN + 99, "c5", C.QUEUED, C.OVERFLOWED, waited_s=90.0, detail="overflow"),
    contact(TEN + 100, "c6", None, C.QUEUED),  # waits still
    TalkNoted(TEN + 100, "c2", "1002", "transfer", "blind:answered", "1001"),
    TalkNoted(TEN + 101, "c2", "1001", "transfer", "consult:answered", "1001"),
    TalkNoted(TEN + 101, "c2", "1002", "transfer", "blind:returned", "1001"),
]


def day_by(path: Path, by: By) -> Report:
    return reports(path, DAY, DAY + DAY_S, [by])[0]


def test_a_day_by_hand(path: Path) -> None:
    engine_that_said(path, A_DAY, from_at=NINE, seen_at=DAY + 12 * 3600)
    by_queue = day_by(path, By.QUEUE)
    general, passport, tax = by_queue.rows  # general: the one talk of A_MORNING
    assert (general.answered, general.offered) == (1, 0)
    assert passport == Row(
        "passport", offered=5, answered=1, answered_within=1, abandoned=2, abandoned_short=1, flowed_out=1,
        answered_wait_s=5.0, handled=1, talk_s=100.0, hold_s=10.0, wrapup_s=pytest.approx(30.0),
    )  # fmt: skip
    assert (passport.answer_rate, passport.lost, passport.aht_s, passport.asa_s) == (
        1 / 3,
        2,
        pytest.approx(140.0),
        5.0,
    )
    assert [passport.service_level(one) for one in ServiceLevel] == [1 / 4, 1 / 3, 1.0]
    assert (tax.answered, tax.answered_within, tax.transferred, tax.to_officials) == (1, 0, 2, 1)
    assert by_queue.total.offered == 6
    assert by_queue.total.occupancy == pytest.approx(210 / 355)  # A_MORNING's own
    assert not by_queue.is_whole
    assert [(row.key, row.answered) for row in day_by(path, By.LANGUAGE).rows] == [("en", 1), ("ko", 2)]
    assert [(row.key, row.offered) for row in day_by(path, By.HOUR).rows] == [("09", 1), ("10", 5)]
    (agent,) = day_by(path, By.AGENT).rows
    assert (agent.key, agent.answered, agent.transferred, agent.not_answered) == ("1001", 3, 2, 1)
    assert (agent.handled, agent.talk_s, agent.wrapup_s) == (2, 160.0, 30.0)  # by the agent's own states
    assert [row.key for row in day_by(path, By.TEAM).rows] == ["team1"]


def test_two_engines_and_a_day_that_is_over(path: Path) -> None:
    engine_that_said(path, [moved(NINE, AV), *a_call(NINE, "c1", waited_s=1.0)], from_at=NINE, seen_at=NINE + 600)
    later = [moved(TEN, AV), moved(TEN + 1800, Presence.OFFLINE)]
    engine_that_said(path, later, from_at=TEN, seen_at=DAY + 2 * DAY_S)
    report = day_by(path, By.HOUR)
    assert report.is_whole
    # Ready until the first engine was last seen, and again with the second one.
    assert [(row.key, row.idle_s) for row in report.rows] == [("09", 600.0), ("10", 1800.0)]


def test_nothing_at_all(path: Path) -> None:
    for by in By:
        report = day_by(path, by)
        assert report.rows == ()
        assert report.total == Row("all")
        assert report.total.answer_rate is None
        assert report.total.occupancy is None


def test_an_hour_is_a_part_of_its_day(path: Path) -> None:
    facts = [moved(NINE, AV), moved(NINE + 3000, AV, Work.CONNECTED), moved(NINE + 4200, AV)]
    engine_that_said(path, facts, from_at=NINE, seen_at=NINE + 5000)
    hours = [one["1001"] for one in agents_hours(path, DAY, DAY + DAY_S) if one]
    assert (hours[0].idle_s, hours[0].talk_s) == (3000.0, 600.0)
    assert (hours[1].idle_s, hours[1].talk_s) == (3000.0 + 800.0, 1200.0)
    assert hours[-1] == hours[1]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of 2,200 contacts, the second one half over."""
    path = tmp_path_factory.mktemp("busy") / "journal.sqlite"
    fill(path, 50_000, NINE + 3 * 3600)
    return path


def test_every_way_of_counting_gives_the_same(busy: Path) -> None:
    for begin in (DAY - DAY_S, DAY):
        counted = figures(busy, begin, begin + DAY_S)
        found = {report.by: report for report in reports(busy, begin, begin + DAY_S, list(By))}
        for by, report in found.items():
            assert report.total.answered == counted.answered > 2000
            assert report.total.answered_wait_s == pytest.approx(counted.wait_sum_s)
            if by not in OF_AGENTS:
                assert report.total.offered == counted.offered
                assert report.total.answer_rate == counted.answer_rate
                level = report.total.service_level(ServiceLevel.SHORT_EXCLUDED)
                assert level == counted.service_level_short_excluded
            assert sum(row.answered for row in report.rows) == report.total.answered
        with open_engine(busy).connect() as connection:
            day = text(
                "select sum(offered), sum(answered), sum(abandoned), sum(flowed_out) from day_figures where day = :day"
            )
            name = {DAY - DAY_S: "2026-11-23", DAY: "2026-11-24"}[begin]
            row = connection.execute(day, {"day": name}).one()
        assert tuple(row) == (counted.offered, counted.answered, counted.abandoned, counted.flowed_out)
        agents = agents_day(busy, begin, begin + DAY_S)
        if begin == DAY:
            agents.engine_ended(found[By.DAY].seen_at or 0.0)
        in_contact_s = sum(one.in_contact_s for one in agents.figures(begin + DAY_S - 1e-4).values())
        assert found[By.AGENT].total.in_contact_s == pytest.approx(in_contact_s, abs=0.01)
        assert found[By.HOUR].total.in_contact_s == pytest.approx(in_contact_s, abs=0.01)


def test_a_month_is_the_sum_of_its_days(busy: Path) -> None:
    assert midnight(DAY) == DAY
    (month,) = reports(busy, DAY - 23 * DAY_S, DAY + 7 * DAY_S, [By.DAY])
    assert [row.key for row in month.rows] == ["2026-11-23", "2026-11-24"]
    assert [row.offered for row in month.rows] == [
        figures(busy, begin, begin + DAY_S).offered for begin in (DAY - DAY_S, DAY)
    ]
