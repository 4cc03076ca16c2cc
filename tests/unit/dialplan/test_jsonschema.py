"""The JSON Schemas as an editor uses them: the city's rules are valid, a typo is refused, every key has words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from dialplan.jsonschema import schemas
from dialplan.schema import FILES
from engine.commands import schema as command
from tests.unit.dialplan.conftest import CITY

SCHEMAS = schemas()


def as_editors_read(text: str) -> object:
    """YAML 1.2 as yaml-language-server gives it to the schema: typed scalars, keys as text, dates as text."""
    return _text_keys(YAML(typ="safe", pure=True).load(text))


def _text_keys(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _text_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_text_keys(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def errors(file: str, text: str) -> list[str]:
    validator = Draft202012Validator(SCHEMAS[file])
    return [error.message for error in validator.iter_errors(as_editors_read(text))]


@pytest.mark.parametrize("file", sorted(FILES))
def test_the_schema_is_one_and_the_city_is_valid(file: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[file])
    assert SCHEMAS[file]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert errors(file, (CITY / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("queues.yaml", "wrapup_s: 30", "wrapup: 30", "'wrapup' was unexpected"),
        ("queues.yaml", "{passport: 2}", "{passport: 9}", "9 is greater than the maximum of 5"),
        ("queues.yaml", "strategy: longest_idle", "strategy: longest", "'longest' is not one of"),
        ("hours.yaml", 'weekday: ["08:00-19:00"]', 'weekday: ["8-19"]', "'8-19' does not match"),
        ("hours.yaml", "special_days: {}", "special_days: {2027-02-07: {hour: []}}", "'hour' was unexpected"),
        ("menus.yaml", "root: {ko: topics", "root: {kr: topics", "'kr' was unexpected"),
        ("menus.yaml", "3: {topic: passport}", "33: {topic: passport}", "does not match any of the regexes"),
        ("agents.yaml", "languages: [ko, en]", "languages: [ko, english]", "'english' is not one of"),
    ],
)
def test_a_typo_is_refused(file: str, right: str, wrong: str, said: str) -> None:
    text = (CITY / file).read_text(encoding="utf-8")
    assert right in text
    found = errors(file, text.replace(right, wrong, 1))
    assert any(said in one for one in found), found


def test_what_our_own_reader_takes_the_schema_takes() -> None:
    hours = (CITY / "hours.yaml").read_text(encoding="utf-8")
    hours = hours.replace("add: {}", "add: {2027-01-29: 임시공휴일}").replace("remove: []", "remove: [2026-12-25]")
    hours = hours.replace("closures: []", 'closures: [{day: 2027-03-12, from: "13:00", to: "24:00", reason: 훈련}]')
    assert errors("hours.yaml", hours) == []
    menus = (
        (CITY / "menus.yaml")
        .read_text(encoding="utf-8")
        .replace("queue: {ko: water, en: water", "queue: {ko: water, en: none")
    )
    assert errors("menus.yaml", menus) == []


def test_keys_are_described_in_both_languages() -> None:
    queue = SCHEMAS["queues.yaml"]["$defs"]["QueueShape"]["properties"]
    assert queue["wrapup_s"]["description"] == "후처리 · wrap-up"
    assert SCHEMAS["hours.yaml"]["properties"]["weekday"]["description"] == "평일 상담 시간 · weekday hours"
    assert SCHEMAS["menus.yaml"]["$defs"]["LanguagesShape"]["properties"]["keys"]["description"].startswith("언어 선택")


def test_the_command_writes_a_file_for_each_and_tells_how_to_use_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["--out", str(tmp_path / "made"), "--rules", str(tmp_path)]) == 0
    assert "hours.yaml: # yaml-language-server: $schema=made/hours.schema.json" in capsys.readouterr().out
    written = json.loads((tmp_path / "made" / "queues.schema.json").read_text(encoding="utf-8"))
    assert written == SCHEMAS["queues.yaml"]
    assert len(list((tmp_path / "made").iterdir())) == len(FILES)
