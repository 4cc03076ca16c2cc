"""The city's rules, loaded once, and ways to change a copy of them."""

import shutil
from pathlib import Path

import pytest

from dialplan.loader import RulesError, load
from dialplan.ruleset import Ruleset

CITY = Path(__file__).resolve().parents[3] / "dialplan" / "rules"


@pytest.fixture(scope="session")
def city() -> Ruleset:
    return load(CITY)


class Folder:
    """A copy of the city's rules that a test may break."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        (self.path / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def place(self, file: str, text: str, nth: int = 1) -> str:
        """`file:line:column` of the nth occurrence of a text."""
        lines = (self.path / file).read_text(encoding="utf-8").splitlines()
        found = [(i, line.index(text)) for i, line in enumerate(lines, 1) if text in line]
        line, column = found[nth - 1]
        return f"{file}:{line}:{column + 1}"

    def problems(self, *overrides: str) -> list[str]:
        try:
            load(self.path, overrides)
        except RulesError as error:
            return [str(problem) for problem in error.problems]
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    shutil.copytree(CITY, tmp_path / "rules")
    return Folder(tmp_path / "rules")
