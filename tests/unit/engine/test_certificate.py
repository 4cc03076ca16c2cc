"""The certificate for SIP over TLS: made once, kept, renewed before it ends, and an operator's own is left alone."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from engine import certificate

NAMES = ("192.0.2.10", "pbx1.ringmaster.internal")
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_it_is_for_the_centres_address_and_name_and_private(tmp_path: Path):
    made = certificate.ensure(tmp_path, NAMES, NOW)
    read = x509.load_pem_x509_certificate(made.crt.read_bytes())
    alternatives = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one.value) for one in alternatives] == list(NAMES)
    assert read.not_valid_after_utc == made.ends
    assert (stat.S_IMODE(made.pem.stat().st_mode), stat.S_IMODE(made.pem.parent.stat().st_mode)) == (0o600, 0o700)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.pem)  # key and certificate belong together


def test_it_is_kept_until_it_ends_soon_or_the_address_is_another(tmp_path: Path):
    first = certificate.ensure(tmp_path, NAMES, NOW).pem.read_text()
    later = NOW + certificate.LASTS - certificate.RENEWED_BEFORE - timedelta(days=2)
    assert certificate.ensure(tmp_path, NAMES, later).pem.read_text() == first
    renewed = certificate.ensure(tmp_path, NAMES, later + timedelta(days=3)).pem.read_text()
    assert renewed != first
    assert certificate.ensure(tmp_path, ("192.0.2.11",), later + timedelta(days=3)).pem.read_text() != renewed


def test_an_operators_own_is_never_touched_but_for_its_rights(tmp_path: Path):
    pem = tmp_path / "tls/sip.pem"
    pem.parent.mkdir()
    pem.write_text("-----BEGIN PRIVATE KEY-----\n")
    pem.chmod(0o644)
    found = certificate.ensure(tmp_path, NAMES, NOW)
    assert (found.pem.read_text(), found.ends) == ("-----BEGIN PRIVATE KEY-----\n", None)
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
