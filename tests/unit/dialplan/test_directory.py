"""Whom an agent may hand a citizen on to, and when: the directory's judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialplan.agentrules import Directory
from dialplan.directory import Refusal, Target, endpoints, look_up
from dialplan.loader import load
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.trunkrules import Carrier
from tests.unit.dialplan.conftest import Folder

SEOUL = ZoneInfo("Asia/Seoul")
TUESDAY_10 = datetime(2026, 11, 24, 10, 0, tzinfo=SEOUL)


def ask(rules: Ruleset, typed: str, at: datetime = TUESDAY_10, *, blind: bool = False) -> Target | Refusal:
    return look_up(rules, typed, "1001", at, blind=blind)


def test_agents_officials_and_queues_are_targets(city: Ruleset) -> None:
    agent, official, queue = (ask(city, typed) for typed in ("1002", "7101", "8004"))
    assert isinstance(agent, Target)
    assert agent.agent is city.agents["1002"]
    assert isinstance(official, Target)
    assert official.official is not None
    assert official.official.department == "민원여권과"
    assert isinstance(queue, Target)
    assert queue.queue is city.queues["passport"]


@pytest.mark.parametrize("typed", ["", "9999", "112", "01012345678", "0319099000", "710", "71011", "*11", "passport"])
def test_nothing_else_is(city: Ruleset, typed: str) -> None:
    assert ask(city, typed) is Refusal.UNKNOWN


def test_nobody_hands_a_citizen_to_themselves(city: Ruleset) -> None:
    assert ask(city, "1001") is Refusal.SELF


@pytest.mark.parametrize(
    ("at", "there"),
    [
        ("2026-11-24T08:59", False), ("2026-11-24T09:00", True), ("2026-11-24T17:59", True), ("2026-11-24T18:00", False),
        ("2026-11-28T10:00", False),  # Saturday: the centre is open, the city hall is not
        ("2026-12-25T10:00", False),
    ],
)  # fmt: skip
def test_officials_have_office_hours_of_their_own(city: Ruleset, at: str, there: bool) -> None:
    found = ask(city, "7101", datetime.fromisoformat(at).replace(tzinfo=SEOUL))
    assert isinstance(found, Target) if there else found is Refusal.CLOSED


def test_an_officials_own_hours_count(city: Ruleset) -> None:
    assert ask(city, "7201", TUESDAY_10.replace(hour=17, minute=45)) is Refusal.CLOSED
    assert ask(city, "7801", TUESDAY_10.replace(hour=12, minute=30)) is Refusal.CLOSED
    assert isinstance(ask(city, "7901", TUESDAY_10.replace(hour=3)), Target)


def test_saturday_hours_of_the_centre_are_not_the_officials(city: Ruleset) -> None:
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=SEOUL)
    hours = replace(city.hours, saturday=city.hours.weekday, saturday_source=city.hours.weekday_source)
    assert ask(replace(city, hours=hours), "7101", saturday) is Refusal.CLOSED


def test_blind_only_where_the_rules_allow_it(city: Ruleset) -> None:
    assert ask(city, "7101", blind=True) is Refusal.NOT_BLIND
    assert isinstance(ask(city, "7901", blind=True), Target)
    assert isinstance(ask(city, "8004", blind=True), Target)
    assert isinstance(ask(city, "1002", blind=True), Target)
    strict = replace(city, directory=replace(city.directory, blind_to_agents=False))
    assert ask(strict, "1002", blind=True) is Refusal.NOT_BLIND
    assert isinstance(ask(strict, "1002"), Target)


def test_what_is_dialled(city: Ruleset) -> None:
    outside = replace(city.directory.officials["7101"], id="7102", number="0318075000")
    carriers = (
        Carrier("one", ("203.0.113.10", "203.0.113.16/28"), None, Source("trunks.yaml", 1)),
        Carrier("two", (), "0319099000@sip.example.kr:5080", Source("trunks.yaml", 2)),
    )
    named = replace(
        city,
        directory=Directory(officials={"7102": outside}),
        trunks=replace(city.trunks, carriers=carriers),
    )
    assert endpoints(city, Target("1002", agent=city.agents["1002"])) == ("PJSIP/1002",)
    assert endpoints(city, Target("7101", official=city.directory.officials["7101"])) == ("PJSIP/7101",)
    assert endpoints(named, Target("7102", official=outside)) == (
        "PJSIP/carrier-one/sip:0318075000@203.0.113.10",
        "PJSIP/carrier-two/sip:0318075000@sip.example.kr:5080",
    )
    assert endpoints(city, Target("7102", official=outside)) == ()  # no carrier, no line


MISTAKES = [
    ('"7101": {department', '"1002": {department', '"1002"', "1002 is the extension of an agent; an official needs another one"),
    ('"7101": {department', '"8001": {department', '"8001": {d', "8001 leads to a queue too, on line {line}; keep one"),
    ('"7101": {department', '"71010": {department', '"71010"', "`71010` does not fit here; expected an extension of four digits such as 1001"),
    ("work: 여권 접수와 발급", 'work: 여권, number: "0601234567"', '"0601234567"', "0601234567 may not be dialled (premium); expected a number that begins with 010, 070 or an area code"),
    ("work: 여권 접수와 발급", 'work: 여권, number: "00821012345678"', '"0082', "00821012345678 may not be dialled (overseas); expected a number that begins with 010, 070 or an area code"),
    ("work: 여권 접수와 발급", 'work: 여권, number: "0319099000"', '"0319099000"', "0319099000 may not be dialled (own); expected a number that begins with 010, 070 or an area code"),
    ("work: 여권 접수와 발급", "wrk: 여권", "wrk", "unknown key `wrk`; did you mean `work`?"),
    ('"8004": passport', '"8004": pasport', "pasport", "no queue is called `pasport`; did you mean `passport`?"),
    ('"8004": passport', '"1001": passport', '"1001"', "1001 is the extension of an agent"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "shown", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_place(folder: Folder, old: str, new: str, shown: str, message: str) -> None:
    folder.replace("directory.yaml", old, new)
    line = folder.place("directory.yaml", '"8001": general').split(":")[1]
    expected = f"{folder.place('directory.yaml', shown)}: {message.format(line=line)}"
    assert expected in folder.problems()


def test_without_the_file_there_are_only_agents(folder: Folder) -> None:
    (folder.path / "directory.yaml").unlink()
    rules = load(folder.path)
    assert rules.directory == Directory()
    assert ask(rules, "7101") is Refusal.UNKNOWN
    assert isinstance(ask(rules, "1002"), Target)
