"""New rules in a running engine: taken whole, or not at all."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine import attempts
from engine.attempts import Told
from engine.commands import reload as reload_command
from engine.reload import RulesInForce

RULES = Path(__file__).resolve().parents[3] / "dialplan" / "rules"


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed: list[Ruleset] = []
        self.counted: list[bool] = []
        self.rules = RulesInForce(lambda: load(folder))
        self.told: list[Told] = []
        self.rules.on_change(self.changed.append, self.counted.append, self.told.append)

    def edit(self, old: str, new: str) -> None:
        file = self.folder / "queues.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(RULES, tmp_path / "rules")
    with structlog.testing.capture_logs():
        yield Desk(tmp_path / "rules")


def test_a_change_is_taken(desk: Desk) -> None:
    desk.edit("ring_timeout_s: 10", "ring_timeout_s: 12")
    assert desk.rules.reload()
    assert desk.rules().queues["general"].ring_timeout_s == 12
    assert desk.changed == [desk.rules()]
    assert desk.counted == [True]
    assert desk.told == [Told(True, desk.rules().digest)]


def test_a_broken_set_never_replaces_the_running_one(desk: Desk) -> None:
    before = desk.rules()
    desk.edit("ring_timeout_s: 10", "ring_timeout_s: soon")
    with structlog.testing.capture_logs() as logs:
        assert not desk.rules.reload()
    assert desk.rules() is before
    assert (desk.changed, desk.counted) == ([], [False])
    (told,) = desk.told
    assert (told.followed, told.digest) == (False, before.digest)
    assert told.problems[0].startswith("queues.yaml:")
    assert any("queues.yaml" in log.get("problem", "") for log in logs)
    assert logs[-1]["event"] == "rules.kept"


def test_a_folder_that_is_gone(desk: Desk) -> None:
    before = desk.rules()
    shutil.rmtree(desk.folder)
    assert not desk.rules.reload()
    assert desk.rules() is before


def test_no_change_is_no_change(desk: Desk) -> None:
    assert desk.rules.reload()
    assert desk.changed == []
    assert desk.counted == [True]


def test_one_that_cannot_follow_is_told(desk: Desk) -> None:
    def fail(rules: Ruleset) -> None:
        raise RuntimeError("the PBX is away")

    desk.rules.on_change(fail, desk.counted.append)
    desk.edit("ring_timeout_s: 10", "ring_timeout_s: 12")
    assert not desk.rules.reload()
    assert desk.rules().queues["general"].ring_timeout_s == 12  # the rules hold all the same
    assert desk.counted == [False]


def test_a_queue_that_is_gone_needs_an_heir(desk: Desk) -> None:
    """Somebody may be waiting in it: without `moved_to` the old rules stay."""
    before = desk.rules()
    file, menus = desk.folder / "queues.yaml", desk.folder / "menus.yaml"
    text = file.read_text(encoding="utf-8")
    begin = text.index("  passport:\n")
    end = re.compile(r"^  \w+:\n", re.MULTILINE).search(text, begin + 5)
    assert end is not None
    without = text[:begin] + text[end.start() :]
    file.write_text(without, encoding="utf-8")
    menus.write_text(menus.read_text("utf-8").replace("queue: passport", "queue: general"), encoding="utf-8")
    directory = desk.folder / "directory.yaml"
    directory.write_text(directory.read_text("utf-8").replace('"8004": passport', '"8004": general'), encoding="utf-8")
    assert not desk.rules.reload()
    assert desk.rules() is before
    file.write_text(without + "\nmoved_to: {passport: general}\n", encoding="utf-8")
    assert desk.rules.reload()
    assert desk.rules().moved_to == {"passport": "general"}
    file.write_text(without + "\nmoved_to: {passport: genral}\n", encoding="utf-8")
    assert not desk.rules.reload()
    file.write_text(without + "\nmoved_to: {general: general}\n", encoding="utf-8")
    assert not desk.rules.reload()


# --- told to the one who asked


def test_the_next_attempt_is_waited_for(tmp_path: Path) -> None:
    assert attempts.read(tmp_path) is None
    attempts.write(tmp_path, Told(True, "a"))
    first = attempts.read(tmp_path)
    assert first is not None
    assert attempts.wait(tmp_path, first, 0.1, lambda: True) is None, "it is the one before"
    attempts.write(tmp_path, Told(False, "a", ("queues.yaml:1:1: no",)))
    second = attempts.wait(tmp_path, first, 5, lambda: True)
    assert second is not None
    assert (second.number, second.followed, second.problems) == (first.number + 1, False, ("queues.yaml:1:1: no",))
    assert attempts.wait(tmp_path, second, 5, lambda: False) is None, "the engine is gone"
    assert (tmp_path / "reload.json").stat().st_mode & 0o777 == 0o600


def test_without_an_engine_nothing_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reload_command.run(["--state", str(tmp_path)]) == 1
    assert "no engine is running" in capsys.readouterr().err
    assert reload_command.run(["--state", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["followed"] is False
