"""What encryption needs is there before anything is started, or `up` says what is missing."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from pathlib import Path

import pytest

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine.commands.up import add_settings, check_encryption, settings_of
from engine.settings import Encryption, RunSettings, default_rules
from engine.up import UpError


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load(default_rules())


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    monkeypatch.setenv("RINGMASTER_PHONE_ENCRYPTION", "offered")
    parser = ArgumentParser()
    add_settings(parser)
    ports = [word for name in ("sip", "http", "ami", "agi") for word in (f"--{name}-port", "0")]
    monkeypatch.setenv("RINGMASTER_SIP_TLS_PORT", "0")
    return settings_of(parser.parse_args(["--state", str(tmp_path), "--no-web", *ports]))


def test_nothing_is_missing(settings: RunSettings, ruleset: Ruleset) -> None:
    check_encryption(settings, ruleset)


@pytest.mark.parametrize("name", ["none.pem", ""])
def test_authorities_are_a_file(settings: RunSettings, ruleset: Ruleset, tmp_path: Path, name: str) -> None:
    wrong = settings.model_copy(update={"tls_authorities": tmp_path / name})
    with pytest.raises(UpError, match=f"RINGMASTER_TLS_AUTHORITIES={tmp_path / name} cannot be read"):
        check_encryption(wrong, ruleset)
    check_encryption(wrong.model_copy(update={"phone_encryption": Encryption.OFF}), ruleset)


def test_the_port_is_free(settings: RunSettings, ruleset: Ruleset) -> None:
    taken = f"port {settings.sip_tls_port} on 127.0.0.1, for SIP over TLS, is taken"
    with socket.create_server((settings.bind, settings.sip_tls_port)), pytest.raises(UpError, match=taken):
        check_encryption(settings, ruleset)
