"""`configure` makes the password of a PostgreSQL of the centre's own, once, for the owner's eyes only."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import pytest

from engine import credentials
from engine.commands.up import add_settings, settings_of
from engine.settings import RunSettings, journal_of
from engine.up import UpError


def test_the_password_is_made_once_and_kept_private(tmp_path: Path) -> None:
    credentials.database_password(tmp_path)
    made = (tmp_path / "postgres.password").read_text()
    credentials.database_password(tmp_path)
    assert (tmp_path / "postgres.password").read_text() == made
    assert (tmp_path / "pgpass").read_text() == f"*:*:*:*:{made}\n"
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def _settings(tmp_path: Path) -> RunSettings:
    parser = ArgumentParser()
    add_settings(parser)
    return settings_of(parser.parse_args(["--state", str(tmp_path), "--pbx-external", "--no-web"]))


def test_the_address_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGMASTER_DATABASE", "postgresql://ringmaster@127.0.0.1/ringmaster")
    _settings(tmp_path).save()
    assert str(journal_of(tmp_path)) == "postgresql://ringmaster@127.0.0.1/ringmaster"
    assert journal_of(tmp_path / "never") == tmp_path / "never" / "journal.sqlite"


def test_an_address_with_a_password_is_refused_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGMASTER_DATABASE", "postgresql://ringmaster:s3cret@127.0.0.1/ringmaster")
    with pytest.raises(UpError, match="RINGMASTER_DATABASE: a password") as told:
        _settings(tmp_path)
    assert "s3cret" not in str(told.value)
