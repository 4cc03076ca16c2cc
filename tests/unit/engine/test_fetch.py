"""Programs from Debian's packages: which archive, which loader, what an operator is told. The network is not used."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine import debian as debian_packages
from engine import fetch, pbx
from engine.fetch import FetchError, Program


def _apt_says(monkeypatch: pytest.MonkeyPatch, said: str, *, debian: bool = True) -> None:
    monkeypatch.setattr(debian_packages, "_is_debian", lambda: debian)
    monkeypatch.setattr(
        fetch.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=said, stderr="")
    )


def test_the_archive_is_the_one_that_apt_is_configured_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGMASTER_ARCHIVE", raising=False)
    _apt_says(
        monkeypatch,
        "'https://mirror.example.kr/debian-security/dists/bookworm-security/InRelease' a 0 \n"
        "'https://packages.example.com/apt/dists/stable/InRelease' b 0 \n"
        "'https://mirror.example.kr/debian/dists/bookworm/InRelease' c 0 \n",
    )
    assert debian_packages.archive() == "https://mirror.example.kr/debian"


@pytest.mark.parametrize(
    ("said", "debian"),
    [
        ("'file:///media/cdrom/dists/bookworm/InRelease' a 0 \n", True),
        ("'http://mirror.example.kr/ubuntu/dists/noble/InRelease' a 0 \n", False),
    ],
)
def test_a_machine_without_a_debian_archive_is_told_to_name_one(
    said: str, debian: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _apt_says(monkeypatch, said, debian=debian)
    monkeypatch.delenv("RINGMASTER_ARCHIVE", raising=False)
    with pytest.raises(FetchError, match="RINGMASTER_ARCHIVE="):
        debian_packages.archive()
    monkeypatch.setenv("RINGMASTER_ARCHIVE", "https://mirror.example.kr/debian/")
    assert debian_packages.archive() == "https://mirror.example.kr/debian"


def test_a_fetched_program_runs_through_its_own_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.platform, "machine", lambda: "x86_64")
    for place in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"):
        (tmp_path / place).mkdir(parents=True)
    loader = tmp_path / "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    loader.touch()
    program = Program("sipp", tmp_path, "usr/bin/sipp")
    libraries = f"{tmp_path}/usr/lib/x86_64-linux-gnu:{tmp_path}/lib/x86_64-linux-gnu"
    assert program.argv() == [str(loader), "--library-path", libraries, f"{tmp_path}/usr/bin/sipp"]
    assert program.argv("usr/bin/other")[-1] == f"{tmp_path}/usr/bin/other"
    loader.unlink()
    with pytest.raises(FetchError, match="no program loader"):
        program.argv()


def test_the_machines_own_program_runs_as_it_is() -> None:
    assert Program("asterisk", Path("/"), "usr/sbin/asterisk").argv() == ["/usr/sbin/asterisk"]


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1\n", (22, 10, 1)),
        ("Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5", (20, 6, 0)),
        ("Asterisk certified/20.7-cert3", (20, 7)),
        ("what?", (0,)),
    ],
)
def test_the_version_as_numbers(said: str, version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    _apt_says(monkeypatch, said)
    assert fetch.asterisk_version(Program("asterisk", Path("/"), "usr/sbin/asterisk")) == version


def test_an_old_asterisk_on_the_machine_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "asterisk"
    own.write_text("#!/bin/sh\necho Asterisk $OLD\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("OLD", "18.10.0")
    assert fetch._machines_asterisk() is None
    monkeypatch.setenv("OLD", "20.0.0")
    assert fetch._machines_asterisk() == Program("asterisk", Path("/"), str(own).lstrip("/"))
    monkeypatch.setenv("RINGMASTER_FETCH_ASTERISK", "1")
    assert fetch._machines_asterisk() is None


def test_offline_is_told_as_offline_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text('#!/bin/sh\necho "Err:1 http://x sid InRelease"\necho "  Could not resolve \'x\'"\nexit 100\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    bar = debian_packages.Bar("fetching")
    with pytest.raises(FetchError, match=r"(?s)cannot be reached.*kept.*put Asterisk 20 or later on PATH"):
        debian_packages.apt(["update"], {"PATH": f"{tmp_path}:/usr/bin:/bin"}, bar, "reading the list")


def test_home_is_where_the_operator_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RINGMASTER_HOME", str(tmp_path))
    assert fetch.home() == tmp_path
    monkeypatch.delenv("RINGMASTER_HOME")
    assert fetch.home() == Path(__file__).resolve().parents[3] / ".ringmaster"


@pytest.mark.parametrize(
    ("said", "warned"), [("Asterisk 22.10.1", False), ("Asterisk 23.0.0", False), ("Asterisk 22.9.0", True)]
)
def test_an_asterisk_without_its_security_fixes_is_warned_of(
    said: str, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _apt_says(monkeypatch, said)
    warning = pbx.version_warning(Program("asterisk", Path("/"), "usr/sbin/asterisk"))
    assert (warning is not None) is warned
    assert not warned or "22.10.1" in str(warning)
