"""What `./ringmaster test` does with what failed: once more alone, twice at most; and which exit code is whose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import test as command

# Each run of it is a letter in a file beside it: it passes from the run on that is named.
SHAKY = """
from pathlib import Path

def test_shaky():
    runs = Path(__file__).with_suffix(".runs")
    with runs.open("a") as file:
        file.write("x")
    assert len(runs.read_text()) >= {from_run}
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose tests `_all_tests` runs, with one that works."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "WORKERS", "2")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q -p xdist.plugin\n", encoding="utf-8")
    (tmp_path / "test_works.py").write_text("def test_works():\n    pass\n", encoding="utf-8")
    return tmp_path


def runs(file: Path) -> int:
    return len(file.with_suffix(".runs").read_text(encoding="utf-8"))


def test_what_failed_is_run_alone_and_what_passed_then_is_told(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    second, third = checkout / "test_second.py", checkout / "test_third.py"
    second.write_text(SHAKY.format(from_run=2), encoding="utf-8")
    third.write_text(SHAKY.format(from_run=3), encoding="utf-8")
    assert command._all_tests() == 0
    assert (runs(second), runs(third)) == (2, 3), "what has passed is not run again"
    said = capfd.readouterr().out
    assert said.count("is run once more, alone") == 2
    assert "busy machine:\n  test_second.py::test_shaky\n  test_third.py::test_shaky\n" in said


def test_a_fault_fails_again(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shaky, broken = checkout / "test_second.py", checkout / "test_broken.py"
    shaky.write_text(SHAKY.format(from_run=2), encoding="utf-8")
    broken.write_text(SHAKY.format(from_run=4), encoding="utf-8")
    assert command._all_tests() == command.TESTS_FAILED
    assert (runs(shaky), runs(broken)) == (2, 3)
    assert capfd.readouterr().out.rstrip().endswith("busy machine:\n  test_second.py::test_shaky")


def test_a_file_that_cannot_be_read_fails(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (checkout / "test_unreadable.py").write_text("import no_such_module\n", encoding="utf-8")
    assert command._all_tests() != 0
    assert "passed only alone" not in capfd.readouterr().out


@pytest.fixture
def scripted(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`scripted((code, failed), …)`: what each run of pytest is to do; returns the runs' first words as they come."""

    def script(*plan: tuple[int, list[str] | None]) -> list[str]:
        left, asked = list(plan), []

        def pytest_(*arguments: str) -> int:
            asked.append(arguments[0])
            code, failed = left.pop(0)
            record = checkout / ".pytest_cache" / "v" / "cache"
            if failed is not None:
                record.mkdir(parents=True, exist_ok=True)
                (record / "nodeids").write_text("[]", encoding="utf-8")
                (record / "lastfailed").write_text(json.dumps(dict.fromkeys(failed, True)), encoding="utf-8")
            return code

        monkeypatch.setattr(command, "_pytest", pytest_)
        return asked

    return script


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ([(0, [])], 0),
        ([(2, ["a"])], 2),  # interrupted: not all of it has run
        ([(3, None)], 3),
        ([(1, None)], 1),  # no record: nobody knows what failed
        ([(1, [])], 0),  # a worker died, and what it ran has passed in another
        ([(1, ["a"]), (0, [])], 0),
        ([(1, ["a"]), (0, ["a"])], 1),  # it was not found again, so it has not passed
        ([(1, ["a"]), (5, ["a"])], 5),
        ([(1, ["a"]), (2, ["a"])], 2),
        ([(1, ["a", "b"]), (1, ["a"]), (0, [])], 0),
        ([(1, ["a", "b"]), (1, ["a"]), (1, ["a"])], 1),
        ([(1, ["a"]), (-9, ["a"])], -9),
    ],
)
def test_exit_codes(scripted: Callable[..., list[str]], plan: list[tuple[int, list[str] | None]], code: int) -> None:
    asked = scripted(*plan)
    assert command._all_tests() == code
    assert asked == ["-n", "--last-failed", "--last-failed"][: len(plan)]
