"""The rules as a picture: everything is in it, what leads where is true, and it is sound SVG and Mermaid."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from xml.etree import ElementTree as ET

from dialplan.calendar import SEOUL
from dialplan.chart import lit
from dialplan.chart.flow import flow
from dialplan.chart.graph import Kind, graph, keys_to
from dialplan.chart.mermaid import mermaid
from dialplan.chart.year import Look, days, year_picture
from dialplan.dialogue import Call, decide
from dialplan.language import Language
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from tests.unit.dialplan.conftest import CITY, Folder

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [str(one.text) for one in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


def test_every_topic_queue_and_team_is_drawn(city: Ruleset) -> None:
    whole = graph(city)
    ids = {node.id for node in whole.nodes}
    assert {f"topic:{key}" for key in city.topics} | {f"queue:{key}" for key in city.queues} <= ids
    assert {f"team:{team}" for team in city.teams} | {f"language:{one}" for one in Language} <= ids
    drawn = texts(flow(whole, Language.KO))
    for topic in city.topics.values():
        assert topic.labels[Language.KO] in drawn
    assert {"031-909-9000", "평일 08:00-19:00", "60초 → 2레벨 이상", "15초까지 지정상담원", "9·4"} <= set(drawn)


def test_arrows_are_what_the_rules_say(city: Ruleset) -> None:
    arrows = {(arrow.start, arrow.end): arrow for arrow in graph(city).arrows}
    assert arrows["hours", "topic:passport"].label.ko == "3"
    assert arrows["hours", "topic:any"].label.ko == "0, 9·0"
    assert not arrows["topic:water", "queue:water"].part
    assert arrows["topic:water", "queue:general"].part
    assert ("topic:passport", "queue:general") not in arrows
    assert sum(arrows["queue:passport", f"team:{team}"].weight for team in city.teams) == 24


def test_keys_lead_through_menus_in_a_circle(city: Ruleset) -> None:
    menus = dict(city.menus)
    more = menus["more"]
    back = replace(more.choices["9"], key="9", topic=None, menu="topics")
    menus["more"] = replace(more, choices={**more.choices, "9": back})
    assert keys_to(replace(city, menus=menus))["passport"] == [("3",)]


def test_a_calls_way_is_lit(city: Ruleset) -> None:
    decision = decide(city, Call(datetime(2026, 11, 24, 10, tzinfo=SEOUL), None, None, ("2", "4")))
    found = lit.of_decision(city, decision)
    assert found.nodes == {"number", "language:en", "hours", "topic:tax", "queue:tax", "team:team1", "team:team3"}
    svg = flow(graph(city), Language.KO, found)
    assert "2026-11-24 10:00  영어 → 세금·재정 → 세금·재정 → 상담사 2명 중 한 명" in texts(svg)
    faint = [group for group in ET.fromstring(svg).iter(f"{SVG}g") if group.get("opacity") != "1"]  # noqa: S314 - our own
    assert len(faint) == len(graph(city).nodes) - len(found.nodes)


def test_a_closed_call_ends_at_the_hours(city: Ruleset) -> None:
    decision = decide(city, Call(datetime(2026, 11, 24, 3, tzinfo=SEOUL), None, Language.JA, ("3",)))
    assert lit.of_decision(city, decision).nodes == {"number", "language:ja", "closed"}


def test_a_past_call_shows_the_steps_it_passed(city: Ruleset) -> None:
    found = lit.of_contact(city, "1.2", Language.KO, "welfare", "welfare", agent="1023", step=1)
    assert found.nodes == {"number", "language:ko", "hours", "topic:welfare", "queue:welfare", "team:team2"}
    assert found.steps == 2  # the agent of last time is the first line of the queue
    assert flow(graph(city), Language.EN, found).count('fill="#d1495b"') >= 2


def test_mermaid_names_everything_once(city: Ruleset) -> None:
    whole = graph(city)
    lines = mermaid(whole, Language.EN).splitlines()
    assert lines[0] == "flowchart LR"
    assert sum(":::" in line for line in lines) == len(whole.nodes)
    assert any(re.fullmatch(r'  hours -->\|"3"\| topic_passport', line) for line in lines)
    assert "  topic_water -.-> queue_general" in lines
    marked = mermaid(whole, Language.EN, lit.of_contact(city, "1", Language.KO, "tax", "tax", agent=None, step=0))
    assert sum("class " in line and line.endswith(" faint") for line in marked.splitlines()) == len(whole.nodes) - 5
    assert {node.kind for node in whole.nodes} == set(Kind)


def test_a_years_days(city: Ruleset, folder: Folder) -> None:
    seen = {one.day: one for one in days(city.hours, 2027)}
    assert len(seen) == 365
    assert (seen[date(2027, 2, 7)].look, seen[date(2027, 2, 7)].note) == (Look.HOLIDAY, "설날")
    assert seen[date(2027, 2, 13)].look is Look.WEEKEND
    folder.replace(
        "hours.yaml",
        "special_days: {}",
        'special_days: {2027-02-07: {hours: ["10:00-16:00"], name: 설날}, 2027-03-02: {hours: []}}',
    )
    folder.replace(
        "hours.yaml", "closures: []", 'closures: [{day: 2027-03-12, from: "13:00", to: "14:30", reason: 훈련}]'
    )
    rules = load(folder.path)
    seen = {one.day: one for one in days(rules.hours, 2027)}
    assert (seen[date(2027, 2, 7)].look, seen[date(2027, 2, 7)].note) == (Look.SPECIAL, "설날 10:00-16:00")
    assert (seen[date(2027, 3, 12)].look, seen[date(2027, 3, 12)].note) == (Look.CLOSURE, "13:00~14:30 훈련")
    assert seen[date(2027, 3, 2)].look is Look.SHUT
    drawn = texts(year_picture(rules, 2027, Language.KO))
    assert {"2027년 상담 시간", "12월", "여는 날 364일", "12일 13:00~14:30 훈련", "7일 설날 10:00-16:00"} <= set(drawn)


def test_the_picture_in_the_documents_is_of_these_topics_and_queues(city: Ruleset) -> None:
    """`./ringmaster draw --out docs/rules.svg` after a topic or a queue has come or gone."""
    drawn = texts((CITY.parents[1] / "docs" / "rules.svg").read_text(encoding="utf-8"))
    named = [one.labels[Language.KO] for one in (*city.topics.values(), *city.queues.values())]
    assert [name for name in named if name not in drawn] == []
