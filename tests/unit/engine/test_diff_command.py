"""`diff` as an operator and a script see it: folders and revisions, both languages, places, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.commands import diff

CITY = Path(__file__).resolve().parents[3] / "dialplan" / "rules"


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    folder = tmp_path / "dialplan" / "rules"
    shutil.copytree(CITY, folder)
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_sentences_with_their_places(edited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(edited, "queues.yaml", "skills: {passport: 2}", "skills: {passport: 3}")
    assert diff.run([str(CITY), str(edited)]) == 0
    korean = capsys.readouterr().out
    assert "여권 대기열: 조건 2레벨 이상 → 3레벨 이상   [queues.yaml:" in korean
    assert "바로 받을 수 있는 상담사 수" in korean
    assert "    여권, 영어: 3명 → 3명" not in korean, "only the numbers that move"
    assert diff.run([str(CITY), str(edited), "--language", "en", "--exit-code"]) == 1
    assert "Passports queue: required level 2 or above → level 3 or above" in capsys.readouterr().out


def test_nothing_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff.run([str(CITY), str(CITY), "--exit-code"]) == 0
    assert capsys.readouterr().out == "달라지는 것이 없습니다.\n"


def test_json_has_both_languages_and_both_places(edited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(edited, "hours.yaml", "add: {}", "add: {2027-01-29: 임시공휴일}")
    assert diff.run([str(CITY), str(edited), "--json", "--today", "2026-11-24"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert change["ko"] == "2027-01-29(금) 공휴일 추가: 임시공휴일"
    assert change["en"] == "2027-01-29 (Fri) becomes a public holiday: 임시공휴일"
    assert change["new"].startswith("hours.yaml:")
    assert change["consequences"][0]["en"] == "2027-01-29 (Fri): 08:00-19:00 → 09:00-18:00"


def test_a_revision_of_git_is_a_side(
    edited: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = edited.parents[1]
    monkeypatch.setattr(diff, "CHECKOUT", checkout)
    monkeypatch.setattr(diff, "CITY_RULES", edited)
    who = ["-c", "user.name=operator", "-c", "user.email=operator@localhost"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "rules"]):
        subprocess.run(["git", "-C", str(checkout), *words], check=True)
    assert diff.run(["HEAD", str(edited), "--exit-code"]) == 0
    edit(edited, "queues.yaml", "wrapup_s: 30 ", "wrapup_s: 20 ")
    assert diff.run(["HEAD", str(edited)]) == 0
    assert "모든 대기열: 후처리 30초 → 20초" in capsys.readouterr().out


def test_a_side_that_cannot_be_read(edited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff.run(["no-such-thing", str(edited)]) == 2
    assert "`no-such-thing` is neither a folder of rules nor a revision of git" in capsys.readouterr().err
    edit(edited, "queues.yaml", "wrapup_s: 30 ", "wrapup: 30 ")
    assert diff.run([str(CITY), str(edited)]) == 2
    assert "did you mean `wrapup_s`?" in capsys.readouterr().err
