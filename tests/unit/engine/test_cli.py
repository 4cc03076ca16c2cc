"""The command line's first word."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from engine import cli


def test_every_command_that_is_listed_can_be_run() -> None:
    for name in cli.COMMANDS:
        assert callable(importlib.import_module(f"engine.commands.{name}").run)


def test_a_misspelt_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vaildate"]) == 2
    said = capsys.readouterr()
    assert "Did you mean `validate`?" in said.err
    assert said.out == ""


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "explain" in capsys.readouterr().out


def test_finding_a_command_imports_nothing_heavy() -> None:
    code = (
        "import sys, engine.cli; print(*sorted(m for m in sys.modules if m in {'pydantic', 'rich', 'typer', 'ruamel'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
