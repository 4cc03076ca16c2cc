"""`./ringmaster up` as an operator lives with it: start, end, a second one, an engine that dies or hangs, broken rules."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from centre import SLACK_S, Centre, wait_for

from engine import ready
from engine.settings import child_environment, default_rules

Start = Callable[..., Centre]


def _up(*words: str, within_s: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "engine", "up", *words],
        capture_output=True, text=True, timeout=within_s, env=child_environment(), check=False,
    )  # fmt: skip


def _free_ports() -> list[str]:
    return ["--sip-port", "0", "--http-port", "0", "--ami-port", "0", "--agi-port", "0"]


def _processes_of(state: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(state) in words and ready.alive(int(entry.name)) and "pytest" not in words:
            found.append(words)
    return found


def test_up_takes_calls_says_how_and_ends_all_it_started(start_centre: Start) -> None:
    centre = start_centre()
    known = centre.ready
    assert stat.S_IMODE((centre.state / "ready.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((centre.state / "agents.csv").stat().st_mode) == 0o600
    assert set(known) >= {"sip", "http", "ami", "agi", "pid", "asterisk_pid"}
    assert len({known[part]["port"] for part in ("sip", "http", "ami", "agi")}) == 4
    assert ready.alive(known["pid"])
    assert ready.alive(known["asterisk_pid"])
    assert len(centre.accounts) == 43
    assert f"sip:0319099000@127.0.0.1:{known['sip']['port']}" in centre.said()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):  # SIP answers on TCP and UDP
        with socket.socket(socket.AF_INET, kind) as probe, pytest.raises(OSError, match="in use"):
            probe.bind(("127.0.0.1", known["sip"]["port"]))
    assert "ERROR" not in (centre.state / "asterisk/log/messages.log").read_text()

    for ports in (_free_ports(), ("--sip-port", str(known["sip"]["port"]))):
        second = _up("--state", str(centre.state), *ports)
        assert second.returncode == 1
        assert f"already (pid {centre.process.pid})" in second.stderr
    assert ready.alive(known["pid"])

    took_s = centre.stop()
    assert took_s < 10 + SLACK_S
    assert centre.process.returncode == 0
    assert _processes_of(centre.state) == []
    assert not (centre.state / "ready.json").exists()


def test_a_deep_state_has_one_short_folder_that_goes_with_it(tmp_path: Path) -> None:
    """A socket's path may have 107 characters only; killed and started again, it is the same folder."""
    deep = tmp_path / ("x" * 40) / ("y" * 40)
    deep.mkdir(parents=True)
    with Centre.start(deep, "--no-restart") as centre:
        short = centre.settings.run_dir
        assert short.parent == Path(tempfile.gettempdir())
        assert (short / "asterisk.ctl").exists()
        left_over, engine = centre.asterisk_pid, centre.engine_pid
        centre.process.kill()
        centre.process.wait()
        wait_for(lambda: not ready.alive(engine), 3, "the engine outlived its parent")
        assert short.exists()
        ports = [word for name in ("sip", "ami") for word in (f"--{name}-port", str(centre.ready[name]["port"]))]
        with Centre.start(deep, *ports) as again:  # which the Asterisk that is left over holds
            assert again.settings.run_dir == short
            assert not ready.alive(left_over)
            assert "ended the Asterisk of an earlier `up`" in again.said()
            assert again.stop() < 10 + SLACK_S
    assert not short.exists()


def test_ctrl_c_while_it_starts_leaves_nothing(start_centre: Start) -> None:
    centre = start_centre(wait=False)
    wait_for((centre.state / "asterisk/etc/pjsip.conf").exists, 20, centre.said)
    centre.process.send_signal(signal.SIGINT)
    assert centre.process.wait(30) == 0
    assert _processes_of(centre.state) == []


def test_a_killed_engine_is_started_again_with_the_same_ports(start_centre: Start) -> None:
    centre = start_centre()
    before = centre.ready
    centre.kill_engine()
    after = centre.wait_ready(15, not_pid=before["pid"])
    assert after["asterisk_pid"] == before["asterisk_pid"]
    for part in ("sip", "http", "ami", "agi"):
        assert after[part] == before[part]


def test_a_hung_engine_is_killed_within_three_seconds(start_centre: Start) -> None:
    centre = start_centre()
    began = time.monotonic()
    pid = centre.stop_engine()
    wait_for(lambda: not ready.alive(pid), 5, "the hung engine lives on")
    assert 1.0 < time.monotonic() - began < 3 + SLACK_S
    assert "hangs" in centre.said()
    centre.wait_ready(15, not_pid=pid)


def test_without_restart_up_ends_with_asterisk_says_why_and_leaves_nothing(start_centre: Start) -> None:
    centre = start_centre("--no-restart")
    os.kill(centre.asterisk_pid, signal.SIGKILL)
    assert centre.process.wait(30) == 1
    assert "Asterisk has ended (-9)" in centre.said()
    assert _processes_of(centre.state) == []
    assert not (centre.state / "ready.json").exists()


def test_without_restart_asterisk_stays_and_another_engine_joins(start_centre: Start) -> None:
    centre = start_centre("--no-restart", "--at", "2026-11-24T10:00", "--set", "queues.defaults.wrapup_s=7")
    before, settings = centre.ready, centre.settings
    centre.kill_engine()
    wait_for(lambda: "Asterisk goes on" in centre.said(), 5, centre.said)
    assert centre.process.poll() is None
    assert ready.alive(before["asterisk_pid"])
    centre.engine_only()
    after = centre.ready
    assert after["pid"] != before["pid"]
    assert after["asterisk_pid"] == before["asterisk_pid"]
    assert after["web"] == before["web"], "the first `up` keeps the pages"
    assert centre.settings == settings  # --at and --set are kept

    second = _up("--engine-only", "--state", str(centre.state))
    assert second.returncode == 1
    assert "already" in second.stderr


def test_an_engine_alone_needs_a_centre_to_join(tmp_path: Path) -> None:
    refused = _up("--engine-only", "--state", str(tmp_path))
    assert refused.returncode == 1
    assert "start `up` first" in refused.stderr


def test_broken_rules_start_nothing(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(default_rules(), rules)
    queues = rules / "queues.yaml"
    queues.write_text(queues.read_text().replace("ring_timeout_s: 10", "ring_timeout_s: soon"))
    refused = _up("--state", str(tmp_path / "state"), "--rules", str(rules), *_free_ports())
    assert refused.returncode == 1
    assert "queues.yaml:" in refused.stderr
    assert _processes_of(tmp_path) == []
    assert not (tmp_path / "state" / "ready.json").exists()


def _reload(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "engine", "reload", "--state", str(state), *words],
        capture_output=True, text=True, timeout=60, env=child_environment(), check=False,
    )  # fmt: skip


def test_rules_that_break_while_it_runs_replace_nothing(start_centre: Start, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(default_rules(), rules)
    centre = start_centre("--rules", str(rules))
    queues = rules / "queues.yaml"
    sound = queues.read_text()
    queues.write_text(sound.replace("ring_timeout_s: 10", "ring_timeout_s: soon"))
    asked = _reload(centre.state)
    assert asked.returncode == 1
    assert "queues.yaml:" in asked.stdout
    # Sound ones are in force when the command has returned, and it says what they change.
    queues.write_text(sound.replace("ring_timeout_s: 10", "ring_timeout_s: 12"))
    taken = _reload(centre.state)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert taken.stdout.startswith("모든 대기열: 상담사 벨 울림 10초 → 12초   [queues.yaml:")
    assert 'ringmaster_rules_reloads_total{result="success"} 1.0' in centre.metrics()
    again = _reload(centre.state, "--language", "en")
    assert (again.returncode, again.stdout) == (0, "Nothing changes.\n")
    queues.write_text(sound.replace("ring_timeout_s: 10", "ring_timeout_s: soon"))
    # Told by a signal, the engine itself refuses them.
    os.kill(centre.engine_pid, signal.SIGHUP)
    wait_for(lambda: '"rules.kept"' in centre.said(), 15, centre.said)
    assert 'ringmaster_rules_reloads_total{result="error"} 1.0' in centre.metrics()
    assert "acd_" in centre.metrics()
    # It dies in the midst of the edit: the next one goes on with the rules that were sound.
    killed = centre.kill_engine()
    centre.wait_ready(20, not_pid=killed)
    assert centre.get("/readyz")
    queues.write_text(sound)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = _up("--state", str(tmp_path / "state"), *_free_ports()[:-2], "--agi-port", str(port))
    assert refused.returncode == 1
    assert f"port {port}" in refused.stderr
    assert "--agi-port 0" in refused.stderr


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    refused = _up("--state", str(tmp_path / "state"), *_free_ports(), "--bind", "203.0.113.9")
    assert refused.returncode == 1
    assert refused.stderr == "up: this machine has no address 203.0.113.9 to answer at (--bind, RINGMASTER_BIND)\n"


def test_a_wrong_port_in_the_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGMASTER_SIP_PORT", "abc")
    refused = _up("--state", str(tmp_path / "state"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("up: RINGMASTER_SIP_PORT=abc: ")
    refused = _up("--state", str(tmp_path / "state"), "--sip-port", "abc")
    assert refused.returncode == 2
    assert "a port is a number from 0 to 65535" in refused.stderr


def test_a_killed_up_takes_its_engine_along_and_the_next_up_takes_over(start_centre: Start) -> None:
    centre = start_centre()
    known = centre.ready
    os.kill(centre.process.pid, signal.SIGKILL)
    centre.process.wait()
    wait_for(lambda: not ready.alive(known["pid"]), 3, "the engine outlived its parent")
    again = Centre.start(centre.state.parent)
    try:
        assert again.ready["pid"] != known["pid"]
        assert again.accounts == centre.accounts or len(again.accounts) == 43
    finally:
        again.stop()
    assert _processes_of(centre.state) == []
