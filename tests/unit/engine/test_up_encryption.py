"""What encryption needs is there before anything is started, or `up` says what is missing."""

from __future__ import annotations

import re
import socket
from argparse import ArgumentParser
from pathlib import Path

import pytest

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from engine import pbxencryption, tlsneeds
from engine.commands.up import add_settings, settings_of
from engine.nodes import NodesError
from engine.settings import Encryption, Node, RunSettings, default_rules
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
    tlsneeds.check(settings, ruleset)
    tlsneeds.check_ports(settings, ruleset)


@pytest.mark.parametrize("name", ["none.pem", ""])
def test_authorities_are_a_file(settings: RunSettings, ruleset: Ruleset, tmp_path: Path, name: str) -> None:
    wrong = settings.model_copy(update={"tls_authorities": tmp_path / name})
    with pytest.raises(UpError, match=f"RINGMASTER_TLS_AUTHORITIES={tmp_path / name} cannot be read"):
        tlsneeds.check(wrong, ruleset)
    tlsneeds.check(wrong.model_copy(update={"phone_encryption": Encryption.OFF}), ruleset)


def test_the_machines_own_authorities_are_a_file_too(
    settings: RunSettings, ruleset: Ruleset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none.crt"
    monkeypatch.setattr(pbxencryption, "MACHINES_AUTHORITIES", none)
    said = f"{re.escape(str(none))} cannot be read: .* ca-certificates .*RINGMASTER_TLS_AUTHORITIES"
    with pytest.raises(UpError, match=said):
        tlsneeds.check(settings, ruleset)
    tlsneeds.check(settings.model_copy(update={"phone_encryption": Encryption.OFF}), ruleset)
    tlsneeds.check(settings.model_copy(update={"pbx_external": True}), ruleset)


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.2"])
def test_each_nodes_port_is_free(settings: RunSettings, ruleset: Ruleset, bind: str) -> None:
    two = settings.model_copy(update={"others": (Node(name="pbx2", bind="127.0.0.2"),)})
    tlsneeds.check_ports(two, ruleset)
    taken = f"port {settings.sip_tls_port} on {bind}, for SIP over TLS, is taken"
    with socket.create_server((bind, settings.sip_tls_port)), pytest.raises(UpError, match=taken):
        tlsneeds.check_ports(two, ruleset)


def test_nodes_at_one_address_would_share_the_port(settings: RunSettings, ruleset: Ruleset) -> None:
    second = Node(name="pbx2", bind=settings.bind, sip_port=1, ami_port=1)
    with pytest.raises(NodesError, match=r"node pbx2: sip_tls_port \d+ at 127\.0\.0\.1 is pbx1's as well"):
        tlsneeds.check(settings.model_copy(update={"others": (second,)}), ruleset)
    elsewhere = second.model_copy(update={"external": True})
    tlsneeds.check(settings.model_copy(update={"others": (elsewhere,)}), ruleset)
