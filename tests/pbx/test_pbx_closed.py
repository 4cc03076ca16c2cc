"""Who knocks at the running PBX and is not let in, what its security log says of it, and where its secrets are."""

from __future__ import annotations

import json
import os
import random
import re
import stat
from collections.abc import Iterator
from configparser import RawConfigParser
from dataclasses import replace
from pathlib import Path

import pytest
from centre import Centre, wait_for

from dialplan import numbers
from dialplan.loader import load
from dialplan.source import Source
from dialplan.trunkrules import Carrier
from engine import credentials, pbx
from engine.settings import default_rules
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua

pytestmark = pytest.mark.pbx

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "127.9.9.9"  # of this machine, and in no network of the phones'


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGMASTER_PHONE_NETWORKS", "127.0.0.0/24 192.168.0.0/16")
        with Centre.start(tmp_path_factory.mktemp("closed"), "--at", "2026-11-24T10:00", "--web-port", "0") as running:
            yield running


class Security:
    """The security log from now on."""

    def __init__(self, centre: Centre) -> None:
        self._path = centre.state / "asterisk/log/security.log"
        self._from = self._path.stat().st_size

    def wait(self, event: str, address: str) -> list[str]:
        """The lines since then, when there is one of this event and address."""
        named = re.compile(rf'SecurityEvent="{event}".*RemoteAddress="IPV4/UDP/{re.escape(address)}/')

        def lines() -> list[str]:
            said = self._path.read_text()[self._from :].splitlines()
            return said if any(map(named.search, said)) else []

        return wait_for(lines, 10, lambda: f"no {event} of {address}: {self._path.read_text()[self._from :]}")


def _banned(lines: list[str]) -> list[str]:
    """Whom fail2ban's filter finds in these lines: its expression, as fail2ban applies it once it has cut the date out."""
    parser = RawConfigParser()
    parser.read(ROOT / "monitoring/fail2ban/filter.d/ringmaster.conf")
    dated = re.compile(
        parser["Definition"]["datepattern"].replace("%%Y-%%m-%%d %%H:%%M:%%S", "[0-9: -]{19}").replace("%%f", r"\d+")
    )
    failed = re.compile(parser["Definition"]["failregex"].replace("<HOST>", r"(?P<host>[0-9a-fA-F.:]+)"))
    assert all(map(dated.match, lines))
    found = (failed.match(dated.sub("", line)) for line in lines)
    return [one["host"] for one in found if one]


def _knock(loop: Loop, centre: Centre, user: str, secret: str, address: str = "127.0.0.1") -> bool:
    """Try to register; whether it was let in."""
    phone = Ua(loop, user, centre.sip, secret, own=(address, 0))
    try:
        phone.register(1.0)
    except AssertionError:
        return False
    finally:
        phone.close()
    return True


# --- phones


def test_the_right_password_from_another_network_is_refused_and_banned(centre: Centre, loop: Loop):
    log = Security(centre)
    assert not _knock(loop, centre, "1001", centre.accounts["1001"]["sip_secret"], OUTSIDE)
    lines = log.wait("FailedACL", OUTSIDE)
    assert set(_banned(lines)) == {OUTSIDE}


def test_a_wrong_password_is_banned_and_the_right_one_is_not(centre: Centre, loop: Loop):
    log = Security(centre)
    assert not _knock(loop, centre, "1002", "wrong")
    assert "127.0.0.1" in _banned(log.wait("ChallengeResponseFailed", "127.0.0.1"))
    log = Security(centre)
    assert _knock(loop, centre, "1002", centre.accounts["1002"]["sip_secret"])
    assert _banned(log.wait("SuccessfulAuth", "127.0.0.1")) == []


def test_an_unknown_user_is_banned(centre: Centre, loop: Loop):
    log = Security(centre)
    assert not _knock(loop, centre, "9999", "wrong")
    assert set(_banned(log.wait("FailedACL", "127.0.0.1"))) == {"127.0.0.1"}


@pytest.mark.parametrize("end", ["", ',ACLName="x', ',X="'])
def test_nobody_has_another_banned(centre: Centre, loop: Loop, end: str):
    """By a Call-ID that looks like the fields that follow it."""
    log, phone = Security(centre), Ua(loop, "9998", centre.sip)
    uri = f"sip:9998@{centre.sip[0]}:{centre.sip[1]}"
    forged = f'c{len(end)}",LocalAddress="IPV4/UDP/127.0.0.1/5060",RemoteAddress="IPV4/UDP/192.0.2.1/5060"{end}'
    phone.send_request("REGISTER", uri, f"<{uri}>;tag=x", f"<{uri}>", forged, 1, "", "Expires: 60\r\n")
    lines = log.wait("FailedACL", "127.0.0.1")
    phone.close()
    assert any("192.0.2.1" in line for line in lines), "the forgery has not come as far as the log"
    assert _banned(lines) == []


def test_a_contact_that_leads_to_another_network_is_refused(centre: Centre, loop: Loop):
    """Else the PBX would be made to call whatever address a phone names."""
    phone = Ua(loop, "1003", centre.sip, centre.accounts["1003"]["sip_secret"])
    phone.host = "203.0.113.77"  # what it says of itself
    with pytest.raises(AssertionError):
        phone.register(1.0)
    phone.close()
    assert "203.0.113.77" not in centre.console("pjsip show contacts")


# --- numbers


def test_the_pbx_and_the_engine_allow_the_same_numbers(centre: Centre):
    """Each row's shortest and longest, what is near it, and numbers drawn at large: by what the PBX would do first."""
    draw = random.Random(7)
    tried = {
        "112",
        "119",
        "0319099000",
        "15881234",
        "0607001234",
        "0015551234567",
        "050412345678",
        "080123456",
        "02120",
    }
    for pattern in numbers.patterns():
        digits = re.sub(r"\[(\d)-\d\]", r"\1", pattern.removeprefix("_")).replace("N", "2").replace("X", "0")
        most = re.sub(r"\[\d-(\d)\]", r"\1", pattern.removeprefix("_")).replace("N", "9").replace("X", "9")
        tried |= {digits, most, digits[:-1], f"{most}0", f"1{digits[1:]}", f"{digits[:3]}1{digits[4:]}"}
    tried |= {"0" + "".join(draw.choices("0123456789", k=draw.randint(6, 12))) for _ in range(60)}
    own = load(default_rules()).trunks.numbers
    said = {}
    for number in sorted(tried):
        first = re.search(r"'[^']+' => +1\. (\S+)", centre.console(f"dialplan show {number}@outgoing"))
        assert first, number
        said[number] = first[1].startswith("Gosub(outgoing-line")
    judged = {number: numbers.check(number, own) for number in tried}
    assert said == {number: one.allowed and one.digits == number for number, one in judged.items()}
    assert 0 < sum(said.values()) < len(said)


# --- the first carrier that is encrypted


def test_a_reload_opens_the_door_for_the_first_encrypted_carrier(centre: Centre):
    assert "tls" not in centre.console("pjsip show transports")
    rules = load(default_rules())
    sealed = Carrier("sealed", ("127.44.0.1",), None, Source("trunks.yaml", 1), encrypted=True)
    settings = centre.settings
    pbx.apply_rules(settings, replace(rules, trunks=replace(rules.trunks, carriers=(sealed,))))
    assert "tls" in wait_for(lambda: re.search("Transport:  tls.*", centre.console("pjsip show transports")), 10)[0]
    assert re.search(r"res_srtp\.so.*Running", centre.console("module show like res_srtp"))
    assert "media_encryption                   : sdes" in centre.console("pjsip show endpoint carrier-sealed")
    pbx.apply_rules(settings, rules)


# --- secrets


def _secrets(centre: Centre) -> dict[str, re.Pattern[bytes]]:
    """Every secret that this centre has made, by what it is."""
    state = centre.state
    kept = json.loads((state / "secrets.json").read_text())
    found = {f"password of {one}": secret for one, secret in kept["agents"].items()} | {"AMI": kept["ami"]}
    found["web pages"] = credentials.web_password(state)
    credentials.database_password(state)
    found["database"] = (state / "postgres.password").read_text().strip()
    whole = {what: re.compile(re.escape(secret.encode())) for what, secret in found.items()}
    # Six digits come by chance within longer numbers, and as parts of a second.
    for line in (state / "supervisors.csv").read_text().split()[1:]:
        whole[f"PIN of {line.partition(',')[0]}"] = re.compile(rb"(?<![\d.])%s(?!\d)" % line.partition(",")[2].encode())
    return whole


def _processes(centre: Centre) -> dict[int, bytes]:
    """Words and environment of everything that `up` has started, itself too."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    ours = {centre.process.pid, centre.asterisk_pid, centre.engine_pid}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    read = {}
    for pid in ours:
        try:
            read[pid] = b"\n".join(Path(f"/proc/{pid}/{what}").read_bytes() for what in ("cmdline", "environ"))
        except OSError:
            continue
    return read


def test_no_secret_is_in_a_process_s_words_a_log_or_an_answer(centre: Centre, loop: Loop):
    """After phones have registered, failed, and called; with the journal, the PBX's own database, and all that was logged."""
    secrets = _secrets(centre)
    assert len(secrets) > 50
    with centre.agent("1005") as agent, centre.citizen() as citizen:
        centre.code(agent, "*11")
        began = citizen.call("0319099000")
        citizen.wait_talking(10, after=began)
        words = _processes(centre) | {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in (agent.pid,) if pid}
        citizen.hang_up()
    _knock(loop, centre, "1006", "wrong")
    assert len(words) >= 4
    told = {f"process {pid}": text for pid, text in words.items()}
    told |= {page: centre.get(page).encode() for page in ("/metrics", "/snapshot.json", "/healthz", "/readyz")}
    told["up.log"] = centre.log.read_bytes()
    known = {"secrets.json", "agents.csv", "officials.csv", "supervisors.csv", "ready.json", "web-password"}
    known |= {"postgres.password", "pgpass"}
    for path in centre.state.rglob("*"):
        name = str(path.relative_to(centre.state))
        if path.is_symlink() or not path.is_file() or name.startswith("asterisk/data/sounds"):
            continue
        text = path.read_bytes()
        if name in known or name.startswith("asterisk/etc/"):
            assert not path.stat().st_mode & 0o077, f"{name}: {stat.filemode(path.stat().st_mode)}"
        else:
            told[name] = text
    leaks = {(where, what) for where, text in told.items() for what, secret in secrets.items() if secret.search(text)}
    assert leaks == set()


def test_all_that_is_kept_is_the_owners_only(centre: Centre):
    """Each file, or a folder above it that nobody else may enter."""
    state = centre.state
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert state.stat().st_uid == os.getuid()
    open_to_others = [
        str(path.relative_to(state))
        for path in state.rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o007
    ]
    assert open_to_others == []
