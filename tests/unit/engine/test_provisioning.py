"""Phones' files: an account each, passwords for the owner's eyes only; a list of phones is held against the rules."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

import pytest

from engine import provisioning
from engine.commands import phones

ONE = provisioning.Account("1001", "s3cr<t&", "상담사 01")


def test_yealink(tmp_path: Path) -> None:
    (path,) = provisioning.write(
        "yealink", [ONE], {"1001": "805ec0123456"}, provisioning.Door("192.0.2.10", 5060), tmp_path / "out"
    )
    values = dict(line.split(" = ", 1) for line in path.read_text().splitlines()[1:])
    assert path.name == "805ec0123456.cfg"
    assert path.stat().st_mode & 0o077 == 0
    assert values["account.1.password"] == "s3cr<t&"
    assert values["account.1.sip_server.1.address"] == "192.0.2.10"
    assert [values[f"linekey.{n}.value"] for n in range(2, 7)] == [code for code, _ in provisioning.KEYS]


def test_grandstream_is_xml_whatever_the_password_is(tmp_path: Path) -> None:
    (path,) = provisioning.write("grandstream", [ONE], {}, provisioning.Door("192.0.2.10", 5070), tmp_path)
    values: dict[str, str] = {}
    names: list[str] = []
    reader = expat.ParserCreate()
    reader.buffer_text = True
    reader.StartElementHandler = lambda name, _: names.append(name)
    reader.CharacterDataHandler = lambda text: values.setdefault(names[-1], text.rstrip("\n "))
    reader.Parse(path.read_text(), True)
    assert path.name == "cfg1001.xml"
    assert (values["P34"], values["P47"], values["P35"]) == ("s3cr<t&", "192.0.2.10:5070", "1001")
    assert (values["P57"], values["P850"]) == ("8", "101")


@pytest.mark.parametrize(
    ("make", "lines"),
    [
        ("yealink", ["account.1.sip_server.1.transport_type = 2", "account.1.srtp_encryption = 2"]),
        ("grandstream", ["    <P130>2</P130>", "    <P183>2</P183>", "    <P47>192.0.2.10:5061</P47>"]),
    ],
)
def test_phones_that_must_be_encrypted_are(tmp_path: Path, make: str, lines: list[str]) -> None:
    door = provisioning.Door("192.0.2.10", 5061, encrypted=True)
    (path,) = provisioning.write(make, [ONE], {}, door, tmp_path)
    assert set(lines) <= set(path.read_text().splitlines())


def test_a_list_of_phones(tmp_path: Path) -> None:
    path = tmp_path / "macs.csv"
    path.write_text("extension,mac\n1001, 80:5E:C0:12:34:56  # by the window\n\n1002,805e.c012.3457\n")
    assert provisioning.read_macs(path, ["1001", "1002"]) == {"1001": "805ec0123456", "1002": "805ec0123457"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1999,80:5e:c0:12:34:56", ":2: '1999' is no agent's extension"),
        ("1002,80:5e", ":2: '80:5e' is no MAC address"),
        ("1002,80:5e:c0:00:00:01", ":2: the phone 80:5e:c0:00:00:01 is given twice"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "macs.csv"
    path.write_text(f"1001,80:5e:c0:00:00:01\n{line}\n")
    with pytest.raises(provisioning.ProvisioningError, match=why):
        provisioning.read_macs(path, ["1001", "1002"])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "agent,extension,sip_user,sip_secret,name,languages,skills\n"
    (tmp_path / "agents.csv").write_text(head + "1001,1001,1001,abc,상담사 01,ko,passport:3\n")
    words = ["--for", "yealink", "--server", "192.0.2.10:5060", "--out", str(tmp_path / "out")]
    assert phones.run([*words, "--state", str(tmp_path)]) == 0
    assert "password = abc" in (tmp_path / "out" / "1001.cfg").read_text()
    assert "abc" not in capsys.readouterr().out
    assert phones.run([*words, "--state", str(tmp_path / "none")]) == 1
    assert "first start" in capsys.readouterr().err
