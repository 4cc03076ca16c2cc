"""Agents needed: the formulas by their fixtures and by themselves, hours, shifts, forecasts, and the played day."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from acd.core.facts import ContactMoved
from dialplan.language import Language
from dialplan.loader import load
from engine.commands import staffing as command
from engine.staffing.check import grown
from engine.staffing.erlang import agents_for, queueing
from engine.staffing.forecast import ForecastError, of_csv, of_past
from engine.staffing.need import Calls, Target, needs
from engine.staffing.shifts import Shift, cover, on_duty_in, present, spans
from tests.unit.engine.pastday import past_day, write

CITY = load(Path(__file__).resolve().parents[3] / "dialplan" / "rules")
NINE = 1_795_564_800.0  # 2026-11-25 09:00 in Seoul, a Wednesday
AHT_S = 180.0

# --- the formulas


def test_erlang_c_is_the_fixture() -> None:
    found = queueing(10 / AHT_S, AHT_S, 14)
    assert (found.waits, found.within(20), found.asa_s) == pytest.approx((0.1741, 0.8884, 7.84), abs=0.005)
    assert found.occupancy == pytest.approx(10 / 14)


def test_erlang_a_is_the_fixture() -> None:
    found = queueing(10 / AHT_S, AHT_S, 10, AHT_S)
    assert (found.waits, found.abandons) == pytest.approx((0.5421, 0.1251), abs=0.00005)


def test_twenty_agents_for_264_calls_an_hour() -> None:
    found = agents_for(264 / 3600, AHT_S, target=0.97, threshold_s=20)
    assert found is not None
    assert (found.agents, found.occupancy) == (20, pytest.approx(0.66))


@pytest.mark.parametrize(("agents", "patience_s"), [(8, 30.0), (10, 90.0), (12, 600.0)])
def test_erlang_a_holds_together(agents: int, patience_s: float) -> None:
    """What is answered ever and what hangs up ever are all calls; who waits and is answered is the rest."""
    found = queueing(10 / AHT_S, AHT_S, agents, patience_s)
    assert found.within(3000) + found.abandons == pytest.approx(1.0, abs=1e-3)
    assert found.abandons_within(3000) == pytest.approx(found.abandons, rel=0.02)
    assert found.within(0) == pytest.approx(1 - found.waits)
    assert found.service_level(20, 0) < found.service_level(20, 5)
    assert found.abandons == pytest.approx(found.asa_s / patience_s)  # Little: hang-ups are waiting time over patience


def test_endless_patience_is_the_limit_of_a_long_one() -> None:
    long, endless = queueing(10 / AHT_S, AHT_S, 14, 1e7), queueing(10 / AHT_S, AHT_S, 14)
    assert (long.waits, long.within(20), long.asa_s) == pytest.approx(
        (endless.waits, endless.within(20), endless.asa_s), rel=1e-3
    )


def test_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="never catch up"):
        queueing(10 / AHT_S, AHT_S, 10)
    with pytest.raises(ValueError, match="nobody"):
        queueing(1.0, AHT_S, 0)
    assert agents_for(0, AHT_S, target=0.97, threshold_s=20) is None
    assert queueing(0.0, AHT_S, 3, 90.0).service_level(20, 5) == 1.0


# --- hours and shifts


def test_an_hour_needs_a_pool_and_its_speakers() -> None:
    busy, quiet = needs([Calls(9, Language.KO, 264), Calls(9, Language.EN, 3), Calls(18, Language.EN, 2)], Target())
    assert (busy.hour, busy.calls, busy.agents) == (9, 267, 22)
    assert busy.speakers == {Language.KO: 22, Language.EN: 2}
    assert quiet.agents == quiet.speakers[Language.EN] == 2
    fewer = busy.with_fewer()
    assert busy.whole is not None
    assert fewer is not None
    assert fewer.agents == 21
    assert fewer.abandons > busy.whole.abandons


def test_an_hours_own_handling_time_counts() -> None:
    (slow,) = needs([Calls(9, Language.KO, 264, 420.0)], Target())
    (usual,) = needs([Calls(9, Language.KO, 264)], Target())
    assert slow.agents > 1.7 * usual.agents


def test_shifts_cover_every_hour_with_the_fewest() -> None:
    hours = needs(
        [
            Calls(hour, Language.KO, calls)
            for hour, calls in enumerate((132, 220, 264, 242, 154, 220, 242, 242, 220, 176, 88), 8)
        ],
        Target(),
    )
    shifts = cover(hours)
    assert [(shift.begins, shift.ends) for shift in shifts] == [(8, 17), (9, 18), (10, 19)]
    for one in hours:
        assert on_duty_in(shifts, one.hour) >= one.agents
    for i in range(3):  # one less in any team leaves an hour short
        less = [Shift(s.begins, s.ends, s.agents - (n == i)) for n, s in enumerate(shifts)]
        assert any(on_duty_in(less, one.hour) < one.agents for one in hours) or shifts[i].agents == 0


def test_a_lone_speaker_at_lunch_is_covered_by_another_team() -> None:
    hours = needs([Calls(hour, Language.JA, 0.2) for hour in range(8, 19)], Target(share=0.9))
    shifts = cover(hours)
    for one in hours:
        there = sum(present(s.speakers[Language.JA], one.hour, breaks=False) for s in shifts if s.holds(one.hour))
        assert there >= one.speakers[Language.JA]


def test_a_short_day_has_shorter_shifts() -> None:
    assert [(one.begins, one.ends) for one in spans(9, 14)] == [(9, 14)] * 3
    assert cover([]) == []
    assert [one.agents for one in grown([Shift(8, 17, 2), Shift(9, 18, 1)], 3)] == [4, 2]


# --- forecasts


def test_a_csv_file() -> None:
    assert of_csv("f.csv", "hour,language,calls,aht_s\n9,ko,264,\n9,en,3,300\n") == [
        Calls(9, Language.KO, 264.0), Calls(9, Language.EN, 3.0, 300.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hour,calls\n9,1\n", "f.csv:1: expected the columns hour,language,calls"),
        ("hour,language,calls\n25,ko,1\n", "f.csv:2: expected an hour from 0 to 23, found `25`"),
        ("hour,language,calls\n9,ko,1\n9,kr,1\n", "f.csv:3: `kr` is not one of ko, en, ja, zh"),
        ("hour,language,calls\n9,ko,many\n", "f.csv:2: expected a number, found `many`"),
        ("hour,language,calls\n9,ko,-1\n", "f.csv:2: -1 is not a number from 0"),
        ("hour,language,calls\n", "f.csv: there is no line with calls"),
    ],
)
def test_a_csv_file_that_cannot_be_used(text: str, said: str) -> None:
    with pytest.raises(ForecastError) as error:
        of_csv("f.csv", text)
    assert str(error.value).startswith(said)


@pytest.fixture(scope="module")
def moves() -> list[ContactMoved]:
    facts = past_day(CITY, begin=NINE, calls=300, hours=3).facts
    return [fact for fact in facts if isinstance(fact, ContactMoved)]


def test_the_average_of_past_days(moves: list[ContactMoved]) -> None:
    midnight = NINE - 9 * 3600
    found = of_past(moves, [midnight, midnight - 86_400])  # nobody called the day before
    assert sum(one.calls for one in found.calls) * 2 == len({move.contact_id for move in moves})
    assert {one.hour for one in found.calls} == {9, 10, 11}
    assert found.talk_s == pytest.approx(170, rel=0.2)  # exp(4.9 + 0.7²/2), whose hang-ups talk no less
    with pytest.raises(ForecastError):
        of_past(moves, [midnight + 86_400])


# --- the command


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert command.run([*words, "--json"]) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_the_citys_day_is_planned_and_played(capsys: pytest.CaptureFixture[str]) -> None:
    whole = asked(capsys, "--day", "2026-11-24", "--calls", "800", "--target", "0.9")
    assert [hour["hour"] for hour in whole["hours"]] == list(range(8, 19))
    assert all(hour["with"]["service_level"] >= 0.9 for hour in whole["hours"])
    assert whole["agents"] == sum(shift["agents"] for shift in whole["shifts"])
    played, fewer = whole["played"], whole["one_agent_fewer"]
    assert played["service_level"] >= 0.9
    assert played["agents"] == sum(shift["agents"] for shift in played["shifts"])
    assert fewer["agents"] == played["agents"] - 1
    assert not math.isnan(fewer["service_level"])


def test_from_a_forecast_and_from_the_journal(
    tmp_path: Path, moves: list[ContactMoved], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "calls.csv").write_text("hour,language,calls\n9,ko,100\n10,ko,50\n", encoding="utf-8")
    whole = asked(capsys, "--forecast", str(tmp_path / "calls.csv"), "--no-check")
    assert [hour["calls"] for hour in whole["hours"]] == [100, 50]
    assert whole["played"] is None
    write(tmp_path / "journal.sqlite", moves, run=1, began_at=NINE, seen_at=NINE + 20_000)
    words = ("--from-journal", "--state", str(tmp_path), "--no-check", "--days", "7")
    whole = asked(capsys, *words, "--day", "2026-11-27")
    assert whole["source"] == "1 past days"
    assert whole["target"]["aht_s"] == pytest.approx(200, rel=0.2)
    assert command.run([*words, "--day", "2026-11-28"]) == 1  # a Saturday: no day off in the journal
    assert "no contact on such days" in capsys.readouterr().err


def test_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--day", "2026-11-24", "--calls", "400", "--target", "0.8"]) == 0
    text = capsys.readouterr().out
    assert "08-09     24.0" in text
    assert "Played with the rules' skills and languages:" in text
    assert "One agent fewer:" in text
