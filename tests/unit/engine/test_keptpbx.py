"""An Asterisk that dies is started again, and not for ever. The program is a real process that ends when it is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine import keptpbx, pbx
from engine.fetch import Program
from engine.settings import RunSettings


class Booted(pbx.Pbx):
    """Booted at once: what it runs is no Asterisk."""

    def _wait_booted(self, log: Path, pause: object) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    (tmp_path / "asterisk" / "log").mkdir(parents=True)
    return RunSettings(
        state=tmp_path, rules=tmp_path, sounds=tmp_path, bind="127.0.0.1", sip_port=1, http_port=1, ami_port=1, agi_port=1,
        rtp_start=10000, rtp_end=10010, run_dir=tmp_path,
    )  # fmt: skip


def kept(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, words: str, *, restart: bool = True
) -> keptpbx.KeptPbx:
    monkeypatch.setattr(pbx, "Pbx", Booted)
    monkeypatch.setattr(Program, "argv", lambda _: ["/bin/sh", "-c", words])
    return keptpbx.KeptPbx(settings, Program("asterisk", Path("/"), Path("/bin/sh")), restart=restart)


def ended(one: keptpbx.KeptPbx) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if one.has_died():
            return True
        time.sleep(0.01)
    return False


def test_one_that_dies_is_started_again(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptpbx, "AGAIN_AFTER_S", 0.0)
    one = kept(settings, monkeypatch, "exec sleep 60")
    one.start(time.sleep)
    first = one.pid
    assert not one.has_died()
    one.stop()
    assert one.has_died()
    one.revive(time.sleep)
    assert one.pid != first
    assert not one.has_died()
    one.stop()


def test_one_that_dies_again_and_again_is_given_up(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptpbx, "AGAIN_AFTER_S", 0.0)
    one = kept(settings, monkeypatch, "exit 3")
    one.start(time.sleep)
    for _ in range(keptpbx.DEATHS_IN_A_ROW - 1):
        assert ended(one)
        one.revive(time.sleep)
    with pytest.raises(pbx.PbxError, match=r"ended \(3\).*3 times right after its start"):
        ended(one)


def test_without_restart_its_end_is_an_error(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    one = kept(settings, monkeypatch, "exit 3", restart=False)
    one.start(time.sleep)
    with pytest.raises(pbx.PbxError, match=r"Asterisk has ended \(3\)"):
        ended(one)
