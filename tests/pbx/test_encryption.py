"""SIP over TLS and SRTP on the real PBX: agents' phones that must be encrypted, and a carrier that is."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from calls import agents_of
from carrier import some_host
from centre import NUMBER, Centre, ringmaster, wait_for
from tlspeer import CRYPTO, Authority, Listener, Peer, Sound

from engine import certificate, pbx, pbxconfig
from engine.phone import INCOMING, Phone
from engine.settings import default_rules
from tests.bench.sip_loop import Loop
from tests.bench.sip_ua import Ua

pytestmark = pytest.mark.pbx


@pytest.fixture(scope="module")
def host() -> str:
    return some_host()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, host: str, authority: Authority) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("encrypted")
    rules = folder / "rules"
    shutil.copytree(default_rules(), rules)
    trunks = rules / "trunks.yaml"
    named = f'carriers: [{{name: sealed, addresses: ["{host}"], encrypted: true}}]'
    trunks.write_text(trunks.read_text().replace("carriers: []", named))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGMASTER_PHONE_ENCRYPTION", "required")
        patch.setenv("RINGMASTER_SIP_TLS_PORT", "0")
        patch.setenv("RINGMASTER_TLS_AUTHORITIES", str(authority.file))
        with Centre.start(folder, "--at", "2026-11-24T10:00", "--rules", str(rules)) as running:
            yield running


def _door(centre: Centre) -> tuple[str, int]:
    return "127.0.0.1", centre.settings.sip_tls_port


def _phone(centre: Centre, extension: str, *, answers: bool = False) -> Phone:
    secret = centre.accounts[extension]["sip_secret"]
    return Phone(extension, _door(centre), secret, answers=answers, trusts=certificate.files(centre.state).crt)


def _loudest(phone: Phone) -> int:
    return max(phone.heard(), default=0)


def test_two_agents_talk_and_hear_each_other_sealed(centre: Centre):
    """Phones that refuse anything but SRTP: what they hear has been sealed on both legs."""
    with _phone(centre, "1001") as one, _phone(centre, "1002", answers=True) as other:
        began = one.call("1002")
        one.wait_talking(15, after=began)
        wait_for(lambda: min(_loudest(one), _loudest(other)) > 2000, 15, lambda: f"{one.last_words()}{centre.said()}")
        one.hang_up()
        one.wait_ended(10, after=began)


def test_a_code_of_an_encrypted_phone_acts(centre: Centre):
    with _phone(centre, "1003") as phone:
        centre.code(phone, "*11")
        wait_for(lambda: agents_of(centre)["1003"]["presence"] == "available", 10, centre.said)
        centre.code(phone, "*13")


def test_a_phone_in_the_clear_is_refused_and_never_rung(centre: Centre, loop: Loop):
    clear = Ua(loop, "1004", centre.sip, centre.accounts["1004"]["sip_secret"]).register()
    call = clear.call("1002")
    assert call.ended.wait(10)
    assert call.status == 488, call.status
    rung: list[float] = []
    clear.on_invite = lambda _dialog, _text, now: rung.append(now)
    with _phone(centre, "1001") as phone:
        began = phone.call("1004")
        phone.wait_ended(15, after=began)
        assert phone.events(INCOMING, after=began) == []
    assert rung == []
    clear.close()


def test_a_citizen_of_an_encrypted_carrier_is_answered_with_sealed_sound(centre: Centre, host: str):
    server = _door(centre)
    with Sound(host) as sound, Peer.to(server, certificate.files(centre.state).crt, host) as carrier:
        carrier.send("INVITE", NUMBER, server, sound.sdp())
        answer = carrier.final()
        assert answer.startswith("SIP/2.0 200"), answer
        assert "RTP/SAVP" in answer
        tag = re.search(r"(?m)^To:.*tag=([\w.-]+)", answer)
        assert tag
        carrier.send("ACK", NUMBER, server, to_tag=tag[1])
        assert sound.sealed_by(answer) == 20
        carrier.send("BYE", NUMBER, server, cseq=2, to_tag=tag[1])


def test_the_same_carrier_in_the_clear_is_refused(centre: Centre, host: str):
    server = _door(centre)
    with Sound(host) as sound, Peer.to(server, certificate.files(centre.state).crt, host) as carrier:
        carrier.send("INVITE", NUMBER, server, sound.sdp(encrypted=False))
        assert carrier.final().startswith("SIP/2.0 488")


def test_a_call_to_the_carrier_goes_over_tls_and_offers_srtp(centre: Centre, host: str, authority: Authority):
    with Listener(host, authority.certificate(host)) as carrier, _phone(centre, "1001") as agent:
        began = agent.call("112")
        wait_for(lambda: carrier.heard, 15, lambda: f"{carrier.refused}\n{centre.said()}")
        agent.wait_ended(15, after=began)
    (heard,) = carrier.heard
    assert heard.startswith("INVITE sip:112@")
    assert "RTP/SAVP" in heard
    assert f"{CRYPTO} inline:" in heard


def test_whoever_stands_where_the_carrier_stood_is_not_called(centre: Centre, host: str, tmp_path: Path):
    """The right address, and a certificate that no authority of ours has signed."""
    with Listener(host, Authority(tmp_path, "others").certificate(host)) as other, _phone(centre, "1001") as agent:
        began = agent.call("112")
        wait_for(lambda: other.refused or other.heard, 20, centre.said)
        agent.wait_ended(20, after=began)
    assert other.heard == []


def test_the_certificate_is_the_owners_only(centre: Centre):
    found = certificate.files(centre.state)
    assert stat.S_IMODE(found.pem.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.pem.parent.stat().st_mode) == 0o700
    assert "PRIVATE" not in found.crt.read_text()


def _greeted(centre: Centre, least: ssl.TLSVersion, most: ssl.TLSVersion, ciphers: str = "DEFAULT") -> str | None:
    """The version and cipher of TLS that a client gets which has these; None: it is refused."""
    context = ssl.create_default_context(cafile=str(certificate.files(centre.state).crt))
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")  # so that it is the PBX that refuses, not we
    context.minimum_version, context.maximum_version = least, most
    with socket.create_connection(_door(centre), timeout=20) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as line:
                cipher = line.cipher()
                assert cipher
                return f"{line.version()} {cipher[0]}"
        except (ssl.SSLError, ConnectionError):
            return None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_tls_is_1_3_where_a_client_has_it_and_never_below_1_2(centre: Centre):
    old, older, known, newest = (getattr(ssl.TLSVersion, f"TLSv1{minor}") for minor in ("", "_1", "_2", "_3"))
    assert (_greeted(centre, old, newest) or "").startswith("TLSv1.3 ")
    assert (_greeted(centre, newest, newest) or "").startswith("TLSv1.3 ")
    assert _greeted(centre, known, known) == "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"
    assert _greeted(centre, known, known, "AES128-SHA:ECDHE-ECDSA-AES128-SHA256") is None  # no forward secrecy, or CBC
    for version in (old, older):
        assert _greeted(centre, version, version) is None


def test_the_modules_that_it_takes_are_required(centre: Centre):
    assert "require = res_srtp.so" in (pbxconfig.etc_dir(centre.settings) / "generated/srtp.conf").read_text()
    assert pbx.modules_not_running(centre.settings) == []
    assert re.search(r"res_srtp\.so.*Running", centre.console("module show like res_srtp"))


def test_the_call_command_s_agent_is_encrypted_too(tmp_path_factory: pytest.TempPathFactory):
    """In a centre of its own: the citizen of `call` is the development rule's, which a named carrier ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGMASTER_PHONE_ENCRYPTION", "required")
        patch.setenv("RINGMASTER_SIP_TLS_PORT", "0")
        with Centre.start(tmp_path_factory.mktemp("call"), "--at", "2026-11-24T10:00") as own:
            words = ("--press", "1,1", "--at-agent", "1001", "--talk", "1", "--timeout", "30")
            done = ringmaster("call", "--state", str(own.state), *words, within_s=90)
            assert done.returncode == 0, done.stdout + done.stderr + own.said()
            assert "talking" in done.stdout
