"""The Asterisk of a killed `up` keeps its calls until nothing but ports can still be wrong with the next one."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import leftover, pbx, pbxconfig
from engine.commands import up
from engine.settings import RunSettings

_ANY_PORTS = [word for name in ("sip", "http", "ami", "agi") for word in (f"--{name}-port", "0")]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """`up` sets its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def earlier(tmp_path: Path) -> RunSettings:
    parser = ArgumentParser()
    up.add_settings(parser)
    settings = up.settings_of(parser.parse_args(["--state", str(tmp_path / "state"), "--no-web", *_ANY_PORTS]))
    settings.save()
    return settings


@pytest.fixture
def left_over(earlier: RunSettings) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is known as an Asterisk is: by its pid file, and by this state's configuration on its line."""
    conf = pbxconfig.etc_dir(earlier) / "asterisk.conf"
    waits = "import signal; print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", waits, str(conf)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline(), "its command line can be read from now on"
            earlier.run_dir.mkdir(parents=True, exist_ok=True)  # one beside a state whose path is long is made already
            (earlier.run_dir / "asterisk.pid").write_text(str(process.pid))
            yield process
        finally:
            process.kill()
            shutil.rmtree(earlier.run_dir, ignore_errors=True)


@pytest.mark.parametrize(
    ("words", "variable", "said"),
    [
        (["--set", "queues.defaults.wrapup=0"], "", "The rules are broken: nothing was started."),
        (["--rules", "/nowhere"], "", "The rules are broken: nothing was started."),
        (["--nodes", "/nowhere.yaml"], "", "/nowhere.yaml: No such file"),
        (["--bind", "192.0.2.1"], "", "this machine has no address 192.0.2.1"),
        ([], "RINGMASTER_SIP_PORT=x", "RINGMASTER_SIP_PORT=x"),
        ([], "RINGMASTER_DATABASE=x", "RINGMASTER_DATABASE"),
        ([], "RINGMASTER_TLS_AUTHORITIES=/nowhere.pem", "/nowhere.pem cannot be read"),
    ],
)
def test_a_mistake_ends_no_call(
    earlier: RunSettings,
    left_over: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    variable: str,
    said: str,
) -> None:
    monkeypatch.setenv("RINGMASTER_PHONE_ENCRYPTION", "offered")
    if variable:
        monkeypatch.setenv(*variable.split("=", 1))
    assert pbx.running_pid(earlier) == left_over.pid
    assert up.run(["--state", str(earlier.state), "--no-web", *_ANY_PORTS, *words]) == 1
    assert said in capsys.readouterr().err
    assert left_over.poll() is None


def test_it_is_ended_then(
    earlier: RunSettings, left_over: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    leftover.make_way(earlier.state, external=False)
    assert left_over.wait(10) == -signal.SIGTERM
    assert "ended the Asterisk of an earlier `up`" in capsys.readouterr().err


@pytest.mark.parametrize("kept", ["{}", '{"state": "/x"', "\udcff"])
def test_settings_that_cannot_be_read_stop_no_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kept: str
) -> None:
    (tmp_path / "run.json").write_text(kept, errors="surrogateescape")
    leftover.make_way(tmp_path, external=False)
    assert f"{tmp_path / 'run.json'} is damaged or of another version" in capsys.readouterr().err
