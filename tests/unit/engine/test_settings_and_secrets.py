"""Settings of a run, its secrets, ready.json: kept, private, and never in a log."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from engine import cli, credentials, ready
from engine.settings import (
    FREE_PORTS,
    Defaults,
    RunSettings,
    child_environment,
    free_port,
    port_is_free,
    run_dir_for,
    write_private,
)
from tests.pbx.centre import wait_for


def settings(state: Path) -> RunSettings:
    return RunSettings(
        state=state, rules=Path("/rules"), sounds=Path("/sounds"), bind="127.0.0.1", sip_port=1, http_port=2,
        ami_port=3, agi_port=4, rtp_start=10000, rtp_end=19999, run_dir=state / "run",
        overrides=("queues.defaults.wrapup_s=0",), at="2026-11-24T10:00:00+09:00", clock_offset_s=12.5,
    )  # fmt: skip


def test_settings_are_read_as_they_were_kept(tmp_path: Path) -> None:
    settings(tmp_path).save()
    assert RunSettings.load(tmp_path) == settings(tmp_path)


def test_defaults_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGMASTER_SIP_PORT", "5555")
    assert (Defaults().sip_port, Defaults().bind) == (5555, "127.0.0.1")


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("RINGMASTER_EDGE_PORT=x", "RINGMASTER_EDGE_PORT=x: Input should be a valid integer"),
        ("RINGMASTER_PHONE_ENCRYPTION=yes", "RINGMASTER_PHONE_ENCRYPTION=yes: Input should be 'off', 'offered' or"),
        ("RINGMASTER_RTP_END=9000", "RINGMASTER_RTP_START=10000 is not below RINGMASTER_RTP_END=9000"),
    ],
)
@pytest.mark.parametrize("command", ["edge", "configure"])  # `up` asks the same, after it has taken our signals
def test_what_the_environment_has_wrong_is_named(
    command: str, variable: str, said: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv(*variable.split("="))
    assert cli.main([command, "--state", str(tmp_path / "state")]) == 1
    assert f"{command}: {said}" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("name", ["nodes", "database", "edge", "bind", "sip_port"])
def test_an_empty_setting_is_none_at_all(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As a compose file passes on what nobody has set."""
    monkeypatch.setenv(f"RINGMASTER_{name.upper()}", "")
    assert getattr(Defaults(), name) == Defaults.model_fields[name].default


def test_a_free_port_is_none_that_is_taken_for_tcp_or_udp() -> None:
    taken: set[int] = set()
    port = free_port(taken)
    assert port in FREE_PORTS
    assert taken == {port}
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as other:
            other.bind(("127.0.0.1", port))
            assert not port_is_free(port)
    assert port_is_free(port)


def test_the_control_socket_fits_however_deep_the_state_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/tmp/" + tmp_path.name[-20:])  # noqa: S108 - as short as the real one
    Path(tempfile.gettempdir()).mkdir()
    assert run_dir_for(Path("/srv/state")) == Path("/srv/state/asterisk/run")
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    short = run_dir_for(deep)
    assert len(str(short / "asterisk.ctl")) < 108
    assert stat.S_IMODE(short.stat().st_mode) == 0o700
    assert run_dir_for(deep) == short, "the same again: a later `up` finds what was left over"
    assert run_dir_for(deep / "z") != short
    short.chmod(0o777)
    assert run_dir_for(deep) != short, "a folder that others may write to is not used"
    shutil.rmtree(tempfile.gettempdir())


def test_private_files_are_the_owners_only_from_the_beginning(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        write_private(tmp_path / "a" / "secret", "s")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["secret"]


def test_secrets_are_made_once_and_differ_everywhere(tmp_path: Path) -> None:
    first = credentials.load_or_make(tmp_path / "one", ["1001", "1002"])
    again = credentials.load_or_make(tmp_path / "one", ["1002", "1003"])
    other = credentials.load_or_make(tmp_path / "two", ["1001"])
    assert again.ami_secret == first.ami_secret != other.ami_secret
    assert again.agents["1001"] == first.agents["1001"]  # who left may come back
    assert len({*again.agents.values(), *other.agents.values()}) == 4
    assert first.ami_secret not in repr(first)
    assert first.agents["1001"] not in repr(first)


def test_a_secrets_file_that_others_can_read_is_closed_again(tmp_path: Path) -> None:
    credentials.load_or_make(tmp_path, ["1001"])
    (tmp_path / "secrets.json").chmod(0o644)
    credentials.load_or_make(tmp_path, ["1001"])
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_ready_is_what_was_written_and_private(tmp_path: Path) -> None:
    assert ready.load(tmp_path) is None
    address = ready.Address(host="127.0.0.1", port=5060)
    written = ready.Ready(
        sip=address, http=address, agi=address, pid=os.getpid(), asterisk_pid=None, supervisor_pid=1,
        ami=ready.AmiAddress(host="127.0.0.1", port=5038, user="u", secret="s"),
    )  # fmt: skip
    written.save(tmp_path)
    assert ready.load(tmp_path) == written
    assert stat.S_IMODE(ready.path(tmp_path).stat().st_mode) == 0o600
    ready.remove(tmp_path)
    ready.remove(tmp_path)
    assert ready.load(tmp_path) is None


def test_a_process_lives_as_long_as_one_of_its_threads() -> None:
    """One that is being killed holds its ports until the last of them has ended, and its first one may go before."""
    code = "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(600,)).start()\n"
    ends_its_first = code + "ctypes.CDLL(None).pthread_exit(None)"
    with subprocess.Popen([sys.executable, "-c", ends_its_first]) as child:
        status = Path(f"/proc/{child.pid}/stat")
        try:
            wait_for(lambda: status.read_text().rpartition(")")[2].split()[0] == "Z", 20)
            assert ready.alive(child.pid)
        finally:
            child.kill()
        wait_for(lambda: not ready.alive(child.pid), 10)


def test_alive_knows_the_living_from_zombies() -> None:
    assert ready.alive(os.getpid())
    assert not ready.alive(None)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # a zombie now
    assert not ready.alive(child)
    os.waitpid(child, 0)
    assert not ready.alive(child)


def test_children_find_this_checkout_first(monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(Path(__file__).resolve().parents[3])
    monkeypatch.setenv("PYTHONPATH", f"/elsewhere:{root}")
    assert child_environment()["PYTHONPATH"] == f"{root}:/elsewhere"


def test_supervisors_have_a_pin_that_stays_and_is_the_owners_only(tmp_path):
    first = credentials.supervisor_pins(tmp_path, ["1016", "1001"])
    assert all(len(pin) == 6 and pin.isdigit() for pin in first.values())
    assert credentials.supervisor_pins(tmp_path, ["1001"]) == {"1001": first["1001"]}
    assert credentials.supervisor_pin(tmp_path, "1001") == first["1001"]
    assert credentials.supervisor_pin(tmp_path, "1016") is None
    path = tmp_path / "supervisors.csv"
    assert path.read_text() == f"extension,pin\n1001,{first['1001']}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
