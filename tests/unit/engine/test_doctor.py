"""doctor's judgement of a machine that is too small and of a journal of another version (the rest: tests/pbx)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from acd.journal.migrate import migrate
from dialplan.loader import load
from engine.doctor import files, machine, network
from engine.doctor.finding import Level
from engine.settings import RunSettings, default_rules, run_dir_for


def _settings(state: Path, **changes: object) -> RunSettings:
    return RunSettings(
        state=state, rules=default_rules(), sounds=state, bind="127.0.0.1", sip_port=5060, http_port=9100, ami_port=5038,
        agi_port=4573, rtp_start=10000, rtp_end=19999, run_dir=run_dir_for(state),
    ).model_copy(update=changes)  # fmt: skip


@pytest.mark.parametrize(("free_kb", "level"), [(90_000, Level.WARNING), (9_000_000, Level.FINE)])
def test_memory(tmp_path: Path, free_kb: int, level: Level) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 16000000 kB\nMemAvailable: {free_kb} kB\n")
    assert machine._memory(meminfo).level is level


def test_memory_that_cannot_be_read(tmp_path: Path) -> None:
    assert machine._memory(tmp_path / "none").level is Level.WARNING


def test_a_journal_of_this_version_of_an_older_one_and_none(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    assert files._journal(settings.database).level is Level.FINE
    migrate(settings.database)
    assert files._journal(settings.database).level is Level.FINE
    with sqlite3.connect(settings.database) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    older = files._journal(settings.database)
    assert older.level is Level.WARNING
    assert "0001" in older.what


def test_too_few_ports_for_sound(tmp_path: Path) -> None:
    rules = load(default_rules())
    few = network._sound_ports(_settings(tmp_path, rtp_end=10099), rules)
    assert few.level is Level.WARNING
    assert "RINGMASTER_RTP" in few.remedy
    assert network._sound_ports(_settings(tmp_path), rules).level is Level.FINE


def test_sip_beyond_loopback_without_a_carrier(tmp_path: Path) -> None:
    rules = load(default_rules())
    (found,) = (one for one in network._reach(_settings(tmp_path, bind="192.0.2.10"), rules) if one.name == "reach")
    assert found.level is Level.WARNING
    assert found.security
