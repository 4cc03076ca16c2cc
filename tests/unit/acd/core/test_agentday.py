"""An agent's day by hand-made facts: where each second goes, over midnight, over the engine's end."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from acd.core.agentday import AgentsDay
from acd.core.facts import AgentMoved, ContactMoved, ReservationEnded
from acd.core.figures import AgentFigures
from acd.core.seoul import midnight
from acd.core.states import ContactState, Presence, Work
from dialplan.language import Language

AV, AWAY, OFF = Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE
DAY = datetime(2026, 11, 24, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()
NINE = DAY + 9 * 3600


def moved(at: float, presence: Presence, work: Work = Work.IDLE, reason: str | None = None) -> AgentMoved:
    return AgentMoved(at, "1001", "team1", OFF, Work.IDLE, presence, work, reason, 0.0)


def talk(at: float, contact_id: str) -> ContactMoved:
    return ContactMoved(
        at, contact_id, "voice", Language.KO, "any", "general", ContactState.RESERVED, ContactState.CONNECTED, "1001", at, 1.0,
        False, True, None,
    )  # fmt: skip


def ring(at: float, result: str) -> ReservationEnded:
    return ReservationEnded(at, 1, "c", "1001", "general", result, 3.0)


A_MORNING = [
    moved(NINE, AV),
    moved(NINE + 100, AV, Work.RESERVED),
    ring(NINE + 105, "answered"),
    talk(NINE + 105, "c1"),
    moved(NINE + 105, AV, Work.CONNECTED),
    moved(NINE + 165, AV, Work.HOLD),
    moved(NINE + 185, AV, Work.CONNECTED),
    moved(NINE + 285, AWAY, Work.WRAPUP, "lunch"),  # asked for in the talk; the wrap-up comes first
    moved(NINE + 315, AWAY, Work.IDLE, "lunch"),
    moved(NINE + 915, AV),
    moved(NINE + 915 + 45, AV, Work.RESERVED),
    ring(NINE + 970, "no_answer"),
    moved(NINE + 970, Presence.NOT_RESPONDING),
    moved(NINE + 1000, AWAY, Work.IDLE, "break"),
    moved(NINE + 1100, OFF),
]


def day_of(facts: list) -> AgentsDay:
    day = AgentsDay(DAY)
    for fact in facts:
        day.receive(fact)
    return day


def test_every_second_goes_somewhere_once() -> None:
    mine = day_of(A_MORNING).figures(NINE + 5000)["1001"]
    assert mine == AgentFigures(
        answered=1, talk_s=160.0, hold_s=20.0, wrapup_s=30.0, ringing_s=15.0, idle_s=145.0, not_responding_s=30.0,
        away_s={"break": 100.0, "lunch": 600.0}, no_answer=1,
    )  # fmt: skip
    assert mine.aht_s == 210.0
    assert mine.occupancy == pytest.approx(210 / 355)
    whole = mine.in_contact_s + mine.ringing_s + mine.idle_s + mine.not_responding_s + sum(mine.away_s.values())
    assert whole == 1100.0


def test_the_state_of_now_counts_up_to_now() -> None:
    day = day_of(A_MORNING[:1])
    assert day.figures(NINE + 40)["1001"].idle_s == 40.0
    assert day.figures(NINE + 60)["1001"].idle_s == 60.0
    assert day.figures(NINE + 60)["1001"].aht_s is None


def test_a_day_begins_with_what_agents_are_in_at_midnight() -> None:
    day = day_of([moved(DAY - 5000, AWAY, Work.IDLE, "training"), ring(DAY - 4000, "declined"), talk(DAY - 3000, "c0")])
    mine = day.figures(DAY + 60)["1001"]
    assert mine == AgentFigures(away_s={"training": 60.0})


def test_at_midnight_it_begins_anew_by_itself() -> None:
    day = day_of(A_MORNING[:5])
    assert day.figures(NINE + 110)["1001"].talk_s == 5.0
    night = DAY + 86_400
    assert day.figures(night + 7)["1001"] == AgentFigures(talk_s=7.0)
    assert day.since == night == midnight(night + 7)


def test_nothing_is_known_while_there_is_no_engine() -> None:
    day = day_of(A_MORNING[:5])
    day.engine_ended(NINE + 115)
    day.receive(moved(NINE + 500, AV))
    mine = day.figures(NINE + 510)["1001"]
    assert (mine.talk_s, mine.idle_s) == (10.0, 110.0)


def test_a_talk_that_two_engines_saw_is_one() -> None:
    day = day_of(A_MORNING[:5])
    day.engine_ended(NINE + 115)
    day.receive(talk(NINE + 117, "c1"))
    day.receive(moved(NINE + 117, AV, Work.CONNECTED))
    assert day.figures(NINE + 127)["1001"].answered == 1


@pytest.mark.parametrize(
    ("presence", "work", "name"),
    [
        (AV, Work.OTHER, "other_s"),
        (Presence.ERROR, Work.IDLE, "error_s"),
        (OFF, Work.CONNECTED, "talk_s"),
        (AWAY, Work.HOLD, "hold_s"),
    ],
)
def test_work_comes_before_presence(presence: Presence, work: Work, name: str) -> None:
    mine = day_of([moved(NINE, presence, work)]).figures(NINE + 9)["1001"]
    assert mine == AgentFigures(**{name: 9.0})


def test_who_was_not_there_is_not_listed() -> None:
    assert day_of([moved(NINE, OFF), moved(NINE + 5, OFF, Work.OTHER)]).figures(NINE + 9) == {}
