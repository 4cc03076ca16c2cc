"""The centre's own certificate for SIP over TLS: made at the first need, kept, renewed before it ends.

`STATE/tls/sip.pem` (key and certificate, 0600) is what the PBX reads; `STATE/tls/sip.crt` is the certificate alone, for
phones that are to trust it. An operator's own takes their place: a `sip.pem` that was not made here is never touched.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.settings import Encryption, RunSettings, write_private

MADE_HERE = "Made by Ringmaster"
LASTS = timedelta(days=5 * 365)
RENEWED_BEFORE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where it is. `ends` is None for an operator's own."""

    pem: Path
    crt: Path
    ends: datetime | None


def files(state: Path) -> Certificate:
    """The certificate of a state as it is, there or not."""
    pem = state / "tls" / "sip.pem"
    return Certificate(pem, pem.with_suffix(".crt"), _made_here(pem)[1])


def door(settings: RunSettings, host: str) -> tuple[tuple[str, int], Path | None]:
    """Where an agent's phone of our own (the demo's, `call`'s) knocks, and whom it trusts: None in the clear."""
    if settings.phone_encryption is not Encryption.REQUIRED:
        return (host, settings.sip_port), None
    found = files(settings.state)
    return (host, settings.sip_tls_port), found.crt if found.ends else found.pem


def ensure(state: Path, names: tuple[str, ...], now: datetime | None = None) -> Certificate:
    """A certificate for these names and addresses that does not end soon; made anew only where there is none such."""
    now = now or datetime.now(UTC)
    found = files(state)
    made_for, ends = _made_here(found.pem)
    if found.pem.exists():
        if found.pem.stat().st_mode & 0o077:
            os.chmod(found.pem, 0o600)  # noqa: PTH101 - restored from a backup, perhaps
        if ends is None or (made_for == names and ends - now > RENEWED_BEFORE):
            return found
    _make(found, names, now)
    return files(state)


def _made_here(pem: Path) -> tuple[tuple[str, ...], datetime | None]:
    """For whom, and until when, by the line above ours; nothing for another's."""
    try:
        with pem.open(encoding="utf-8", errors="replace") as file:
            line = file.readline()
    except FileNotFoundError:
        return (), None
    head, _, rest = line.strip().partition(": ")
    if head != MADE_HERE:
        return (), None
    ends, *names = rest.split()
    return tuple(names), datetime.fromisoformat(ends)


def _make(into: Certificate, names: tuple[str, ...], now: datetime) -> None:
    """An elliptic key: made in a millisecond, and every phone of the last ten years knows it."""
    # Half a second of imports that only the first start with encryption pays.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    begins, ends = now - timedelta(days=1), (now + LASTS).replace(microsecond=0)
    alternatives = [x509.IPAddress(here) if (here := _address(one)) else x509.DNSName(one) for one in names]
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    into.pem.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(into.pem, f"{MADE_HERE}: {ends.isoformat()} {' '.join(names)}\n{private}{certificate}")
    write_private(into.crt, certificate)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
