"""Every command says what it is for and shows examples whose options exist; a real bash completes all of them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine import cli, examples
from engine.commands import completion

ROOT = Path(__file__).resolve().parents[3]
_WITHOUT = {"configure"}  # of containers, not of people


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert command in said
    shown = re.findall(r"^  \./ringmaster (.*)$", said.partition("examples:")[2], re.MULTILINE)
    assert bool(shown) is (command not in _WITHOUT), f"no examples for {command}: engine/examples.py"
    for words in map(shlex.split, shown):
        assert words[0] == command
        named = [word for word in words if word.startswith("--")]
        assert all(option in said.partition("examples:")[0] for option in named), words


def test_no_example_of_a_command_that_is_gone() -> None:
    assert set(examples.EXAMPLES) <= set(cli.COMMANDS)


def _completed(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    """What a real bash offers for the last of these words."""
    assert completion.run(["bash"]) == 0
    script = tmp_path / "completion.bash"
    script.write_text(capsys.readouterr().out)
    program = tmp_path / "ringmaster"
    program.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -P -m engine "$@"\n')
    program.chmod(0o755)
    quoted = " ".join(shlex.quote(word) for word in (str(program), *words))
    ask = f'source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _ringmaster; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "-c", ask],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    return set(done.stdout.split())


def test_bash_completes_commands_options_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _completed(tmp_path, capsys, "sim") == {"simulate"}
    assert {"--state", "--security", "--json"} <= _completed(tmp_path, capsys, "doctor", "--")
    assert _completed(tmp_path, capsys, "validate", "--rul") == {"--rules"}
    assert str(tmp_path / "completion.bash") in _completed(tmp_path, capsys, "backup", str(tmp_path / "comp"))
