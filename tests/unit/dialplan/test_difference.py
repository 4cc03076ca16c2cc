"""Two folders of rules compared in words: what callers notice, in both languages, and no key that is passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from enum import Enum

import pytest
from pydantic import BaseModel

from dialplan.difference import Difference, Side, difference
from dialplan.hourrules import Interval
from dialplan.loader import load_written
from dialplan.validation import Files
from tests.unit.dialplan.conftest import CITY, Folder

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def city_side() -> Side:
    return Side(*load_written(CITY))


def changed(city_side: Side, folder: Folder) -> Difference:
    return difference(city_side, Side(*load_written(folder.path)), TODAY)


def sentences(found: Difference) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.words.ko, one.words.en, tuple(more.ko for more in one.more)) for one in found.told]


def test_the_same_rules_have_no_difference(city_side: Side) -> None:
    assert difference(city_side, city_side, TODAY) == Difference((), ())


def test_comments_and_written_defaults_are_no_difference(city_side: Side, folder: Folder) -> None:
    folder.replace("queues.yaml", "skills: {passport: 2}", "skills: {passport: 2}\n    wrapup_s: 30   # as all others")
    folder.replace("menus.yaml", "queue: passport", "queue: {ko: passport, en: passport, ja: passport, zh: passport}")
    assert changed(city_side, folder) == Difference((), ())


def test_a_step_is_told_as_the_caller_meets_it(city_side: Side, folder: Folder) -> None:
    folder.replace(
        "queues.yaml", "skills: {passport: 2}", "skills: {passport: 2}\n    steps: [{after_s: 60, skills: {}}]"
    )
    (one,) = changed(city_side, folder).told
    assert one.words.ko == "여권, 모든 언어: 2레벨 이상에서 누구나로 60초 뒤 완화"
    assert one.words.en == "Passports, every language: relaxes from level 2 or above to anybody after 60 s"
    assert one.more[1].ko == "영어: 받을 수 있는 상담사 3명 → 5명"
    assert str(one.new) == folder.place("queues.yaml", "steps: [{after_s: 60").rpartition(":")[0]


def test_a_step_of_a_queue_for_english_alone_names_english(city_side: Side, folder: Folder) -> None:
    folder.replace("queues.yaml", "  tax:\n", "  passport_en:\n    label: {ko: 여권, en: Passports, ja: a, zh: b}\n"
                  "    skills: {passport: 2}\n    steps: [{after_s: 90, skills: {}}]\n  tax:\n")  # fmt: skip
    folder.replace(
        "menus.yaml", "queue: passport", "queue: {ko: passport, en: passport_en, ja: passport, zh: passport}"
    )
    before = Side(*load_written(folder.path))
    folder.replace("queues.yaml", "after_s: 90", "after_s: 60")
    (one,) = difference(before, Side(*load_written(folder.path)), TODAY).told
    assert one.words.ko == "여권, 영어: 누구나로 완화 90초 뒤 → 60초 뒤"


def test_hours_name_the_days_that_change(city_side: Side, folder: Folder) -> None:
    folder.replace("hours.yaml", "add: {}", "add: {2027-01-29: 임시공휴일}")
    folder.replace("hours.yaml", "special_days: {}", 'special_days: {2026-12-05: {hours: ["09:00-17:00"]}}')
    folder.replace("hours.yaml", 'weekday: ["08:00-19:00"]', 'weekday: ["08:00-18:00"]')
    folder.replace(
        "hours.yaml", "closures: []", 'closures: [{day: 2027-03-12, from: "13:00", to: "14:30", reason: 훈련}]'
    )
    told = {korean: more for korean, _, more in sentences(changed(city_side, folder))}
    assert told["2027-01-29(금) 공휴일 추가: 임시공휴일"] == ("2027-01-29(금): 08:00-19:00 → 09:00-18:00",)
    assert told["2026-12-05(토) 별도 상담 시간: 09:00-17:00"] == ("2026-12-05(토): 09:00-18:00 → 09:00-17:00",)
    closure = told["2027-03-12(금) 13:00~14:30 임시 휴무: 훈련"]
    assert closure == ("2027-03-12(금): 08:00-19:00 → 08:00-13:00, 14:30-18:00",)
    (days,) = told["평일 상담 시간 08:00-19:00 → 08:00-18:00"]
    assert days.startswith("2026-11-24부터 1년 동안 2")
    assert days.endswith("일: 08:00-19:00 → 08:00-18:00")


def test_a_removed_holiday_and_a_date_that_is_past(city_side: Side, folder: Folder) -> None:
    folder.replace("hours.yaml", "remove: []", "remove: [2026-12-25]")
    folder.replace("hours.yaml", "add: {}", "add: {2026-11-02: 임시공휴일}")
    told = {korean: more for korean, _, more in sentences(changed(city_side, folder))}
    assert told["2026-12-25(금) 공휴일에서 제외"] == ("2026-12-25(금): 09:00-18:00 → 08:00-19:00",)
    assert told["2026-11-02(월) 공휴일 추가: 임시공휴일"] == ("지난 날짜입니다",)


def test_a_default_is_told_for_the_queues_that_it_reaches(city_side: Side, folder: Folder) -> None:
    folder.replace("queues.yaml", "skills: {passport: 2}", "skills: {passport: 2}\n    wrapup_s: 20")
    folder.replace("queues.yaml", "wrapup_s: 30 ", "wrapup_s: 25 ")
    told = [korean for korean, _, _ in sentences(changed(city_side, folder))]
    assert told == ["모든 대기열(여권 제외): 후처리 30초 → 25초", "여권 대기열: 후처리 30초 → 20초"]


def test_keys_topics_and_the_agents_behind_them(city_side: Side, folder: Folder) -> None:
    folder.replace(
        "menus.yaml", "3: {topic: passport}\n      4: {topic: tax}", "3: {topic: tax}\n      4: {topic: passport}"
    )
    folder.replace("menus.yaml", "queue: passport", "queue: {ko: passport, en: passport, ja: passport, zh: general}")
    found = changed(city_side, folder)
    told = {korean: more for korean, _, more in sentences(found)}
    assert "topics 메뉴 3번: 여권 → 세금·재정" in told
    assert "topics 메뉴 4번: 세금·재정 → 여권" in told
    assert told["여권, 중국어: 대기열 여권 → 일반"] == ("중국어: 받을 수 있는 상담사 2명 → 3명",)
    assert [(one.queue, one.language, one.before, one.after) for one in found.eligible] == [("passport", "zh", 2, None)]


def test_an_agent_who_learns_something(city_side: Side, folder: Folder) -> None:
    folder.replace("agents.yaml", "[ko, ja], skills: {vehicle: 3,", "[ko, ja], skills: {passport: 2, vehicle: 3,")
    found = changed(city_side, folder)
    assert sentences(found) == [
        (
            "상담사 22 (1022): 여권 레벨 없음 → 2",
            "상담사 22 (1022): Passports level none → 2",
            ("이제 받음: 여권 (한국어, 일본어)",),
        )
    ]
    assert [(one.queue, one.language, one.before, one.after) for one in found.eligible] == [
        ("passport", "ko", 24, 25), ("passport", "ja", 2, 3),
    ]  # fmt: skip


def test_what_the_models_do_not_hold_is_told_too(city_side: Side, folder: Folder) -> None:
    folder.replace("prompts.yaml", "seconds: 13", "seconds: 12")
    assert [korean for korean, _, _ in sentences(changed(city_side, folder))] == [
        "안내 말 `greeting`: 녹음 길이 13 → 12"
    ]


# --- no key is passed over


def mutations(model: BaseModel) -> Iterator[tuple[str, BaseModel]]:
    """Copies of a model, each with one value changed, unchecked; and where: names and numbers on the way are `*`."""
    for name in type(model).model_fields:
        for where, value in _other(getattr(model, name)):
            yield f"{name}{where}", model.model_copy(update={name: value})


def _other(value: object) -> Iterator[tuple[str, object]]:
    match value:
        case BaseModel():
            for where, mutated in mutations(value):
                yield f".{where}", mutated
        case dict():
            for key, item in value.items():
                yield ".* gone", {other: kept for other, kept in value.items() if other != key}
                for where, mutated in _other(item):
                    yield f".*{where}", {**value, key: mutated}
        case list():
            yield " longer", [*value, value[0] if value else "more"]
            for i, item in enumerate(value):
                for where, mutated in _other(item):
                    yield f".*{where}", [*value[:i], mutated, *value[i + 1 :]]
        case _:
            yield "", _another(value)


def _another(value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case Enum():
            members = list(type(value))
            return members[(members.index(value) + 1) % len(members)]
        case date():
            return value + timedelta(days=1)
        case time():
            return value.replace(minute=(value.minute + 1) % 60)
        case Interval():
            return replace(value, closes=time(23, 59))
        case str():
            return f"{value}9"
    return "something"


def rich(folder: Folder) -> None:
    """Every optional part written once, so that there is something to change in each."""
    folder.replace("hours.yaml", "add: {}", "add: {2027-01-29: 임시공휴일}")
    folder.replace("hours.yaml", "remove: []", "remove: [2026-12-25]")
    folder.replace(
        "hours.yaml", "special_days: {}", 'special_days: {2026-12-05: {hours: ["09:00-17:00"], name: 쉬는 날}}'
    )
    folder.replace(
        "hours.yaml", "closures: []", 'closures: [{day: 2027-03-12, from: "13:00", to: "14:30", reason: 훈련}]'
    )
    folder.replace("trunks.yaml", "carriers: []", "carriers: [{name: one, addresses: [203.0.113.10]}]")
    text = (folder.path / "queues.yaml").read_text(encoding="utf-8")
    text += 'moved_to: {gone: general}\ncallers: [{numbers: ["0319090*"], points: 2, why: offices}]\n'
    (folder.path / "queues.yaml").write_text(text, encoding="utf-8")


def test_every_key_that_changes_is_told(folder: Folder) -> None:
    rich(folder)
    rules, written = load_written(folder.path)
    # Without what stands beyond the models, or a key that goes from a model would come back from there.
    documents = {file: replace(document, value=None) for file, document in written.documents.items()}
    silent, tried = [], 0
    for file, model in written.models.items():
        alike: Counter[str] = Counter()
        for where, mutated in mutations(model):
            alike[where] += 1
            if alike[where] > 3:  # of hundreds
                continue
            one, other = Files(documents, {file: model}), Files(documents, {file: mutated})
            found = difference(Side(rules, one), Side(rules, other), TODAY)
            tried += 1
            if not found.told or not all(one.words.ko and one.words.en for one in found.told):
                silent.append(f"{file}: {where}")
    assert silent == []
    assert tried > 200
