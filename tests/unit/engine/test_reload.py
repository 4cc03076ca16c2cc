"""New rules in a running engine: taken whole, or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.reload import RulesInForce

RULES = Path(__file__).resolve().parents[3] / "dialplan" / "rules"


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed: list[Ruleset] = []
        self.counted: list[bool] = []
        self.rules = RulesInForce(lambda: load(folder))
        self.rules.on_change(self.changed.append, self.counted.append)

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


def test_a_broken_set_never_replaces_the_running_one(desk: Desk) -> None:
    before = desk.rules()
    desk.edit("ring_timeout_s: 10", "ring_timeout_s: soon")
    with structlog.testing.capture_logs() as logs:
        assert not desk.rules.reload()
    assert desk.rules() is before
    assert (desk.changed, desk.counted) == ([], [False])
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
