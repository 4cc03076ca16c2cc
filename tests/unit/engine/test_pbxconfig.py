"""Asterisk's files: complete, private, and nothing of the rules' texts can become configuration."""

from __future__ import annotations

import dataclasses
import re
import stat
from pathlib import Path

import pytest

from dialplan.loader import load
from dialplan.ruleset import Ruleset
from dialplan.source import Source
from dialplan.trunkrules import Carrier
from engine import credentials, pbxconfig
from engine.credentials import Credentials
from engine.fetch import Program
from engine.settings import Encryption, RunSettings, default_rules


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load(default_rules())


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    return RunSettings(
        state=tmp_path, rules=default_rules(), sounds=tmp_path / "sounds", bind="127.0.0.1", sip_port=25060,
        http_port=2, ami_port=25038, agi_port=24573, rtp_start=10000, rtp_end=19999, run_dir=tmp_path / "run",
        clock_offset_s=-3600.4,
    )  # fmt: skip


@pytest.fixture
def asterisk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    (tmp_path / "root/usr/lib/x86_64-linux-gnu/asterisk/modules").mkdir(parents=True)
    monkeypatch.setattr(pbxconfig.fetch, "asterisk_version", lambda _: (22, 10, 1))
    return Program("asterisk", tmp_path / "root", "usr/sbin/asterisk")


def _secrets(settings: RunSettings, ruleset: Ruleset) -> Credentials:
    return credentials.load_or_make(settings.state, pbxconfig.accounts(ruleset))


def test_every_template_is_filled_and_private(settings: RunSettings, ruleset: Ruleset, asterisk: Program) -> None:
    pbxconfig.render(settings, ruleset, _secrets(settings, ruleset), asterisk)
    written = {path.name: path for path in pbxconfig.etc_dir(settings).glob("*.conf")}
    assert set(written) == {path.name for path in pbxconfig.TEMPLATES.glob("*.conf")}
    for path in pbxconfig.etc_dir(settings).rglob("*.conf"):
        assert not re.search(r"@[A-Z_]+@", path.read_text()), path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.state.stat().st_mode) == 0o700
    assert "CLOCK_OFFSET = -3600\n" in written["extensions.conf"].read_text()
    manager = written["manager.conf"].read_text()
    assert "bindaddr = 127.0.0.1" in manager
    assert not re.search(r"^(read|write) = .*\b(all|command|originate|config|dialplan)\b", manager, re.MULTILINE)


def test_every_include_is_written(settings: RunSettings, ruleset: Ruleset, asterisk: Program) -> None:
    pbxconfig.render(settings, ruleset, _secrets(settings, ruleset), asterisk)
    etc = pbxconfig.etc_dir(settings)
    for path in etc.glob("*.conf"):
        for name in re.findall(r"^#include (\S+)", path.read_text(), re.MULTILINE):
            assert (etc / name).exists(), name


def test_a_file_of_an_earlier_version_does_not_stay(settings: RunSettings, ruleset: Ruleset, asterisk: Program) -> None:
    old = pbxconfig.etc_dir(settings) / "users.conf"
    old.parent.mkdir(parents=True)
    old.write_text("[general]\n")
    pbxconfig.render(settings, ruleset, _secrets(settings, ruleset), asterisk)
    assert not old.exists()


def test_a_name_that_nothing_is_known_for_is_an_error() -> None:
    with pytest.raises(pbxconfig.ConfigError, match=r"x\.conf: nothing is known for @PORT_OF_SIP@"):
        pbxconfig.fill("bind = @PORT_OF_SIP@", {}, "x.conf")


def test_an_agents_label_stays_a_label(settings: RunSettings, ruleset: Ruleset) -> None:
    wild = 'x" <911>\n[evil]\ntype=endpoint;${SHELL(id)}#include @AMI_SECRET@'
    agent = dataclasses.replace(ruleset.agents["1001"], name=wild)
    changed = dataclasses.replace(ruleset, agents={"1001": agent})
    pbxconfig.write_rules(settings, changed, _secrets(settings, changed))
    text = (pbxconfig.etc_dir(settings) / "generated/agents.conf").read_text()
    assert re.findall(r"^\[.*", text, re.MULTILINE) == [
        "[1001](agent-endpoint)", "[1001](agent-auth)", "[1001](agent-aor)",
    ]  # fmt: skip
    assert not re.search(r"[;$#{}]", text)


def test_agents_csv_is_what_scripts_read(settings: RunSettings, ruleset: Ruleset) -> None:
    secrets = _secrets(settings, ruleset)
    lines = pbxconfig.agents_csv(sorted(ruleset.agents.values(), key=lambda a: a.id), secrets).splitlines()
    assert lines[0] == "agent,extension,sip_user,sip_secret,name,languages,skills"
    assert len(lines) == 44
    first = lines[1].split(",")
    assert first[:4] == ["1001", "1001", "1001", secrets.agents["1001"]]
    assert re.fullmatch(r"상담사 \d\d", first[4])
    assert re.fullmatch(r"(ko|en|ja|zh)( (ko|en|ja|zh))*", first[5])
    assert re.fullmatch(r"\w+:[1-5]( \w+:[1-5])*", first[6])


def _with_carriers(ruleset: Ruleset, *carriers: Carrier) -> Ruleset:
    return dataclasses.replace(ruleset, trunks=dataclasses.replace(ruleset.trunks, carriers=carriers))


def test_loopback_is_the_carrier_only_until_one_is_named(settings: RunSettings, ruleset: Ruleset) -> None:
    place = pbxconfig.etc_dir(settings) / "generated/carriers.conf"
    pbxconfig.write_rules(settings, ruleset, _secrets(settings, ruleset))
    assert "[anonymous](carrier-endpoint)\ndeny = 0.0.0.0/0\npermit = 127.0.0.0/8\n" in place.read_text()

    real = Carrier("one", ("203.0.113.10", "203.0.113.16/28"), None, Source("trunks.yaml", 1))
    named = _with_carriers(ruleset, real)
    pbxconfig.write_rules(settings, named, _secrets(settings, named))
    text = place.read_text()
    assert "anonymous" not in text
    assert "identify_by = ip\n" in text
    assert "match = 203.0.113.10\nmatch = 203.0.113.16/28\n" in text
    assert re.findall("contact = (.*)", text) == ["sip:203.0.113.10"]  # a network is only for what comes in


def test_112_and_119_go_to_each_carrier_in_turn_under_the_centres_number(
    settings: RunSettings, ruleset: Ruleset
) -> None:
    one = Carrier("one", ("203.0.113.10",), None, Source("trunks.yaml", 1))
    two = Carrier("two", (), "0319099000@sip.example.kr", Source("trunks.yaml", 2))
    named = _with_carriers(ruleset, one, two)
    pbxconfig.write_rules(settings, named, _secrets(settings, named))
    text = (pbxconfig.etc_dir(settings) / "generated/emergency.conf").read_text()
    assert re.findall(r"Dial\((.*)\)", text) == [
        "PJSIP/carrier-one/sip:112@203.0.113.10,60", "PJSIP/carrier-two/sip:112@sip.example.kr,60",
        "PJSIP/carrier-one/sip:119@203.0.113.10,60", "PJSIP/carrier-two/sip:119@sip.example.kr,60",
    ]  # fmt: skip
    assert text.count("Set(CALLERID(num)=0319099000)") == 2


def test_officials_have_phones_and_outside_lines_have_none(settings: RunSettings, ruleset: Ruleset) -> None:
    officials = ruleset.directory.officials
    outside = dataclasses.replace(officials["7102"], number="0318075000")
    directory = dataclasses.replace(ruleset.directory, officials={"7101": officials["7101"], "7102": outside})
    named = dataclasses.replace(ruleset, directory=directory)
    secrets = _secrets(settings, named)
    pbxconfig.write_rules(settings, named, secrets)
    text = (pbxconfig.etc_dir(settings) / "generated/officials.conf").read_text()
    assert re.findall(r"\[(\d+)\]\(official-endpoint\)", text) == ["7101"]
    listed = settings.state / "officials.csv"
    assert listed.stat().st_mode & 0o077 == 0
    assert listed.read_text().splitlines()[1:] == [f"7101,7101,{secrets.agents['7101']},민원여권과,여권 접수와 발급"]


def test_an_outgoing_leg_shows_the_centres_number(settings: RunSettings, ruleset: Ruleset) -> None:
    pbxconfig.write_rules(settings, ruleset, _secrets(settings, ruleset))
    text = (pbxconfig.etc_dir(settings) / "generated/outgoing.conf").read_text()
    assert "Set(CONNECTEDLINE(num,i)=0319099000)" in text


def test_a_registrations_password_comes_from_the_state_never_from_the_rules(
    settings: RunSettings, ruleset: Ruleset
) -> None:
    (settings.state / "carriers.json").write_text('{"two": "hunter2"}')
    two = Carrier("two", (), "0319099000@sip.example.kr", Source("trunks.yaml", 2))
    named = _with_carriers(ruleset, two)
    pbxconfig.write_rules(settings, named, _secrets(settings, named))
    text = (pbxconfig.etc_dir(settings) / "generated/carriers.conf").read_text()
    assert "password = hunter2\n" in text
    assert "client_uri = sip:0319099000@sip.example.kr\n" in text


def test_the_numbers_forms_that_carriers_write(settings: RunSettings, ruleset: Ruleset) -> None:
    pbxconfig.write_rules(settings, ruleset, _secrets(settings, ruleset))
    text = (pbxconfig.etc_dir(settings) / "generated/numbers.conf").read_text()
    assert re.findall(r"exten => (\S+),1,", text) == ["0319099000", "+82319099000", "82319099000"]


def test_events_are_filtered_by_name_or_where_asterisk_is_old_by_pattern(
    settings: RunSettings, ruleset: Ruleset, asterisk: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, line in (
        ((22, 10, 1), "eventfilter(action(include),name(Hangup)) ="),
        ((20, 6, 0), "eventfilter = Event: Hangup[[:space:]]"),
    ):
        monkeypatch.setattr(pbxconfig.fetch, "asterisk_version", lambda _, version=version: version)
        pbxconfig.render(settings, ruleset, _secrets(settings, ruleset), asterisk)
        assert line in (pbxconfig.etc_dir(settings) / "manager.conf").read_text().splitlines()


def _encrypted(ruleset: Ruleset) -> Ruleset:
    registered = Carrier("two", (), "0319099000@sip.example.kr", Source("trunks.yaml", 2), encrypted=True)
    return _with_carriers(
        ruleset, Carrier("one", ("203.0.113.10",), None, Source("trunks.yaml", 1), encrypted=True), registered
    )


def test_nobody_is_encrypted_and_nothing_of_it_is_there_until_it_is_asked_for(
    settings: RunSettings, ruleset: Ruleset, asterisk: Program
) -> None:
    pbxconfig.render(settings, ruleset, _secrets(settings, ruleset), asterisk)
    generated = pbxconfig.etc_dir(settings) / "generated"
    assert "[tls]" not in _settings_of(generated / "transport.conf")
    assert _settings_of(generated / "srtp.conf") == ""
    assert not (settings.state / "tls").exists()


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        (Encryption.OFFERED, ["media_encryption = sdes", "media_encryption_optimistic = yes"]),
        (Encryption.REQUIRED, ["media_encryption = sdes", "media_encryption_optimistic = no", "transport = tls"]),
    ],
)
def test_phones_are_encrypted_as_it_is_set(
    settings: RunSettings, ruleset: Ruleset, asterisk: Program, chosen: Encryption, lines: list[str]
) -> None:
    chosen_settings = settings.model_copy(update={"phone_encryption": chosen})
    pbxconfig.render(chosen_settings, ruleset, _secrets(settings, ruleset), asterisk)
    etc = pbxconfig.etc_dir(settings)
    phone = (etc / "pjsip.conf").read_text().partition("[phone](!)\n")[2].partition("\n\n")[0]
    assert phone.splitlines() == ["acl = phones", "contact_acl = phones", *lines]
    transport = _settings_of(etc / "generated/transport.conf")
    assert "method = sslv23" in transport  # of which the ciphers leave 1.2 and 1.3
    assert "cipher = ECDHE-ECDSA-AES256-GCM-SHA384,ECDHE-RSA-AES256-GCM-SHA384," in transport
    assert "verify_server = yes" in transport
    assert f"priv_key_file = {settings.state}/tls/sip.pem" in transport
    assert (settings.state / "tls/sip.pem").exists()


def test_an_encrypted_carrier_is_rung_over_tls_from_every_place(settings: RunSettings, ruleset: Ruleset) -> None:
    named = _encrypted(ruleset)
    pbxconfig.write_rules(settings, named, _secrets(settings, named))
    generated = pbxconfig.etc_dir(settings) / "generated"
    carriers = (generated / "carriers.conf").read_text()
    assert carriers.count("media_encryption = sdes\nmedia_encryption_optimistic = no\ntransport = tls\n") == 2
    assert r"contact = sip:203.0.113.10\;transport=tls" in carriers
    assert r"server_uri = sip:sip.example.kr\;transport=tls" in carriers
    for name in ("emergency.conf", "outgoing.conf"):
        for dialled in re.findall(r"Dial\((.*)\)", (generated / name).read_text()):
            assert r"\;transport=tls," in dialled
    assert "require = res_srtp.so" in (generated / "srtp.conf").read_text()


def test_phones_are_let_in_from_the_networks_that_are_named(
    settings: RunSettings, ruleset: Ruleset, asterisk: Program
) -> None:
    named = settings.model_copy(update={"phone_networks": ("192.0.2.0/24", "2001:db8::/32")})
    pbxconfig.render(named, ruleset, _secrets(settings, ruleset), asterisk)
    acl = _settings_of(pbxconfig.etc_dir(settings) / "acl.conf")
    assert acl.splitlines() == [
        "[phones]", "deny = 0.0.0.0/0", "deny = ::/0", "permit = 192.0.2.0/24", "permit = 2001:db8::/32",
    ]  # fmt: skip


def _settings_of(path: Path) -> str:
    """A file of Asterisk's without its comments."""
    return "\n".join(line for line in path.read_text().splitlines() if line and not line.startswith(";"))
