"""`validate` and `explain` as a shell sees them: what they print, how they end, and how long they take."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "dialplan" / "rules", tmp_path / "rules")
    return tmp_path / "rules"


def ringmaster(home: Path, *words: str, zone: str = "Asia/Seoul") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RINGMASTER_HOME": str(home), "TZ": zone}
    return subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=60,
    )  # fmt: skip


def explain(home: Path, *words: str, zone: str = "Asia/Seoul") -> dict[str, object]:
    done = ringmaster(home, "explain", "--json", *words, zone=zone)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_sound_rules_have_a_summary(home: Path) -> None:
    done = ringmaster(home, "validate")
    assert done.returncode == 0
    assert "43 agents in 3 teams (ko 43, en 5, ja 3, zh 3)" in done.stdout
    assert done.stderr == ""


def test_every_error_is_on_a_line_of_its_own(home: Path, rules: Path) -> None:
    text = (rules / "queues.yaml").read_text(encoding="utf-8").replace("{passport: 2}", "{pasport: 9}")
    (rules / "queues.yaml").write_text(text.replace("wrapup_s: 30", "wrapup: 30"), encoding="utf-8")
    done = ringmaster(home, "validate", "--rules", str(rules))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("queues.yaml:") for line in lines)
    assert any("did you mean `wrapup_s`?" in line for line in lines)
    assert "2 errors" in done.stderr


def test_an_override_is_checked_like_the_file(home: Path) -> None:
    assert ringmaster(home, "validate", "--set", "queues.defaults.wrapup_s=0").returncode == 0
    done = ringmaster(home, "validate", "--set", "queues.defaults.wrapup_s=soon")
    assert done.returncode == 1
    assert done.stdout == "--set queues.defaults.wrapup_s=soon: expected a number, found `soon`\n"


def test_broken_rules_explain_nothing(home: Path, rules: Path) -> None:
    (rules / "menus.yaml").write_text("a: [", encoding="utf-8")
    done = ringmaster(home, "explain", "--rules", str(rules))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("menus.yaml:1:5: not valid YAML")


def test_the_whole_answer_for_a_closed_holiday(home: Path) -> None:
    answer = explain(home, "--at", "2026-12-25T08:30", "--language", "ja", "--press", "2")
    reasons = answer.pop("reasons")
    assert answer == {
        "at": "2026-12-25T08:30:00+09:00",
        "day_kind": "public_holiday",
        "holiday": "기독탄신일",
        "open": False,
        "opens_at": "2026-12-25T09:00:00+09:00",
        "closes_at": None,
        "language": "ja",
        "topic": None,
        "queue": None,
        "requirement": {"language": "ja", "skills": {}},
        "steps": [],
        "prompts": ["greeting", "closed", "goodbye"],
        "outcome": "closed",
    }
    assert isinstance(reasons, list)
    assert all(set(reason) == {"rule", "text"} and ".yaml:" in reason["rule"] for reason in reasons)


def test_the_whole_answer_for_an_open_day(home: Path) -> None:
    answer = explain(home, "--at", "2026-11-24T10:00", "--press", "1,2", "--from", "010-1234-5678")
    del answer["reasons"]
    assert answer == {
        "at": "2026-11-24T10:00:00+09:00",
        "day_kind": "weekday",
        "holiday": None,
        "open": True,
        "opens_at": None,
        "closes_at": "2026-11-24T19:00:00+09:00",
        "language": "ko",
        "topic": "vehicle",
        "queue": "vehicle",
        "requirement": {"language": "ko", "skills": {"vehicle": 2}},
        "steps": [],
        "prompts": ["greeting", "topic_question", "connecting"],
        "outcome": "queue",
    }


@pytest.mark.parametrize("zone", ["Asia/Seoul", "UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("at", ["2026-11-24T19:00", "2026-11-24T10:00:00Z", "2026-11-24T05:00:00-05:00"])
def test_the_hosts_zone_changes_nothing(home: Path, zone: str, at: str) -> None:
    answer = explain(home, "--at", at, zone=zone)
    assert answer["at"] == "2026-11-24T19:00:00+09:00"
    assert answer["opens_at"] == "2026-11-25T08:00:00+09:00"


def test_for_a_reader(home: Path) -> None:
    done = ringmaster(home, "explain", "--at", "2026-11-24T10:00", "--press", "12", "--from", "01012345678")
    assert "A call from 010****5678 at 2026-11-24 10:00 (weekday): open until 2026-11-24 19:00" in done.stdout
    assert "outcome   queue vehicle" in done.stdout
    assert "menus.yaml:" in done.stdout
    assert "01012345678" not in done.stdout
    korean = ringmaster(home, "explain", "--at", "2026-11-24T10:00", "--press", "12", "--korean")
    assert "차량" not in korean.stdout
    assert "평일 상담 시간: 08:00-19:00" in korean.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--at", "yesterday"],
        ["--at", "2026-13-01T00:00"],
        ["--at", "1999-01-01"],
        ["--press", "1,x"],
        ["--language", "fr"],
        ["--from", "DROP TABLE"],
    ],
)
def test_a_wrong_call_says_so(home: Path, words: list[str]) -> None:
    done = ringmaster(home, "explain", *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "explain" in done.stderr


@pytest.mark.parametrize("words", [["validate"], ["explain", "--at", "2026-11-24T10:00", "--press", "1,2", "--json"]])
def test_known_rules_are_answered_within_a_second(home: Path, words: list[str]) -> None:
    ringmaster(home, "validate")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ringmaster(home, *words).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # CPU, not the clock: other tests may be running.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_warnings_leave_sound_rules_sound(home: Path) -> None:
    done = ringmaster(home, "validate", "--language", "en")
    assert done.returncode == 0
    assert "warning[one_agent]: Tax and finance, Japanese: only 1 agent can answer" in done.stdout
    whole = json.loads(ringmaster(home, "validate", "--json").stdout)
    assert whole["sound"] is True
    assert all(set(one) == {"code", "rule", "number", "ko", "en"} for one in whole["warnings"])
    broken = ringmaster(home, "validate", "--json", "--set", "queues.defaults.wrapup_s=soon")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["errors"] == [
        {"rule": "--set queues.defaults.wrapup_s=soon", "text": "expected a number, found `soon`"}
    ]


def test_for_a_korean_reader(home: Path) -> None:
    done = ringmaster(home, "explain", "--at", "2026-12-25T08:30", "--language", "ja", "--korean")
    assert "2026-12-25 08:30 전화 (공휴일, 기독탄신일): 상담 시간 아님, 2026-12-25 09:00에 시작" in done.stdout
    assert "일본어" in done.stdout
