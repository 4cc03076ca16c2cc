"""Warnings of sound rules: each kind once, with its number and its place, in both languages."""

from __future__ import annotations

from datetime import date

from dialplan.flood import REMEDY
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from dialplan.warnings import Warned, warnings
from tests.unit.dialplan.conftest import Folder

TODAY = date(2026, 11, 24)


def new(city: Ruleset, folder: Folder) -> list[Warned]:
    known = {(one.code, one.words.en) for one in warnings(city, TODAY)}
    return [one for one in warnings(load(folder.path), TODAY) if (one.code, one.words.en) not in known]


def only(city: Ruleset, folder: Folder) -> Warned:
    (one,) = new(city, folder)
    return one


def test_the_citys_are_the_topics_that_one_agent_carries(city: Ruleset) -> None:
    found = warnings(city, TODAY)
    assert {one.code for one in found} == {"one_agent", "no_line"}
    tax = next(one for one in found if one.words.en.startswith("Tax and finance, Japanese"))
    assert tax.words.ko == (
        "세금·재정, 일본어: 받을 수 있는 사람이 상담사 06 (1006) 1명뿐이라 식사 중에는 0명 (180초 뒤에는 3명)"
    )
    assert (tax.count, tax.source) == (1, city.topics["tax"].queue_sources["ja"])


def test_a_step_that_brings_nobody(city: Ruleset, folder: Folder) -> None:
    folder.replace(
        "queues.yaml", "skills: {city: 2}", "skills: {city: 2}\n    steps: [{after_s: 60, skills: {city: 2}}]"
    )
    one = only(city, folder)
    assert one.code == "idle_step"
    assert f"{one.source}:" in folder.place("queues.yaml", "steps: [{after_s: 60, skills: {city: 2}")
    assert one.words.ko == f"시정·문화·체육: 60초 뒤 완화해도 받을 수 있는 상담사는 그대로 {one.count}명"


def test_a_queue_that_no_topic_leads_to(city: Ruleset, folder: Folder) -> None:
    folder.replace(
        "queues.yaml", "  tax:\n", "  lost:\n    label: {ko: 빈, en: Lost, ja: a, zh: b}\n    skills: {}\n  tax:\n"
    )
    one = only(city, folder)
    assert (one.code, one.count, one.words.en) == ("idle_queue", 0, "Lost: 0 topics lead to this queue")
    assert f"{one.source}:" in folder.place("queues.yaml", "lost:")


def test_a_queue_that_takes_a_full_ones_callers_is_reached(city: Ruleset, folder: Folder) -> None:
    folder.replace(
        "queues.yaml",
        "  tax:\n",
        "  spare:\n    label: {ko: 예비, en: Spare, ja: a, zh: b}\n    skills: {}\n  tax:\n    when_full: {queue: spare}\n",
    )
    assert new(city, folder) == []


def test_call_backs_without_a_line_to_call_by(city: Ruleset, folder: Folder) -> None:
    (one,) = [found for found in warnings(city, TODAY) if found.code == "no_line"]
    assert one.words.en == "no call-back is offered: 0 carriers to call by (carriers in trunks.yaml)"
    folder.replace("trunks.yaml", "carriers: []", "carriers: [{name: line, addresses: [203.0.113.10]}]")
    assert "no_line" not in {found.code for found in warnings(load(folder.path), TODAY)}


def test_carriers_whose_calls_nothing_bounds(city: Ruleset, folder: Folder) -> None:
    trunks = folder.path / "trunks.yaml"
    (rule,) = [line for line in trunks.read_text(encoding="utf-8").splitlines() if line.startswith("flood: ")]
    folder.replace("trunks.yaml", rule + "\n", "")
    assert new(city, folder) == []  # every call is this machine's own
    folder.replace("trunks.yaml", "carriers: []", "carriers:\n  - {name: line, addresses: [203.0.113.10]}")
    one = only(city, folder)
    assert (one.code, one.count) == ("no_bound", 1)
    assert f"{one.source}:" in folder.place("trunks.yaml", "- {name: line")
    remedy = f"write `{REMEDY}` into trunks.yaml"
    assert one.words.en == f"calls of one number are not bounded, from 1 carriers: {remedy}"
    assert one.words.ko.startswith("통신사 1곳에서 오는 전화에 번호별 한도가 없음: ")
    trunks.write_text(f"{trunks.read_text(encoding='utf-8')}\n{REMEDY}\n", encoding="utf-8")
    assert new(city, folder) == []


def test_an_agent_whom_nobody_can_reach(city: Ruleset, folder: Folder) -> None:
    folder.replace("agents.yaml", "agents:\n", "  desk:\n    queues: [{queue: health}]\n\nagents:\n")
    folder.replace("agents.yaml", "{city: 5, water: 4, environment: 3, passport: 3}}", "{city: 5}, profile: desk}")
    one = only(city, folder)
    assert (one.code, one.source) == ("idle_agent", load(folder.path).agents["1002"].source)
    assert one.words.ko == "상담사 02 (1002): 받을 수 있는 대기열이 0개 (언어 한국어, 업무 1개)"


def test_a_queue_that_all_its_agents_see_late(city: Ruleset, folder: Folder) -> None:
    text = (folder.path / "agents.yaml").read_text(encoding="utf-8")
    text = text.replace("agents:\n", "  late:\n    queues: [{queue: water, delay_s: 30}, {queue: '*'}]\n\nagents:\n", 1)
    text = text.replace(
        "{vehicle: 3, welfare: 3, city: 2, water: 2}}", "{vehicle: 3, welfare: 3, city: 2, water: 2}, profile: late}"
    )
    (folder.path / "agents.yaml").write_text(text, encoding="utf-8")
    one = only(city, folder)
    assert (one.code, one.count) == ("all_delayed", 1)
    assert one.words.en == "Water, Japanese: all 1 agents see it only after 30 s"


def test_a_skill_that_nobody_asks_for(city: Ruleset, folder: Folder) -> None:
    folder.replace("agents.yaml", "internet, offices]", "internet, offices, sign]")
    folder.replace("agents.yaml", "skills: {city: 5, water: 4,", "skills: {sign: 3, city: 5, water: 4,")
    one = only(city, folder)
    assert (one.code, one.count, one.words.en) == (
        "idle_skill",
        1,
        "skill sign: 1 agents have it, and no queue asks for it",
    )


def test_days_that_stay_closed_and_dates_that_are_past(city: Ruleset, folder: Folder) -> None:
    folder.replace("hours.yaml", 'day_off: ["09:00-18:00"]', "day_off: []")
    folder.replace("hours.yaml", "special_days: {}", "special_days: {2027-02-03: {hours: []}, 2026-11-02: {hours: []}}")
    found = {one.source.line: one for one in new(city, folder)}
    weekend = next(one for one in found.values() if one.code == "closed_days" and one.count > 1)
    assert 110 < weekend.count < 130
    assert weekend.words.ko.startswith(f"1년 안에 온종일 닫는 날 {weekend.count}일: 2026-11-28, 2026-11-29, ")
    lone = next(one for one in new(city, folder) if one.code == "closed_days" and one.count == 1)
    assert lone.words.en == "closed all day on 1 days of the coming year: 2027-02-03"
    past = next(one for one in new(city, folder) if one.code == "past_dates")
    assert (past.count, past.words.en) == (1, "1 dates are past and may go")
